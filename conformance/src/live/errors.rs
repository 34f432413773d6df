//! Calls that moto refuses.

use std::collections::BTreeSet;

use aws_call::Outcome;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::emulator::Emulator;
use crate::{failure::Failure, models::Models, suite::Tally};

/// A call and the code with which it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    service: String,
    operation: String,
    #[serde(default)]
    parameters: Value,
    code: String,
}

pub(super) fn run(models: &Models, emulator: &Emulator, runtime: &Runtime) -> Result<Tally, Failure> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../live/errors.json")).map_err(Failure::json("errors.json"))?;
    let mut tally = Tally::default();
    let mut codes = BTreeSet::new();
    for case in &cases {
        let operation = models.index.operation(&case.service, &case.operation)?;
        let Emulator { client, target, credentials, .. } = emulator;
        let result = match operation.request(&case.parameters, target) {
            Ok(request) => {
                let send = client.send(&operation, &request, credentials, Emulator::now(), None);
                agrees(&runtime.block_on(send), &case.code)
            }
            Err(error) => Err(error.to_string()),
        };
        codes.insert(case.code.as_str());
        tally.add(format!("{}/{} {}", case.service, case.operation, case.code), result);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    tally.counts.push(("codes".to_owned(), codes.len() as f64));
    Ok(tally)
}

fn agrees(outcome: &Outcome, code: &str) -> Result<(), String> {
    match outcome {
        Outcome::Refused(refusal) if refusal.code != code => Err(format!("{refusal}")),
        // HEAD has no body for a message, nor for a code.
        Outcome::Refused(refusal) if refusal.message.is_empty() && !code.starts_with("HTTP ") => {
            Err("it has no message".to_owned())
        }
        Outcome::Refused(_) => Ok(()),
        Outcome::NotSent { .. }
        | Outcome::NoAnswer(_)
        | Outcome::Done(_)
        | Outcome::DoneUnreadable { .. } => Err(format!("{outcome:?}")),
    }
}
