//! Sends and reads as their callers see them, when the transport works.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what is wrong by panicking"
)]

mod support;

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use aws_call::{Client, ClientConfig, Credentials, Operation, Outcome, Output, Target, Url};
use serde_json::{Value, json};
use support::{
    server::{Behaviour, Server, answer},
    target,
};

const JSON: &str = "application/x-amz-json-1.1";

fn client() -> Client {
    Client::new(ClientConfig {
        connect_timeout: Duration::from_millis(500),
        send_timeout: Duration::from_millis(500),
        user_agent: "changegate-test".to_owned(),
    })
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")
}

fn at(scheme: &str, address: SocketAddr) -> Target {
    let endpoint = Url::parse(&format!("{scheme}://{address}")).unwrap();
    Target { region: "us-east-1".to_owned(), endpoint: Some(endpoint) }
}

async fn send(operation: &Operation, parameters: &Value, target: &Target) -> Outcome {
    let request = operation.request(parameters, target).unwrap();
    client().send(operation, &request, &credentials(), SystemTime::now(), Some("suffix/1")).await
}

#[tokio::test]
async fn a_readable_success_is_done() {
    let server =
        Server::start(vec![Behaviour::Write(answer("200 OK", JSON, r#"{"Version":3,"Tier":"Standard"}"#))])
            .await;
    let put = support::operation("ssm", "PutParameter");
    let outcome = send(&put, &json!({"Name": "/a", "Value": "5"}), &at("http", server.address)).await;
    let expected = Outcome::Done(Output {
        output: json!({"Version": 3, "Tier": "Standard"}),
        status: 200,
        request_id: Some("req-1".to_owned()),
    });
    assert!(outcome == expected, "{outcome:?}");
    let requests = server.requests().await;
    let sent = String::from_utf8(requests.concat()).unwrap();
    assert!(sent.starts_with("POST / HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("user-agent: changegate-test suffix/1\r\n"), "{sent}");
    assert!(sent.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{sent}");
    assert!(sent.ends_with(r#"{"Name":"/a","Value":"5"}"#), "{sent}");
}

#[tokio::test]
async fn what_is_not_supported_is_not_sent() {
    let predict = support::operation("machinelearning", "Predict");
    let parameters = json!({"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://evil.example"});
    let request = predict.render(&parameters, &target("us-east-1")).unwrap();
    let outcome = client().send(&predict, &request, &credentials(), SystemTime::now(), None).await;
    let reason = predict.unsupported().unwrap().to_owned();
    assert!(outcome == Outcome::NotSent { reason }, "{outcome:?}");
}

#[tokio::test]
async fn a_read_is_tried_again_after_throttling_failure_and_silence() {
    let good = answer("200 OK", JSON, r#"{"Parameter":{"Name":"/a","Value":"5"}}"#);
    let throttled = answer("400 Bad Request", JSON, r#"{"__type":"ThrottlingException"}"#);
    for first in [
        Behaviour::Write(throttled),
        Behaviour::ResetAfterRequest,
        Behaviour::Write(answer("500 x", JSON, "")),
    ] {
        let server = Server::start(vec![first, Behaviour::Write(good.clone())]).await;
        let get = support::operation("ssm", "GetParameter");
        let target = at("http", server.address);
        let read = client()
            .read(&get, &json!({"Name": "/a"}), &target, &credentials(), SystemTime::now)
            .await
            .unwrap();
        assert_eq!(read.output["Parameter"]["Value"], "5");
        assert_eq!(server.requests().await.len(), 2);
    }
}

#[tokio::test]
async fn a_refused_read_is_not_tried_again() {
    let missing = answer("400 Bad Request", JSON, r#"{"__type":"ParameterNotFound"}"#);
    let server = Server::start(vec![Behaviour::Write(missing)]).await;
    let get = support::operation("ssm", "GetParameter");
    let target = at("http", server.address);
    let error = client()
        .read(&get, &json!({"Name": "/a"}), &target, &credentials(), SystemTime::now)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.status(), error.request_id()),
        ("ParameterNotFound", Some(400), Some("req-1"))
    );
}

#[tokio::test]
async fn what_may_change_something_is_not_read() {
    let put = support::operation("ssm", "PutParameter");
    let target = at("http", "127.0.0.1:9".parse().unwrap());
    let error = client().read(&put, &json!({}), &target, &credentials(), SystemTime::now).await.unwrap_err();
    assert_eq!(error.code(), "not_a_read");
}

#[tokio::test]
async fn pages_are_read_up_to_the_limit() {
    let page = |names: &str, token: &str| {
        Behaviour::Write(answer(
            "200 OK",
            JSON,
            &format!(r#"{{"Parameters":[{{"Name":"{names}"}}]{token}}}"#),
        ))
    };
    let pages = || vec![page("a", r#","NextToken":"t1""#), page("b", r#","NextToken":"t2""#), page("c", "")];
    let operation = support::operation("ssm", "GetParametersByPath");
    for (limit, expected, truncated) in [(10, vec!["a", "b", "c"], false), (2, vec!["a", "b"], true)] {
        let server = Server::start(pages().into_iter().take(limit).collect()).await;
        let target = at("http", server.address);
        let parameters = json!({"Path": "/"});
        let read = client()
            .read_pages(&operation, &parameters, &target, &credentials(), SystemTime::now, limit)
            .await
            .unwrap();
        let names: Vec<_> = read.output["Parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["Name"].as_str().unwrap())
            .collect();
        assert_eq!((names, read.truncated), (expected, truncated));
        assert_eq!(read.output.get("NextToken"), None);
        let requests = server.requests().await;
        assert!(String::from_utf8_lossy(&requests[1]).contains(r#""NextToken":"t1""#));
    }
}
