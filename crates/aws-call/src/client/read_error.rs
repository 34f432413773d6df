//! Why a read failed.

use crate::{
    outcome::{NoAnswer, Refusal},
    request::BuildError,
};

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operation may change something, so it is not to be repeated.
    #[error("`{operation}` is not a read operation")]
    NotARead {
        /// Which operation.
        operation: String,
    },
    /// The request cannot be rendered.
    #[error("the request cannot be rendered")]
    Build(#[from] BuildError),
    /// The service refused.
    #[error("{0}")]
    Refused(Refusal),
    /// No answer came, or none that can be read.
    #[error("{0}")]
    NoAnswer(NoAnswer),
}

impl ReadError {
    /// The service's error code, or `not_a_read`, `not_rendered`, `no_answer`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.service_code().unwrap_or(match self {
            Self::NotARead { .. } => "not_a_read",
            Self::Build(_) => "not_rendered",
            Self::Refused(_) | Self::NoAnswer(_) => "no_answer",
        })
    }

    /// The service's error code, if one came.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        match self {
            Self::NotARead { .. } | Self::Build(_) => None,
            Self::Refused(refusal) => Some(&refusal.code),
            Self::NoAnswer(answer) => answer.code.as_deref(),
        }
    }

    /// The HTTP status, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotARead { .. } | Self::Build(_) => None,
            Self::Refused(refusal) => Some(refusal.status),
            Self::NoAnswer(answer) => answer.status,
        }
    }

    /// The request id, if one came.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NotARead { .. } | Self::Build(_) => None,
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::NoAnswer(answer) => answer.request_id.as_deref(),
        }
    }
}
