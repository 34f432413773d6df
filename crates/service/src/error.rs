//! The one error of the use cases: a stable code, words for the caller, and the cause for the log.

use changegate_change::request::Violation;
use changegate_store::{CommitError, StoreError};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)+) => {
        /// What went wrong, as a stable word; `docs/errors` has a page for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in APIs, logs and pages.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The HTTP status that it answers with.
            pub fn http_status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }
        }
    };
}

codes! {
    /// No key, or one that belongs to nobody.
    Unauthenticated = "unauthenticated", 401;
    /// It is not there, or not the caller's to know of.
    NotFound = "not_found", 404;
    /// The HTTP method does not fit the path.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The body is no JSON, has duplicate keys, or integers beyond ±2^53.
    MalformedJson = "malformed_json", 400;
    /// The body is larger than 256 KiB.
    BodyTooLarge = "body_too_large", 413;
    /// A query parameter or header is missing or wrong.
    InvalidRequest = "invalid_request", 400;
    /// The proposal does not have its form.
    InvalidProposal = "invalid_proposal", 422;
    /// No service of that name.
    UnknownService = "unknown_service", 422;
    /// The service has no operation of that name.
    UnknownOperation = "unknown_operation", 422;
    /// The parameters are not what the operation takes.
    InvalidParameters = "invalid_parameters", 422;
    /// The operation cannot be called through Changegate.
    OperationNotSupported = "operation_not_supported", 422;
    /// The operation only reads; it needs no approval.
    ReadOperation = "read_operation", 422;
    /// The operation hands out credentials.
    CredentialsOperation = "credentials_operation", 403;
    /// The call touches Changegate itself.
    ProtectedResource = "protected_resource", 403;
    /// The tenant does not have that account.
    UnknownAccount = "unknown_account", 403;
    /// The region is not open in that account.
    RegionNotAllowed = "region_not_allowed", 403;
    /// The tenant did not open the action class.
    ClassNotOpen = "class_not_open", 403;
    /// The operation needs a resource that is not there.
    ResourceNotFound = "resource_not_found", 422;
    /// The stack has no service role, so its update would go on under the caller's credentials.
    StackWithoutServiceRole = "stack_without_service_role", 422;
    /// The state does not allow the call.
    PreconditionFailed = "precondition_failed", 422;
    /// The tenant's role does not allow reading the state, or cannot be assumed.
    ReaderNotPermitted = "reader_not_permitted", 422;
    /// Reading the state took longer than 15 seconds.
    CaptureTimeout = "capture_timeout", 504;
    /// AWS did not answer the reads of the state.
    CaptureFailed = "capture_failed", 502;
    /// The same `Idempotency-Key` was used with another body.
    IdempotencyKeyReused = "idempotency_key_reused", 409;
    /// The change is not in a status that allows this.
    StatusConflict = "status_conflict", 409;
    /// The present state is not the one that the change left.
    UndoConflict = "undo_conflict", 409;
    /// AWS has not finished what it accepted.
    NotSettled = "not_settled", 409;
    /// There is no undo, or the state was not captured whole.
    UndoUnavailable = "undo_unavailable", 409;
    /// Everything, or the tenant, is stopped.
    Stopped = "stopped", 409;
    /// The change was decided already.
    AlreadyDecided = "already_decided", 409;
    /// `decide_by` passed.
    DecideByPassed = "decide_by_passed", 409;
    /// The person that the agent works for cannot decide its changes.
    RequesterCannotDecide = "requester_cannot_decide", 403;
    /// The form was used, has expired, or belongs to somebody else.
    NonceInvalid = "nonce_invalid", 403;
    /// The person is not signed in.
    SignInRequired = "sign_in_required", 401;
    /// The identity provider's answer is not what it must be.
    SignInFailed = "sign_in_failed", 403;
    /// The configuration does not have its form.
    InvalidConfig = "invalid_config", 422;
    /// A role of the tenant cannot be assumed, or can be without the ExternalId.
    RoleNotProven = "role_not_proven", 422;
    /// An account belongs to another tenant.
    AccountTaken = "account_taken", 409;
    /// Something stored does not verify.
    VerificationFailed = "verification_failed", 409;
    /// Another write was in the way; try again.
    Contended = "contended", 503;
    /// A part of AWS that Changegate needs did not answer; try again.
    Unavailable = "unavailable", 503;
    /// Something else; the log has it.
    Internal = "internal", 500;
}

impl Code {
    /// Whether the same request may work later.
    pub fn retryable(self) -> bool {
        matches!(self.http_status(), 502..=504)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    code: Code,
    message: String,
    violations: Vec<Violation>,
    #[source]
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ServiceError {
    /// An error with words for the caller.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), violations: Vec::new(), cause: None }
    }

    /// An error that the caller gets no details of.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "something went wrong on our side").because(cause)
    }

    /// It is not there, or not the caller's to know of.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is no such thing here")
    }

    /// An error that lists what is wrong with a document.
    pub fn violations(code: Code, message: impl Into<String>, violations: Vec<Violation>) -> Self {
        Self { violations, ..Self::new(code, message) }
    }

    /// The error with its cause, for the log.
    #[must_use]
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The stable word.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The words for the caller.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong with the document, if that is it.
    pub fn all_violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The whole story, for the log only.
    pub fn story(&self) -> String {
        aws_call::one_line(self)
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Service { .. } => {
                Self::new(Code::Unavailable, "the database did not answer; try again").because(error)
            }
            StoreError::Malformed { .. } | StoreError::Blob { .. } => {
                Self::new(Code::VerificationFailed, "what is stored does not verify").because(error)
            }
            StoreError::TooLarge { .. } => Self::new(Code::InvalidProposal, error.to_string()).because(error),
        }
    }
}

impl From<CommitError> for ServiceError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(_) | CommitError::Contended => {
                Self::new(Code::Contended, "another write was in the way; try again").because(error)
            }
            CommitError::Store(error) => error.into(),
        }
    }
}

/// Things that only fail when something is broken inside.
macro_rules! internal {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for ServiceError {
            fn from(error: $error) -> Self {
                Self::internal(error)
            }
        })+
    };
}

internal!(
    changegate_change::json::StrictJsonError,
    changegate_change::head::HeadError,
    changegate_change::status::IllegalTransition,
    serde_json::Error,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_snake_case_words() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn an_internal_error_tells_the_caller_nothing_and_the_log_everything() {
        let error = ServiceError::internal("the password is hunter2");
        assert!(!error.message().contains("hunter2") && !error.to_string().contains("hunter2"));
        assert!(error.story().contains("hunter2"));
    }
}
