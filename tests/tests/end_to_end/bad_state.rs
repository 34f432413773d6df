//! Bad input gets a clear answer and leaves nothing behind: what only the state of the account tells.

use std::time::Duration;

use changegate_tests::fixtures::{cloudformation_stack, ecs_service, parameter, put};
use changegate_tests::interposer::{Fate, Interposer};
use changegate_tests::{Plan, Tenant};
use serde_json::{Value, json};

use crate::bad_input::refused;

async fn refused_call(
    tenant: &Tenant,
    expected: (u16, &str),
    (service, operation, parameters): (&str, &str, Value),
) {
    let proposal = tenant.proposal(service, operation, parameters);
    refused(tenant, expected, async || tenant.submit(&proposal).await).await;
}

#[tokio::test]
async fn a_reader_that_may_not_read_is_told() {
    let tenant = Plan::named("no-reading").make().await;
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "ssm:*", "Resource": "*"},
    ]});
    let policy = json!({
        "RoleName": "changegate-reader", "PolicyName": "nothing", "PolicyDocument": deny.to_string(),
    });
    tenant.owner().call("iam", "PutRolePolicy", policy).await;
    let call = ("ssm", "PutParameter", put("/app/pool", "40"));
    refused_call(&tenant, (422, "reader_not_permitted"), call).await;
}

#[tokio::test]
async fn a_reader_that_cannot_be_assumed_is_told() {
    let tenant = Plan::named("no-reader").make().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let trust = json!({"RoleName": "changegate-reader", "PolicyDocument": trust.to_string()});
    tenant.owner().call("iam", "UpdateAssumeRolePolicy", trust).await;
    let call = ("ssm", "PutParameter", put("/app/pool", "40"));
    refused_call(&tenant, (422, "reader_not_permitted"), call).await;
}

#[tokio::test]
async fn a_stack_without_service_role_is_refused() {
    let tenant = Plan::named("no-role").make().await;
    cloudformation_stack(&tenant, "settings", None).await;
    let parameters = json!([{"ParameterKey": "LogLevel", "ParameterValue": "debug"}]);
    let call = json!({"StackName": "settings", "UsePreviousTemplate": true, "Parameters": parameters});
    let expected = (422, "stack_without_service_role");
    refused_call(&tenant, expected, ("cloudformation", "UpdateStack", call)).await;
}

#[tokio::test]
async fn a_resource_that_the_operation_needs_and_that_is_not_there_is_told() {
    let tenant = Plan::named("no-resource").make().await;
    ecs_service(&tenant).await;
    let policy = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    for call in [
        ("ssm", "DeleteParameter", json!({"Name": "/app/none"})),
        ("ecs", "UpdateService", json!({"cluster": "staging", "service": "none", "desiredCount": 3})),
        ("ecs", "UpdateService", json!({"cluster": "none", "service": "checkout", "desiredCount": 3})),
        ("cloudformation", "UpdateStack", json!({"StackName": "none", "UsePreviousTemplate": true})),
        ("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "none", "Timeout": 9})),
        (
            "s3",
            "PutBucketTagging",
            json!({"Bucket": format!("none-{}", tenant.account), "Tagging": {"TagSet": []}}),
        ),
        ("iam", "PutRolePolicy", json!({"RoleName": "none", "PolicyName": "p", "PolicyDocument": policy})),
    ] {
        refused_call(&tenant, (422, "resource_not_found"), call).await;
    }
}

#[tokio::test]
async fn a_state_that_does_not_allow_the_call_is_told() {
    let tenant = Plan::named("not-allowed").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    for call in [
        json!({"Name": "/app/pool", "Value": "40", "Type": "String"}),
        json!({"Name": "/app/pool", "Value": "40", "Type": "SecureString", "Overwrite": true}),
        json!({"Name": "/app/other", "Value": "40"}),
    ] {
        refused_call(&tenant, (422, "precondition_failed"), ("ssm", "PutParameter", call)).await;
    }
}

#[tokio::test]
async fn a_stopped_tenant_proposes_nothing_until_it_is_started() {
    let tenant = Plan::named("stopped").make().await;
    tenant.stop().await;
    let proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    refused(&tenant, (409, "stopped"), async || tenant.submit(&proposal).await).await;
    tenant.start().await;
    tenant.propose(&proposal).await;
}

#[tokio::test]
async fn a_capture_that_takes_longer_than_15_seconds_is_given_up() {
    let tenant = Plan::named("slow-read").make().await;
    let slow = Duration::from_secs(17);
    let interposer =
        Interposer::start(
            move |request, _| {
                if request.operation == "GetParameter" { Fate::Waits(slow) } else { Fate::Passes }
            },
        )
        .await;
    let propose = interposer.function("propose").await;
    let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let before = tenant.lasting_items().await;
    let answer = propose.invoke(&tenant.gate_request(&body)).await;
    assert_eq!(answer.payload["problem"]["code"], "capture_timeout", "{answer:?}");
    assert!(!interposer.calls("GetParameter").is_empty(), "the state was read");
    assert_eq!(tenant.lasting_items().await, before, "nothing is left behind");
}
