//! The main job: proposed, approved, done, read back past Changegate, undone, and as it was. Operations that the emulator
//! cannot do as they are come in `bridged_job`.

use changegate_tests::fixtures::{
    bucket, lambda_function, parameter, put, read_bucket_tags, read_function, read_parameter,
    read_role_policies, role, secret_parameter,
};
use changegate_tests::{Plan, Tenant};
use serde_json::{Value, json};

/// Makes a call through Changegate, checks that it did something, undoes it, and checks that the state before is back.
async fn there_and_back(
    tenant: &Tenant,
    (service, operation, parameters): (&str, &str, Value),
    read: impl AsyncFn() -> Value,
) -> Value {
    let before = read().await;
    let change = tenant.propose_call(service, operation, parameters).await;
    assert_eq!(change.proposed["status"], "awaiting_approval");
    assert_eq!(read().await, before, "nothing happens before the approval");
    let done = change.succeed().await;
    let attempt = &done["steps"][0]["attempt"];
    assert_eq!(attempt["outcome"], "succeeded", "{done:#}");
    assert!(attempt["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{attempt}");
    assert!(done["steps"][0]["after"]["digest"].is_string(), "the state after is captured: {done:#}");
    let after = read().await;
    assert_ne!(after, before, "the call did something");
    let undo = change.undo().await;
    assert_eq!(undo.proposed["undoes"], json!(change.id));
    assert_eq!(read().await, after, "nothing is undone before the approval");
    undo.succeed().await;
    assert_eq!(read().await, before, "the state before is back");
    let original = change.view().await;
    assert_eq!(original["undone_by"], json!(undo.id), "{original:#}");
    after
}

#[tokio::test]
async fn a_parameter_that_was_absent_is_created_and_its_undo_deletes_it() {
    let tenant = Plan::named("put-absent").make().await;
    let call = json!({"Name": "/app/pool", "Value": "40", "Type": "String"});
    let read = async || read_parameter(&tenant, "/app/pool").await;
    let after = there_and_back(&tenant, ("ssm", "PutParameter", call), read).await;
    assert_eq!(after, json!({"Value": "40", "Type": "String"}));
}

#[tokio::test]
async fn a_parameter_that_was_present_gets_a_value_and_its_undo_gives_the_old_one_back() {
    let tenant = Plan::named("put-present").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let read = async || read_parameter(&tenant, "/app/pool").await;
    let after = there_and_back(&tenant, ("ssm", "PutParameter", put("/app/pool", "40")), read).await;
    assert_eq!(after["Value"], "40");
}

#[tokio::test]
async fn a_secure_string_gets_a_value_and_its_undo_gives_the_old_secret_back() {
    let tenant = Plan::named("put-secure").make().await;
    secret_parameter(&tenant, "/app/password", "old-secret").await;
    let call =
        json!({"Name": "/app/password", "Value": "new-secret", "Type": "SecureString", "Overwrite": true});
    let read = async || read_parameter(&tenant, "/app/password").await;
    let after = there_and_back(&tenant, ("ssm", "PutParameter", call), read).await;
    assert_eq!(after, json!({"Value": "new-secret", "Type": "SecureString"}));
}

#[tokio::test]
async fn a_parameter_is_deleted_and_its_undo_creates_it_again() {
    let tenant = Plan::named("delete").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let read = async || read_parameter(&tenant, "/app/pool").await;
    let call = json!({"Name": "/app/pool"});
    let after = there_and_back(&tenant, ("ssm", "DeleteParameter", call), read).await;
    assert_eq!(after, Value::Null);
}

#[tokio::test]
async fn a_function_gets_another_configuration_and_its_undo_gives_the_old_one_back() {
    let tenant = Plan::named("function").make().await;
    lambda_function(&tenant, "checkout").await;
    let variables = json!({"LEVEL": "debug", "MORE": "yes"});
    let call = json!({"FunctionName": "checkout", "Timeout": 10, "Environment": {"Variables": variables}});
    let read = async || read_function(&tenant, "checkout").await;
    let after = there_and_back(&tenant, ("lambda", "UpdateFunctionConfiguration", call), read).await;
    assert_eq!((&after["Timeout"], &after["Variables"]), (&json!(10), &variables));
}

#[tokio::test]
async fn a_bucket_gets_tags_and_its_undo_takes_them_away() {
    let tenant = Plan::named("s3-tags").make().await;
    let name = bucket(&tenant).await;
    let call = json!({"Bucket": name, "Tagging": {"TagSet": [{"Key": "team", "Value": "checkout"}]}});
    let read = async || read_bucket_tags(&tenant, &name).await;
    let after = there_and_back(&tenant, ("s3", "PutBucketTagging", call), read).await;
    assert_eq!(after, json!({"team": "checkout"}));
}

#[tokio::test]
async fn a_role_gets_a_policy_and_its_undo_takes_it_away() {
    let tenant = Plan::named("role-policy").make().await;
    role(&tenant, "checkout", "ecs-tasks.amazonaws.com").await;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::checkout/*"},
    ]});
    let call = json!({"RoleName": "checkout", "PolicyName": "read", "PolicyDocument": document.to_string()});
    let read = async || read_role_policies(&tenant, "checkout").await;
    let after = there_and_back(&tenant, ("iam", "PutRolePolicy", call), read).await;
    assert_eq!(after, json!({"read": document}));
}
