//! The options of one operation: their names, how many values each takes and what it sets.

use super::{
    Command,
    customised::{self, Setter},
    error::CommandError,
    names::hyphenated,
    options::Given,
    renames::{FURTHER_NAMES, RENAMED},
};
use crate::{
    model::{Kind, Member, Shape, Structure},
    schemas::{Graph, MemberSchema, Node, ROOT},
};

/// The options of an operation.
pub(super) struct ArgumentTable<'a> {
    pub(super) arguments: Vec<Argument<'a>>,
    /// Options of the operation whose names the options for paging have taken; they count when pages are not followed.
    pub(super) shadowed: Vec<Argument<'a>>,
    /// Whether the command takes the name of a file for the answer's body.
    pub(super) has_out_file: bool,
}

/// One option.
#[derive(Clone)]
pub(super) struct Argument<'a> {
    /// Without the leading hyphens.
    pub(super) name: String,
    pub(super) takes: Takes,
    pub(super) required: bool,
    pub(super) sets: Sets<'a>,
}

/// How many values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    One,
    AtMostOne,
    Several,
    OneOrMore,
}

/// What an option sets.
#[derive(Clone, Copy)]
pub(super) enum Sets<'a> {
    /// A member of the input.
    Member(&'a MemberSchema),
    /// A boolean member.
    Flag(&'a MemberSchema, bool),
    /// A member that is a structure with nothing but a boolean `Value`.
    Wrapped(&'a MemberSchema, bool),
    /// The number of items of a page.
    PageSize(&'a str),
    /// Where to begin reading pages.
    StartingToken,
    /// How many items are shown, which is no part of a call.
    MaxItems,
    /// All members at once, as JSON.
    Input,
    /// Something that awscli puts together itself.
    Custom(Setter),
    /// Nothing of the call.
    Nothing,
    /// It cannot be taken, for this reason.
    Refused(&'static str),
}

impl Takes {
    pub(super) fn least(self) -> usize {
        match self {
            Self::Nothing | Self::AtMostOne | Self::Several => 0,
            Self::One | Self::OneOrMore => 1,
        }
    }

    pub(super) fn most(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One | Self::AtMostOne => 1,
            Self::Several | Self::OneOrMore => usize::MAX,
        }
    }
}

impl<'a> ArgumentTable<'a> {
    /// The options of a command's operation.
    pub(super) fn of(command: &Command<'a>) -> Result<Self, CommandError> {
        let mut table = Self { arguments: Vec::new(), shadowed: Vec::new(), has_out_file: false };
        if let Some((graph, root)) = command.graph.and_then(|graph| Some((graph, graph.node(ROOT)?))) {
            for member in &root.members {
                table.member(command, graph, member);
            }
        }
        table.has_out_file = has_out_file(command)?;
        customised::edit(command, &mut table);
        table.rename(command);
        table.paging(command);
        if !table.has_out_file {
            table.add("cli-input-json", Takes::One, Sets::Input);
            table.add("cli-input-yaml", Takes::One, Sets::Input);
            table.add(
                "generate-cli-skeleton",
                Takes::AtMostOne,
                Sets::Refused("it shows an example and makes no call"),
            );
        }
        Ok(table)
    }

    fn member(&mut self, command: &Command<'_>, graph: &'a Graph, schema: &'a MemberSchema) {
        let name = hyphenated(&schema.member.name);
        let Some(node) = graph.node(schema.node) else { return };
        let required = schema.member.required && !schema.member.idempotency_token;
        match &node.shape.kind {
            Kind::Boolean => {
                self.add(&name, Takes::Nothing, Sets::Flag(schema, true));
                self.add(&format!("no-{name}"), Takes::Nothing, Sets::Flag(schema, false));
            }
            Kind::Structure(structure)
                if command.service == "ec2" && is_wrapped_boolean(graph, node, structure) =>
            {
                self.add(&name, Takes::AtMostOne, Sets::Wrapped(schema, true));
                self.add(&format!("no-{name}"), Takes::Nothing, Sets::Wrapped(schema, false));
            }
            kind => {
                let takes = if matches!(kind, Kind::List(_)) { Takes::Several } else { Takes::One };
                self.arguments.push(Argument { name, takes, required, sets: Sets::Member(schema) });
            }
        }
    }

    /// Adds an option that need not be given, in the place of one of the same name.
    pub(super) fn add(&mut self, name: &str, takes: Takes, sets: Sets<'a>) {
        let argument = Argument { name: name.to_owned(), takes, required: false, sets };
        match self.arguments.iter_mut().find(|other| other.name == name) {
            Some(other) => *other = argument,
            None => self.arguments.push(argument),
        }
    }

    /// Takes an option away.
    pub(super) fn remove(&mut self, name: &str) {
        self.arguments.retain(|argument| argument.name != name);
    }

    /// Lets an option be left out.
    pub(super) fn make_optional(&mut self, name: &str) {
        for argument in self.arguments.iter_mut().filter(|argument| argument.name == name) {
            argument.required = false;
        }
    }

    /// Gives an option another name. awscli names the options of wrapped booleans afterwards.
    pub(super) fn rename_one(&mut self, name: &str, new_name: &str) {
        let renamed = |argument: &&mut Argument<'_>| {
            argument.name == name && !matches!(argument.sets, Sets::Wrapped(..))
        };
        for argument in self.arguments.iter_mut().filter(renamed) {
            new_name.clone_into(&mut argument.name);
        }
    }

    fn rename(&mut self, command: &Command<'_>) {
        let here =
            |service: &str, name: &str| service == command.service && (name == "*" || name == command.name);
        for (_, _, name, new_name) in RENAMED.iter().filter(|(service, name, ..)| here(service, name)) {
            self.rename_one(name, new_name);
        }
        for (_, _, name, further) in FURTHER_NAMES.iter().filter(|(service, name, ..)| here(service, name)) {
            let original = self.arguments.iter().find(|argument| argument.name == *name).cloned();
            self.make_optional(name);
            let copy = original.map(|argument| Argument {
                name: (*further).to_owned(),
                required: false,
                ..argument
            });
            self.arguments.extend(copy);
        }
    }

    fn paging(&mut self, command: &Command<'a>) {
        let Some(paginator) = &command.operation.model().paginator else { return };
        self.shadow("starting-token", Sets::StartingToken);
        if let Some(limit) = &paginator.limit_key {
            self.shadow("page-size", Sets::PageSize(limit));
        }
        self.shadow("max-items", Sets::MaxItems);
    }

    fn shadow(&mut self, name: &str, sets: Sets<'a>) {
        self.shadowed.extend(self.arguments.iter().find(|argument| argument.name == name).cloned());
        self.add(name, Takes::One, sets);
    }

    /// Whether two options set the same member.
    pub(super) fn same_member(&self, left: usize, right: usize) -> bool {
        let member =
            |position: usize| self.arguments.get(position).and_then(|argument| argument.sets.member());
        matches!((member(left), member(right)), (Some(left), Some(right)) if std::ptr::eq(left, right))
    }

    /// Whether all members are given at once, so that none must be given by an option.
    pub(super) fn input_given(&self, given: &Given) -> bool {
        given.keys().any(|position| {
            self.arguments.get(*position).is_some_and(|argument| matches!(argument.sets, Sets::Input))
        })
    }
}

impl<'a> Sets<'a> {
    /// The member that is set, if it is a single one.
    pub(super) fn member(&self) -> Option<&'a Member> {
        match self {
            Self::Member(schema) | Self::Flag(schema, _) | Self::Wrapped(schema, _) => Some(schema.member),
            Self::PageSize(_)
            | Self::StartingToken
            | Self::MaxItems
            | Self::Input
            | Self::Custom(_)
            | Self::Nothing
            | Self::Refused(_) => None,
        }
    }
}

fn is_wrapped_boolean(graph: &Graph, node: &Node, structure: &Structure) -> bool {
    let only = matches!(structure.members.as_slice(), [member] if member.name == "Value");
    let target = node.members.first().and_then(|member| graph.node(member.node));
    only && target.is_some_and(|target| matches!(target.shape.kind, Kind::Boolean))
}

/// Whether the answer's body is bytes, which awscli writes to a file that the command names.
fn has_out_file(command: &Command<'_>) -> Result<bool, CommandError> {
    if command.service == "s3api" && command.name == "select-object-content" {
        return Ok(true);
    }
    let Some(number) = command.operation.model().output else { return Ok(false) };
    let service = &command.operation.loaded().model;
    let corrupt = || crate::IndexError::Corrupt { section: service.name.clone() };
    let shape: Shape = service.shapes.get(number as usize).ok_or_else(corrupt)?;
    let Kind::Structure(structure) = shape.kind else { return Ok(false) };
    let payload = structure.payload.and_then(|payload| structure.members.get(payload as usize));
    let target: Option<Shape> =
        payload.and_then(|payload| service.shapes.get(payload.reference.target as usize));
    Ok(target.is_some_and(|target| matches!(target.kind, Kind::Blob(_))))
}
