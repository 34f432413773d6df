//! A webhook that never arrives ends among the dead letters, where a person finds it.

use changegate_tests::fixtures::put;
use changegate_tests::hook::Hook;
use changegate_tests::poll::until;
use changegate_tests::{Plan, stack};
use serde_json::{Value, json};

use crate::alone;

async fn attributes(url: &str, names: &[&str]) -> Value {
    let asked = json!({"QueueUrl": url, "AttributeNames": names});
    stack().operator().call("sqs", "GetQueueAttributes", asked).await["Attributes"].clone()
}

#[tokio::test]
async fn after_its_last_try_a_webhook_is_a_dead_letter() {
    let _turn = alone().await;
    let (queue, dead) = (stack().output("WebhookQueueUrl"), stack().output("WebhookDeadQueueUrl"));
    let redrive = attributes(queue, &["RedrivePolicy"]).await["RedrivePolicy"].as_str().unwrap().to_owned();
    let mut policy: Value = serde_json::from_str(&redrive).unwrap();
    let tries = policy["maxReceiveCount"].as_str().and_then(|text| text.parse().ok());
    assert_eq!(tries.or(policy["maxReceiveCount"].as_u64()), Some(12), "it is tried for days: {policy}");
    // The twelfth try comes after days: here the second is the last.
    policy["maxReceiveCount"] = json!(2);
    let set = |policy: String| json!({"QueueUrl": queue, "Attributes": {"RedrivePolicy": policy}});
    stack().operator().call("sqs", "SetQueueAttributes", set(policy.to_string())).await;
    let hook = Hook::start(|_, _| 500).await;
    let tenant = Plan::named("dead").webhook(&hook.url()).make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let receive = json!({"QueueUrl": dead, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1});
    let found = until("it is a dead letter", 90, async || {
        let received = stack().operator().call("sqs", "ReceiveMessage", receive.clone()).await;
        let mut messages = received["Messages"].as_array().cloned().unwrap_or_default().into_iter();
        messages.find(|message| message["Body"].as_str().is_some_and(|body| body.contains(&change.id)))
    })
    .await;
    stack().operator().call("sqs", "SetQueueAttributes", set(redrive)).await;
    let letter: Value = serde_json::from_str(found["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&letter["tenant"], &letter["sequence"]), (&json!(tenant.id), &json!(1)));
    let tried = hook.posts().iter().filter(|post| post.kind() == "proposed").count();
    assert_eq!(tried, 2, "it was tried as often as the queue lets it");
}
