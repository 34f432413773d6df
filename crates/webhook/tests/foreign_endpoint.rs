//! Events over a real socket, verified by the reference library of Standard Webhooks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed set-up fails the test")]

use std::net::SocketAddr;
use std::time::Duration;

use changegate_change::ledger::{Actor, Entry, Happening, Kind};
use changegate_change::status::Status;
use changegate_egress::{Egress, FailureClass, Policy};
use changegate_webhook::delivery::NotDelivered;
use changegate_webhook::signature::{TOLERANCE, verify};
use changegate_webhook::{Delivery, PublicEvent, WebhookSecret, deliver};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

fn event() -> PublicEvent {
    let what = Happening {
        id: "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
        kind: Kind::Approved,
        at: Timestamp::UNIX_EPOCH,
        actor: Actor::Approver("alice".parse().unwrap()),
        status: Status::Approved,
        data: json!({"note": "grün – ok"}),
    };
    let change = "chg_01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap();
    PublicEvent::of(&Entry::first("demo".parse().unwrap(), change, what)).unwrap()
}

fn secret() -> WebhookSecret {
    WebhookSecret::from_bytes(*b"a key of thirty-two random bytes").unwrap()
}

fn egress(allow_loopback: bool) -> Egress {
    Egress::new(Policy::public_internet().with_loopback(allow_loopback))
}

/// Answers one request with `answer` and returns its headers and body.
async fn endpoint(answer: &'static str) -> (SocketAddr, JoinHandle<(HeaderMap, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        let (head, start) = loop {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0);
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break (String::from_utf8(read[..end].to_vec()).unwrap(), end + 4);
            }
        };
        let headers: HeaderMap = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
            .collect();
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        while read.len() < start + length {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        (headers, read.split_off(start))
    });
    (address, served)
}

#[tokio::test]
async fn the_reference_library_verifies_what_is_delivered() {
    let (address, served) = endpoint("HTTP/1.1 204 No Content\r\n\r\n").await;
    let url = format!("http://{address}/hooks?source=changegate");
    let now = Timestamp::now();
    let delivery = deliver(&egress(true), &url, &secret(), &event(), now).await.unwrap();
    assert!(matches!(delivery, Delivery::Delivered { status } if status == 204), "{delivery:?}");

    let (headers, body) = served.await.unwrap();
    let reference = standardwebhooks::Webhook::new(&secret().reveal()).unwrap();
    reference.verify(&body, &headers).unwrap();
    verify(&[secret()], &headers, &body, now, TOLERANCE).unwrap();
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    let written: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["webhook-id"], written["id"].as_str().unwrap());

    let other =
        standardwebhooks::Webhook::new(&WebhookSecret::from_bytes([1; 32]).unwrap().reveal()).unwrap();
    assert!(other.verify(&body, &headers).is_err());
}

#[tokio::test]
async fn what_the_reference_library_signs_is_verified() {
    let now = Timestamp::now();
    let reference = standardwebhooks::Webhook::new(&secret().reveal()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("evt_1"));
    headers.insert("webhook-timestamp", now.as_second().into());
    let signature = reference.sign("evt_1", now.as_second(), b"{}").unwrap();
    headers.insert("webhook-signature", signature.parse().unwrap());
    verify(&[secret()], &headers, b"{}", now, TOLERANCE).unwrap();
    assert!(verify(&[secret()], &headers, b"{ }", now, TOLERANCE).is_err());
}

#[tokio::test]
async fn an_overloaded_endpoint_is_tried_later_as_it_asks() {
    let (address, _served) =
        endpoint("HTTP/1.1 503 Busy\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://{address}/");
    let delivery = deliver(&egress(true), &url, &secret(), &event(), Timestamp::now()).await.unwrap();
    let Delivery::RetryLater { reason: NotDelivered::Answer(status), retry_after } = delivery else {
        panic!("{delivery:?}");
    };
    assert_eq!((status.as_u16(), retry_after), (503, Some(Duration::from_secs(90))));
}

#[tokio::test]
async fn a_talkative_endpoint_has_taken_the_event() {
    let (address, _served) = endpoint("HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n").await;
    let url = format!("http://{address}/");
    let delivery = deliver(&egress(true), &url, &secret(), &event(), Timestamp::now()).await.unwrap();
    assert!(matches!(delivery, Delivery::Delivered { status } if status == 200), "{delivery:?}");
}

#[tokio::test]
async fn an_endpoint_on_a_refused_address_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let delivery = deliver(&egress(false), &url, &secret(), &event(), Timestamp::now()).await.unwrap();
    let Delivery::RetryLater { reason: NotDelivered::NoAnswer(error), retry_after: None } = delivery else {
        panic!("{delivery:?}");
    };
    assert_eq!(error.class(), FailureClass::Refused);
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_cannot_be_tried() {
    let error = deliver(&egress(true), "not a url", &secret(), &event(), Timestamp::now()).await.unwrap_err();
    assert_eq!(error.to_string(), "the endpoint cannot be requested");
}
