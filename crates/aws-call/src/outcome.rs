//! What became of a call.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// What became of one send. The service's safety rests on the difference between the variants: only after `NotSent` and
/// `Refused` is it certain that nothing happened. Reading an answer ([`crate::Operation::parse`]) never gives `NotSent`.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// No byte of the request was written.
    NotSent {
        /// Why not.
        reason: String,
    },
    /// The service refused: it has done nothing.
    Refused(Refusal),
    /// Nothing says whether the call took effect.
    NoAnswer(NoAnswer),
    /// The call was made.
    Done(Output),
    /// The call was made, but its output cannot be read.
    DoneUnreadable {
        /// Why not.
        reason: String,
        /// Request id, if one came.
        request_id: Option<String>,
    },
}

/// What a call gave.
#[derive(Clone, PartialEq)]
pub struct Output {
    /// Output members. Timestamps are RFC 3339 text, bytes are base64 text, integers beyond ±2^53 are text, and IAM policy
    /// documents are decoded JSON text.
    pub output: Value,
    /// HTTP status, from 200 to 299.
    pub status: u16,
    /// Request id, if one came.
    pub request_id: Option<String>,
}

/// An error with which the service says that it has done nothing.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the service refused with `{code}`: {message}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Error code, `HTTP <status>` if the answer has none.
    pub code: String,
    /// Message, perhaps empty.
    pub message: String,
    /// Request id, if one came.
    pub request_id: Option<String>,
}

/// What came instead of an answer that says whether the call took effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("the service gave no answer: {reason}")]
pub struct NoAnswer {
    /// What came instead.
    pub reason: String,
    /// HTTP status, if one came.
    pub status: Option<u16>,
    /// Error code, if one came.
    pub code: Option<String>,
    /// Request id, if one came.
    pub request_id: Option<String>,
}

impl Outcome {
    /// `not_sent`, `refused`, `no_answer`, `done` or `done_unreadable`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "not_sent",
            Self::Refused(_) => "refused",
            Self::NoAnswer(_) => "no_answer",
            Self::Done(_) => "done",
            Self::DoneUnreadable { .. } => "done_unreadable",
        }
    }
}

/// What became of the call, and the output or the error:
///
/// ```json
/// {"outcome": "done", "output": {"Version": 2}, "request_id": "…"}
/// {"outcome": "refused", "error": {"status": 400, "code": "…", "message": "…"}, "request_id": "…"}
/// ```
///
/// Unlike `Debug` it shows everything.
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let outcome = self.name();
        let value = match self {
            Self::Done(Output { output, request_id, .. }) => {
                json!({"outcome": outcome, "output": output, "request_id": request_id})
            }
            Self::DoneUnreadable { reason, request_id } => {
                json!({"outcome": outcome, "error": {"message": reason}, "request_id": request_id})
            }
            Self::Refused(Refusal { status, code, message, request_id }) => json!({
                "outcome": outcome,
                "error": {"status": status, "code": code, "message": message},
                "request_id": request_id,
            }),
            Self::NoAnswer(NoAnswer { reason, status, code, request_id }) => json!({
                "outcome": outcome,
                "error": {"status": status, "code": code, "message": reason},
                "request_id": request_id,
            }),
            Self::NotSent { reason } => json!({"outcome": outcome, "error": {"message": reason}}),
        };
        value.serialize(serializer)
    }
}

/// Shows neither outputs nor messages, which may hold secrets.
impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent { reason } => write!(f, "NotSent({reason})"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NoAnswer(NoAnswer { reason, status, code, request_id }) => {
                write!(f, "NoAnswer({reason}, {status:?}, {code:?}, {request_id:?})")
            }
            Self::Done(Output { request_id, .. }) => write!(f, "Done({request_id:?})"),
            // What cannot be read of an output may be quoted in the reason.
            Self::DoneUnreadable { request_id, .. } => write!(f, "DoneUnreadable({request_id:?})"),
        }
    }
}

/// Without the message, which may repeat a parameter.
impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Refused({}, {}, {:?})", self.status, self.code, self.request_id)
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
