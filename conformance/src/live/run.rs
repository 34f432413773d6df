//! Runs the steps of one script.

use std::{collections::BTreeMap, time::Duration};

use aws_call::{Outcome, Waited};
use serde_json::{Map, Value};

use super::{
    emulator::Emulator,
    script::{Common, Ends, Script, Step},
};
use crate::{failure::Failure, models::Models};

/// One script under way.
pub(super) struct Runner<'a> {
    models: &'a Models,
    emulator: &'a Emulator,
    script: &'a Script,
    saved: BTreeMap<String, Value>,
    failed: bool,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        models: &'a Models,
        emulator: &'a Emulator,
        script: &'a Script,
    ) -> Result<Self, Failure> {
        // A name that is wrong is a mistake of the script, not of the client.
        for step in &script.steps {
            let service = step.service(script);
            match step {
                Step::Call { call: name, .. } | Step::Pages { pages: name, .. } => {
                    models.index.operation(service, name)?;
                }
                Step::Wait { wait: name, .. } => {
                    models.index.waiter(service, name)?;
                }
            }
        }
        Ok(Self { models, emulator, script, saved: BTreeMap::new(), failed: false })
    }

    /// Runs a step; after one that failed, the others are not tried.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), String> {
        if self.failed {
            return Err("a step before failed".to_owned());
        }
        let result = self.try_step(step).await;
        self.failed = result.is_err();
        result
    }

    async fn try_step(&mut self, step: &Step) -> Result<(), String> {
        let common = step.common();
        let parameters = self.filled(&common.parameters)?;
        let service = step.service(self.script);
        let output = match step {
            Step::Call { call, refused, .. } => {
                self.call(service, call, &parameters, refused.as_deref()).await?
            }
            Step::Pages { pages, limit, truncated, .. } => {
                self.pages(service, pages, &parameters, *limit, *truncated).await?
            }
            Step::Wait { wait, deadline_seconds, ends, .. } => {
                let deadline = Duration::from_secs(*deadline_seconds);
                self.wait(service, wait, &parameters, deadline, *ends).await?
            }
        };
        self.compare(common, &output)?;
        for (name, path) in &common.save {
            let value = found(path, &output)?;
            if value.is_null() {
                return Err(format!("{path} is not in {output}"));
            }
            self.saved.insert(name.clone(), value);
        }
        Ok(())
    }

    async fn call(
        &self,
        service: &str,
        name: &str,
        parameters: &Value,
        refused: Option<&str>,
    ) -> Result<Value, String> {
        let operation = self.models.index.operation(service, name).map_err(|error| error.to_string())?;
        let violations: Vec<_> =
            operation.validate(parameters).into_iter().filter(|violation| !violation.warning).collect();
        if !violations.is_empty() {
            return Err(format!("{violations:?}"));
        }
        let Emulator { client, target, credentials, .. } = self.emulator;
        let request = operation.request(parameters, target).map_err(|error| error.to_string())?;
        match (client.send(&operation, &request, credentials, Emulator::now(), None).await, refused) {
            (Outcome::Done(done), None) => Ok(done.output),
            (Outcome::Refused(refusal), Some(code)) if refusal.code == code => Ok(Value::Null),
            (Outcome::Refused(refusal), _) => Err(format!("{refusal} ({})", refusal.status)),
            (Outcome::DoneUnreadable { reason, .. }, _) => Err(format!("done, unreadable: {reason}")),
            (other, _) => Err(format!("{other:?}")),
        }
    }

    async fn pages(
        &self,
        service: &str,
        name: &str,
        parameters: &Value,
        limit: usize,
        truncated: Option<bool>,
    ) -> Result<Value, String> {
        let operation = self.models.index.operation(service, name).map_err(|error| error.to_string())?;
        let Emulator { client, target, credentials, .. } = self.emulator;
        let read = client.read_pages(&operation, parameters, target, credentials, Emulator::now, limit);
        let paged = read.await.map_err(|error| error.to_string())?;
        if truncated.is_some_and(|truncated| truncated != paged.truncated) {
            return Err(format!("truncated is {}", paged.truncated));
        }
        Ok(paged.output)
    }

    async fn wait(
        &self,
        service: &str,
        name: &str,
        parameters: &Value,
        deadline: Duration,
        ends: Ends,
    ) -> Result<Value, String> {
        let waiter = self.models.index.waiter(service, name).map_err(|error| error.to_string())?;
        let Emulator { client, target, credentials, .. } = self.emulator;
        let wait = client.wait(&waiter, parameters, target, credentials, Emulator::now, deadline);
        match (wait.await, ends) {
            (Waited::Matched { output }, Ends::Success) => {
                Ok(output.map_or(Value::Null, |output| output.output))
            }
            (Waited::Failed { .. }, Ends::Failure) | (Waited::DeadlinePassed { .. }, Ends::Deadline) => {
                Ok(Value::Null)
            }
            (Waited::Unread(error), _) => Err(error.to_string()),
            (other, _) => Err(format!("{other:?}")),
        }
    }

    fn compare(&self, common: &Common, output: &Value) -> Result<(), String> {
        for (path, expected) in &common.expect {
            let (found, expected) = (found(path, output)?, self.filled(expected)?);
            // JMESPath counts in floats.
            if found != expected && (found.is_null() || found.as_f64() != expected.as_f64()) {
                return Err(format!("{path} is {found}, not {expected}"));
            }
        }
        Ok(())
    }

    /// `value` with what was saved in the place of its name.
    fn filled(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => {
                let Some(name) = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else {
                    return Ok(value.clone());
                };
                self.saved.get(name).cloned().ok_or_else(|| format!("`{name}` was not saved"))?
            }
            Value::Array(values) => {
                Value::Array(values.iter().map(|value| self.filled(value)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| Ok((name.clone(), self.filled(value)?)));
                Value::Object(members.collect::<Result<Map<_, _>, String>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }
}

fn found(path: &str, output: &Value) -> Result<Value, String> {
    let found =
        jmespath::compile(path).and_then(|path| path.search(output)).map_err(|error| error.to_string())?;
    serde_json::to_value(&*found).map_err(|error| error.to_string())
}
