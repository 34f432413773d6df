//! Sends requests.

mod connection;
mod pages;
mod read_error;
mod waiting;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use connection::{Fault, Limits};
use pages::{Collected, Onward};
pub use read_error::ReadError;
use serde_json::Value;
pub use waiting::{Waited, Waiter};

use crate::{
    answer::{self, is_throttling},
    operation::Operation,
    outcome::{NoAnswer, Outcome, Output},
    request::{Request, Target},
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

/// What reading all pages gave.
#[derive(Clone)]
pub struct Paged {
    /// The first page's output with the results of all pages, without the token.
    pub output: Value,
    /// Whether there are more pages than were read, because of the limit or because a token led to the same page again.
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

    /// Signs and sends a request once, on a fresh connection. A request of an operation that is not supported is not sent.
    pub async fn send(
        &self,
        operation: &Operation,
        request: &Request,
        credentials: &Credentials,
        now: SystemTime,
        user_agent_suffix: Option<&str>,
    ) -> Outcome {
        if let Some(reason) = operation.unsupported() {
            return Outcome::NotSent { reason: reason.to_owned() };
        }
        let mut headers = match request.signed_headers(credentials, now) {
            Ok(headers) => headers,
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let user_agent = user_agent_suffix.map_or_else(
            || self.config.user_agent.clone(),
            |suffix| format!("{} {suffix}", self.config.user_agent),
        );
        headers.push(("user-agent".to_owned(), user_agent));
        let limits = Limits {
            connect_timeout: self.config.connect_timeout,
            send_timeout: self.config.send_timeout,
            longest_body: answer::longest_body(operation),
        };
        match connection::exchange(request, &headers, limits).await {
            Ok(raw) => operation.parse(raw.status, &raw.headers, &raw.body),
            Err(Fault::NotSent(reason)) => Outcome::NotSent { reason },
            Err(Fault::TooLong { status, headers }) => answer::too_long(operation, status, &headers),
            Err(Fault::NoAnswer { reason, head }) => Outcome::NoAnswer(NoAnswer {
                reason,
                status: head.as_ref().map(|(status, _)| *status),
                code: None,
                request_id: head.and_then(|(_, headers)| answer::request_id(&headers)),
            }),
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
                Outcome::Done(output) => return Ok(output),
                Outcome::Refused(refusal) => {
                    let again = is_throttling(&refusal.code) || refusal.status == 429;
                    let error = ReadError::Refused(refusal);
                    if !again {
                        return Err(error);
                    }
                    error
                }
                Outcome::DoneUnreadable { reason, request_id } => {
                    return Err(ReadError::NoAnswer(NoAnswer { reason, request_id, ..NoAnswer::default() }));
                }
                Outcome::NotSent { reason } => {
                    ReadError::NoAnswer(NoAnswer { reason, ..NoAnswer::default() })
                }
                Outcome::NoAnswer(answer) => ReadError::NoAnswer(answer),
            };
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            tries += 1;
        }
    }

    /// Reads all pages, `page_limit` at most but always the first, each like [`Client::read`].
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
            let onward = collected.add(page.output);
            if onward != Onward::Page || collected.pages() >= page_limit {
                let truncated = onward != Onward::Nothing;
                return Ok(Paged { output: collected.finish(), truncated, request_id: page.request_id });
            }
        }
    }

    /// Waits: reads again and again, each time like [`Client::read`], until the waiter knows how it ends, or `deadline` has
    /// passed since now.
    pub async fn wait(
        &self,
        waiter: &Waiter,
        parameters: &Value,
        target: &Target,
        credentials: &Credentials,
        now: fn() -> SystemTime,
        deadline: Duration,
    ) -> Waited {
        waiter
            .wait(deadline, async || {
                self.read(waiter.operation(), parameters, target, credentials, now).await
            })
            .await
    }
}
