//! HTTP to this machine, as a stranger to Changegate would speak it: no redirects, no cookies unless given.

use std::time::Duration;

use changegate_egress::{Egress, Policy};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::Value;

use crate::error::{Result, SandboxError};

/// How long an answer may take: longer than the gateway waits for a function.
const TOTAL: Duration = Duration::from_secs(40);
const CONNECT: Duration = Duration::from_secs(5);
const MAX_RESPONSE: usize = 8 * 1024 * 1024;

/// A client for addresses on this machine, `*.localhost` included.
#[derive(Debug, Clone)]
pub struct LocalHttp(Egress);

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Default for LocalHttp {
    fn default() -> Self {
        Self(Egress::new(Policy {
            allow_loopback: true,
            connect_timeout: CONNECT,
            total_timeout: TOTAL,
            max_response_bytes: MAX_RESPONSE,
        }))
    }
}

impl LocalHttp {
    /// Sends one request.
    ///
    /// # Errors
    /// The address or a header is malformed; nothing answers.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let no_answer = |source| SandboxError::NoAnswer { url: url.to_owned(), source };
        let request = request.body(body).map_err(|error| no_answer(Box::new(error)))?;
        let answer = self.0.send(request).await.map_err(|error| no_answer(Box::new(error)))?;
        let (parts, body) = Response::into_parts(answer);
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    /// The answer to a GET.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn get(&self, url: &str) -> Result<Answer> {
        self.send(Method::GET, url, &[], Vec::new()).await
    }

    /// Whether a GET is answered with 200.
    pub async fn answers(&self, url: &str) -> bool {
        self.get(url).await.is_ok_and(|answer| answer.status == StatusCode::OK)
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .map_err(|error| SandboxError::unexpected(format!("a JSON body ({error})"), self.text()))
    }

    /// The JSON body of a successful answer.
    ///
    /// # Errors
    /// The status is not 2xx, or the body is not JSON.
    pub fn success(&self) -> Result<Value> {
        if self.status.is_success() {
            return self.json();
        }
        Err(SandboxError::unexpected("an answer of success", format!("{}: {}", self.status, self.text())))
    }

    /// A header as text, if it is there once at least.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
