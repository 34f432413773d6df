//! Command lines in awscli's examples, and one made up for every operation: the same call as awscli makes of them.
//!
//! A case is a command line that awscli turns into exactly one API call. Those that awscli refuses are counted beside, and so
//! are those that are no case: they need more of a shell than unquoting, read files, or make several calls.

use std::collections::BTreeMap;

use aws_call::{BlobText, CommandCall, CommandError};
use serde::Deserialize;
use serde_json::Value;

use crate::{difference::difference, failure::Failure, models::Models, oracle, suite::Tally};

/// Share of the cases that must pass. What examples say is not always sense, so it cannot be all.
const LEAST: f64 = 0.97;

/// What awscli made of a command line.
#[derive(Debug, Deserialize)]
struct Answer {
    file: String,
    number: usize,
    command: String,
    call: Option<Call>,
    refused: Option<String>,
    /// Why it is no case.
    other: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Call {
    service: String,
    operation: String,
    region: Option<String>,
    parameters: Value,
}

/// Command lines in awscli's own examples.
pub(crate) fn examples(models: &Models) -> Result<Tally, Failure> {
    Ok(Tally { least: Some(LEAST), ..tally(models, "examples")? })
}

/// A command line for every operation, with as many of its options as can be given together.
pub(crate) fn operations(models: &Models) -> Result<Tally, Failure> {
    tally(models, "operations")
}

fn tally(models: &Models, kind: &str) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    oracle::ask(models, "command_lines.py", &[kind], |line| {
        let answer: Answer = serde_json::from_value(line).map_err(Failure::json("command_lines.py"))?;
        // awscli of version 1, the oracle, takes bytes as text.
        let ours = models.index.parse_command_with(&answer.command, BlobText::Raw);
        let mut count = |name: String| *counts.entry(name).or_default() += 1;
        if let Some(call) = &answer.call {
            let result = same(call, ours);
            if let Err((cause, _)) = &result {
                count(format!("cause.{cause}"));
            }
            let name =
                if kind == "examples" { format!("{} {}", answer.file, answer.number) } else { answer.file };
            tally.add(name, result.map_err(|(cause, problem)| format!("{cause}: {problem}")));
        } else {
            let what = match (&answer.refused, &answer.other) {
                (Some(_), _) => "refused".to_owned(),
                (None, other) => {
                    format!("no_case.{}", other.as_deref().unwrap_or("unknown").replace(' ', "_"))
                }
            };
            count(format!("{what}.total"));
            if refuses(models, ours)? {
                count(format!("{what}.refused_too"));
            }
        }
        Ok(())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "there are a few thousand command lines")]
    let counts = counts.into_iter().map(|(name, count)| (name, count as f64));
    tally.counts.extend(counts);
    Ok(tally)
}

/// Whether the line is refused when it is read or when its parameters are checked.
fn refuses(models: &Models, ours: Result<CommandCall, CommandError>) -> Result<bool, Failure> {
    let Ok(call) = ours else { return Ok(true) };
    let operation = models.index.operation(&call.service, &call.operation)?;
    Ok(operation.validate(&call.parameters).iter().any(|violation| !violation.warning))
}

fn same(expected: &Call, ours: Result<CommandCall, CommandError>) -> Result<(), (&'static str, String)> {
    let ours = ours.map_err(|error| (error.fault().code(), error.to_string()))?;
    if (&ours.service, &ours.operation) != (&expected.service, &expected.operation) {
        let (service, operation) = (&expected.service, &expected.operation);
        return Err(("operation", format!("{service} {operation} is {} {}", ours.service, ours.operation)));
    }
    if ours.region != expected.region {
        return Err(("region", format!("{:?} is {:?}", expected.region, ours.region)));
    }
    match difference(&ours.parameters, &expected.parameters) {
        None => Ok(()),
        Some(difference) => Err(("parameters", difference)),
    }
}
