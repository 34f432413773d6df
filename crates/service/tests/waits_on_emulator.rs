//! The wait of an execution ends, whichever of its task tokens was kept last.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up fails the test")]

#[expect(dead_code, reason = "most of it serves the tests of the executor")]
mod emulator;

use std::time::Duration;

use changegate_change::id::ChangeId;
use changegate_service::workflow::{Answered, Workflow};
use changegate_store::approvals::TaskToken;
use emulator::{Emulator, tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn sfn(emulator: &Emulator) -> aws_sdk_sfn::Client {
    aws_sdk_sfn::Client::new(emulator.sdk())
}

/// A state machine that waits as the workflow does, and hands its token to a queue.
async fn waiting(emulator: &Emulator) -> (String, String) {
    let sqs = aws_sdk_sqs::Client::new(emulator.sdk());
    let queue = sqs.create_queue().queue_name("tokens").send().await.unwrap();
    let queue = queue.queue_url.unwrap();
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
    });
    let definition = json!({"StartAt": "Wait", "States": {"Wait": task}}).to_string();
    let client = sfn(emulator);
    let machine = client.create_state_machine().name("waits").definition(definition);
    let machine = machine.role_arn("arn:aws:iam::000000000000:role/workflow").send().await.unwrap();
    let started = client.start_execution().state_machine_arn(machine.state_machine_arn).input("{}");
    let execution = started.send().await.unwrap().execution_arn;
    for _ in 0..50 {
        let got = sqs.receive_message().queue_url(&queue).wait_time_seconds(1).send().await.unwrap();
        if let Some(message) = got.messages().first() {
            let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            let token = body.get("token").and_then(Value::as_str).unwrap();
            return (execution, token.to_owned());
        }
    }
    panic!("the execution did not hand out its token");
}

async fn status(emulator: &Emulator, execution: &str) -> String {
    let found = sfn(emulator).describe_execution().execution_arn(execution).send().await.unwrap();
    found.status.as_str().to_owned()
}

#[tokio::test]
async fn a_token_that_is_kept_late_does_not_keep_the_wait_from_being_ended() {
    let emulator = Emulator::start().await;
    let (execution, token) = waiting(&emulator).await;
    let (store, change): (_, ChangeId) =
        (emulator.store(), "chg_01KAR8QZ0000000000000000AB".parse().unwrap());
    let asked = Timestamp::now();
    let keep = async |token: &str, after: i64, generation: u64| {
        let kept_at = asked + SignedDuration::from_millis(after);
        let token = TaskToken { generation, token: token.to_owned(), kept_at };
        store.keep_token(&tenant(), &change, &token).await.unwrap();
    };
    // Tries of the task that overlap: the one that counts is neither the first nor the last to be kept, nor the latest.
    keep("of-a-try-before", 0, 1).await;
    keep(&token, 20, 1).await;
    keep("of-a-try-that-was-late", 10, 1).await;
    keep("of-a-function-whose-clock-is-ahead", 30, 1).await;
    keep("of-another-generation", 40, 2).await;
    let tokens = store.tokens(&tenant(), &change, 1).await.unwrap();
    let order: Vec<_> = tokens.iter().map(|kept| kept.token.as_str()).collect();
    let expected =
        ["of-a-function-whose-clock-is-ahead", token.as_str(), "of-a-try-that-was-late", "of-a-try-before"];
    assert_eq!(order, expected);

    let workflow = Workflow::only_answers(sfn(&emulator));
    assert_eq!(workflow.answer_any(&tokens).await.unwrap(), Answered::GoesOn);
    let ended = async {
        while status(&emulator, &execution).await == "RUNNING" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    assert_eq!(status(&emulator, &execution).await, "SUCCEEDED");
    assert_eq!(workflow.answer_any(&tokens).await.unwrap(), Answered::AlreadyClosed);
}
