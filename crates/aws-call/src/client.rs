//! Sends requests.

mod connection;
mod pages;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use connection::Fault;
use pages::Collected;
use serde_json::Value;

use crate::{
    answer::{self, Answer, is_throttling},
    operation::Operation,
    request::{BuildError, Request, Target},
};

/// How requests are sent.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Longest time for name resolution, connection and TLS handshake together.
    pub connect_timeout: Duration,
    /// Longest time from the first byte of the request to the last of the answer.
    pub send_timeout: Duration,
    /// `User-Agent` header; it is not signed.
    pub user_agent: String,
}

/// Sends signed requests, each on a connection of its own, without redirects; [`Client::send`] without any retry.
#[derive(Debug, Clone)]
pub struct Client {
    config: ClientConfig,
}

/// What became of one send. The service's safety rests on the difference between the variants: only after `NotSent` and
/// `Refused` is it certain that nothing happened.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// No byte of the request was written.
    NotSent {
        /// Why not.
        reason: String,
    },
    /// The service refused: it has done nothing.
    Refused {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Message, perhaps empty.
        message: String,
        /// Request id.
        request_id: Option<String>,
    },
    /// Nothing says whether the call took effect.
    NoAnswer {
        /// What came instead of an answer.
        reason: String,
        /// HTTP status, if one came.
        status: Option<u16>,
        /// Error code, if one came.
        code: Option<String>,
        /// Request id, if one came.
        request_id: Option<String>,
    },
    /// The call was made.
    Done {
        /// Output members; see [`Answer::Done`].
        output: Value,
        /// Request id.
        request_id: Option<String>,
    },
    /// The call was made, but its output cannot be read.
    DoneUnreadable {
        /// Why not.
        reason: String,
        /// Request id.
        request_id: Option<String>,
    },
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent { reason } => write!(f, "NotSent({reason})"),
            Self::Refused { status, code, request_id, .. } => {
                write!(f, "Refused({status}, {code}, {request_id:?})")
            }
            Self::NoAnswer { reason, status, code, request_id } => {
                write!(f, "NoAnswer({reason}, {status:?}, {code:?}, {request_id:?})")
            }
            Self::Done { request_id, .. } => write!(f, "Done({request_id:?})"),
            Self::DoneUnreadable { reason, request_id } => {
                write!(f, "DoneUnreadable({reason}, {request_id:?})")
            }
        }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done { output, request_id } => Self::Done { output, request_id },
            Answer::DoneUnreadable { reason, request_id } => Self::DoneUnreadable { reason, request_id },
            Answer::Refused { status, code, message, request_id } => {
                Self::Refused { status, code, message, request_id }
            }
            Answer::NoAnswer { reason, status, code, request_id } => {
                Self::NoAnswer { reason, status, code, request_id }
            }
        }
    }
}

/// What a read gave.
#[derive(Clone)]
pub struct Output {
    /// Output members; see [`Answer::Done`].
    pub output: Value,
    /// Request id.
    pub request_id: Option<String>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// What reading all pages gave.
#[derive(Clone)]
pub struct Paged {
    /// The first page's output with the results of all pages, without the token.
    pub output: Value,
    /// Whether there are more pages than were read.
    pub truncated: bool,
    /// Request id of the last page.
    pub request_id: Option<String>,
}

impl std::fmt::Debug for Paged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paged")
            .field("truncated", &self.truncated)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

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
    #[error("the service refused with `{code}`: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Message, perhaps empty.
        message: String,
        /// Request id.
        request_id: Option<String>,
    },
    /// No answer came, or none that can be read.
    #[error("the service gave no answer: {reason}")]
    NoAnswer {
        /// What came instead.
        reason: String,
        /// HTTP status, if one came.
        status: Option<u16>,
        /// Error code, if one came.
        code: Option<String>,
        /// Request id, if one came.
        request_id: Option<String>,
    },
}

impl ReadError {
    /// The service's error code, or `not_a_read`, `not_rendered`, `no_answer`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotARead { .. } => "not_a_read",
            Self::Build(_) => "not_rendered",
            Self::Refused { code, .. } => code,
            Self::NoAnswer { code, .. } => code.as_deref().unwrap_or("no_answer"),
        }
    }

    /// The HTTP status, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotARead { .. } | Self::Build(_) => None,
            Self::Refused { status, .. } => Some(*status),
            Self::NoAnswer { status, .. } => *status,
        }
    }

    /// The request id, if one came.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NotARead { .. } | Self::Build(_) => None,
            Self::Refused { request_id, .. } | Self::NoAnswer { request_id, .. } => request_id.as_deref(),
        }
    }
}

/// Tries of a read, the first included.
const TRIES: u32 = 3;
/// Pause before the second try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

impl Client {
    /// A client with these settings. It holds no connection.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self { config }
    }

    /// Signs and sends a request once, on a fresh connection.
    pub async fn send(
        &self,
        operation: &Operation,
        request: &Request,
        credentials: &Credentials,
        now: SystemTime,
        user_agent_suffix: Option<&str>,
    ) -> Outcome {
        let mut headers = match request.signed_headers(credentials, now) {
            Ok(headers) => headers,
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let user_agent = user_agent_suffix.map_or_else(
            || self.config.user_agent.clone(),
            |suffix| format!("{} {suffix}", self.config.user_agent),
        );
        headers.push(("user-agent".to_owned(), user_agent));
        let ClientConfig { connect_timeout, send_timeout, .. } = self.config;
        match connection::exchange(request, &headers, connect_timeout, send_timeout).await {
            Ok(raw) => operation.parse(raw.status, &raw.headers, &raw.body).into(),
            Err(Fault::NotSent(reason)) => Outcome::NotSent { reason },
            Err(Fault::NoAnswer { reason, head }) => Outcome::NoAnswer {
                reason,
                status: head.as_ref().map(|(status, _)| *status),
                code: None,
                request_id: head.and_then(|(_, headers)| answer::request_id(&headers, &[])),
            },
        }
    }

    /// Reads: renders, signs and sends, up to three times if the service throttles, fails or does not answer.
    ///
    /// # Errors
    /// When the operation may change something, the request cannot be rendered, or no try succeeds.
    pub async fn read(
        &self,
        operation: &Operation,
        parameters: &Value,
        target: &Target,
        credentials: &Credentials,
        now: fn() -> SystemTime,
    ) -> Result<Output, ReadError> {
        if operation.access().is_mutating() {
            return Err(ReadError::NotARead { operation: operation.name().to_owned() });
        }
        let request = operation.request(parameters, target)?;
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.send(operation, &request, credentials, now(), None).await {
                Outcome::Done { output, request_id } => return Ok(Output { output, request_id }),
                Outcome::Refused { status, code, message, request_id } => {
                    let error = ReadError::Refused { status, code, message, request_id };
                    if !is_throttling(error.code()) && status != 429 {
                        return Err(error);
                    }
                    error
                }
                Outcome::DoneUnreadable { reason, request_id } => {
                    return Err(ReadError::NoAnswer { reason, status: None, code: None, request_id });
                }
                Outcome::NotSent { reason } => {
                    ReadError::NoAnswer { reason, status: None, code: None, request_id: None }
                }
                Outcome::NoAnswer { reason, status, code, request_id } => {
                    ReadError::NoAnswer { reason, status, code, request_id }
                }
            };
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            tries += 1;
        }
    }

    /// Reads all pages, `page_limit` at most, each like [`Client::read`].
    ///
    /// # Errors
    /// Those of [`Client::read`], for the first page that fails.
    pub async fn read_pages(
        &self,
        operation: &Operation,
        parameters: &Value,
        target: &Target,
        credentials: &Credentials,
        now: fn() -> SystemTime,
        page_limit: usize,
    ) -> Result<Paged, ReadError> {
        let mut collected = Collected::new(operation.model().paginator.as_ref(), parameters);
        loop {
            let page = self.read(operation, collected.next_parameters(), target, credentials, now).await?;
            let more = collected.add(page.output);
            if !more || collected.pages() >= page_limit {
                let request_id = page.request_id;
                return Ok(Paged { output: collected.finish(), truncated: more, request_id });
            }
        }
    }
}
