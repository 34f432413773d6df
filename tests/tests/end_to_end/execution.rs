//! What happens between an approval and the call.

use changegate_tests::fixtures::{parameter, parameter_version, put, read_parameter};
use changegate_tests::functions::sweep_until;
use changegate_tests::poll::until_moment;
use changegate_tests::{Change, Plan, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A change of a parameter that was put once, approved, whose call waits for some seconds.
async fn approved_for_later(tenant: &Tenant, seconds: i64) -> (Change<'_>, Timestamp) {
    parameter(tenant, "/app/pool", "20").await;
    let not_before = Timestamp::now() + SignedDuration::from_secs(seconds);
    let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    proposal["not_before"] = json!(not_before);
    let change = tenant.propose(&proposal).await;
    change.approve().await;
    assert_eq!(change.status().await, "approved");
    assert!(Timestamp::now() < not_before, "this machine is too slow for the test");
    (change, not_before)
}

async fn assert_no_call(change: &Change<'_>, puts: u64) {
    assert_eq!(parameter_version(change.tenant, "/app/pool").await, puts, "no call was made");
    assert!(change.item("FENCE#00#do").await.is_none(), "no fence was taken");
}

#[tokio::test]
async fn a_change_waits_for_not_before() {
    let tenant = Plan::named("not-before").make().await;
    let (change, not_before) = approved_for_later(&tenant, 12).await;
    assert_eq!(change.apply_by_hand(1).await.error, None, "the executor keeps to it too");
    assert!(Timestamp::now() < not_before);
    assert_no_call(&change, 1).await;
    change.until("succeeded").await;
    assert!(Timestamp::now() >= not_before);
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2);
}

#[tokio::test]
async fn a_state_that_drifted_makes_the_change_stale_and_no_call_is_made() {
    let tenant = Plan::named("drift").make().await;
    let (change, _) = approved_for_later(&tenant, 10).await;
    parameter(&tenant, "/app/pool", "60").await;
    let stale = change.until("stale").await;
    assert_eq!(stale["why"]["code"], "drift");
    assert_no_call(&change, 2).await;
    assert_eq!(read_parameter(&tenant, "/app/pool").await["Value"], "60");
}

#[tokio::test]
async fn a_secret_that_drifted_makes_the_change_stale() {
    let tenant = Plan::named("secret-drift").make().await;
    let secret =
        |value: &str| json!({"Name": "/app/key", "Value": value, "Type": "SecureString", "Overwrite": true});
    tenant.owner().call("ssm", "PutParameter", secret("one")).await;
    let change = tenant.propose_call("ssm", "PutParameter", secret("two")).await;
    tenant.owner().call("ssm", "PutParameter", secret("three")).await;
    change.approve().await;
    assert_eq!(change.until("stale").await["why"]["code"], "drift");
    assert_eq!(read_parameter(&tenant, "/app/key").await["Value"], "three");
}

#[tokio::test]
async fn a_policy_that_changed_makes_the_change_stale() {
    let tenant = Plan::named("policy").make().await;
    let (change, _) = approved_for_later(&tenant, 12).await;
    tenant.reconfigure(|config| config["accounts"][0]["regions"] = json!(["us-east-1", "eu-west-1"])).await;
    let stale = change.until("stale").await;
    assert_eq!(stale["why"]["code"], "policy_changed");
    assert_no_call(&change, 1).await;
}

#[tokio::test]
async fn an_approver_who_was_removed_has_not_approved() {
    let tenant = Plan::named("removed").make().await;
    let (change, _) = approved_for_later(&tenant, 12).await;
    let without_alice = |config: &mut serde_json::Value| {
        config["approvers"].as_array_mut().unwrap().retain(|approver| approver["id"] != "alice");
    };
    tenant.reconfigure(without_alice).await;
    change.until("stale").await;
    assert_no_call(&change, 1).await;
}

#[tokio::test]
async fn a_withdrawn_change_does_not_run() {
    let tenant = Plan::named("withdrawn").make().await;
    let (change, not_before) = approved_for_later(&tenant, 12).await;
    let answer = change.withdraw().await;
    assert_eq!((answer.status.as_u16(), &answer.json().unwrap()["status"]), (200, &json!("withdrawn")));
    let again = change.withdraw().await;
    assert_eq!((again.status.as_u16(), &again.json().unwrap()["code"]), (409, &json!("status_conflict")));
    until_moment(not_before).await;
    change.until_execution_ended(1).await;
    assert_no_call(&change, 1).await;
    assert_eq!(change.status().await, "withdrawn");
}

#[tokio::test]
async fn a_change_that_is_withdrawn_while_people_are_asked_ends_its_wait() {
    let tenant = Plan::named("withdrawn-early").make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    assert_eq!(change.withdraw().await.status, 200);
    sweep_until(&change, "the sweep ends the wait", async || {
        let asked = json!({"executionArn": change.execution(1)});
        let found =
            changegate_tests::stack().operator().call("stepfunctions", "DescribeExecution", asked).await;
        found["status"] != "RUNNING"
    })
    .await;
    let page = changegate_tests::Person::of(&tenant, "alice").open(&change.link()).await;
    assert!(page.form("approve").is_none(), "nothing is left to decide");
    assert_eq!(change.status().await, "withdrawn");
}

#[tokio::test]
async fn a_change_that_could_not_run_before_execute_before_expires() {
    let tenant = Plan::named("execute-before").make().await;
    let now = Timestamp::now();
    let (start, end) = (now + SignedDuration::from_secs(10), now + SignedDuration::from_secs(16));
    let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    (proposal["not_before"], proposal["execute_before"]) = (json!(start), json!(end));
    let change = tenant.propose(&proposal).await;
    change.approve().await;
    tenant.stop().await;
    until_moment(end).await;
    tenant.start().await;
    sweep_until(&change, "it expires", async || change.status().await == "expired").await;
    assert_eq!(change.view().await["why"]["code"], "execute_before_passed");
    assert_no_call(&change, 0).await;
}

#[tokio::test]
async fn a_stop_holds_an_approved_change_and_a_start_lets_it_go_on() {
    let tenant = Plan::named("stop").make().await;
    let (change, not_before) = approved_for_later(&tenant, 10).await;
    tenant.stop().await;
    until_moment(not_before).await;
    change.until_execution_ended(1).await;
    assert_eq!(change.apply_by_hand(1).await.error, None, "nor by hand");
    assert_eq!(change.status().await, "approved", "it waits");
    assert_no_call(&change, 1).await;
    tenant.start().await;
    sweep_until(&change, "it goes on", async || change.status().await == "succeeded").await;
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "one call");
}

#[tokio::test]
async fn a_stopped_tenant_takes_no_decision() {
    let tenant = Plan::named("stop-deciding").make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let mut alice = changegate_tests::Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    tenant.stop().await;
    let refused = alice.send(&change, "approve", &nonce).await;
    assert_eq!((refused.status, refused.code()), (409, "stopped"), "{}", refused.html);
    tenant.start().await;
    assert_eq!(alice.send(&change, "approve", &nonce).await.status, 200, "the form is still good");
    change.until("succeeded").await;
}

#[tokio::test]
async fn a_call_that_aws_refuses_fails_with_its_code_and_changes_nothing() {
    let tenant = Plan::named("refused-call").make().await;
    let (change, _) = approved_for_later(&tenant, 10).await;
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*"},
    ]});
    let policy = json!({
        "RoleName": "changegate-executor", "PolicyName": "nothing", "PolicyDocument": deny.to_string(),
    });
    tenant.owner().call("iam", "PutRolePolicy", policy).await;
    let failed = change.until("failed").await;
    let attempt = &failed["steps"][0]["attempt"];
    assert_eq!(attempt["outcome"], "failed", "{failed:#}");
    assert!(attempt["code"].as_str().is_some_and(|code| code.contains("AccessDenied")), "{attempt}");
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 1);
}
