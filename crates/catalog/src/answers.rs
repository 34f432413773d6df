//! Which reads a recipe asks for, and what their answers mean.

use std::collections::BTreeMap;

use jmespath::{Rcvar, Variable};
use serde_json::Value;

use crate::call::{CallContext, ReadAnswer, ReadCall};
use crate::definition::Read;
use crate::error::RecipeError;
use crate::expression::{Scope, variable};

/// The most reads that one read of a recipe may become.
const EACH_MAX: usize = 20;

/// The reads that apply to a call, in the order of the recipe.
pub(crate) fn read_calls(
    service: &str,
    reads: &[Read],
    call: &CallContext,
) -> Result<Vec<ReadCall>, RecipeError> {
    let mut calls = Vec::new();
    for Applying { read, scopes } in applying(reads, &Scope::of(call))? {
        for scope in scopes {
            calls.push(ReadCall {
                service: read.service.as_deref().unwrap_or(service).to_owned(),
                operation: read.operation.clone(),
                parameters: read.parameters.render(&scope)?,
                pages: read.pages,
            });
        }
    }
    Ok(calls)
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
        let count: usize = asked.iter().map(|asked| asked.scopes.len()).sum();
        if count != answers.len() {
            let reason = format!("{count} reads were asked for and {} answered", answers.len());
            return Err(RecipeError::AnswerUnreadable { reason });
        }
        let truncated =
            answers.iter().any(|answer| matches!(answer, ReadAnswer::Output { truncated: true, .. }));
        let first = asked.first().map(|asked| asked.read.name.clone());
        let mut by_name = BTreeMap::new();
        let mut answers = answers.iter();
        for Applying { read, scopes } in asked {
            let own = answers.by_ref().take(scopes.len());
            let mut taken =
                own.map(|answer| taken(service, read, answer, &resource)).collect::<Result<Vec<_>, _>>()?;
            let value = match &read.for_each {
                Some(_) => Some(Rcvar::new(Variable::Array(taken))),
                None => taken.pop(),
            };
            by_name.extend(value.map(|value| (read.name.clone(), value)));
        }
        let first_present = first.and_then(|name| by_name.get(&name)).is_some_and(|value| !value.is_null());
        Ok(Self { by_name: Rcvar::new(Variable::Object(by_name)), first_present, truncated })
    }

    /// The scope of a call together with its answers as `read`.
    pub(crate) fn scope(&self, call: &CallContext) -> Scope {
        Scope::of(call).with("read", self.by_name.clone())
    }
}

/// A read that applies to a call, with what its parameters see: once, or once per item.
struct Applying<'a> {
    read: &'a Read,
    scopes: Vec<Scope>,
}

fn applying<'a>(reads: &'a [Read], scope: &Scope) -> Result<Vec<Applying<'a>>, RecipeError> {
    let mut found = Vec::new();
    for read in reads {
        if !read.when.as_ref().map_or(Ok(true), |when| when.holds(scope))? {
            continue;
        }
        let scopes = match &read.for_each {
            None => vec![scope.clone()],
            Some(items) => {
                let given = items.evaluate(scope)?;
                let given = given.as_array().cloned().unwrap_or_default();
                if given.len() > EACH_MAX {
                    let reason = format!("{} items are more than the {EACH_MAX} that are read", given.len());
                    return Err(RecipeError::DoesNotFit { expression: items.to_string(), reason });
                }
                given.into_iter().map(|item| scope.clone().with("item", item)).collect()
            }
        };
        found.push(Applying { read, scopes });
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
