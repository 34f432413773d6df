//! `parse`: what an answer says.

use aws_call::Index;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    LineError,
    lines::{read, value},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    service: String,
    operation: String,
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body_base64: String,
}

/// Answers a line of `parse`.
pub(crate) fn parse(index: &Index, line: &[u8]) -> Result<Value, LineError> {
    let received: Received = read(line)?;
    let operation = index.operation(&received.service, &received.operation)?;
    let body = STANDARD
        .decode(&received.body_base64)
        .map_err(|error| LineError::new("not_a_call", format!("`body_base64`: {error}")))?;
    let headers = pairs(received.headers)?;
    value(operation.parse(received.status, &headers, &body))
}

/// Headers given by name, each with a text or a list of texts.
fn pairs(headers: Map<String, Value>) -> Result<Vec<(String, String)>, LineError> {
    let mut pairs = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        for value in values {
            let Value::String(value) = value else {
                return Err(LineError::new("not_a_call", format!("the header `{name}` is not text")));
            };
            pairs.push((name.clone(), value));
        }
    }
    Ok(pairs)
}
