//! The calls of a submission.

use std::fmt;

use serde_json::{Map, Value};

use super::{Reader, STEPS_MAX, UNDO_MAX};
use crate::id::AccountId;
use crate::sealed::contains_mark;
use crate::undo::PlannedCall;

/// One AWS API call as an agent names it. Its Debug does not show the parameters.
#[derive(Clone, PartialEq)]
pub struct StepRequest {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: String,
    /// The service, as the models name it (`ssm`).
    pub service: String,
    /// The operation (`PutParameter`).
    pub operation: String,
    /// Its parameters.
    pub parameters: Value,
    /// The calls that undo it, where the catalogue plans none.
    pub undo: Vec<PlannedCall>,
}

impl fmt::Debug for StepRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepRequest")
            .field("account", &self.account)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn steps(&mut self, map: &Map<String, Value>) -> Option<Vec<StepRequest>> {
        let Some(value) = map.get("steps") else {
            return self.refuse("/steps".into(), "missing", "`steps` is required");
        };
        let Some(list) = value.as_array() else {
            return self.refuse("/steps".into(), "type", "`steps` is a list");
        };
        if list.is_empty() || list.len() > STEPS_MAX {
            let message = format!("a change has 1 to {STEPS_MAX} steps, not {}", list.len());
            return self.refuse("/steps".into(), "length", message);
        }
        let steps: Vec<_> = list.iter().enumerate().map(|(number, step)| self.step(number, step)).collect();
        steps.into_iter().collect()
    }

    fn step(&mut self, number: usize, value: &Value) -> Option<StepRequest> {
        let at = format!("/steps/{number}");
        let Some(map) = value.as_object() else {
            return self.refuse(at, "type", "a step is an object");
        };
        self.known_keys(&at, map, &["account", "region", "service", "operation", "parameters", "undo"]);
        let account = self.account(map, &at);
        let region = self.text(map, &at, "region", 40);
        let service = self.text(map, &at, "service", 80);
        let operation = self.text(map, &at, "operation", 120);
        let parameters = self.parameters(map, &at);
        let undo = map.get("undo").map_or(Some(vec![]), |undo| self.undo(undo, &format!("{at}/undo")));
        Some(StepRequest {
            account: account?,
            region: region?,
            service: service?,
            operation: operation?,
            parameters: parameters?,
            undo: undo?,
        })
    }

    fn undo(&mut self, value: &Value, at: &str) -> Option<Vec<PlannedCall>> {
        let Some(list) = value.as_array().filter(|list| (1..=UNDO_MAX).contains(&list.len())) else {
            return self.refuse(
                at.to_owned(),
                "length",
                format!("`undo` is a list of 1 to {UNDO_MAX} calls"),
            );
        };
        let calls: Vec<_> = list
            .iter()
            .enumerate()
            .map(|(place, call)| self.planned(call, &format!("{at}/{place}")))
            .collect();
        calls.into_iter().collect()
    }

    fn planned(&mut self, value: &Value, at: &str) -> Option<PlannedCall> {
        let Some(map) = value.as_object() else {
            return self.refuse(at.to_owned(), "type", "a call is an object");
        };
        self.known_keys(at, map, &["service", "operation", "parameters"]);
        let service = self.text(map, at, "service", 80);
        let operation = self.text(map, at, "operation", 120);
        let parameters = self.parameters(map, at);
        Some(PlannedCall { service: service?, operation: operation?, parameters: parameters? })
    }

    fn account(&mut self, map: &Map<String, Value>, at: &str) -> Option<AccountId> {
        let text = self.text(map, at, "account", 40)?;
        match text.parse() {
            Ok(account) => Some(account),
            Err(error) => self.refuse(format!("{at}/account"), "type", format!("{error}")),
        }
    }

    fn parameters(&mut self, map: &Map<String, Value>, at: &str) -> Option<Value> {
        let path = format!("{at}/parameters");
        match map.get("parameters") {
            Some(Value::Object(parameters)) => {
                let value = Value::Object(parameters.clone());
                if contains_mark(&value) {
                    return self.refuse(path, "reserved", "the key `$sealed` is reserved");
                }
                Some(value)
            }
            Some(_) => self.refuse(path, "type", "`parameters` is an object"),
            None => self.refuse(path, "missing", "`parameters` is required"),
        }
    }
}
