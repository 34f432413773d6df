//! What becomes of a send when the transport fails: every fault has one outcome.

use std::{
    fmt::Display,
    net::SocketAddr,
    process::Command,
    time::{Duration, SystemTime},
};

use aws_call::{Client, ClientConfig, NoAnswer, Outcome};
use serde_json::json;

use crate::{
    given::{credentials, operation, target_at},
    matrix::matrix_of,
    server::{Behaviour, Identity, Server, answer},
};

/// Longer than what the sockets of both sides hold together, in bytes.
const LONG: usize = 24 << 20;
/// Set in a process that trusts the authority of the tests.
const TRUSTING: &str = "AWS_CALL_TEST_TRUSTS_AUTHORITY";

matrix_of!(Fault {
    ConnectionRefused,
    NameUnknown,
    ConnectTimeout,
    TlsToNotTls,
    TlsReset,
    TlsTimeout,
    TlsUnknownAuthority,
    TlsOtherName,
    ResetAtOnce,
    ResetInRequestHead,
    ResetInRequestBody,
    ResetAfterRequest,
    RequestNotRead,
    NoAnswerInTime,
    ClosedWithoutAnswer,
    NotHttp,
    HeadTooLong,
    HeadBrokenOff,
    HeadReset,
    HeadHangs,
    BodyBrokenOff,
    BodyReset,
    BodyHangs,
    BodyTooLong,
    ErrorTooLong,
    ChunkBroken,
    ChunksBrokenOff,
    LengthsDiffer,
    Moved,
    Found,
    SeeOther,
    RedirectedTemporarily,
    RedirectedPermanently,
    NotModified,
    Continued,
    EarlyHints,
    SwitchedProtocols,
    NoContent,
    Chunked,
    ClosedAfterBody,
    AnsweredBeforeRequest,
});

/// How an outcome has to be.
#[derive(Debug, Clone, Copy)]
enum Expected {
    NotSent,
    NoAnswer(Option<u16>),
    Done,
    DoneUnreadable,
    Refused,
}

/// What the other side is like.
enum Peer {
    /// Nobody, at this address.
    Nobody(&'static str),
    /// Nobody listens on a port that is free.
    Closed,
    /// Somebody listens and never accepts.
    Full,
    Plain(Behaviour),
    /// A server without TLS, called with TLS.
    NotTls(Behaviour),
    Tls(Identity, Behaviour),
}

fn written(text: &str) -> Behaviour {
    Behaviour::Write(text.as_bytes().to_vec())
}

fn with_body_of(status: &str, length: usize) -> Behaviour {
    let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + length, b'x');
    Behaviour::Write(answer)
}

fn redirect(status: &str) -> Behaviour {
    written(&format!("HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"))
}

fn head() -> String {
    "HTTP/1.1 200 OK\r\nx-amzn-requestid: req-1\r\n".to_owned()
}

fn half_a_body() -> Vec<u8> {
    format!("{}content-length: 100\r\n\r\n{{\"Vers", head()).into_bytes()
}

fn chunked(chunks: &str) -> Behaviour {
    written(&format!("{}transfer-encoding: chunked\r\n\r\n{chunks}", head()))
}

fn good() -> String {
    String::from_utf8(answer("200 OK", r#"{"Version":3}"#)).unwrap()
}

fn before_connection(fault: Fault) -> Option<Peer> {
    // The greeting of TLS has no end that a server without TLS would wait for.
    let bad_request = Behaviour::WriteAtOnce(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    Some(match fault {
        Fault::ConnectionRefused => Peer::Closed,
        Fault::NameUnknown => Peer::Nobody("nowhere.invalid"),
        Fault::ConnectTimeout => Peer::Full,
        Fault::TlsToNotTls => Peer::NotTls(bad_request),
        Fault::TlsReset => Peer::NotTls(Behaviour::ResetWithinRequest(16)),
        Fault::TlsTimeout => Peer::NotTls(Behaviour::Silence),
        Fault::TlsUnknownAuthority => Peer::Tls(Identity::Loopback, Behaviour::Silence),
        Fault::TlsOtherName => Peer::Tls(Identity::Elsewhere, Behaviour::Silence),
        _ => return None,
    })
}

fn after_connection(fault: Fault) -> (Behaviour, Expected) {
    let unanswered = Expected::NoAnswer(None);
    let broken = Expected::NoAnswer(Some(200));
    match fault {
        Fault::ConnectionRefused
        | Fault::NameUnknown
        | Fault::ConnectTimeout
        | Fault::TlsToNotTls
        | Fault::TlsReset
        | Fault::TlsTimeout
        | Fault::TlsUnknownAuthority
        | Fault::TlsOtherName => (Behaviour::Silence, Expected::NotSent),
        Fault::ResetAtOnce => (Behaviour::ResetAtOnce, unanswered),
        Fault::ResetInRequestHead => (Behaviour::ResetWithinRequest(16), unanswered),
        Fault::ResetInRequestBody => (Behaviour::ResetWithinRequest(1 << 20), unanswered),
        Fault::ResetAfterRequest => (Behaviour::ResetAfterRequest, unanswered),
        Fault::RequestNotRead => (Behaviour::Deafness, unanswered),
        Fault::NoAnswerInTime => (Behaviour::Silence, unanswered),
        Fault::ClosedWithoutAnswer => (written(""), unanswered),
        Fault::NotHttp => (written("\u{16}\u{3}\u{1} this is not HTTP\r\n\r\n"), unanswered),
        Fault::HeadTooLong => {
            (written(&format!("{}x-long: {}\r\n\r\n", head(), "x".repeat(1 << 20))), unanswered)
        }
        Fault::HeadBrokenOff => (written(&head()), unanswered),
        Fault::HeadReset => (Behaviour::WriteAndReset(head().into_bytes()), unanswered),
        Fault::HeadHangs => (Behaviour::WriteAndHang(head().into_bytes()), unanswered),
        Fault::BodyBrokenOff => (Behaviour::Write(half_a_body()), broken),
        Fault::BodyReset => (Behaviour::WriteAndReset(half_a_body()), broken),
        Fault::BodyHangs => (Behaviour::WriteAndHang(half_a_body()), broken),
        // The status says that the call was made.
        Fault::BodyTooLong => (with_body_of("200 OK", 33 << 20), Expected::DoneUnreadable),
        Fault::ErrorTooLong => (with_body_of("400 Bad Request", 33 << 20), Expected::NoAnswer(Some(400))),
        Fault::ChunkBroken => (chunked("5\r\n{\"Ver\r\nZZ\r\n"), broken),
        Fault::ChunksBrokenOff => (chunked("5\r\n{\"Ver\r\n"), broken),
        Fault::LengthsDiffer => {
            (written(&format!("{}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}", head())), unanswered)
        }
        Fault::Moved => (redirect("301 Moved Permanently"), Expected::NoAnswer(Some(301))),
        Fault::Found => (redirect("302 Found"), Expected::NoAnswer(Some(302))),
        Fault::SeeOther => (redirect("303 See Other"), Expected::NoAnswer(Some(303))),
        Fault::RedirectedTemporarily => (redirect("307 Temporary Redirect"), Expected::NoAnswer(Some(307))),
        Fault::RedirectedPermanently => (redirect("308 Permanent Redirect"), Expected::NoAnswer(Some(308))),
        Fault::NotModified => (written("HTTP/1.1 304 Not Modified\r\n\r\n"), Expected::NoAnswer(Some(304))),
        Fault::Continued => (Behaviour::WriteAtOnce(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), unanswered),
        Fault::EarlyHints => {
            (written(&format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{}", good())), Expected::Done)
        }
        Fault::SwitchedProtocols => (
            written("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
            Expected::NoAnswer(Some(101)),
        ),
        Fault::NoContent => (written("HTTP/1.1 204 No Content\r\n\r\n"), Expected::Done),
        Fault::Chunked => (chunked("5\r\n{\"Ver\r\n8\r\nsion\":3}\r\n0\r\n\r\n"), Expected::Done),
        Fault::ClosedAfterBody => (written(&format!("{}\r\n{{\"Version\":3}}", head())), Expected::Done),
        Fault::AnsweredBeforeRequest => (
            Behaviour::WriteAtOnce(answer("400 Bad Request", r#"{"__type":"RequestTooLarge"}"#)),
            Expected::Refused,
        ),
    }
}

/// What is sent, and how long it may take.
#[derive(Clone, Copy)]
struct Load {
    /// Length of the parameter.
    bytes: usize,
    connect_timeout: Duration,
    send_timeout: Duration,
}

/// Timeout of what never comes.
const SHORT: Duration = Duration::from_millis(500);
/// Timeout of what comes, however busy the machine is.
const AMPLE: Duration = Duration::from_secs(60);

impl Load {
    const SMALL: Self = Self { bytes: 1, connect_timeout: AMPLE, send_timeout: AMPLE };

    fn of(fault: Fault) -> Self {
        let small = Self::SMALL;
        match fault {
            Fault::NameUnknown | Fault::ConnectTimeout | Fault::TlsTimeout => {
                Self { connect_timeout: SHORT, ..small }
            }
            Fault::RequestNotRead => Self { bytes: LONG, send_timeout: SHORT, ..small },
            Fault::NoAnswerInTime | Fault::HeadHangs | Fault::BodyHangs => {
                Self { send_timeout: SHORT, ..small }
            }
            Fault::ResetInRequestBody => Self { bytes: 2 << 20, ..small },
            _ => small,
        }
    }

    fn is_over_time(self) -> bool {
        self.connect_timeout == SHORT || self.send_timeout == SHORT
    }
}

/// Sends one PutParameter.
async fn send(scheme: &str, authority: impl Display, load: Load) -> Outcome {
    let client = Client::new(ClientConfig {
        connect_timeout: load.connect_timeout,
        send_timeout: load.send_timeout,
        user_agent: "aws-call-test".to_owned(),
    });
    let put = operation("ssm", "PutParameter");
    let parameters = json!({"Name": "/a", "Value": "x".repeat(load.bytes)});
    let request = put.request(&parameters, &target_at(scheme, authority)).unwrap();
    client.send(&put, &request, &credentials(), SystemTime::now(), None).await
}

async fn send_to(peer: Peer, load: Load) -> Outcome {
    let (scheme, identity, behaviour) = match peer {
        Peer::Nobody(name) => return send("http", name, load).await,
        Peer::Closed => return send("http", free_port().await, load).await,
        Peer::Full => {
            let (listener, waiting) = full_listener().await;
            let outcome = send("http", listener.local_addr().unwrap(), load).await;
            drop(waiting);
            return outcome;
        }
        Peer::Plain(behaviour) => ("http", None, behaviour),
        Peer::NotTls(behaviour) => ("https", None, behaviour),
        Peer::Tls(identity, behaviour) => ("https", Some(identity), behaviour),
    };
    let server = Server::start_as(identity, vec![behaviour]).await;
    let outcome = send(scheme, server.address, load).await;
    server.stop();
    outcome
}

async fn free_port() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A listener whose queue of connections is full, so that another one waits.
async fn full_listener() -> (tokio::net::TcpListener, Vec<tokio::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let connect =
        || tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address));
    while let Ok(stream) = connect().await {
        waiting.push(stream.unwrap());
    }
    (listener, waiting)
}

fn is_over_time(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotSent { reason } | Outcome::NoAnswer(NoAnswer { reason, .. }) => {
            reason.ends_with("in time")
        }
        _ => false,
    }
}

fn check(fault: Fault, outcome: &Outcome, expected: Expected) {
    let right = match (expected, outcome) {
        // Whether a byte was written before the reset arrived is a matter of timing; both outcomes are honest.
        (_, Outcome::NotSent { .. }) if fault == Fault::ResetAtOnce => true,
        // A reset may overtake the answer's head.
        (_, Outcome::NoAnswer(NoAnswer { status: None, .. })) if fault == Fault::BodyReset => true,
        (Expected::NotSent, Outcome::NotSent { .. })
        | (Expected::Done, Outcome::Done(_))
        | (Expected::DoneUnreadable, Outcome::DoneUnreadable { .. })
        | (Expected::Refused, Outcome::Refused(_)) => true,
        (Expected::NoAnswer(expected), Outcome::NoAnswer(answer)) => answer.status == expected,
        (
            Expected::NotSent
            | Expected::NoAnswer(_)
            | Expected::Done
            | Expected::DoneUnreadable
            | Expected::Refused,
            _,
        ) => false,
    };
    assert!(right, "{fault:?}: {expected:?} was expected, not {outcome:?}");
    // How soon an unknown name is known to be one depends on the network.
    if fault != Fault::NameUnknown {
        assert_eq!(is_over_time(outcome), Load::of(fault).is_over_time(), "{fault:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn every_fault_has_its_outcome() {
    for fault in Fault::ALL.iter().copied() {
        let (behaviour, expected) = after_connection(fault);
        let peer = before_connection(fault).unwrap_or(Peer::Plain(behaviour));
        check(fault, &send_to(peer, Load::of(fault)).await, expected);
    }
}

/// Runs in a process of its own, because a process reads the roots that it trusts only once.
#[tokio::test]
async fn every_fault_over_tls_has_its_outcome() {
    if std::env::var_os(TRUSTING).is_none() {
        let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/public_entry/tls/authority.pem");
        let ran = Command::new(std::env::current_exe().unwrap())
            .args(["transport::every_fault_over_tls_has_its_outcome", "--exact"])
            .envs([("SSL_CERT_FILE", authority), (TRUSTING, "1")])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let done = send_to(Peer::Tls(Identity::Loopback, written(&good())), Load::SMALL).await;
    assert!(matches!(done, Outcome::Done(_)), "{done:?}");
    for fault in Fault::ALL.iter().copied().filter(|fault| *fault != Fault::TlsUnknownAuthority) {
        let (behaviour, expected) = after_connection(fault);
        let peer = before_connection(fault).unwrap_or(Peer::Tls(Identity::Loopback, behaviour));
        check(fault, &send_to(peer, Load::of(fault)).await, expected);
    }
}

#[tokio::test]
async fn the_request_id_of_a_broken_answer_is_kept() {
    for behaviour in [Behaviour::Write(half_a_body()), chunked("5\r\n{\"Ver\r\n")] {
        let outcome = send_to(Peer::Plain(behaviour), Load::SMALL).await;
        let Outcome::NoAnswer(answer) = outcome else { panic!("{outcome:?}") };
        assert_eq!((answer.request_id.as_deref(), answer.status), (Some("req-1"), Some(200)));
    }
}
