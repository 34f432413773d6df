//! Stopping and starting the stack loses nothing: the next generation goes on.

use changegate_sandbox::lifecycle;
use changegate_tests::fixtures::{parameter, parameter_version, put};
use changegate_tests::functions::sweep_until;
use changegate_tests::poll::until;
use changegate_tests::tables::{Item, text};
use changegate_tests::{Change, Person, Plan, Table, stack};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::alone;

/// Whether an execution of this generation waits for a decision.
async fn waits(change: &Change<'_>, generation: u64) -> bool {
    let items = Table::Approvals.partition(&change.partition()).await;
    items.iter().any(|item| text(item, "sk").starts_with(&format!("TOKEN#{generation:06}#")))
}

async fn notices(change: &Change<'_>) -> Vec<Item> {
    let items = Table::Approvals.partition(&change.partition()).await;
    items.into_iter().filter(|item| text(item, "sk").starts_with("NOTICE#")).collect()
}

async fn generation(change: &Change<'_>) -> String {
    change.item("HEAD").await.unwrap()["generation"]["N"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn changes_that_wait_survive_a_restart_and_the_next_generation_goes_on() {
    let _turn = alone().await;
    let tenant = Plan::named("restart").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    parameter(&tenant, "/app/size", "20").await;
    let waiting = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let mut later = tenant.proposal("ssm", "PutParameter", put("/app/size", "40"));
    let not_before = Timestamp::now() + SignedDuration::from_secs(30);
    later["not_before"] = json!(not_before);
    let approved = tenant.propose(&later).await;
    approved.approve().await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&waiting.link()).await.nonce("approve");
    until("people are asked", 30, async || (notices(&waiting).await.len() == 2).then_some(())).await;
    let asked = notices(&waiting).await;

    lifecycle::restart(stack().layout()).await.unwrap();

    assert_eq!(
        (waiting.status().await.as_str(), approved.status().await.as_str()),
        ("awaiting_approval", "approved")
    );
    for change in [&waiting, &approved] {
        let state = json!({"executionArn": change.execution(1)});
        let state = stack().operator().attempt("stepfunctions", "DescribeExecution", state).await;
        assert!(state.is_err() || state.unwrap()["status"] != "RUNNING", "its first execution is gone");
    }
    sweep_until(&waiting, "the next generation waits", async || waits(&waiting, 2).await).await;
    assert_eq!(generation(&waiting).await, "2");
    assert_eq!(notices(&waiting).await, asked, "nobody is asked twice");
    assert_eq!(alice.send(&waiting, "approve", &nonce).await.status, 200, "session and form survive too");
    waiting.until("succeeded").await;
    assert_eq!(generation(&waiting).await, "2");
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "one call");
    sweep_until(&approved, "the approved one goes on", async || generation(&approved).await == "2").await;
    approved.until("succeeded").await;
    assert!(Timestamp::now() >= not_before, "not before its time");
    assert_eq!(parameter_version(&tenant, "/app/size").await, 2, "one call");
    assert!(waiting.ledger().await.contains(&"resumed".to_owned()));
}

#[tokio::test]
async fn a_change_whose_execution_died_is_undone_and_told_like_any_other() {
    let _turn = alone().await;
    let hook = changegate_tests::hook::Hook::start(|_, _| 204).await;
    let tenant = Plan::named("revived").webhook(&hook.url()).make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.stop_execution(1).await;
    sweep_until(&change, "the next generation waits", async || waits(&change, 2).await).await;
    change.succeed().await;
    change.undo().await.succeed().await;
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 0);
    let told =
        |kind: &str, posts: &[changegate_tests::hook::Post]| posts.iter().any(|post| post.kind() == kind);
    hook.until("all is told", 60, |posts| told("succeeded", posts) && told("undone", posts)).await;
    let resumed = change.ledger().await.iter().filter(|kind| *kind == "resumed").count();
    assert_eq!(resumed, 1);
    assert!(!told("resumed", &hook.posts()), "that is nobody else's business");
}
