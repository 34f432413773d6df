//! What becomes of a send: every transport fault, every class of answer.

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
    time::{Duration, Instant, SystemTime},
};

use aws_call::{
    Client, ClientConfig, Credentials, NoAnswer, Operation, Outcome, Output, Refusal, Target, Url,
};
use serde_json::{Value, json};
use support::server::{Behaviour, Server, answer};

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

/// Sends one PutParameter to a server that behaves like this.
async fn outcome_of(behaviour: Behaviour) -> Outcome {
    let server = Server::start(vec![behaviour]).await;
    let put = support::operation("ssm", "PutParameter");
    let outcome = send(&put, &json!({"Name": "/a", "Value": "5"}), &at("http", server.address)).await;
    server.requests().await;
    outcome
}

async fn outcome_of_answer(status: &str, body: &str) -> Outcome {
    outcome_of(Behaviour::Write(answer(status, JSON, body))).await
}

fn not_sent(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotSent { .. })
}

fn no_answer(outcome: &Outcome, expected: Option<u16>) -> bool {
    matches!(outcome, Outcome::NoAnswer(NoAnswer { status, .. }) if *status == expected)
}

fn refused(outcome: &Outcome) -> Option<(u16, &str)> {
    match outcome {
        Outcome::Refused(Refusal { status, code, .. }) => Some((*status, code)),
        Outcome::NotSent { .. }
        | Outcome::NoAnswer(_)
        | Outcome::Done(_)
        | Outcome::DoneUnreadable { .. } => None,
    }
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
async fn nothing_is_sent_when_nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let put = support::operation("ssm", "PutParameter");
    let outcome = send(&put, &json!({}), &at("http", address)).await;
    assert!(not_sent(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn nothing_is_sent_when_the_name_is_unknown() {
    let put = support::operation("ssm", "PutParameter");
    let endpoint = Url::parse("http://nowhere.invalid").unwrap();
    let target = Target { region: "us-east-1".to_owned(), endpoint: Some(endpoint) };
    let outcome = send(&put, &json!({}), &target).await;
    assert!(not_sent(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn nothing_is_sent_when_tls_fails() {
    let put = support::operation("ssm", "PutParameter");
    for behaviour in [
        Behaviour::Write(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        Behaviour::ResetWithinRequest,
        Behaviour::Silence,
    ] {
        let server = Server::start(vec![behaviour]).await;
        let outcome = send(&put, &json!({}), &at("https", server.address)).await;
        assert!(not_sent(&outcome), "{outcome:?}");
        server.stop();
    }
}

#[tokio::test]
async fn a_reset_while_or_after_the_request_goes_out_is_no_answer() {
    for behaviour in [Behaviour::ResetWithinRequest, Behaviour::ResetAfterRequest] {
        let outcome = outcome_of(behaviour).await;
        assert!(no_answer(&outcome, None), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_reset_before_the_request_is_never_taken_for_an_answer() {
    // Whether a byte was written before the reset arrived is a matter of timing; both outcomes are honest.
    let outcome = outcome_of(Behaviour::ResetAtOnce).await;
    assert!(not_sent(&outcome) || no_answer(&outcome, None), "{outcome:?}");
}

#[tokio::test]
async fn silence_is_no_answer_after_the_timeout() {
    let start = Instant::now();
    let outcome = outcome_of(Behaviour::Silence).await;
    assert!(no_answer(&outcome, None), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let head = b"HTTP/1.1 200 OK\r\nx-amzn-requestid: req-9\r\ncontent-length: 100\r\n\r\n{\"Vers".to_vec();
    for behaviour in [
        Behaviour::Write(head.clone()),
        Behaviour::WriteAndHang(head.clone()),
        Behaviour::WriteAndReset(head),
    ] {
        let outcome = outcome_of(behaviour).await;
        assert!(no_answer(&outcome, Some(200)) || no_answer(&outcome, None), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_request_id_of_a_broken_answer_is_kept() {
    let head = b"HTTP/1.1 200 OK\r\nx-amzn-requestid: req-9\r\ncontent-length: 100\r\n\r\n{".to_vec();
    match outcome_of(Behaviour::Write(head)).await {
        Outcome::NoAnswer(NoAnswer { request_id, status, .. }) => {
            assert_eq!((request_id.as_deref(), status), (Some("req-9"), Some(200)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_no_answer() {
    let outcome = outcome_of(Behaviour::Write(b"\x16\x03\x01 this is not HTTP\r\n\r\n".to_vec())).await;
    assert!(no_answer(&outcome, None), "{outcome:?}");
    let outcome = outcome_of(Behaviour::Write(Vec::new())).await;
    assert!(no_answer(&outcome, None), "{outcome:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let redirect =
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
            .to_vec();
    let outcome = outcome_of(Behaviour::Write(redirect)).await;
    assert!(no_answer(&outcome, Some(307)), "{outcome:?}");
}

#[tokio::test]
async fn a_client_error_is_refused_with_its_code() {
    let body = r#"{"__type":"com.amazonaws.ssm#ParameterAlreadyExists","message":"it is there"}"#;
    match outcome_of_answer("400 Bad Request", body).await {
        Outcome::Refused(Refusal { status, code, message, request_id }) => {
            assert_eq!(
                (status, code.as_str(), message.as_str()),
                (400, "ParameterAlreadyExists", "it is there")
            );
            assert_eq!(request_id.as_deref(), Some("req-1"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn throttling_is_refused_whatever_its_status() {
    for status in
        ["400 Bad Request", "429 Too Many Requests", "500 Internal Server Error", "503 Service Unavailable"]
    {
        let outcome = outcome_of_answer(status, r#"{"__type":"ThrottlingException","message":"slow"}"#).await;
        let number = status.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(refused(&outcome), Some((number, "ThrottlingException")));
    }
}

#[tokio::test]
async fn any_other_server_error_is_no_answer() {
    for (status, body) in [
        ("500 Internal Server Error", r#"{"__type":"InternalServerError"}"#),
        ("500 Internal Server Error", ""),
        ("502 Bad Gateway", "<html>proxy</html>"),
        ("503 Service Unavailable", r#"{"__type":"ServiceUnavailable"}"#),
        ("504 Gateway Timeout", ""),
    ] {
        let outcome = outcome_of_answer(status, body).await;
        let number = status.split(' ').next().unwrap().parse().unwrap();
        assert!(no_answer(&outcome, Some(number)), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_request_timeout_is_no_answer() {
    let outcome = outcome_of_answer("408 Request Timeout", r#"{"__type":"ValidationException"}"#).await;
    assert!(no_answer(&outcome, Some(408)), "{outcome:?}");
    let outcome = outcome_of_answer("400 Bad Request", r#"{"__type":"RequestTimeout"}"#).await;
    assert!(no_answer(&outcome, Some(400)), "{outcome:?}");
}

#[tokio::test]
async fn a_client_error_that_no_service_wrote_is_no_answer() {
    let outcome = outcome_of_answer("403 Forbidden", "<html><body>blocked by proxy</body></html>").await;
    assert!(no_answer(&outcome, Some(403)), "{outcome:?}");
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_done_all_the_same() {
    for body in ["{\"Version\":", "[1]", "{\"Version\":\"three\"}", "not json"] {
        let outcome = outcome_of_answer("200 OK", body).await;
        assert!(matches!(outcome, Outcome::DoneUnreadable { .. }), "{body}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_success_of_s3_that_holds_an_error_is_no_answer() {
    let body = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>oops</Message><RequestId>r9</RequestId></Error>";
    let server = Server::start(vec![Behaviour::Write(answer("200 OK", "application/xml", body))]).await;
    let copy = support::operation("s3", "CopyObject");
    let parameters = json!({"Bucket": "b", "Key": "k", "CopySource": "b/j"});
    match send(&copy, &parameters, &at("http", server.address)).await {
        Outcome::NoAnswer(NoAnswer { status, code, .. }) => {
            assert_eq!((status, code.as_deref()), (Some(200), Some("InternalError")))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn errors_of_every_protocol_have_their_code() {
    let wrapped = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>a &amp; b</Message></Error>\
                   <RequestId>r1</RequestId></ErrorResponse>";
    let ec2 = "<Response><Errors><Error><Code>InvalidID</Code><Message>m</Message></Error></Errors><RequestID>r2</RequestID></Response>";
    let s3 = "<Error><Code>NoSuchTagSet</Code><Message>m</Message><RequestId>r3</RequestId></Error>";
    let json_body = r#"{"message":"m","Type":"User"}"#;
    for (service, operation, content_type, body, code) in [
        ("iam", "GetRole", "text/xml", wrapped, "NoSuchEntity"),
        ("ec2", "CreateTags", "text/xml", ec2, "InvalidID"),
        ("s3", "GetBucketTagging", "application/xml", s3, "NoSuchTagSet"),
    ] {
        let answer = support::operation(service, operation).parse(
            404,
            &[("content-type".into(), content_type.into())],
            body.as_bytes(),
        );
        assert_eq!(refused(&answer), Some((404, code)));
    }
    let headers = [("x-amzn-ErrorType".to_owned(), "ResourceNotFoundException:http://internal/".to_owned())];
    let answer = support::operation("lambda", "GetFunction").parse(404, &headers, json_body.as_bytes());
    assert_eq!(refused(&answer), Some((404, "ResourceNotFoundException")));
    let headers =
        [("x-amzn-query-error".to_owned(), "AWS.SimpleQueueService.NonExistentQueue;Sender".to_owned())];
    let body = br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#;
    let answer = support::operation("sqs", "GetQueueUrl").parse(400, &headers, body);
    assert_eq!(refused(&answer), Some((400, "AWS.SimpleQueueService.NonExistentQueue")));
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

#[tokio::test]
async fn policies_of_iam_come_back_decoded() {
    let body = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName>\
                <PolicyDocument>%7B%22a%22%3A%20%22b%2Bc%22%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>";
    let answer = support::operation("iam", "GetRolePolicy").parse(200, &[], body.as_bytes());
    match answer {
        Outcome::Done(Output { output, .. }) => assert_eq!(output["PolicyDocument"], r#"{"a": "b+c"}"#),
        other => panic!("{other:?}"),
    }
}
