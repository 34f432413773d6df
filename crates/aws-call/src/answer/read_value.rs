//! Reads JSON values with the codecs' deserializers.

use aws_smithy_schema::{
    Schema,
    prelude::STRING,
    serde::{SerdeError, ShapeDeserializer},
};
use aws_smithy_types::DateTime;
use serde_json::{Map, Value};

use super::timestamp;
use crate::{
    json_form,
    model::{Kind, Location, Protocol},
    schemas::{Graph, Node, unknown_shape},
};

/// Structures within structures beyond this are refused.
const DEEPEST: usize = 100;

/// Reads one value of the shape `node`.
pub(crate) fn read(
    graph: &Graph,
    node: &Node,
    schema: &Schema<'_>,
    deserializer: &mut dyn ShapeDeserializer,
) -> Result<Value, SerdeError> {
    Reader { graph, depth: 0, place: Place::Body }.value(node, schema, deserializer)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    graph: &'a Graph,
    depth: usize,
    place: Place,
}

/// Where a value stands; headers have deserializers of their own.
#[derive(Clone, Copy)]
enum Place {
    Body,
    Header,
    /// Part of a header that is a list.
    HeaderElement,
}

impl Reader<'_> {
    fn value(
        self,
        node: &Node,
        schema: &Schema<'_>,
        from: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        if self.depth > DEEPEST {
            return Err(SerdeError::invalid_input("the answer is nested too deeply"));
        }
        let within = Self { depth: self.depth + 1, ..self };
        Ok(match &node.shape.kind {
            Kind::Structure(_) | Kind::Union(_) => within.structure(node, from)?,
            Kind::List(list) => within.list(node, list.sparse, schema, from)?,
            Kind::Map(map) => within.map(node, map.sparse, schema, from)?,
            Kind::Text(_) => Value::String(from.read_string(schema)?),
            Kind::Boolean => Value::Bool(from.read_boolean(schema)?),
            Kind::Integer { bits: 8, .. } => Value::from(from.read_byte(schema)?),
            Kind::Integer { bits: 16, .. } => Value::from(from.read_short(schema)?),
            Kind::Integer { bits: 32, .. } => Value::from(from.read_integer(schema)?),
            Kind::Integer { .. } => json_form::integer_value(from.read_long(schema)?),
            // Through text, so that 0.1 stays 0.1.
            Kind::Float { bits: 32, .. } => {
                json_form::float_value(from.read_float(schema)?.to_string().parse().unwrap_or(f64::NAN))
            }
            Kind::Float { .. } => json_form::float_value(from.read_double(schema)?),
            Kind::Blob(_) => json_form::bytes_value(from.read_blob(schema)?.as_ref()),
            Kind::Timestamp(_) => self
                .timestamp(schema, from)?
                .as_ref()
                .and_then(json_form::timestamp_value)
                .ok_or_else(|| SerdeError::invalid_input("a point in time cannot be read"))?,
            Kind::Document => json_form::document_value(&from.read_document(schema)?),
        })
    }

    /// Read from what is written, not by the model's format alone: services do not always keep to it.
    fn timestamp(
        self,
        schema: &Schema<'_>,
        from: &mut dyn ShapeDeserializer,
    ) -> Result<Option<DateTime>, SerdeError> {
        Ok(match (self.place, self.graph.protocol) {
            (Place::Header, _) => timestamp::from_text(&from.read_string(&STRING)?),
            (Place::HeaderElement, _) => Some(from.read_timestamp(schema)?),
            (Place::Body, Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query) => {
                timestamp::from_text(&from.read_string(schema)?)
            }
            (Place::Body, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson) => {
                timestamp::from_document(&from.read_document(schema)?)
            }
            (Place::Body, Protocol::RpcV2Cbor) => {
                Some(timestamp::in_microseconds(from.read_timestamp(schema)?))
            }
        })
    }

    fn structure(self, node: &Node, from: &mut dyn ShapeDeserializer) -> Result<Value, SerdeError> {
        let mut values = Map::new();
        from.read_struct(node.schema, &mut |schema, from| {
            let Some(member) = schema.member_index().and_then(|position| node.members.get(position)) else {
                return from.skip_value();
            };
            if from.is_null() {
                return from.read_null();
            }
            let target = self.graph.node(member.node).ok_or_else(unknown_shape)?;
            let place = if member.member.location == Location::Header { Place::Header } else { Place::Body };
            let value = Self { place, ..self }.value(target, schema, from)?;
            let value = if member.member.json_value { parsed(value) } else { value };
            match (values.get_mut(&member.member.name), value) {
                // The elements of a flattened list or map may arrive in several runs.
                (Some(Value::Array(earlier)), Value::Array(later)) => earlier.extend(later),
                (Some(Value::Object(earlier)), Value::Object(later)) => earlier.extend(later),
                (_, value) => {
                    values.insert(member.member.name.clone(), value);
                }
            }
            Ok(())
        })?;
        Ok(Value::Object(values))
    }

    fn list(
        self,
        node: &Node,
        sparse: bool,
        schema: &Schema<'_>,
        from: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        let mut values = Vec::new();
        from.read_list(schema, &mut |from| {
            values.extend(self.element(node, sparse, from)?);
            Ok(())
        })?;
        Ok(Value::Array(values))
    }

    fn map(
        self,
        node: &Node,
        sparse: bool,
        schema: &Schema<'_>,
        from: &mut dyn ShapeDeserializer,
    ) -> Result<Value, SerdeError> {
        let mut values = Map::new();
        from.read_map(schema, &mut |key, from| {
            values.extend(self.element(node, sparse, from)?.map(|value| (key, value)));
            Ok(())
        })?;
        Ok(Value::Object(values))
    }

    /// The element of a list or the value of an entry; none for a null that the model does not allow.
    fn element(
        self,
        node: &Node,
        sparse: bool,
        from: &mut dyn ShapeDeserializer,
    ) -> Result<Option<Value>, SerdeError> {
        if from.is_null() {
            from.read_null()?;
            return Ok(sparse.then_some(Value::Null));
        }
        let (schema, target) = self.graph.element(node).ok_or_else(unknown_shape)?;
        let place = match self.place {
            Place::Body => Place::Body,
            Place::Header | Place::HeaderElement => Place::HeaderElement,
        };
        Self { place, ..self }.value(target, schema, from).map(Some)
    }
}

/// JSON that a service sends as text; text that is not JSON stays text.
fn parsed(value: Value) -> Value {
    match value.as_str().map(serde_json::from_str) {
        Some(Ok(parsed)) => parsed,
        Some(Err(_)) | None => value,
    }
}
