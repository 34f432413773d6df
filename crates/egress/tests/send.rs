//! One request over real sockets: what is written, what is refused, what is bounded.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed set-up fails the test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use changegate_egress::{Egress, EgressError, FailureClass, Policy};
use http::{Method, Request, Response, StatusCode};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &[u8] = include_bytes!("tls/server.key");
const AUTHORITY: &[u8] = include_bytes!("tls/ca.pem");

fn policy() -> Policy {
    Policy {
        allow_loopback: true,
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(5),
        max_response_bytes: 64,
    }
}

/// Reads one request with its `content-length` bytes, writes `answer`, closes, and returns what it read.
async fn serve_once<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: &str) -> String {
    let mut read = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await.unwrap();
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            body.len() >= length.map_or(0, |length| length.parse().unwrap())
        });
        if whole || count == 0 {
            break;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    String::from_utf8(read).unwrap()
}

async fn plain_server(answer: impl Into<String>) -> (SocketAddr, JoinHandle<String>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve_once(stream, &answer).await
    });
    (address, served)
}

async fn get(egress: &Egress, url: String) -> Result<Response<Vec<u8>>, EgressError> {
    egress.send(Request::get(url).body(Vec::new()).unwrap()).await
}

#[tokio::test]
async fn the_request_is_written_with_the_checked_host_and_its_body() {
    let (address, served) = plain_server("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok").await;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://hooks.localhost:{}/in?x=1", address.port()))
        .header("host", "somewhere.else")
        .header("content-length", "9999")
        .header("x-own", "kept")
        .body(b"{\"a\":1}".to_vec())
        .unwrap();
    let answer = Egress::new(policy()).send(request).await.unwrap();
    assert_eq!((answer.status(), answer.body().as_slice()), (StatusCode::ACCEPTED, b"ok".as_slice()));
    let written = served.await.unwrap();
    assert!(written.starts_with("POST /in?x=1 HTTP/1.1\r\n"), "{written}");
    assert!(written.ends_with("\r\n\r\n{\"a\":1}"), "{written}");
    assert!(written.contains(&format!("host: hooks.localhost:{}\r\n", address.port())), "{written}");
    assert!(written.contains("content-length: 7\r\n") && written.contains("x-own: kept\r\n"), "{written}");
    assert!(!written.contains("somewhere.else") && !written.contains("9999"), "{written}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (elsewhere, never_served) = plain_server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer = format!("HTTP/1.1 307 Moved\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
    let (address, served) = plain_server(answer).await;
    let answer = get(&Egress::new(policy()), format!("http://{address}/")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    served.await.unwrap();
    assert!(!never_served.is_finished());
}

#[tokio::test]
async fn loopback_is_refused_unless_the_deployment_allows_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let egress = Egress::new(policy().with_loopback(false));
    for host in ["127.0.0.1", "localhost", "egress.localhost", "[::ffff:127.0.0.1]"] {
        let error = get(&egress, format!("https://{host}:{port}/")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Refused, "{host}: {error}");
    }
    let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connected.is_err(), "a refused address was connected to");
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_with_and_without_a_length() {
    let long = "x".repeat(65);
    for answer in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{long}"),
        format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n41\r\n{long}\r\n0\r\n\r\n"),
    ] {
        let (address, _served) = plain_server(answer.clone()).await;
        let error = get(&Egress::new(policy()), format!("http://{address}/")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::TooLarge, "{answer}: {error:?}");
    }
    let (address, _served) = plain_server(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(64))).await;
    let answer = get(&Egress::new(policy()), format!("http://{address}/")).await.unwrap();
    assert_eq!(answer.body().len(), 64);
}

#[tokio::test]
async fn a_closed_port_means_that_nothing_was_sent() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = get(&Egress::new(policy()), format!("http://{address}/")).await.unwrap_err();
    assert!(matches!(error, EgressError::NotConnected { .. }), "{error:?}");
    assert_eq!(error.class(), FailureClass::NotSent);
}

#[tokio::test]
async fn a_broken_or_silent_answer_is_no_answer() {
    for answer in ["", "not http at all\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        let (address, _served) = plain_server(answer).await;
        let error = get(&Egress::new(policy()), format!("http://{address}/")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::NoAnswer, "{answer}: {error:?}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let egress = Egress::new(Policy { total_timeout: Duration::from_millis(200), ..policy() });
    let error = get(&egress, format!("http://{address}/")).await.unwrap_err();
    assert!(matches!(error, EgressError::AnswerTimeout { .. }), "{error:?}");
    assert_eq!(error.class(), FailureClass::NoAnswer);
}

/// Serves one TLS session; `None` when the handshake failed.
async fn tls_server() -> (SocketAddr, JoinHandle<Option<String>>) {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.ok()?;
        Some(serve_once(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await)
    });
    (address, served)
}

fn with_the_test_authority() -> Egress {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
    Egress::with_roots(policy(), roots)
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_for_the_named_host_is_accepted() {
    let (address, served) = tls_server().await;
    let url = format!("https://egress.localhost:{}/", address.port());
    let answer = get(&with_the_test_authority(), url).await.unwrap();
    assert_eq!(answer.body(), b"ok");
    assert!(served.await.unwrap().unwrap().starts_with("GET / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_certificate_for_another_host_or_of_another_authority_is_not_accepted() {
    for (egress, host) in [
        (with_the_test_authority(), "other.localhost"),
        (with_the_test_authority(), "127.0.0.1"),
        (Egress::new(policy()), "egress.localhost"),
    ] {
        let (address, served) = tls_server().await;
        let error = get(&egress, format!("https://{host}:{}/", address.port())).await.unwrap_err();
        assert!(matches!(error, EgressError::Tls { .. }), "{host}: {error:?}");
        assert_eq!(error.class(), FailureClass::NotSent);
        assert_eq!(served.await.unwrap(), None, "the request was written in spite of the certificate");
    }
}
