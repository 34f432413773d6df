//! The main job for operations that the emulator does otherwise than AWS, with a proxy that puts that right.

use changegate_tests::bridge::{Bridge, with_service_roles, with_wider_sessions};
use changegate_tests::fixtures::{
    cloudformation_stack, ecs_service, read_ec2_tags, read_ecs_service, read_stack, vpc,
};
use changegate_tests::{Plan, Tenant};
use serde_json::{Value, json};

/// Makes a call through Changegate, checks that it did something, undoes it, and checks that the state before is back.
async fn there_and_back(
    bridge: &Bridge,
    tenant: &Tenant,
    (service, operation, parameters): (&str, &str, Value),
    read: impl AsyncFn() -> Value,
) -> Value {
    let before = read().await;
    let change = bridge.propose_call(tenant, service, operation, parameters).await;
    assert_eq!(read().await, before, "nothing happens before the approval");
    bridge.succeed(&change).await;
    let after = read().await;
    assert_ne!(after, before, "the call did something");
    let undo = bridge.undo(&change).await;
    bridge.succeed(&undo).await;
    assert_eq!(read().await, before, "the state before is back");
    after
}

/// Gives the executor role a policy that the emulator accepts for an action; see [`with_wider_sessions`].
async fn widen(tenant: &Tenant, actions: &[&str]) {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
    ]});
    let put = json!({
        "RoleName": "changegate-executor", "PolicyName": "wider", "PolicyDocument": policy.to_string(),
    });
    tenant.owner().call("iam", "PutRolePolicy", put).await;
}

#[tokio::test]
async fn an_ecs_service_gets_another_count_and_its_undo_gives_the_old_one_back() {
    let tenant = Plan::named("ecs").make().await;
    ecs_service(&tenant).await;
    widen(&tenant, &["ecs:UpdateService"]).await;
    let bridge = Bridge::over(|request, _| with_wider_sessions(request)).await;
    let call = json!({"cluster": "staging", "service": "checkout", "desiredCount": 3});
    let read = async || read_ecs_service(&tenant).await;
    let after = there_and_back(&bridge, &tenant, ("ecs", "UpdateService", call), read).await;
    assert_eq!(after["desiredCount"], 3);
}

#[tokio::test]
async fn a_restart_cannot_be_undone_and_says_so_beforehand() {
    let tenant = Plan::named("restart-none").make().await;
    ecs_service(&tenant).await;
    widen(&tenant, &["ecs:UpdateService"]).await;
    let bridge = Bridge::over(|request, _| with_wider_sessions(request)).await;
    let call = json!({"cluster": "staging", "service": "checkout", "forceNewDeployment": true});
    let change = bridge.propose_call(&tenant, "ecs", "UpdateService", call).await;
    let undo = &change.proposed["steps"][0]["undo"];
    assert_eq!((&undo["class"], &undo["calls"]), (&json!("none"), &json!([])));
    assert!(undo["caveats"][0].as_str().is_some_and(|why| why.contains("restart")), "{undo}");
    bridge.succeed(&change).await;
    let answer = change.ask_undo().await;
    assert_eq!((answer.status.as_u16(), &answer.json().unwrap()["code"]), (409, &json!("undo_unavailable")));
}

#[tokio::test]
async fn a_resource_gets_a_tag_and_its_undo_gives_the_old_one_back() {
    let tenant = Plan::named("ec2-tags").make().await;
    let network = vpc(&tenant).await;
    widen(&tenant, &["ec2:CreateTags", "ec2:DeleteTags"]).await;
    let bridge = Bridge::over(|request, _| with_wider_sessions(request)).await;
    let call = json!({"Resources": [network], "Tags": [{"Key": "stage", "Value": "production"}]});
    let read = async || read_ec2_tags(&tenant, &network).await;
    let after = there_and_back(&bridge, &tenant, ("ec2", "CreateTags", call), read).await;
    assert_eq!(after, json!({"stage": "production"}));
}

#[tokio::test]
async fn a_stack_gets_another_parameter_and_its_undo_gives_the_old_one_back() {
    let tenant = Plan::named("stack").make().await;
    cloudformation_stack(&tenant, "settings", Some("stack-work")).await;
    let bridge = Bridge::over(|request, _| with_service_roles(request)).await;
    let parameters = json!([{"ParameterKey": "LogLevel", "ParameterValue": "debug"}]);
    let call = json!({"StackName": "settings", "UsePreviousTemplate": true, "Parameters": parameters});
    let read = async || read_stack(&tenant, "settings").await;
    let after = there_and_back(&bridge, &tenant, ("cloudformation", "UpdateStack", call), read).await;
    assert_eq!(after["resource"]["Value"], "debug");
}
