//! Parameters brought into the JSON form of this crate: bytes as base64, points in time as RFC 3339, integers beyond ±2^53 as
//! text. What does not fit the model stays as it is, for validation to say so.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    BlobText, Parameters,
    error::{CommandError, bad_value},
    timestamp,
};
use crate::{
    json_form,
    model::Kind,
    schemas::{Graph, Node},
};

/// Brings the members of a structure into JSON form.
pub(super) fn members(
    graph: &Graph,
    node: &Node,
    values: &mut Parameters,
    blobs: BlobText,
) -> Result<(), CommandError> {
    for member in node.members.iter().filter(|member| !member.member.json_value) {
        let Some(value) = values.get_mut(&member.member.name) else { continue };
        if let Some(target) = graph.node(member.node) {
            conform(graph, target, value, blobs).map_err(|what| bad_value(&member.member.name, what))?;
        }
    }
    Ok(())
}

fn conform(graph: &Graph, node: &Node, value: &mut Value, blobs: BlobText) -> Result<(), &'static str> {
    let element = graph.element(node).map(|(_, element)| element);
    match (&node.shape.kind, value) {
        (Kind::Structure(_) | Kind::Union(_), Value::Object(entries)) => {
            for member in node.members.iter().filter(|member| !member.member.json_value) {
                let Some(value) = entries.get_mut(&member.member.name) else { continue };
                if let Some(target) = graph.node(member.node) {
                    conform(graph, target, value, blobs)?;
                }
            }
        }
        (Kind::List(_), Value::Array(values)) => {
            for value in values {
                element.map_or(Ok(()), |element| conform(graph, element, value, blobs))?;
            }
        }
        (Kind::Map(_), Value::Object(entries)) => {
            for value in entries.values_mut() {
                element.map_or(Ok(()), |element| conform(graph, element, value, blobs))?;
            }
        }
        (Kind::Blob(_), Value::String(text)) => match blobs {
            BlobText::Raw => *text = STANDARD.encode(text.as_bytes()),
            BlobText::Base64 if STANDARD.decode(text.as_bytes()).is_ok() => {}
            BlobText::Base64 => {
                return Err(
                    "bytes are written as base64, unless `--cli-binary-format raw-in-base64-out` is given",
                );
            }
        },
        (Kind::Timestamp(_), value) => point_in_time(value)?,
        (Kind::Integer { .. }, value) => {
            if let Some(large) =
                value.as_i64().filter(|integer| integer.unsigned_abs() > json_form::EXACT.unsigned_abs())
            {
                *value = json_form::integer_value(large);
            }
        }
        _ => {}
    }
    Ok(())
}

fn point_in_time(value: &mut Value) -> Result<(), &'static str> {
    let time = match &*value {
        Value::String(text) => {
            Some(timestamp::read(text).ok_or("this is no point in time; write `2026-01-31T12:00:00Z`")?)
        }
        Value::Number(_) => json_form::timestamp(value),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    if let Some(written) = time.and_then(|time| json_form::timestamp_value(&time)) {
        *value = written;
    }
    Ok(())
}
