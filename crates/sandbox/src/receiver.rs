//! A change-management system that receives webhooks, keeps them, and checks every signature.
//!
//! `POST /hooks…` is the endpoint. The rest is for whoever runs it: `GET /received` gives what came,
//! `DELETE /received` forgets it, `PUT /secrets` adds the secret in the body (`whsec_…`), and `PUT /failures` with
//! `{"times": 2, "status": 503}` makes the next posts fail.

mod connection;
mod record;

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::error::{Result, SandboxError};
use crate::local_http::LocalHttp;

use connection::{Received, Reply};
use record::{Failures, State};
pub use record::{Post, Posts};

/// Its name in pid files and logs.
pub const NAME: &str = "receiver";

/// Serves on loopback until the process ends.
///
/// # Errors
/// The port is taken.
pub async fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    serve_on(listener.map_err(|error| SandboxError::unexpected(format!("port {port} is free"), error))?).await
}

async fn serve_on(listener: TcpListener) -> Result<()> {
    let state = Arc::new(Mutex::new(State::default()));
    loop {
        // A connection that fails on arrival is the sender's loss, and it tries again.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            connection::serve(stream, |request| answer(&state, request)).await;
        });
    }
}

fn answer(state: &Mutex<State>, request: Received) -> Reply {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    match (request.method.clone(), request.path.as_str()) {
        (Method::POST, path) if path.starts_with("/hooks") => {
            Reply::empty(state.take_in(request, Timestamp::now()))
        }
        (Method::GET, "/received") => Reply::json(&state.posts()),
        (Method::DELETE, "/received") => {
            state.forget();
            Reply::empty(StatusCode::NO_CONTENT)
        }
        (Method::PUT, "/secrets") => {
            let secret = std::str::from_utf8(&request.body).ok().and_then(|text| text.trim().parse().ok());
            Reply::empty(secret.map_or(StatusCode::BAD_REQUEST, |secret| {
                state.trust(secret);
                StatusCode::NO_CONTENT
            }))
        }
        (Method::PUT, "/failures") => {
            let failures: Option<Failures> = serde_json::from_slice(&request.body).ok();
            Reply::empty(failures.map_or(StatusCode::BAD_REQUEST, |failures| {
                state.fail(failures);
                StatusCode::NO_CONTENT
            }))
        }
        _ => Reply::empty(StatusCode::NOT_FOUND),
    }
}

/// A receiver, from outside.
#[derive(Debug, Clone)]
pub struct Receiver {
    address: String,
    http: LocalHttp,
}

#[derive(Deserialize)]
struct Listing {
    posts: Vec<Post>,
}

impl Receiver {
    /// The receiver at this address, without a path.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned(), http: LocalHttp::default() }
    }

    /// Where webhooks go; the name tells tenants apart.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/hooks/{name}", self.address)
    }

    /// Whether it answers.
    pub async fn answers(&self) -> bool {
        self.http.answers(&format!("{}/received", self.address)).await
    }

    /// What came since it started or forgot, in the order in which it came.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn posts(&self) -> Result<Posts> {
        let listing = self.http.get(&format!("{}/received", self.address)).await?.success()?;
        let listing: Listing = serde_json::from_value(listing)
            .map_err(|error| SandboxError::unexpected("a list of posts", error))?;
        Ok(Posts(listing.posts))
    }

    /// Checks signatures against this secret too from now on.
    ///
    /// # Errors
    /// It does not answer, or the secret is malformed.
    pub async fn trust(&self, secret: &str) -> Result<()> {
        self.control(Method::PUT, "/secrets", secret.as_bytes().to_vec()).await
    }

    /// Answers the next posts with this status.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn fail(&self, times: u32, status: StatusCode) -> Result<()> {
        let body = json!({"times": times, "status": status.as_u16()});
        self.control(Method::PUT, "/failures", body.to_string().into_bytes()).await
    }

    /// Forgets what came.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn forget(&self) -> Result<()> {
        self.control(Method::DELETE, "/received", Vec::new()).await
    }

    async fn control(&self, method: Method, path: &str, body: Vec<u8>) -> Result<()> {
        let answer = self.http.send(method, &format!("{}{path}", self.address), &[], body).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        Err(SandboxError::unexpected(format!("the receiver takes `{path}`"), answer.status))
    }
}

impl Reply {
    fn empty(status: StatusCode) -> Self {
        Self { status, body: None }
    }

    fn json(posts: &Posts) -> Self {
        let body: Value = json!({"posts": posts.0});
        Self { status: StatusCode::OK, body: Some(body.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use changegate_webhook::WebhookSecret;
    use changegate_webhook::signature::{self, sign};

    use super::*;

    async fn running() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve_on(listener));
        Receiver::at(&address)
    }

    async fn post(receiver: &Receiver, secret: &WebhookSecret, id: &str, body: &str) -> StatusCode {
        let now = Timestamp::now();
        let signature = sign(secret, id, now, body.as_bytes()).unwrap();
        let time = now.as_second().to_string();
        let headers =
            [(signature::ID, id), (signature::TIMESTAMP, &time), (signature::SIGNATURE, &signature)];
        let sent = receiver.http.send(Method::POST, &receiver.endpoint("demo"), &headers, body.into()).await;
        sent.unwrap().status
    }

    #[tokio::test]
    async fn a_signed_post_is_kept_and_verified_and_a_forged_one_only_kept() {
        let receiver = running().await;
        let secret = WebhookSecret::from_bytes([7; 32]).unwrap();
        receiver.trust(&secret.reveal()).await.unwrap();
        let body = r#"{"subject":"chg_1","type":"dev.changegate.change.proposed.v1"}"#;
        assert_eq!(post(&receiver, &secret, "evt_1", body).await, StatusCode::NO_CONTENT);
        let forger = WebhookSecret::from_bytes([8; 32]).unwrap();
        assert_eq!(post(&receiver, &forger, "evt_2", body).await, StatusCode::UNAUTHORIZED);
        let posts = receiver.posts().await.unwrap();
        assert_eq!(posts.0.iter().map(|post| post.verified).collect::<Vec<_>>(), [true, false]);
        assert_eq!(
            posts.of_change("chg_1").kinds(),
            ["proposed"],
            "a forged post is not counted as delivered"
        );
    }

    #[tokio::test]
    async fn it_fails_as_often_as_it_was_told() {
        let receiver = running().await;
        let secret = WebhookSecret::from_bytes([7; 32]).unwrap();
        receiver.trust(&secret.reveal()).await.unwrap();
        receiver.fail(2, StatusCode::SERVICE_UNAVAILABLE).await.unwrap();
        for expected in [503, 503, 204] {
            assert_eq!(post(&receiver, &secret, "evt_1", "{}").await.as_u16(), expected);
        }
        let posts = receiver.posts().await.unwrap();
        assert_eq!(posts.0.len(), 3);
        assert_eq!(posts.delivered(), 1, "one message, delivered at the third try");
        receiver.forget().await.unwrap();
        assert_eq!(receiver.posts().await.unwrap().0.len(), 0);
    }
}
