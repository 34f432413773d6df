//! The side of the Lambda runtime interface (version 2018-06-01) that a starting function sees: it is asked for work
//! and never gives any.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const MAX_HEADERS: usize = 32;
const MAX_REQUEST: usize = 64 * 1024;

/// What a function told the runtime.
#[derive(Debug)]
pub(super) enum Told {
    /// It asked for work: it is ready.
    Ready(Instant),
    /// It asked for something else, such as to say that it cannot start.
    Else(String),
}

/// A runtime interface on this machine.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    told: Receiver<Told>,
}

impl RuntimeApi {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let tell = tell.clone();
                thread::spawn(move || listen(connection, &tell));
            }
        });
        Ok(Self { address, told })
    }

    /// What a function finds in `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits for a function to say something.
    pub(super) fn wait(&self, timeout: Duration) -> Option<Told> {
        self.told.recv_timeout(timeout).ok()
    }
}

/// Reads one request, and then waits until the function has gone. Whoever no longer waits need not be told.
fn listen(mut connection: TcpStream, tell: &Sender<Told>) {
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let Ok(count @ 1..) = connection.read(&mut chunk) else { return };
        received.extend(chunk.iter().take(count));
        match read_request(&received, Instant::now()) {
            Some(told) => break drop(tell.send(told)),
            None if received.len() > MAX_REQUEST => break drop(tell.send(Told::Else("too much".to_owned()))),
            None => {}
        }
    }
    while matches!(connection.read(&mut chunk), Ok(1..)) {}
}

/// The request in what was received so far, if it is complete.
fn read_request(received: &[u8], at: Instant) -> Option<Told> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let body_start = match request.parse(received) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return None,
        Err(error) => return Some(Told::Else(format!("no HTTP: {error}"))),
    };
    let (method, path) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    if (method, path) == ("GET", NEXT) {
        return Some(Told::Ready(at));
    }
    let length = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    let body = received.get(body_start..).unwrap_or_default();
    if body.len() < length.unwrap_or(0) {
        return None;
    }
    Some(Told::Else(format!("{method} {path} {}", String::from_utf8_lossy(body))))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn say(api: &RuntimeApi, parts: &[&str]) -> TcpStream {
        let mut connection = TcpStream::connect(api.address()).unwrap();
        for part in parts {
            connection.write_all(part.as_bytes()).unwrap();
            connection.flush().unwrap();
        }
        connection
    }

    #[test]
    fn asking_for_work_is_being_ready() {
        let api = RuntimeApi::start().unwrap();
        let before = Instant::now();
        let _open =
            say(&api, &["GET /2018-06-01/runtime/invocation", "/next HTTP/1.1\r\nhost: here\r\n\r\n"]);
        let Some(Told::Ready(at)) = api.wait(PATIENCE) else { panic!("not ready") };
        assert!(at >= before);
    }

    #[test]
    fn an_error_at_the_start_is_told_with_its_words() {
        let api = RuntimeApi::start().unwrap();
        let head = "POST /2018-06-01/runtime/init/error HTTP/1.1\r\ncontent-length: 5\r\n\r\n";
        let _open = say(&api, &[head, "wrong"]);
        let Some(Told::Else(words)) = api.wait(PATIENCE) else { panic!("ready") };
        assert_eq!(words, "POST /2018-06-01/runtime/init/error wrong");
    }

    #[test]
    fn a_request_that_is_not_complete_is_nothing_yet() {
        assert!(
            read_request(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n", Instant::now()).is_none()
        );
        assert!(read_request(b"POST /x HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", Instant::now()).is_none());
        assert!(matches!(read_request(b"\0\0\r\n\r\n", Instant::now()), Some(Told::Else(_))));
    }
}
