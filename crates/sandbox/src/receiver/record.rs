//! What a receiver knows.

use std::collections::{BTreeMap, BTreeSet};

use changegate_webhook::WebhookSecret;
use changegate_webhook::signature::{ID, TOLERANCE, verify};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connection::Received;

/// Failures that were ordered.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Failures {
    times: u32,
    status: u16,
}

/// What came, and whom to believe.
#[derive(Debug, Default)]
pub(super) struct State {
    posts: Vec<Post>,
    secrets: Vec<WebhookSecret>,
    failures: Option<Failures>,
}

/// One try to deliver a webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Post {
    /// The path it was sent to.
    pub path: String,
    /// The headers, with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body, if it was JSON.
    pub event: Value,
    /// Whether the signature is by a trusted secret.
    pub verified: bool,
    /// What was answered.
    pub status: u16,
}

impl Post {
    /// The id of the message: the same for every try.
    #[must_use]
    pub fn id(&self) -> &str {
        self.headers.get(ID).map_or("", String::as_str)
    }

    /// The change that it tells of.
    #[must_use]
    pub fn change(&self) -> &str {
        self.event.get("subject").and_then(Value::as_str).unwrap_or("")
    }

    /// What happened to the change: `proposed`, `approved`, …
    #[must_use]
    pub fn kind(&self) -> &str {
        let kind = self.event.get("type").and_then(Value::as_str).unwrap_or("");
        kind.trim_start_matches("dev.changegate.change.").trim_end_matches(".v1")
    }

    /// Whether the endpoint took it.
    #[must_use]
    pub fn taken(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What came, in the order in which it came.
#[derive(Debug, Clone)]
pub struct Posts(pub Vec<Post>);

impl Posts {
    /// Those that tell of a change.
    #[must_use]
    pub fn of_change(&self, change: &str) -> Self {
        Self(self.0.iter().filter(|post| post.change() == change).cloned().collect())
    }

    /// What happened, as far as the endpoint took it; once for each message.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.0.iter().filter(|post| post.taken() && seen.insert(post.id())).map(Post::kind).collect()
    }

    /// How many messages were taken; each counts once, however often it was sent.
    #[must_use]
    pub fn delivered(&self) -> usize {
        self.messages(Post::taken)
    }

    /// How many of those had a signature by a trusted secret.
    #[must_use]
    pub fn verified(&self) -> usize {
        self.messages(|post| post.taken() && post.verified)
    }

    fn messages(&self, counts: impl Fn(&Post) -> bool) -> usize {
        self.0.iter().filter(|post| counts(post)).map(Post::id).collect::<BTreeSet<_>>().len()
    }
}

impl State {
    /// Keeps a post and says what to answer: an ordered failure, or 401 if the signature is not by a trusted secret.
    pub(super) fn take_in(&mut self, request: Received, now: Timestamp) -> StatusCode {
        let verified = verify(&self.secrets, &request.headers, &request.body, now, TOLERANCE).is_ok();
        let good = if verified { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED };
        let status = self.next_failure().unwrap_or(good);
        let headers = request.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        self.posts.push(Post {
            path: request.path,
            headers: headers.collect(),
            event: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            verified,
            status: status.as_u16(),
        });
        status
    }

    fn next_failure(&mut self) -> Option<StatusCode> {
        let failures = self.failures.as_mut().filter(|failures| failures.times > 0)?;
        failures.times -= 1;
        StatusCode::from_u16(failures.status).ok()
    }

    pub(super) fn posts(&self) -> Posts {
        Posts(self.posts.clone())
    }

    pub(super) fn forget(&mut self) {
        self.posts.clear();
    }

    pub(super) fn trust(&mut self, secret: WebhookSecret) {
        self.secrets.push(secret);
    }

    pub(super) fn fail(&mut self, failures: Failures) {
        self.failures = Some(failures);
    }
}
