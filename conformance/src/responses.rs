//! Answers, read by aws-call and by botocore.

use aws_call::{NoAnswer, Outcome, Output, Refusal};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{difference::difference, failure::Failure, models::Models, oracle, suite::Tally};

/// An answer, and what botocore reads in it: one of output, error, unreadable.
#[derive(Deserialize)]
struct Recorded {
    case: String,
    service: String,
    operation: String,
    status: u16,
    headers: Map<String, Value>,
    body_base64: String,
    #[serde(default)]
    request_id: Option<String>,
    output: Option<Value>,
    error: Option<Error>,
    unreadable: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Error {
    code: String,
    message: String,
}

/// The answers that botocore has recorded.
pub(crate) fn recorded(models: &Models) -> Result<Tally, Failure> {
    let folder = models.botocore.join("tests/unit/response_parsing");
    let mut tally = Tally::default();
    oracle::ask(models, "recorded_responses.py", &[&folder.to_string_lossy()], |line| {
        add(models, line, &mut tally)
    })?;
    Ok(tally)
}

/// Answers of every operation, written by moto and read by botocore.
pub(crate) fn made(models: &Models) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut unwritten = 0_u32;
    oracle::ask_with_moto(models, "answers.py", &["0"], |line| {
        if line.get("unwritten").is_some() {
            unwritten += 1;
            return Ok(());
        }
        add(models, line, &mut tally)
    })?;
    tally.counts.push(("unwritten".to_owned(), f64::from(unwritten)));
    Ok(tally)
}

fn add(models: &Models, line: Value, tally: &mut Tally) -> Result<(), Failure> {
    let recorded: Recorded = serde_json::from_value(line).map_err(Failure::json("an answer"))?;
    let operation = models.index.operation(&recorded.service, &recorded.operation)?;
    let body = STANDARD.decode(&recorded.body_base64);
    let body = body.map_err(|error| Failure::Other(format!("{}: {error}", recorded.case)))?;
    let headers: Vec<_> = recorded
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let outcome = operation.parse(recorded.status, &headers, &body);
    let result = agrees(&recorded, outcome);
    tally.add(recorded.case, result);
    Ok(())
}

fn agrees(recorded: &Recorded, outcome: Outcome) -> Result<(), String> {
    let (request_id, difference) = match outcome {
        Outcome::Done(Output { output, request_id, .. }) => {
            (request_id, difference_of_outputs(recorded, &output))
        }
        Outcome::Refused(Refusal { code, message, request_id, .. }) => {
            let error = Error { code, message };
            let differs = recorded.error.as_ref() != Some(&error);
            (request_id, differs.then(|| format!("{error:?} is not {:?}", recorded.error)))
        }
        Outcome::NoAnswer(NoAnswer { reason, code, request_id, .. }) => {
            let expected = recorded.error.as_ref().map(|error| error.code.as_str());
            let differs = code.is_none() || code.as_deref() != expected;
            (request_id, differs.then(|| format!("{reason}: {code:?} is not {expected:?}")))
        }
        Outcome::DoneUnreadable { reason, request_id } => {
            (request_id, recorded.unreadable.is_none().then(|| format!("cannot be read: {reason}")))
        }
        Outcome::NotSent { reason } => (None, Some(reason)),
    };
    match (difference, &recorded.request_id) {
        (Some(difference), _) => Err(difference),
        (None, Some(expected)) if request_id.as_ref() != Some(expected) => {
            Err(format!("the request id {request_id:?} is not {expected}"))
        }
        (None, _) => Ok(()),
    }
}

fn difference_of_outputs(recorded: &Recorded, output: &Value) -> Option<String> {
    let Some(expected) = &recorded.output else {
        return Some("botocore does not read an output".to_owned());
    };
    difference(output, expected)
}
