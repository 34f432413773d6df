//! As much of HTTP/1.1 as a receiver of webhooks must speak: one request with a `content-length` per connection.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAX_HEADERS: usize = 64;
const MAX_REQUEST: usize = 1024 * 1024;

/// A request with its whole body.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<String>,
}

/// Reads one request, answers it and closes the connection.
pub(super) async fn serve(mut stream: TcpStream, answer: impl FnOnce(Received) -> Reply) {
    let reply = match read(&mut stream).await {
        Some(request) => answer(request),
        None => Reply { status: StatusCode::BAD_REQUEST, body: None },
    };
    let body = reply.body.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.status,
        body.len(),
    );
    // Whoever went away does not want the answer.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if let Some((mut request, head, length)) = parse_head(&bytes)?
            && let Some(body) = bytes.get(head..head.checked_add(length)?)
        {
            request.body = body.to_vec();
            return Some(request);
        }
        if bytes.len() > MAX_REQUEST || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// The request without its body, the length of its head and of its body; `Some(None)` while the head is incomplete, `None`
/// if it is malformed.
fn parse_head(bytes: &[u8]) -> Option<Option<(Received, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(bytes).ok()? else { return Some(None) };
    let mut map = HeaderMap::new();
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        map.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let length = match map.get("content-length") {
        Some(length) => length.to_str().ok()?.parse().ok()?,
        None => 0,
    };
    let request = Received {
        method: parsed.method?.parse().ok()?,
        path: parsed.path?.to_owned(),
        headers: map,
        body: Vec::new(),
    };
    Some(Some((request, head, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_still_coming_is_waited_for_and_a_malformed_one_is_not() {
        assert!(parse_head(b"POST /hooks HTTP/1.1\r\nconte").unwrap().is_none());
        assert!(parse_head(b"nonsense\r\n\r\n").is_none());
        assert!(parse_head(b"POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n").is_none());
        let (request, head, length) =
            parse_head(b"POST /hooks HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").unwrap().unwrap();
        assert_eq!((request.path.as_str(), head, length), ("/hooks", 43, 2));
    }
}
