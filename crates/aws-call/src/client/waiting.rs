//! Waiters: asks until something has happened, cannot happen any more, or the time is over.

use std::time::Duration;

use jmespath::Expression;
use serde_json::Value;

use super::ReadError;
use crate::{
    model::{self, Acceptor, Expected, Matcher, Verdict},
    operation::Operation,
    outcome::Output,
};

/// A waiter of a service, ready to be used with [`crate::Client::wait`].
#[derive(Clone)]
pub struct Waiter {
    operation: Operation,
    model: model::Waiter,
    acceptors: Vec<(Verdict, Test)>,
}

/// What came of waiting.
pub enum Waited {
    /// What was waited for has happened.
    Matched {
        /// The last output; none if it is an error that was waited for, such as that something is not there any more.
        output: Option<Output>,
    },
    /// What was waited for will not happen any more.
    Failed {
        /// What the service answered.
        reason: String,
    },
    /// It has not happened in time.
    DeadlinePassed {
        /// Number of answers that said so.
        tries: u32,
    },
    /// The service cannot be asked, or gave an error of which the waiter does not know what it means.
    Unread(ReadError),
}

#[derive(Clone)]
enum Test {
    Path(Expression<'static>, Expected),
    PathAll(Expression<'static>, Expected),
    PathAny(Expression<'static>, Expected),
    Status(u16),
    Error(String),
    AnyError,
    NoError,
}

/// Without the reason, which may repeat a parameter.
impl std::fmt::Debug for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Matched { output } => write!(f, "Matched({output:?})"),
            Self::Failed { .. } => f.write_str("Failed"),
            Self::DeadlinePassed { tries } => write!(f, "DeadlinePassed({tries})"),
            Self::Unread(error) => write!(f, "Unread({error:?})"),
        }
    }
}

impl std::fmt::Debug for Waiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiter({}:{})", self.operation.service(), self.model.name)
    }
}

impl Waiter {
    /// None if a path does not compile, which the building of an index does not let pass.
    pub(crate) fn new(model: model::Waiter, operation: Operation) -> Option<Self> {
        Some(Self { operation, acceptors: compiled(&model)?, model })
    }

    /// Whether every path of a waiter compiles.
    pub(crate) fn compiles(model: &model::Waiter) -> bool {
        compiled(model).is_some()
    }

    /// Name as in the model (`InstanceRunning`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.model.name
    }

    /// The operation that is asked; the parameters of waiting are its parameters.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Pause between two tries.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_secs(self.model.delay_seconds.into())
    }

    /// How long the model would wait: a deadline for those who have none of their own.
    #[must_use]
    pub fn usual_deadline(&self) -> Duration {
        self.delay().saturating_mul(self.model.tries)
    }

    /// What an answer means; none if no acceptor knows.
    fn judge(&self, answer: &Result<Output, ReadError>) -> Option<Verdict> {
        self.acceptors.iter().find(|(_, test)| test.matches(answer)).map(|(verdict, _)| *verdict)
    }

    /// Asks with `read` until an acceptor decides or the deadline passes, which ends a read that is under way.
    pub(super) async fn wait(
        &self,
        deadline: Duration,
        mut read: impl AsyncFnMut() -> Result<Output, ReadError>,
    ) -> Waited {
        let mut tries = 0;
        let decided = tokio::time::timeout(deadline, async {
            loop {
                let answer = read().await;
                let verdict = self.judge(&answer);
                match (verdict, answer) {
                    (Some(Verdict::Success), answer) => return Waited::Matched { output: answer.ok() },
                    (Some(Verdict::Failure), answer) => return Waited::Failed { reason: said(&answer) },
                    (None, Err(error)) => return Waited::Unread(error),
                    (Some(Verdict::Retry), _) | (None, Ok(_)) => tries += 1,
                }
                // A model could say 0, and the service is not to be asked without pause.
                tokio::time::sleep(self.delay().max(SHORTEST_DELAY)).await;
            }
        });
        let decided = decided.await;
        decided.unwrap_or(Waited::DeadlinePassed { tries })
    }
}

fn compiled(model: &model::Waiter) -> Option<Vec<(Verdict, Test)>> {
    let compiled = |acceptor: &Acceptor| Some((acceptor.verdict, Test::new(&acceptor.matcher)?));
    model.acceptors.iter().map(compiled).collect()
}

const SHORTEST_DELAY: Duration = Duration::from_secs(1);

fn said(answer: &Result<Output, ReadError>) -> String {
    match answer {
        Ok(_) => "the output says that it failed".to_owned(),
        Err(error) => error.to_string(),
    }
}

impl Test {
    fn new(matcher: &Matcher) -> Option<Self> {
        let compiled = |path: &str| jmespath::compile(path).ok();
        Some(match matcher {
            Matcher::Path { path, expected } => Self::Path(compiled(path)?, expected.clone()),
            Matcher::PathAll { path, expected } => Self::PathAll(compiled(path)?, expected.clone()),
            Matcher::PathAny { path, expected } => Self::PathAny(compiled(path)?, expected.clone()),
            Matcher::Status(status) => Self::Status(*status),
            Matcher::Error(code) => Self::Error(code.clone()),
            Matcher::AnyError => Self::AnyError,
            Matcher::NoError => Self::NoError,
        })
    }

    fn matches(&self, answer: &Result<Output, ReadError>) -> bool {
        match self {
            Self::Path(path, expected) => found(path, answer).is_some_and(|value| is(&value, expected)),
            Self::PathAll(path, expected) => found(path, answer)
                .as_ref()
                .and_then(Value::as_array)
                .is_some_and(|all| !all.is_empty() && all.iter().all(|value| is(value, expected))),
            Self::PathAny(path, expected) => found(path, answer)
                .as_ref()
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|value| is(value, expected))),
            Self::Status(status) => match answer {
                Ok(output) => output.status == *status,
                Err(error) => error.status() == Some(*status),
            },
            Self::Error(code) => code_of(answer) == Some(code),
            Self::AnyError => code_of(answer).is_some(),
            Self::NoError => answer.is_ok(),
        }
    }
}

fn code_of(answer: &Result<Output, ReadError>) -> Option<&str> {
    answer.as_ref().err()?.service_code()
}

/// What a path gives. A function that does not take what the output has there gives nothing.
fn found(path: &Expression<'static>, answer: &Result<Output, ReadError>) -> Option<Value> {
    let found = path.search(&answer.as_ref().ok()?.output).ok()?;
    serde_json::to_value(&*found).ok()
}

fn is(value: &Value, expected: &Expected) -> bool {
    match expected {
        Expected::Boolean(expected) => value == expected,
        Expected::Integer(expected) => value.as_f64() == serde_json::Number::from(*expected).as_f64(),
        Expected::Text(expected) => value == expected,
    }
}

#[cfg(test)]
mod tests;
