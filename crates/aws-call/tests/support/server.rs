//! A server that does to one connection what a test wants.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What happens to a connection.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// Closed with a reset before anything is read.
    ResetAtOnce,
    /// Closed with a reset after part of the request.
    ResetWithinRequest,
    /// Closed with a reset after the whole request.
    ResetAfterRequest,
    /// The request is read and nothing is ever answered.
    Silence,
    /// The request is read, these bytes are written, then the connection is closed.
    Write(Vec<u8>),
    /// The request is read, these bytes are written, then nothing more comes.
    WriteAndHang(Vec<u8>),
    /// The request is read, these bytes are written, then the connection is reset.
    WriteAndReset(Vec<u8>),
}

/// A server on a loopback port.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<Vec<Vec<u8>>>,
}

impl Server {
    /// Serves one connection per behaviour, in their order.
    pub(crate) async fn start(behaviours: Vec<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut requests = Vec::new();
            for behaviour in behaviours {
                let (stream, _) = listener.accept().await.unwrap();
                requests.push(serve(stream, behaviour).await);
            }
            requests
        });
        Self { address, task }
    }

    /// The requests of all connections, once the last one is over.
    pub(crate) async fn requests(self) -> Vec<Vec<u8>> {
        self.task.await.unwrap()
    }

    /// Number of connections must not have reached that of the behaviours: stops waiting for more.
    pub(crate) fn stop(self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, behaviour: Behaviour) -> Vec<u8> {
    let mut request = Vec::new();
    match behaviour {
        Behaviour::ResetAtOnce => reset(&stream),
        Behaviour::ResetWithinRequest => {
            let mut some = [0; 16];
            let count = stream.read(&mut some).await.unwrap();
            request.extend_from_slice(&some[..count]);
            reset(&stream);
        }
        Behaviour::ResetAfterRequest => {
            read_request(&mut stream, &mut request).await;
            reset(&stream);
        }
        Behaviour::Silence => {
            read_request(&mut stream, &mut request).await;
            wait_for_the_end(&mut stream).await;
        }
        Behaviour::Write(answer) => {
            read_request(&mut stream, &mut request).await;
            stream.write_all(&answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        Behaviour::WriteAndHang(answer) => {
            read_request(&mut stream, &mut request).await;
            stream.write_all(&answer).await.unwrap();
            wait_for_the_end(&mut stream).await;
        }
        Behaviour::WriteAndReset(answer) => {
            read_request(&mut stream, &mut request).await;
            stream.write_all(&answer).await.unwrap();
            stream.flush().await.unwrap();
            reset(&stream);
        }
    }
    request
}

/// Makes closing the connection a reset.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}

async fn wait_for_the_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn read_request(stream: &mut TcpStream, request: &mut Vec<u8>) {
    let mut buffer = [0; 4096];
    loop {
        if is_complete(request) {
            return;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

/// An HTTP answer with a length.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nx-amzn-requestid: req-1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
