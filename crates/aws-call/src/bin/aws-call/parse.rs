//! `parse`: what an answer says.

use aws_call::{Index, NoAnswer, Outcome, Output, Refusal};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{LineError, lines::read};

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
    Ok(described(operation.parse(received.status, &headers, &body)))
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

/// An outcome as JSON: what it means, and the output or the error.
pub(crate) fn described(outcome: Outcome) -> Value {
    let name = outcome.name();
    match outcome {
        Outcome::Done(Output { output, request_id, .. }) => {
            json!({"outcome": name, "output": output, "request_id": request_id})
        }
        Outcome::DoneUnreadable { reason, request_id } => {
            json!({"outcome": name, "error": {"message": reason}, "request_id": request_id})
        }
        Outcome::Refused(Refusal { status, code, message, request_id }) => json!({
            "outcome": name,
            "error": {"status": status, "code": code, "message": message},
            "request_id": request_id,
        }),
        Outcome::NoAnswer(NoAnswer { reason, status, code, request_id }) => json!({
            "outcome": name,
            "error": {"status": status, "code": code, "message": reason},
            "request_id": request_id,
        }),
        Outcome::NotSent { reason } => json!({"outcome": name, "error": {"message": reason}}),
    }
}
