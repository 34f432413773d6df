//! The names under which Step Functions sees errors: `Catch` and `Retry` match them as they are written here.

use changegate_service::{Code, ServiceError};
use lambda_runtime::Diagnostic;

/// Why a function did not do its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionError {
    /// It did not work now; the same may work later.
    Retry,
    /// Something does not verify, or is not allowed.
    Refused,
    /// What the task is about is not there.
    NotFound,
    /// The task, or the state that it meets, does not have the form it must have.
    Invalid,
    /// Something is broken inside.
    Internal,
}

impl FunctionError {
    /// Every name.
    pub const ALL: [Self; 5] = [Self::Retry, Self::Refused, Self::NotFound, Self::Invalid, Self::Internal];

    /// The name that `Catch` and `Retry` match.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Refused => "Refused",
            Self::NotFound => "NotFound",
            Self::Invalid => "Invalid",
            Self::Internal => "Internal",
        }
    }
}

impl From<Code> for FunctionError {
    fn from(code: Code) -> Self {
        if code.retryable() {
            return Self::Retry;
        }
        if code == Code::VerificationFailed {
            return Self::Refused;
        }
        match code.http_status() {
            401 | 403 => Self::Refused,
            404 => Self::NotFound,
            500.. => Self::Internal,
            _ => Self::Invalid,
        }
    }
}

/// What the runtime is told: a name, and words without the cause, which is for the log alone.
#[derive(Debug)]
pub struct Failure {
    name: FunctionError,
    message: String,
}

impl Failure {
    /// A failure with words for whoever invoked the function.
    pub fn new(name: FunctionError, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// Its name.
    pub fn name(&self) -> FunctionError {
        self.name
    }
}

impl From<&ServiceError> for Failure {
    fn from(error: &ServiceError) -> Self {
        Self::new(error.code().into(), error.to_string())
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.name.as_str().to_owned(), error_message: failure.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_functions_sees_the_bare_name() {
        for name in FunctionError::ALL {
            let diagnostic = Diagnostic::from(Failure::new(name, "words"));
            assert_eq!(diagnostic.error_type, format!("{name:?}"));
        }
    }

    #[test]
    fn retry_is_exactly_what_may_work_later() {
        for code in Code::ALL {
            let name = FunctionError::from(*code);
            assert_eq!(name == FunctionError::Retry, code.retryable(), "{code}");
        }
        assert_eq!(FunctionError::from(Code::VerificationFailed), FunctionError::Refused);
        assert_eq!(FunctionError::from(Code::NotFound), FunctionError::NotFound);
        assert_eq!(FunctionError::from(Code::StatusConflict), FunctionError::Invalid);
        assert_eq!(FunctionError::from(Code::Internal), FunctionError::Internal);
    }

    #[test]
    fn the_cause_does_not_reach_the_invoker() {
        let error = ServiceError::internal("the password is hunter2");
        let diagnostic = Diagnostic::from(Failure::from(&error));
        assert!(!diagnostic.error_message.contains("hunter2"));
    }
}
