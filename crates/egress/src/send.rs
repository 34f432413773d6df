//! One request on a connection of its own.

use std::fmt;
use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connect::{Trust, connect, start_tls};
use crate::error::EgressError;
use crate::policy::Policy;
use crate::target::Target;

/// Sends requests to addresses that tenants configure, within a [`Policy`].
///
/// Cheap to clone; the clones share the certificate authorities, which are read when the first TLS session starts.
#[derive(Clone)]
pub struct Egress {
    policy: Policy,
    trust: Arc<Trust>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Egress {
    /// Trusts the certificate authorities that the machine has installed.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, trust: Arc::new(Trust::of_the_machine()) }
    }

    /// Trusts `roots` and no other authority, for a deployment whose identity provider has one of its own.
    #[must_use]
    pub fn with_roots(policy: Policy, roots: RootCertStore) -> Self {
        Self { policy, trust: Arc::new(Trust::only(roots)) }
    }

    /// The bounds this was made with.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sends `request`, whose URI is absolute, and reads the whole answer, whatever its status: a redirect is an
    /// answer like any other and is not followed.
    ///
    /// `host`, `connection`, `content-length` and `transfer-encoding` are set here; the caller's are dropped.
    ///
    /// # Errors
    /// [`EgressError::class`] says whether the request can have had an effect.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, EgressError> {
        let target = Target::parse(&request.uri().to_string(), self.policy.allow_loopback)?;
        let host = target.server_name();
        let request = on_the_wire(request, &target)?;
        let limit = self.policy.connect_timeout.min(self.policy.total_timeout);
        let started = tokio::time::Instant::now();
        let stream = timeout(limit, self.open(&target))
            .await
            .map_err(|_| EgressError::ConnectTimeout { host: host.clone(), limit })??;
        let left = self.policy.total_timeout.saturating_sub(started.elapsed());
        let answer = timeout(left, async {
            match stream {
                Stream::Plain(stream) => self.exchange(&host, stream, request).await,
                Stream::Tls(stream) => self.exchange(&host, *stream, request).await,
            }
        });
        let limit = self.policy.total_timeout;
        answer.await.map_err(|_| EgressError::AnswerTimeout { host: host.clone(), limit })?
    }

    async fn open(&self, target: &Target) -> Result<Stream, EgressError> {
        let addresses = target.resolve(self.policy.allow_loopback).await?;
        let stream = connect(target, &addresses).await?;
        if !target.tls() {
            return Ok(Stream::Plain(stream));
        }
        start_tls(&self.trust, target, stream).await.map(|stream| Stream::Tls(Box::new(stream)))
    }

    async fn exchange<S>(
        &self,
        host: &str,
        stream: S,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Vec<u8>>, EgressError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| no_answer(host, error.into()))?;
        // Aborted when this future ends or is dropped, so that a timeout also ends the connection.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| no_answer(host, error.into()))?;
        self.read_body(host, answer).await
    }

    async fn read_body(
        &self,
        host: &str,
        answer: Response<Incoming>,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let limit = self.policy.max_response_bytes;
        let (head, body) = answer.into_parts();
        let status = head.status;
        let too_large = || EgressError::TooLarge { host: host.to_owned(), status, limit };
        if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > limit) {
            return Err(too_large());
        }
        let read = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { too_large() } else { no_answer(host, error) }
        })?;
        Ok(Response::from_parts(head, read.to_bytes().to_vec()))
    }
}

enum Stream {
    Plain(tokio::net::TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>),
}

fn no_answer(host: &str, source: Box<dyn std::error::Error + Send + Sync>) -> EgressError {
    EgressError::NoAnswer { host: host.to_owned(), source }
}

/// The request as HTTP/1.1 writes it: path and query only, and a `host` that is the checked one.
fn on_the_wire(request: Request<Vec<u8>>, target: &Target) -> Result<Request<Full<Bytes>>, EgressError> {
    let refused = |reason| EgressError::RefusedUrl { url: target.authority(), reason };
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse::<Uri>().map_err(|_| refused("its path cannot be written"))?;
    head.version = http::Version::HTTP_11;
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    let authority = HeaderValue::from_str(&target.authority())
        .map_err(|_| refused("its host cannot be written in a header"))?;
    head.headers.insert(HOST, authority);
    head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(Request::from_parts(head, Full::new(Bytes::from(body))))
}
