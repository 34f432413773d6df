//! An endpoint for webhooks that keeps what came byte for byte and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use changegate_sandbox::local_http::LocalHttp;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::listener::{Received, listen, receive};
use crate::poll::until;

/// One post.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// What was answered.
    pub status: u16,
}

impl Post {
    /// The event in it.
    ///
    /// # Panics
    /// It holds no JSON.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an event of JSON")
    }

    /// The id of the message.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    /// What happened: `proposed`, `approved`, …
    pub fn kind(&self) -> String {
        let kind = self.event()["type"].as_str().unwrap_or_default().to_owned();
        kind.trim_start_matches("dev.changegate.change.").trim_end_matches(".v1").to_owned()
    }
}

/// The endpoint.
#[derive(Debug, Clone)]
pub struct Hook {
    address: SocketAddr,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Hook {
    /// Starts an endpoint that lives as long as the test. `answer` gives the status for a body and the posts before it.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(answer: impl Fn(&Value, &[Post]) -> u16 + Send + Sync + 'static) -> Self {
        let posts = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&posts));
        let address = listen(move |stream| {
            let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
            async move { serve(stream, &*answer, &kept).await }
        })
        .await;
        Self { address, posts }
    }

    /// Where posts go.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// What came so far.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until posts are as they must be, and gives them.
    pub async fn until(&self, what: &str, seconds: u64, holds: impl Fn(&[Post]) -> bool) -> Vec<Post> {
        until(what, seconds, async || Some(self.posts()).filter(|posts| holds(posts))).await
    }

    /// Whether it answers; a webhook that does not arrive is then somebody else's doing.
    pub async fn answers(&self) -> bool {
        LocalHttp::default().get(&self.url()).await.is_ok()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(&Value, &[Post]) -> u16 + Send + Sync),
    posts: &Mutex<Vec<Post>>,
) {
    let Some(Received { head, body }) = receive(&mut stream).await else { return };
    let Some(headers) = headers(&head) else { return };
    let status = if head.starts_with("POST ") {
        let mut posts = posts.lock().unwrap_or_else(PoisonError::into_inner);
        let event = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let status = answer(&event, &posts);
        posts.push(Post { headers, body, status });
        status
    } else {
        405
    };
    let reply = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The headers of a head, as they were sent.
fn headers(head: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        headers.append(name.parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?);
    }
    Some(headers)
}
