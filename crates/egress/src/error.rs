//! Why a request was refused or has no answer.

use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;

use crate::address::AddressKind;

/// What a caller may conclude from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// The request is not allowed; the same request will be refused again.
    Refused,
    /// No byte of the request was written to the other side.
    NotSent,
    /// The request, or a part of it, was written and no whole answer came: it may have had its effect.
    NoAnswer,
    /// An answer came, and it is larger than the policy allows. The request had its effect.
    TooLarge,
}

/// Why a request was refused or has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The URL is not one that may be called.
    #[error("the URL `{url}` is refused: {reason}")]
    RefusedUrl {
        /// The URL without credentials, query and fragment.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A resolved address is not on the public internet.
    #[error("`{host}` is refused: its address `{address}` is {kind}")]
    RefusedAddress {
        /// The host of the URL.
        host: String,
        /// The address it resolved to.
        address: IpAddr,
        /// Why the address is refused.
        kind: AddressKind,
    },
    /// The name has no address.
    #[error("`{host}` could not be resolved")]
    Unresolved {
        /// The host of the URL.
        host: String,
        /// What the resolver said; none when it answered with no address.
        #[source]
        source: Option<std::io::Error>,
    },
    /// No resolved address accepted a connection.
    #[error("no connection to `{host}`")]
    NotConnected {
        /// The host of the URL.
        host: String,
        /// What the last address tried said.
        #[source]
        source: std::io::Error,
    },
    /// Resolving, connecting and the TLS handshake took too long.
    #[error("no connection to `{host}` within {} ms", limit.as_millis())]
    ConnectTimeout {
        /// The host of the URL.
        host: String,
        /// The policy's limit.
        limit: Duration,
    },
    /// The other side's certificate or TLS version was not accepted.
    #[error("no TLS session with `{host}`")]
    Tls {
        /// The host of the URL.
        host: String,
        /// What failed in the handshake.
        #[source]
        source: std::io::Error,
    },
    /// This machine has no usable certificate authorities.
    #[error("no certificate authorities are installed: {reason}")]
    NoTrustRoots {
        /// What failed while they were loaded.
        reason: String,
    },
    /// The connection broke, or what came was not HTTP, before a whole answer was read.
    #[error("no whole answer from `{host}`")]
    NoAnswer {
        /// The host of the URL.
        host: String,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer did not end in time.
    #[error("no whole answer from `{host}` within {} ms", limit.as_millis())]
    AnswerTimeout {
        /// The host of the URL.
        host: String,
        /// The policy's limit.
        limit: Duration,
    },
    /// The body of the answer is larger than the policy allows.
    #[error("the answer of `{host}` has more than {limit} bytes")]
    TooLarge {
        /// The host of the URL.
        host: String,
        /// The status of the answer.
        status: StatusCode,
        /// The policy's limit in bytes.
        limit: usize,
    },
}

impl EgressError {
    /// What a caller may conclude from the failure.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        match self {
            Self::RefusedUrl { .. } | Self::RefusedAddress { .. } => FailureClass::Refused,
            Self::Unresolved { .. }
            | Self::NotConnected { .. }
            | Self::ConnectTimeout { .. }
            | Self::Tls { .. }
            | Self::NoTrustRoots { .. } => FailureClass::NotSent,
            Self::NoAnswer { .. } | Self::AnswerTimeout { .. } => FailureClass::NoAnswer,
            Self::TooLarge { .. } => FailureClass::TooLarge,
        }
    }
}
