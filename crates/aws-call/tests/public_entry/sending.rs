//! Sends and reads as their callers see them, when the transport works.

use std::time::{Duration, SystemTime};

use aws_call::{Client, ClientConfig, Operation, Outcome, Output, ReadError, Target};
use serde_json::{Value, json};

use crate::{
    given::{credentials, operation, target, target_at},
    server::{Behaviour, Server, answer},
};

fn client() -> Client {
    client_that_waits(Duration::from_secs(60))
}

/// A client that waits so long for an answer.
fn client_that_waits(send_timeout: Duration) -> Client {
    Client::new(ClientConfig {
        connect_timeout: Duration::from_secs(60),
        send_timeout,
        user_agent: "changegate-test".to_owned(),
    })
}

async fn send(operation: &Operation, parameters: &Value, target: &Target) -> Outcome {
    let request = operation.request(parameters, target).unwrap();
    client().send(operation, &request, &credentials(), SystemTime::now(), Some("suffix/1")).await
}

#[tokio::test]
async fn a_readable_success_is_done() {
    let server =
        Server::start(vec![Behaviour::Write(answer("200 OK", r#"{"Version":3,"Tier":"Standard"}"#))]).await;
    let put = operation("ssm", "PutParameter");
    let outcome = send(&put, &json!({"Name": "/a", "Value": "5"}), &target_at("http", server.address)).await;
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
    let predict = operation("machinelearning", "Predict");
    let parameters = json!({"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://evil.example"});
    let request = predict.render(&parameters, &target("us-east-1")).unwrap();
    let outcome = client().send(&predict, &request, &credentials(), SystemTime::now(), None).await;
    let reason = predict.unsupported().unwrap().to_owned();
    assert!(outcome == Outcome::NotSent { reason }, "{outcome:?}");
}

/// Reads one parameter from a server, and says how many requests it took.
async fn read(client: &Client, behaviours: Vec<Behaviour>) -> (Result<Output, ReadError>, usize) {
    let server = Server::start(behaviours).await;
    let get = operation("ssm", "GetParameter");
    let target = target_at("http", server.address);
    let read = client.read(&get, &json!({"Name": "/a"}), &target, &credentials(), SystemTime::now).await;
    (read, server.requests().await.len())
}

fn throttled() -> Behaviour {
    Behaviour::Write(answer("400 Bad Request", r#"{"__type":"ThrottlingException"}"#))
}

#[tokio::test]
async fn a_read_is_tried_again_after_throttling_failure_and_silence() {
    let good = answer("200 OK", r#"{"Parameter":{"Name":"/a","Value":"5"}}"#);
    for (first, patience) in [
        (throttled(), 60),
        (Behaviour::ResetAfterRequest, 60),
        (Behaviour::Write(answer("500 x", "")), 60),
        (Behaviour::Silence, 3),
    ] {
        let client = client_that_waits(Duration::from_secs(patience));
        let (read, requests) = read(&client, vec![first, Behaviour::Write(good.clone())]).await;
        assert_eq!((&read.unwrap().output["Parameter"]["Value"], requests), (&json!("5"), 2));
    }
}

#[tokio::test]
async fn a_read_that_is_throttled_three_times_is_given_up() {
    let (read, requests) = read(&client(), vec![throttled(), throttled(), throttled()]).await;
    assert_eq!((read.unwrap_err().code(), requests), ("ThrottlingException", 3));
}

#[tokio::test]
async fn a_refused_read_is_not_tried_again() {
    let missing = answer("400 Bad Request", r#"{"__type":"ParameterNotFound"}"#);
    let (read, requests) = read(&client(), vec![Behaviour::Write(missing)]).await;
    let error = read.unwrap_err();
    assert_eq!(
        (error.code(), error.status(), error.request_id(), requests),
        ("ParameterNotFound", Some(400), Some("req-1"), 1)
    );
}

#[tokio::test]
async fn what_may_change_something_is_not_read() {
    let put = operation("ssm", "PutParameter");
    let target = target_at("http", "127.0.0.1:9");
    let error = client().read(&put, &json!({}), &target, &credentials(), SystemTime::now).await.unwrap_err();
    assert_eq!(error.code(), "not_a_read");
}

#[tokio::test]
async fn pages_are_read_up_to_the_limit() {
    let page = |names: &str, token: &str| {
        Behaviour::Write(answer("200 OK", &format!(r#"{{"Parameters":[{{"Name":"{names}"}}]{token}}}"#)))
    };
    let pages = || vec![page("a", r#","NextToken":"t1""#), page("b", r#","NextToken":"t2""#), page("c", "")];
    let operation = operation("ssm", "GetParametersByPath");
    for (limit, expected, truncated) in [(10, vec!["a", "b", "c"], false), (2, vec!["a", "b"], true)] {
        let server = Server::start(pages().into_iter().take(limit).collect()).await;
        let target = target_at("http", server.address);
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
