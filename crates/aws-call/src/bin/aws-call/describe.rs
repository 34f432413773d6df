//! `describe` and `validate`: what is known of an operation, and whether parameters fit it.

use aws_call::Index;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::{
    LineError,
    arguments::Place,
    build::Call,
    lines::{read, value},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    service: String,
    operation: String,
    #[serde(default)]
    parameters: Value,
    region: Option<String>,
    account: Option<String>,
    /// See [`Call`].
    #[serde(default, rename = "ignored")]
    _ignored: IgnoredAny,
}

/// Answers a line of `describe`.
pub(crate) fn describe(index: &Index, place: &Place, line: &[u8]) -> Result<Value, LineError> {
    const NOT_KNOWN: &str = "*";
    let question: Question = read(line)?;
    let operation = index.operation(&question.service, &question.operation)?;
    let region = question.region.as_deref().or(place.region.as_deref()).unwrap_or(NOT_KNOWN);
    let partition = if region == NOT_KNOWN { NOT_KNOWN.to_owned() } else { index.partition(region)? };
    let place = aws_call::Place {
        partition: &partition,
        account: question.account.as_deref().unwrap_or(NOT_KNOWN),
        region,
    };
    value(operation.describe(&question.parameters, &place))
}

/// Answers a line of `validate`.
pub(crate) fn validate(index: &Index, line: &[u8]) -> Result<Value, LineError> {
    let call: Call = read(line)?;
    let violations = call.operation(index)?.validate(&call.parameters);
    Ok(json!({"valid": violations.iter().all(|violation| violation.warning), "violations": violations}))
}
