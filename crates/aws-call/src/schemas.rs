//! Schemas of one operation's input or output, in the form that the codecs read.

mod builder;

use aws_smithy_schema::{Schema, ShapeId, ShapeType, serde::SerdeError, traits::HttpTrait};
use builder::Builder;
pub(crate) use builder::targets;

use crate::{
    index::{IndexError, LoadedService},
    model::{self, Kind, Location, Protocol, Shape, XmlNamespace},
};

/// A schema that lives as long as the process.
pub(crate) type Lasting = &'static Schema<'static>;

/// Which way values go; ec2Query writes lists differently from how it reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Into a request.
    Request,
    /// Out of an answer.
    Answer,
}

/// The shapes reachable from one root, with their schemas.
///
/// A schema borrows its names and members, and the codecs cache what they derive from it, so schemas must outlive
/// every use. They are leaked: once per operation and direction of an opened index, which bounds the sum by the size of the
/// models, since [`crate::Index`] keeps each operation it has loaded.
pub(crate) struct Graph {
    pub(crate) protocol: Protocol,
    nodes: Vec<Node>,
}

/// A shape in use.
pub(crate) struct Node {
    pub(crate) shape: &'static Shape,
    /// Schema of the shape itself, without what its uses add.
    pub(crate) schema: Lasting,
    /// For structures and unions, in the order of the shape's members.
    pub(crate) members: Vec<MemberSchema>,
    /// For lists the element, for maps the value.
    pub(crate) element: Option<Element>,
}

/// A member in use.
pub(crate) struct MemberSchema {
    pub(crate) member: &'static model::Member,
    pub(crate) schema: Lasting,
    pub(crate) node: usize,
    /// Set if the member is a structure that is the whole body: it is then written with the structure's own schema.
    pub(crate) payload: Option<Lasting>,
}

/// Element of a list or value of a map.
#[derive(Clone, Copy)]
pub(crate) struct Element {
    pub(crate) schema: Lasting,
    pub(crate) node: usize,
}

/// Number of the root among a graph's nodes.
pub(crate) const ROOT: usize = 0;

impl Graph {
    /// Builds the graph of what `root` reaches.
    pub(crate) fn build(
        service: &LoadedService,
        root: u32,
        direction: Direction,
    ) -> Result<Self, IndexError> {
        let nodes = Builder::new(service, direction).build(root)?;
        Ok(Self { protocol: service.model.protocol, nodes })
    }

    /// The node with this number.
    pub(crate) fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    /// The element of a list or the value of a map: the schema of this use of it, and its own node.
    pub(crate) fn element(&self, node: &Node) -> Option<(Lasting, &Node)> {
        let element = node.element?;
        Some((element.schema, self.node(element.node)?))
    }
}

/// Why a codec stops where a graph lacks a node that it refers to.
pub(crate) fn unknown_shape() -> SerdeError {
    SerdeError::custom("the model refers to a shape that it does not have")
}

/// The schema that an operation's input is written with: the root's members with method, path and root element.
pub(crate) fn request_schema(graph: Option<&Graph>, operation: &model::Operation) -> Lasting {
    let root = graph.and_then(|graph| graph.node(ROOT));
    let members = root.map(|root| root.members.as_slice()).unwrap_or_default();
    let name =
        root.map_or_else(|| leak_text(&format!("{}Input", operation.name)), |root| root.shape.name.as_str());
    let mut schema =
        structure_schema(name, ShapeType::Structure, members, root.and_then(|root| root.structure()));
    schema = schema.with_http(HttpTrait::new(leak_text(&operation.method), leak_text(&operation.uri), None));
    if let Some(name) = &operation.input_xml_name {
        schema = schema.with_original_name(leak_text(name));
    }
    if let Some(namespace) = &operation.input_xml_namespace {
        schema = with_namespace(schema, Some(leak(namespace.clone())));
    }
    let in_body = |member: &MemberSchema| {
        if member.schema.http_payload().is_some() {
            return member.payload.is_some();
        }
        member.member.location == Location::Body
    };
    if !members.iter().any(in_body) {
        schema = schema.with_no_body_members();
    }
    leak(schema)
}

impl Node {
    /// The shape as a structure or union, if it is one.
    pub(crate) fn structure(&self) -> Option<&'static model::Structure> {
        self.shape.kind.structure()
    }
}

fn structure_schema(
    name: &'static str,
    kind: ShapeType,
    members: &[MemberSchema],
    structure: Option<&'static model::Structure>,
) -> Schema<'static> {
    let members: &'static [Lasting] = members.iter().map(|member| member.schema).collect::<Vec<_>>().leak();
    let mut schema = Schema::new_struct(shape_id(name), kind, members);
    if let Some(structure) = structure {
        if let Some(name) = &structure.xml_name {
            schema = schema.with_xml_name(name);
        }
        schema = with_namespace(schema, structure.xml_namespace.as_ref());
    }
    schema
}

fn with_namespace(schema: Schema<'static>, namespace: Option<&'static XmlNamespace>) -> Schema<'static> {
    match namespace {
        Some(namespace) => schema.with_xml_namespace(&namespace.uri, namespace.prefix.as_deref()),
        None => schema,
    }
}

fn shape_type(shape: &Shape) -> ShapeType {
    match &shape.kind {
        Kind::Structure(_) => ShapeType::Structure,
        Kind::Union(_) => ShapeType::Union,
        Kind::List(_) => ShapeType::List,
        Kind::Map(_) => ShapeType::Map,
        Kind::Text(_) => ShapeType::String,
        Kind::Blob(_) => ShapeType::Blob,
        Kind::Boolean => ShapeType::Boolean,
        Kind::Integer { bits: 8, .. } => ShapeType::Byte,
        Kind::Integer { bits: 16, .. } => ShapeType::Short,
        Kind::Integer { bits: 32, .. } => ShapeType::Integer,
        Kind::Integer { .. } => ShapeType::Long,
        Kind::Float { bits: 32, .. } => ShapeType::Float,
        Kind::Float { .. } => ShapeType::Double,
        Kind::Timestamp(_) => ShapeType::Timestamp,
        Kind::Document => ShapeType::Document,
    }
}

fn shape_id(name: &'static str) -> ShapeId<'static> {
    ShapeId::from_parts(name, "aws", name)
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn leak_text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}
