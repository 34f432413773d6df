//! botocore's own validation: what it refuses is refused, and what it takes is taken.

use std::collections::BTreeMap;

use aws_call::{Operation, Violation};
use serde::Deserialize;
use serde_json::Value;

use crate::{failure::Failure, models::Models, oracle::ask, suite::Tally};

/// Invalid variants of each operation's parameters.
const VARIANTS: &str = "6";

#[derive(Deserialize)]
struct Judged {
    service: String,
    operation: String,
    /// Parameters that botocore takes; the variants are made from the last.
    valid: Vec<Value>,
    invalid: Vec<Change>,
    /// Changes that botocore took, of which nothing follows.
    accepted: u32,
}

/// A change of one value that makes botocore refuse.
#[derive(Deserialize)]
struct Change {
    kind: String,
    path: Vec<Step>,
    #[serde(default)]
    remove: bool,
    #[serde(default)]
    value: Value,
    report: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Position(usize),
    Name(String),
}

/// What botocore refuses must be refused here, and what it takes must be taken, but for warnings.
pub(crate) fn agrees(models: &Models) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    let mut count = |what: &str, more: u32| *counts.entry(what.to_owned()).or_default() += f64::from(more);
    ask(models, "validation.py", &[VARIANTS], |line| {
        let judged: Judged = serde_json::from_value(line).map_err(Failure::json("validation.py"))?;
        let operation = models.index.operation(&judged.service, &judged.operation)?;
        let name =
            |sort: &str, number: usize| format!("{}/{}/{sort}/{number}", judged.service, judged.operation);
        count("accepted_by_botocore", judged.accepted);
        for (number, parameters) in judged.valid.iter().enumerate() {
            let found = operation.validate(parameters);
            count("valid", 1);
            count("valid_with_warnings", u32::from(!found.is_empty()));
            let wrong = found.iter().find(|found| !found.warning).map(told);
            tally.add(name("valid", number), wrong.map_or(Ok(()), Err));
        }
        for (number, change) in judged.invalid.iter().enumerate() {
            count("invalid", 1);
            count(&format!("invalid_{}", change.kind), 1);
            let parameters = judged.valid.last().and_then(|valid| change.applied_to(valid));
            tally.add(name("invalid", number), refused(&operation, parameters.as_ref(), change));
        }
        Ok(())
    })?;
    tally.counts = counts.into_iter().collect();
    Ok(tally)
}

fn refused(operation: &Operation, parameters: Option<&Value>, change: &Change) -> Result<(), String> {
    let parameters = parameters.ok_or("the change leads nowhere")?;
    if operation.validate(parameters).iter().any(|found| !found.warning) {
        return Ok(());
    }
    Err(format!("{} is taken, but botocore says: {}", change.kind, change.report))
}

fn told(violation: &Violation) -> String {
    let Violation { path, rule, message, .. } = violation;
    format!("`{path}` violates `{rule}`: {message}")
}

impl Change {
    /// The parameters with the change; `None` if its way leads nowhere.
    fn applied_to(&self, parameters: &Value) -> Option<Value> {
        let mut changed = parameters.clone();
        let (last, way) = self.path.split_last()?;
        let mut here = &mut changed;
        for step in way {
            here = match step {
                Step::Position(position) => here.get_mut(position)?,
                Step::Name(name) => here.get_mut(name)?,
            };
        }
        match (last, here) {
            (Step::Name(name), Value::Object(members)) if self.remove => drop(members.remove(name)?),
            (Step::Name(name), Value::Object(members)) => {
                drop(members.insert(name.clone(), self.value.clone()))
            }
            (Step::Position(position), Value::Array(elements)) => {
                *elements.get_mut(*position)? = self.value.clone()
            }
            (Step::Name(_) | Step::Position(_), _) => return None,
        }
        Some(changed)
    }
}
