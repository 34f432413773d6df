//! Why a line has no answer.

use aws_call::{
    BuildError, CommandError, IndexError, LookupError, ReadError, SignError, Violation, one_line,
};
use serde::Serialize;

/// A line that cannot be answered. Serialised, it is the `error` of an error line.
#[derive(Debug, Serialize)]
pub(crate) struct LineError {
    /// Stable snake_case word.
    pub(crate) code: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// Where the parameters do not fit the model, if that is what is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) violations: Vec<Violation>,
}

impl LineError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), violations: Vec::new() }
    }

    pub(crate) fn with(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }
}

impl From<LookupError> for LineError {
    fn from(error: LookupError) -> Self {
        let code = match &error {
            LookupError::UnknownService { .. } => "unknown_service",
            LookupError::UnknownOperation { .. } => "unknown_operation",
            LookupError::UnknownWaiter { .. } => "unknown_waiter",
            LookupError::Index(_) => "index",
        };
        Self::new(code, one_line(&error))
    }
}

impl From<IndexError> for LineError {
    fn from(error: IndexError) -> Self {
        Self::new("index", one_line(&error))
    }
}

impl From<BuildError> for LineError {
    fn from(error: BuildError) -> Self {
        let code = match &error {
            BuildError::Unsupported { .. } => "unsupported",
            BuildError::Parameters { .. } | BuildError::NotAnObject => "parameters",
            BuildError::Endpoint { .. } => "endpoint",
            BuildError::Checksum { .. } => "checksum",
            BuildError::TooLarge { .. } => "too_large",
            BuildError::Invalid { .. } => "invalid_request",
            BuildError::Index(_) => "index",
        };
        Self::new(code, one_line(&error))
    }
}

impl From<CommandError> for LineError {
    fn from(error: CommandError) -> Self {
        Self::new(error.fault().code(), one_line(&error))
    }
}

impl From<SignError> for LineError {
    fn from(error: SignError) -> Self {
        Self::new("not_signed", one_line(&error))
    }
}

impl From<ReadError> for LineError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotARead { .. } => Self::new("not_a_read", error.to_string()),
            ReadError::Build(error) => error.into(),
            ReadError::Refused { .. } => Self::new("refused", error.to_string()),
            ReadError::NoAnswer { .. } => Self::new("no_answer", error.to_string()),
        }
    }
}
