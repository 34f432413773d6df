//! One request on one connection of its own.
//!
//! A failure says whether a byte of the request may have left: the bytes that the HTTP layer writes are counted, above TLS.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{one_line, request::Request};

/// How long an exchange may take and an answer may be.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) send_timeout: Duration,
    /// Longest body of an answer, in bytes.
    pub(crate) longest_body: usize,
}

/// An answer as it came.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
pub(crate) enum Fault {
    /// No byte of the request was written.
    NotSent(String),
    /// An answer came, but its body is too long to be read.
    TooLong { status: u16, headers: Vec<(String, String)> },
    /// The request may have arrived.
    NoAnswer {
        reason: String,
        /// Status and headers, if they came before the fault.
        head: Option<(u16, Vec<(String, String)>)>,
    },
}

/// Sends `request` with `headers` once.
pub(crate) async fn exchange(
    request: &Request,
    headers: &[(String, String)],
    limits: Limits,
) -> Result<RawAnswer, Fault> {
    let message = message(request, headers).map_err(Fault::NotSent)?;
    let connected = timeout(limits.connect_timeout, connect(request)).await;
    let stream = match connected {
        Ok(Ok(stream)) => stream,
        Ok(Err(reason)) => return Err(Fault::NotSent(reason)),
        Err(_) => return Err(Fault::NotSent("the connection was not made in time".to_owned())),
    };
    let written = Arc::new(AtomicBool::new(false));
    let stream = Watched { stream, written: Arc::clone(&written) };
    let mut head = None;
    let talk = talk(stream, message, limits.longest_body, &mut head);
    let ended = timeout(limits.send_timeout, talk).await;
    let reason = match ended {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(End::Broken(reason))) => reason,
        Ok(Err(End::TooLong { status, headers })) => return Err(Fault::TooLong { status, headers }),
        Err(_) => "the answer did not come in time".to_owned(),
    };
    if head.is_none() && !written.load(Ordering::SeqCst) {
        return Err(Fault::NotSent(reason));
    }
    Err(Fault::NoAnswer { reason, head })
}

fn message(request: &Request, headers: &[(String, String)]) -> Result<http::Request<Full<Bytes>>, String> {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut builder =
        http::Request::builder().method(request.method.as_str()).uri(format!("{}{query}", request.path));
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // RFC 9110, section 8.6; S3 refuses a PUT that does not say how long its content is.
    if request.body.is_empty() && matches!(request.method.as_str(), "PUT" | "POST" | "PATCH") {
        builder = builder.header(http::header::CONTENT_LENGTH, 0);
    }
    builder
        .body(Full::new(Bytes::from(request.body.clone())))
        .map_err(|error| format!("the request is not valid HTTP: {error}"))
}

/// Why there is no answer on a connection that was made.
enum End {
    Broken(String),
    TooLong { status: u16, headers: Vec<(String, String)> },
}

async fn talk(
    stream: Watched,
    message: http::Request<Full<Bytes>>,
    longest_body: usize,
    head: &mut Option<(u16, Vec<(String, String)>)>,
) -> Result<RawAnswer, End> {
    let broken = |error| End::Broken(one_line(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let exchange = async {
        let response = sender.send_request(message).await.map_err(broken)?;
        let (parts, body) = response.into_parts();
        let headers: Vec<_> = parts
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = parts.status.as_u16();
        *head = Some((status, headers.clone()));
        match Limited::new(body, longest_body).collect().await {
            Ok(body) => Ok(RawAnswer { status, headers, body: body.to_bytes() }),
            Err(error) if error.is::<LengthLimitError>() => Err(End::TooLong { status, headers }),
            Err(error) => Err(End::Broken(format!("the answer broke off: {}", one_line(&*error)))),
        }
    };
    let mut exchange = pin!(exchange);
    let mut connection = pin!(connection);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            result = &mut exchange => return result,
            // How a connection ends is told by the exchange as well, which then fails or completes.
            _ = &mut connection, if open => open = false,
        }
    }
}

async fn connect(request: &Request) -> Result<Stream, String> {
    let (host, port) = host_and_port(request)?;
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| format!("no connection to `{}`: {error}", request.host))?;
    // A request is written at once; waiting for more would only cost time.
    let _ = tcp.set_nodelay(true);
    if request.scheme == "http" {
        return Ok(Stream::Plain(tcp));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("`{host}` is not a host name"))?;
    let connector = TlsConnector::from(tls_settings()?);
    let tls = connector
        .connect(name, tcp)
        .await
        .map_err(|error| format!("no TLS with `{}`: {error}", request.host))?;
    Ok(Stream::Tls(Box::new(tls)))
}

/// The host, without the brackets of an IPv6 address, and the port.
fn host_and_port(request: &Request) -> Result<(&str, u16), String> {
    let default = if request.scheme == "http" { 80 } else { 443 };
    let (host, port) = match request.host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().map_err(|_| format!("`{port}` is not a port"))?)
        }
        _ => (request.host.as_str(), default),
    };
    Ok((host.trim_matches(['[', ']']), port))
}

/// TLS with the system's roots, loaded when the first HTTPS request is sent.
fn tls_settings() -> Result<Arc<rustls::ClientConfig>, String> {
    static SETTINGS: OnceLock<Result<Arc<rustls::ClientConfig>, String>> = OnceLock::new();
    SETTINGS
        .get_or_init(|| {
            let mut roots = rustls::RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err("the system has no root certificates".to_owned());
            }
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let settings = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Ok(Arc::new(settings))
        })
        .clone()
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// A stream that remembers whether anything was written to it.
struct Watched {
    stream: Stream,
    written: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let is_tls = matches!(self.stream, Stream::Tls(_));
        let poll = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        // TLS may have taken bytes that it reports neither as written nor as failed.
        if matches!(poll, Poll::Ready(Ok(count)) if count > 0) || (is_tls && !bytes.is_empty()) {
            self.written.store(true, Ordering::SeqCst);
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
