use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::{
    index::{Index, pack},
    outcome::{NoAnswer, Refusal},
    source::{IamData, ServiceSources, read_service},
};

/// Pause between two tries, in seconds.
const DELAY: u64 = 5;

/// A waiter with these acceptors, read from a model.
fn waiter(acceptors: &Value) -> Waiter {
    let service = json!({
        "metadata": {"protocol": "json", "jsonVersion": "1.1"},
        "operations": {"Get": {"name": "Get"}},
        "shapes": {},
    });
    let waiters = json!({"version": 2, "waiters": {
        "Up": {"operation": "Get", "delay": DELAY, "maxAttempts": 40, "acceptors": acceptors},
    }});
    let (service, waiters) = (service.to_string(), waiters.to_string());
    let sources = ServiceSources {
        name: "suite",
        service: service.as_bytes(),
        endpoint_rules: br#"{"parameters": {}, "rules": []}"#,
        paginators: None,
        waiters: Some(waiters.as_bytes()),
    };
    let service = read_service(sources, &IamData::default()).unwrap();
    let index = Index::from_bytes(pack(Vec::new(), &[], &[service]).unwrap()).unwrap();
    assert_eq!(index.waiters("suite").unwrap(), ["Up"]);
    index.waiter("suite", "Up").unwrap()
}

fn output(output: Value) -> Result<Output, ReadError> {
    Ok(Output { output, status: 200, request_id: None })
}

fn refused(status: u16, code: &str) -> Result<Output, ReadError> {
    Err(ReadError::Refused(Refusal {
        status,
        code: code.to_owned(),
        message: String::new(),
        request_id: None,
    }))
}

fn silence() -> Result<Output, ReadError> {
    Err(ReadError::NoAnswer(NoAnswer { reason: "reset".to_owned(), ..NoAnswer::default() }))
}

/// Whether one acceptor matches an answer.
fn matches(acceptor: &Value, answer: &Result<Output, ReadError>) -> bool {
    let mut acceptor = acceptor.clone();
    acceptor["state"] = json!("success");
    waiter(&json!([acceptor])).judge(answer) == Some(Verdict::Success)
}

#[test]
fn a_path_matches_its_value_and_no_other() {
    let text = json!({"matcher": "path", "argument": "A.B", "expected": "up"});
    assert!(matches(&text, &output(json!({"A": {"B": "up"}}))));
    for other in [json!({"A": {"B": "down"}}), json!({"A": {"B": ["up"]}}), json!({"A": {}}), json!({})] {
        assert!(!matches(&text, &output(other.clone())), "{other}");
    }
    assert!(!matches(&text, &refused(400, "up")));
    let count = json!({"matcher": "path", "argument": "length(A[]) > `0`", "expected": true});
    assert!(matches(&count, &output(json!({"A": [1]}))));
    for other in [json!({"A": []}), json!({"A": 5}), json!({})] {
        assert!(!matches(&count, &output(other.clone())), "{other}");
    }
    let number = json!({"matcher": "path", "argument": "length(A)", "expected": 2});
    assert!(matches(&number, &output(json!({"A": ["x", "y"]}))));
    assert!(!matches(&number, &output(json!({"A": ["x"]}))));
}

#[test]
fn every_element_has_to_match_path_all_and_there_has_to_be_one() {
    let all = json!({"matcher": "pathAll", "argument": "A[].B", "expected": "up"});
    assert!(matches(&all, &output(json!({"A": [{"B": "up"}, {"B": "up"}]}))));
    for other in
        [json!({"A": [{"B": "up"}, {"B": "down"}]}), json!({"A": []}), json!({"A": {"B": "up"}}), json!({})]
    {
        assert!(!matches(&all, &output(other.clone())), "{other}");
    }
}

#[test]
fn one_element_is_enough_for_path_any() {
    let any = json!({"matcher": "pathAny", "argument": "A[].B", "expected": "up"});
    assert!(matches(&any, &output(json!({"A": [{"B": "down"}, {"B": "up"}]}))));
    for other in [json!({"A": [{"B": "down"}]}), json!({"A": []}), json!({})] {
        assert!(!matches(&any, &output(other.clone())), "{other}");
    }
}

#[test]
fn a_status_matches_outputs_and_errors() {
    let status = |expected: u16| json!({"matcher": "status", "expected": expected});
    assert!(matches(&status(200), &output(json!({}))));
    assert!(!matches(&status(404), &output(json!({}))));
    assert!(matches(&status(404), &refused(404, "NotFound")));
    assert!(!matches(&status(200), &refused(404, "NotFound")));
    assert!(!matches(&status(404), &silence()));
}

#[test]
fn an_error_matches_by_its_code_or_by_being_one() {
    let error = |expected: Value| json!({"matcher": "error", "expected": expected});
    assert!(matches(&error(json!("Gone")), &refused(400, "Gone")));
    assert!(!matches(&error(json!("Gone")), &refused(400, "Denied")));
    assert!(!matches(&error(json!("Gone")), &output(json!({}))));
    assert!(matches(&error(json!(true)), &refused(400, "Denied")));
    assert!(!matches(&error(json!(true)), &output(json!({}))));
    assert!(!matches(&error(json!(true)), &silence()), "no answer is no error of the service");
    assert!(matches(&error(json!(false)), &output(json!({}))));
    assert!(!matches(&error(json!(false)), &refused(400, "Denied")));
}

/// A waiter that knows what each status means.
fn by_status() -> Waiter {
    let acceptor = |state: &str, expected: &str| json!({"state": state, "matcher": "path", "argument": "Status", "expected": expected});
    waiter(&json!([
        acceptor("success", "up"),
        acceptor("failure", "broken"),
        acceptor("retry", "starting"),
        {"state": "retry", "matcher": "error", "expected": "NotYet"},
        {"state": "success", "matcher": "error", "expected": "Gone"},
        {"state": "failure", "matcher": "error", "expected": "Denied"},
    ]))
}

/// What comes of waiting when these are the answers, the last one for ever, and how many seconds it takes.
async fn waited(answers: Vec<fn() -> Result<Output, ReadError>>, deadline: u64) -> (Waited, u64) {
    let start = Instant::now();
    let mut next = 0;
    let waited = by_status()
        .wait(Duration::from_secs(deadline), async || {
            let answer = answers[next.min(answers.len() - 1)]();
            next += 1;
            answer
        })
        .await;
    (waited, start.elapsed().as_secs())
}

fn status(status: &str) -> Result<Output, ReadError> {
    output(json!({"Status": status}))
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_waiting_with_the_last_output() {
    let answers: Vec<fn() -> _> =
        vec![|| status("starting"), || refused(404, "NotYet"), || output(json!({"unknown": true})), || {
            status("up")
        }];
    let (waited, seconds) = waited(answers, 600).await;
    assert!(
        matches!(&waited, Waited::Matched { output: Some(last) } if last.output == json!({"Status": "up"})),
        "{waited:?}"
    );
    assert_eq!(seconds, 3 * DELAY);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_was_waited_for_is_a_success_without_output() {
    let (waited, seconds) = waited(vec![|| refused(404, "Gone")], 600).await;
    assert!(matches!(waited, Waited::Matched { output: None }), "{waited:?}");
    assert_eq!(seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_waiting_with_its_reason() {
    let (outcome, seconds) = waited(vec![|| status("starting"), || status("broken")], 600).await;
    assert!(matches!(outcome, Waited::Failed { .. }), "{outcome:?}");
    assert_eq!(seconds, DELAY);
    let (outcome, _) = waited(vec![|| refused(403, "Denied")], 600).await;
    assert!(matches!(&outcome, Waited::Failed { reason } if reason.contains("Denied")), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_acceptor_knows_ends_waiting() {
    let (outcome, _) = waited(vec![|| status("starting"), || refused(400, "Else")], 600).await;
    assert!(matches!(&outcome, Waited::Unread(error) if error.code() == "Else"), "{outcome:?}");
    let (outcome, _) = waited(vec![silence], 600).await;
    assert!(matches!(&outcome, Waited::Unread(error) if error.code() == "no_answer"), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_waiting_between_two_tries() {
    let (outcome, seconds) = waited(vec![|| status("starting")], 12).await;
    assert!(matches!(outcome, Waited::DeadlinePassed { tries: 3 }), "{outcome:?}");
    assert_eq!(seconds, 12);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_read_that_does_not_come_back() {
    let start = Instant::now();
    let outcome = by_status().wait(Duration::from_secs(7), async || std::future::pending().await).await;
    assert!(matches!(outcome, Waited::DeadlinePassed { tries: 0 }), "{outcome:?}");
    assert_eq!(start.elapsed().as_secs(), 7);
}
