//! A server that does to one connection what a test wants.

use std::{net::SocketAddr, sync::Arc};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What becomes of a connection.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// Closed with a reset before anything is read.
    ResetAtOnce,
    /// Closed with a reset after this many bytes of the request.
    ResetWithinRequest(usize),
    /// Closed with a reset after the whole request.
    ResetAfterRequest,
    /// The request is read and nothing is ever answered.
    Silence,
    /// Nothing is read and nothing is answered.
    Deafness,
    /// The request is read, these bytes are written, then the connection is closed.
    Write(Vec<u8>),
    /// These bytes are written before anything is read, then the request is read and the connection closed.
    WriteAtOnce(Vec<u8>),
    /// The request is read, these bytes are written, then nothing more comes.
    WriteAndHang(Vec<u8>),
    /// The request is read, these bytes are written, then the connection is reset.
    WriteAndReset(Vec<u8>),
}

/// Whom a server over TLS says it is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Identity {
    /// 127.0.0.1
    Loopback,
    /// Another name.
    Elsewhere,
}

/// A server on a loopback port.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<Vec<Vec<u8>>>,
}

impl Server {
    /// Serves one connection per behaviour, in their order.
    pub(crate) async fn start(behaviours: Vec<Behaviour>) -> Self {
        Self::start_as(None, behaviours).await
    }

    /// The same, over TLS if there is an identity.
    pub(crate) async fn start_as(identity: Option<Identity>, behaviours: Vec<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut requests = Vec::new();
            for behaviour in behaviours {
                let (stream, _) = listener.accept().await.unwrap();
                requests.push(serve(stream, identity, behaviour).await);
            }
            requests
        });
        Self { address, task }
    }

    /// The requests of all connections, once the last one is over.
    pub(crate) async fn requests(self) -> Vec<Vec<u8>> {
        self.task.await.unwrap()
    }

    /// Ends it, whether or not there was a connection for each behaviour.
    pub(crate) fn stop(self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, identity: Option<Identity>, behaviour: Behaviour) -> Vec<u8> {
    let mut request = Vec::new();
    let Some(identity) = identity else {
        let mut stream = stream;
        if converse(&mut stream, behaviour, &mut request).await == End::Reset {
            stream.set_zero_linger().unwrap();
        }
        return request;
    };
    // A client that does not like the certificate ends the handshake.
    if let Ok(mut stream) = acceptor(identity).accept(stream).await
        && converse(&mut stream, behaviour, &mut request).await == End::Reset
    {
        stream.get_ref().0.set_zero_linger().unwrap();
    }
    request
}

fn acceptor(identity: Identity) -> TlsAcceptor {
    let (certificate, key) = match identity {
        Identity::Loopback => (
            include_bytes!("tls/loopback.certificate.der").as_slice(),
            include_bytes!("tls/loopback.key.der").as_slice(),
        ),
        Identity::Elsewhere => (
            include_bytes!("tls/elsewhere.certificate.der").as_slice(),
            include_bytes!("tls/elsewhere.key.der").as_slice(),
        ),
    };
    let settings =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(certificate)], PrivateKeyDer::try_from(key).unwrap())
            .unwrap();
    TlsAcceptor::from(Arc::new(settings))
}

#[derive(PartialEq)]
enum End {
    Closed,
    Reset,
}

async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    behaviour: Behaviour,
    request: &mut Vec<u8>,
) -> End {
    match behaviour {
        Behaviour::ResetAtOnce => return End::Reset,
        Behaviour::ResetWithinRequest(bytes) => {
            request.resize(bytes, 0);
            stream.read_exact(request).await.unwrap();
            return End::Reset;
        }
        Behaviour::ResetAfterRequest => {
            read_request(stream, request).await;
            return End::Reset;
        }
        Behaviour::Silence => {
            read_request(stream, request).await;
            wait_for_the_end(stream).await;
        }
        Behaviour::Deafness => std::future::pending().await,
        Behaviour::Write(answer) => {
            read_request(stream, request).await;
            write_and_close(stream, &answer).await;
        }
        Behaviour::WriteAtOnce(answer) => {
            stream.write_all(&answer).await.unwrap();
            read_request(stream, request).await;
        }
        Behaviour::WriteAndHang(answer) => {
            read_request(stream, request).await;
            stream.write_all(&answer).await.unwrap();
            stream.flush().await.unwrap();
            wait_for_the_end(stream).await;
        }
        Behaviour::WriteAndReset(answer) => {
            read_request(stream, request).await;
            stream.write_all(&answer).await.unwrap();
            stream.flush().await.unwrap();
            return End::Reset;
        }
    }
    End::Closed
}

/// A client may leave before the end, for instance when an answer is too long.
async fn write_and_close(stream: &mut (impl AsyncWrite + Unpin), answer: &[u8]) {
    if stream.write_all(answer).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

async fn wait_for_the_end(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin), request: &mut Vec<u8>) {
    let mut buffer = vec![0; 65_536];
    let mut length = None;
    loop {
        length = length.or_else(|| length_of(request));
        if length.is_some_and(|length| request.len() >= length) {
            return;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Bytes of head and body together, once the head is there.
fn length_of(request: &[u8]) -> Option<usize> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&request[..end]);
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    Some(end + 4 + length.unwrap_or(0))
}

/// An answer of a service that speaks JSON.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nx-amzn-requestid: req-1\r\ncontent-length: {length}");
    format!("{head}\r\ncontent-type: application/x-amz-json-1.1\r\n\r\n{body}").into_bytes()
}
