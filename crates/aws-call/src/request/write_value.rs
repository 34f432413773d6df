//! Writes JSON values with the codecs' serializers.

use aws_smithy_schema::{
    Schema, prelude,
    serde::{SerdeError, SerializableStruct, ShapeSerializer},
};
use aws_smithy_types::Blob;
use serde_json::{Map, Value};

use super::timestamps;
use crate::{
    json_form,
    model::{Kind, Location, Protocol},
    schemas::{Graph, Lasting, MemberSchema, Node, ROOT, unknown_shape},
};

/// An operation's parameters, as the protocols want them.
pub(crate) struct Parameters<'a> {
    pub(crate) graph: Option<&'a Graph>,
    pub(crate) schema: Lasting,
    pub(crate) values: &'a Map<String, Value>,
}

impl SerializableStruct for Parameters<'_> {
    fn schema(&self) -> &Schema<'_> {
        self.schema
    }

    fn serialize_members(&self, serializer: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        let Some(graph) = self.graph else { return Ok(()) };
        match graph.node(ROOT) {
            Some(root) => write_members(graph, root, self.values, serializer),
            None => Ok(()),
        }
    }
}

struct Structure<'a> {
    graph: &'a Graph,
    node: &'a Node,
    values: &'a Map<String, Value>,
}

impl SerializableStruct for Structure<'_> {
    fn schema(&self) -> &Schema<'_> {
        self.node.schema
    }

    fn serialize_members(&self, serializer: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        write_members(self.graph, self.node, self.values, serializer)
    }
}

fn write_members(
    graph: &Graph,
    node: &Node,
    values: &Map<String, Value>,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    for member in &node.members {
        if member.member.location == Location::Endpoint {
            continue;
        }
        let target = graph.node(member.node).ok_or_else(unknown_shape)?;
        match values.get(&member.member.name).filter(|value| !value.is_null()) {
            Some(value) => write_member(graph, member, target, value, serializer)?,
            None => {
                let is_structure = matches!(target.shape.kind, Kind::Structure(_));
                if let (Some(payload), Protocol::RestJson, true) =
                    (member.payload, graph.protocol, is_structure)
                {
                    let nothing = Value::Object(Map::new());
                    write(graph, target, payload, &nothing, serializer)?;
                }
            }
        }
    }
    Ok(())
}

fn write_member(
    graph: &Graph,
    member: &MemberSchema,
    target: &Node,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    if member.member.json_value {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return serializer.write_string(member.schema, &text);
    }
    write(graph, target, member.payload.unwrap_or(member.schema), value, serializer)
}

fn misfit(wanted: &str, value: &Value) -> SerdeError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    SerdeError::type_mismatch(format!("{wanted} is wanted, but this is {found}"))
}

fn write(
    graph: &Graph,
    node: &Node,
    schema: Lasting,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    match &node.shape.kind {
        Kind::Structure(_) | Kind::Union(_) => {
            let values = value.as_object().ok_or_else(|| misfit("an object", value))?;
            serializer.write_struct(schema, &Structure { graph, node, values })
        }
        Kind::List(_) => write_list(graph, node, schema, value, serializer),
        Kind::Map(_) => write_map(graph, node, schema, value, serializer),
        Kind::Text(_) => {
            serializer.write_string(schema, value.as_str().ok_or_else(|| misfit("text", value))?)
        }
        Kind::Boolean => {
            serializer.write_boolean(schema, value.as_bool().ok_or_else(|| misfit("a boolean", value))?)
        }
        Kind::Integer { bits, .. } => write_integer(*bits, schema, value, serializer),
        Kind::Float { bits, .. } => {
            let number = json_form::float(value).ok_or_else(|| misfit("a number", value))?;
            // Text keeps the digits that were given; CBOR has a form of this width.
            if *bits == 32 && graph.protocol == Protocol::RpcV2Cbor {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the model says that the value has 32 bits"
                )]
                let number = number as f32;
                return serializer.write_float(schema, number);
            }
            serializer.write_double(schema, number)
        }
        Kind::Blob(_) => {
            let bytes = json_form::bytes(value).ok_or_else(|| misfit("base64 text", value))?;
            serializer.write_blob(schema, Blob::new(bytes))
        }
        Kind::Timestamp(_) => {
            let timestamp = json_form::timestamp(value).ok_or_else(|| misfit("a point in time", value))?;
            timestamps::write(schema, &timestamp, serializer)
        }
        Kind::Document => serializer.write_document(schema, &json_form::document(value)),
    }
}

fn write_list(
    graph: &Graph,
    node: &Node,
    schema: Lasting,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let values = value.as_array().ok_or_else(|| misfit("a list", value))?;
    // An empty list is no header either.
    if leaves_no_trace(graph, node, value) || (values.is_empty() && schema.http_header().is_some()) {
        return Ok(());
    }
    let element = graph.element(node).ok_or_else(unknown_shape)?;
    serializer.write_list_with_length(schema, values.len(), &|serializer| {
        values.iter().try_for_each(|value| write_element(graph, element, value, serializer))
    })
}

/// Whether the query protocols write nothing at all for a value, not even that it is empty.
fn leaves_no_trace(graph: &Graph, node: &Node, value: &Value) -> bool {
    let ec2 = graph.protocol == Protocol::Ec2Query;
    if !ec2 && graph.protocol != Protocol::AwsQuery {
        return false;
    }
    match (value, graph.element(node)) {
        (Value::Null, _) => true,
        (Value::Array(values), Some((_, element))) => {
            if values.is_empty() {
                ec2
            } else {
                values.iter().all(|value| leaves_no_trace(graph, element, value))
            }
        }
        (Value::Object(values), None) => node.members.iter().all(|member| {
            let (value, target) = (values.get(&member.member.name), graph.node(member.node));
            value.is_none_or(|value| target.is_some_and(|target| leaves_no_trace(graph, target, value)))
        }),
        (Value::Object(entries), Some(_)) => entries.is_empty(),
        _ => false,
    }
}

fn write_map(
    graph: &Graph,
    node: &Node,
    schema: Lasting,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let values = value.as_object().ok_or_else(|| misfit("an object", value))?;
    let element = graph.element(node).ok_or_else(unknown_shape)?;
    serializer.write_map_with_length(schema, values.len(), &|serializer| {
        values.iter().try_for_each(|(key, value)| {
            serializer.write_string(&prelude::STRING, key)?;
            write_element(graph, element, value, serializer)
        })
    })
}

/// Writes the element of a list or the value of an entry, either of which may be null.
fn write_element(
    graph: &Graph,
    (schema, node): (Lasting, &Node),
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    if value.is_null() {
        return serializer.write_null(schema);
    }
    write(graph, node, schema, value, serializer)
}

fn write_integer(
    bits: u8,
    schema: Lasting,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let wrong = || misfit("an integer of the model's width", value);
    let integer = json_form::integer(value).ok_or_else(wrong)?;
    match bits {
        8 => serializer.write_byte(schema, integer.try_into().map_err(|_| wrong())?),
        16 => serializer.write_short(schema, integer.try_into().map_err(|_| wrong())?),
        32 => serializer.write_integer(schema, integer.try_into().map_err(|_| wrong())?),
        _ => serializer.write_long(schema, integer),
    }
}
