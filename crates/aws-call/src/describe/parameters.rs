//! What an operation takes, member by member, so that calls can be told apart that take the same.

use crate::{
    index::LoadedService,
    model::{Kind, Member, Shape},
};

/// A top-level parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// What it holds.
    pub kind: ParameterKind,
}

/// What a parameter holds, as far as it matters for giving the same to another operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// Text.
    Text,
    /// Text that is one of a few values.
    Choice,
    /// A list of texts.
    Texts,
    /// Anything else: the name of its shape.
    Shape(String),
}

/// The parameters, in the model's order.
pub(crate) fn parameters(service: &LoadedService, members: &[Member]) -> Vec<Parameter> {
    let shape = |number: u32| service.model.shapes.get::<Shape>(number as usize);
    let parameter = |member: &Member| {
        let held = shape(member.reference.target)?;
        let kind = match &held.kind {
            Kind::Text(text) if text.values.is_empty() => ParameterKind::Text,
            Kind::Text(_) => ParameterKind::Choice,
            Kind::List(list) => match shape(list.member.target)?.kind {
                Kind::Text(_) => ParameterKind::Texts,
                _ => ParameterKind::Shape(held.name),
            },
            _ => ParameterKind::Shape(held.name),
        };
        Some(Parameter { name: member.name.clone(), required: member.required, kind })
    };
    members.iter().filter_map(parameter).collect()
}
