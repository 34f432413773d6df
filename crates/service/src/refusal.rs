//! Why the executor does not make a call, and what becomes of the change then.

use changegate_change::head::Why;
use changegate_change::ledger::Kind;
use changegate_change::status::Event;
use serde_json::{Value, json};

use crate::error::{Code, ServiceError};

/// What becomes of a change that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Its record cannot be trusted: it is ended without being written forward.
    Altered,
    /// Something does not verify, or the call could not be prepared: `failed`.
    Refused,
    /// What was approved is no longer what would run: `stale`.
    Stale,
    /// A deadline passed: `expired`.
    Expired,
}

impl Ending {
    /// The entry and the event of an ending.
    pub fn event(self) -> (Kind, Event) {
        match self {
            Self::Altered | Self::Refused => (Kind::Refused, Event::Refuse),
            Self::Stale => (Kind::Stale, Event::GoStale),
            Self::Expired => (Kind::Expired, Event::Expire),
        }
    }
}

/// Why a change is ended without its call.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    ending: Ending,
    why: Why,
    data: Value,
}

impl Refusal {
    /// A refusal with a stable word and words for people.
    pub fn new(ending: Ending, code: &str, message: impl Into<String>) -> Self {
        Self { ending, why: Why { code: code.to_owned(), message: message.into() }, data: json!({}) }
    }

    /// The record cannot be trusted.
    pub fn altered(code: &str, message: impl Into<String>) -> Self {
        Self::new(Ending::Altered, code, message)
    }

    /// Something does not verify, or the call could not be prepared.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::new(Ending::Refused, code, message)
    }

    /// What was approved is no longer what would run.
    pub fn stale(code: &str, message: impl Into<String>) -> Self {
        Self::new(Ending::Stale, code, message)
    }

    /// A deadline passed.
    pub fn expired(code: &str, message: impl Into<String>) -> Self {
        Self::new(Ending::Expired, code, message)
    }

    /// The refusal with more facts for the ledger; never a secret.
    #[must_use]
    pub fn with(self, data: Value) -> Self {
        Self { data, ..self }
    }

    /// What becomes of the change.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Why.
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// More facts.
    pub fn data(&self) -> &Value {
        &self.data
    }
}

/// Why an attempt to send goes no further.
#[derive(Debug)]
pub enum Halt {
    /// The change is ended.
    Refused(Refusal),
    /// It is left as it is: stopped, too early, or another attempt has it.
    Held(&'static str),
    /// It did not work now; the execution tries again.
    Failed(ServiceError),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ServiceError> for Halt {
    /// What does not verify ends the change; everything else is tried again until the deadline.
    fn from(error: ServiceError) -> Self {
        if error.code() == Code::VerificationFailed {
            return Self::Refused(Refusal::refused(error.code().as_str(), error.message()));
        }
        Self::Failed(error)
    }
}

impl From<changegate_store::StoreError> for Halt {
    fn from(error: changegate_store::StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use changegate_change::status::{Status, next};

    use super::*;

    #[test]
    fn every_ending_of_an_approved_change_is_in_the_lifecycle() {
        let ends = [
            (Ending::Altered, Status::Failed),
            (Ending::Refused, Status::Failed),
            (Ending::Stale, Status::Stale),
            (Ending::Expired, Status::Expired),
        ];
        for (ending, status) in ends {
            assert_eq!(next(Status::Approved, ending.event().1), Ok(status), "{ending:?}");
        }
    }

    #[test]
    fn what_does_not_verify_ends_the_change_and_what_may_work_later_does_not() {
        for code in Code::ALL {
            let halt = Halt::from(ServiceError::new(*code, "words"));
            assert_eq!(matches!(halt, Halt::Refused(_)), *code == Code::VerificationFailed, "{code}");
        }
    }
}
