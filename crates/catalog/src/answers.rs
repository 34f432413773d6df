//! Which reads a recipe asks for, and what their answers mean.

use std::collections::BTreeMap;

use jmespath::{Rcvar, Variable};
use serde_json::Value;

use crate::call::{CallContext, ReadAnswer, ReadCall};
use crate::definition::Read;
use crate::error::RecipeError;
use crate::expression::{Scope, variable};

/// The reads that apply to a call, in the order of the recipe.
pub(crate) fn read_calls(
    service: &str,
    reads: &[Read],
    call: &CallContext,
) -> Result<Vec<ReadCall>, RecipeError> {
    let scope = Scope::of(call);
    applying(reads, &scope)?
        .into_iter()
        .map(|read| {
            Ok(ReadCall {
                service: read.service.as_deref().unwrap_or(service).to_owned(),
                operation: read.operation.clone(),
                parameters: read.parameters.render(&scope)?,
                pages: read.pages,
            })
        })
        .collect()
}

/// What the answers to those reads said.
pub(crate) struct Answers {
    /// By the name of the read; `null` for what is absent and for what was not read.
    pub(crate) by_name: Rcvar,
    /// Whether what the first read is about is there.
    pub(crate) first_present: bool,
    /// Whether an answer was cut off.
    pub(crate) truncated: bool,
}

impl Answers {
    /// # Errors
    /// A refusal that does not mean absence; another number of answers than of reads.
    pub(crate) fn of(
        service: &str,
        reads: &[Read],
        call: &CallContext,
        answers: &[ReadAnswer],
        resource: impl Fn() -> String,
    ) -> Result<Self, RecipeError> {
        let asked = applying(reads, &Scope::of(call))?;
        if asked.len() != answers.len() {
            let reason = format!("{} reads were asked for and {} answered", asked.len(), answers.len());
            return Err(RecipeError::AnswerUnreadable { reason });
        }
        let mut by_name = BTreeMap::new();
        let mut truncated = false;
        for (read, answer) in asked.iter().zip(answers) {
            by_name.insert(read.name.clone(), taken(service, read, answer, &resource)?);
            truncated |= matches!(answer, ReadAnswer::Output { truncated: true, .. });
        }
        let first = asked.first().and_then(|read| by_name.get(&read.name));
        let first_present = first.is_some_and(|value| !value.is_null());
        Ok(Self { by_name: Rcvar::new(Variable::Object(by_name)), first_present, truncated })
    }

    /// The scope of a call together with its answers as `read`.
    pub(crate) fn scope(&self, call: &CallContext) -> Scope {
        Scope::of(call).with("read", self.by_name.clone())
    }
}

fn applying<'a>(reads: &'a [Read], scope: &Scope) -> Result<Vec<&'a Read>, RecipeError> {
    let mut found = Vec::new();
    for read in reads {
        if read.when.as_ref().map_or(Ok(true), |when| when.holds(scope))? {
            found.push(read);
        }
    }
    Ok(found)
}

fn taken(
    service: &str,
    read: &Read,
    answer: &ReadAnswer,
    resource: &impl Fn() -> String,
) -> Result<Rcvar, RecipeError> {
    match answer {
        ReadAnswer::Output { value, .. } => match &read.take {
            Some(take) => take.evaluate(&Scope::within(value)),
            None => Ok(variable(value)),
        },
        ReadAnswer::Error { code, message } => {
            let is = |patterns: &[crate::definition::ErrorPattern]| {
                patterns.iter().any(|pattern| pattern.matches(code, message))
            };
            if is(&read.absent) {
                Ok(variable(&Value::Null))
            } else if is(&read.not_found) {
                Err(RecipeError::NotFound { resource: resource() })
            } else {
                Err(RecipeError::ReaderRefused {
                    service: read.service.as_deref().unwrap_or(service).to_owned(),
                    operation: read.operation.clone(),
                    code: code.clone(),
                    message: message.clone(),
                })
            }
        }
    }
}
