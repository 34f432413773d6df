//! Who may do what: every function's role against every act that only some may do. A role that may is not denied, one
//! that may not is.

use changegate_tests::aws::{Aws, Refusal};
use changegate_tests::functions::role_of;
use changegate_tests::{Plan, Table, Tenant, stack};
use serde_json::{Value, json};

/// An act, and the functions that may do it.
struct Act {
    name: &'static str,
    may: &'static [&'static str],
    call: (&'static str, &'static str, Value),
}

fn act(
    name: &'static str,
    may: &'static [&'static str],
    service: &'static str,
    operation: &'static str,
    parameters: Value,
) -> Act {
    Act { name, may, call: (service, operation, parameters) }
}

fn nobody() -> Value {
    json!({"pk": {"S": "T#nobody#C#chg_0"}, "sk": {"S": "TEST"}})
}

fn sign(key: &str) -> Value {
    let message = "bm90aGluZw==";
    let algorithm = "ECDSA_SHA_256";
    json!({"KeyId": stack().output(key), "Message": message, "MessageType": "RAW", "SigningAlgorithm": algorithm})
}

fn key_acts() -> Vec<Act> {
    let mac = |key: &str| json!({"KeyId": stack().output(key), "Message": "bm90aGluZw==", "MacAlgorithm": "HMAC_SHA_256"});
    let sealing = ["propose", "apply-step", "observe"].as_slice();
    let data_key = json!({"KeyId": stack().output("SealKeyArn"), "KeySpec": "AES_256"});
    vec![
        act("sign proposals", &["propose"], "kms", "Sign", sign("ProposalKeyArn")),
        act("sign decisions", &["review"], "kms", "Sign", sign("DecisionKeyArn")),
        act("sign configurations", &["configure"], "kms", "Sign", sign("ConfigKeyArn")),
        act("seal secrets", sealing, "kms", "GenerateDataKey", data_key),
        act("fingerprint secrets", sealing, "kms", "GenerateMac", mac("FingerprintKeyArn")),
        act("make cursors", &["api"], "kms", "GenerateMac", mac("CursorKeyArn")),
        act(
            "derive webhook secrets",
            &["configure", "deliver-webhook"],
            "kms",
            "GenerateMac",
            mac("WebhookKeyArn"),
        ),
    ]
}

fn table_acts() -> Vec<Act> {
    let get = |table: Table| json!({"TableName": table.name(), "Key": nobody()});
    let put = |table: Table| {
        // The condition keeps the item from being written: only the right to try is asked for.
        json!({"TableName": table.name(), "Item": nobody(), "ConditionExpression": "attribute_exists(pk)"})
    };
    let query = |table: Table| {
        json!({
            "TableName": table.name(), "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "T#nobody#C#chg_0"}},
        })
    };
    let deciding = ["request-approval", "review", "apply-step", "sweep"].as_slice();
    let writing = ["propose", "review", "apply-step", "observe", "close-change", "sweep"].as_slice();
    vec![
        act("read approvals", deciding, "dynamodb", "GetItem", get(Table::Approvals)),
        act("query approvals", deciding, "dynamodb", "Query", query(Table::Approvals)),
        act("write approvals", &["request-approval", "review"], "dynamodb", "PutItem", put(Table::Approvals)),
        act("write configurations", &["configure"], "dynamodb", "PutItem", put(Table::Config)),
        act("delete configurations", &["configure"], "dynamodb", "DeleteItem", get(Table::Config)),
        act("write changes", writing, "dynamodb", "PutItem", put(Table::Changes)),
        act("delete from changes", &["relay"], "dynamodb", "DeleteItem", get(Table::Changes)),
    ]
}

fn workflow_acts() -> Vec<Act> {
    let token = json!({"taskToken": "AAAAKgAAAAIAAAAAAAAAAXJ1bm5pbmc=", "output": "{}"});
    let machine = stack().output("StateMachineArn");
    // An execution of nothing: its first task finds no change and it ends.
    let input = json!({"tenant": "nobody", "change": "chg_01ARZ3NDEKTSV4RRFFQ69G5FAV", "generation": 2});
    let start = json!({"stateMachineArn": machine, "input": input.to_string()});
    let queue =
        json!({"QueueUrl": stack().output("WebhookQueueUrl"), "MessageBody": "{}", "DelaySeconds": 900});
    vec![
        act("end a wait", &["review", "sweep"], "stepfunctions", "SendTaskSuccess", token),
        act("start executions", &["propose", "sweep"], "stepfunctions", "StartExecution", start),
        act("fill the webhook queue", &["relay"], "sqs", "SendMessage", queue),
    ]
}

async fn denied(
    aws: &Aws,
    (service, operation, parameters): &(&str, &str, Value),
) -> (bool, Result<Value, Refusal>) {
    let answer = aws.attempt(service, operation, parameters.clone()).await;
    (answer.as_ref().is_err_and(Refusal::is_denial), answer)
}

/// Lets every function try every act, and tells all that is not as it must be.
async fn assert_matrix(acts: &[Act]) {
    let mut wrong = Vec::new();
    for function in stack().layout().functions().expect("the functions") {
        let aws = role_of(&function).await;
        for act in acts {
            let (denied, answer) = denied(&aws, &act.call).await;
            if denied == act.may.contains(&function.as_str()) {
                wrong.push(format!(
                    "{function} {} {}: {answer:?}",
                    if denied { "may not" } else { "may" },
                    act.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_key_is_for_those_who_need_it() {
    assert_matrix(&key_acts()).await;
}

#[tokio::test]
async fn a_table_is_for_those_who_need_it() {
    assert_matrix(&table_acts()).await;
}

#[tokio::test]
async fn the_workflow_is_for_those_who_need_it() {
    assert_matrix(&workflow_acts()).await;
}

#[tokio::test]
async fn a_tenants_roles_are_for_those_who_need_them() {
    let tenant = Plan::named("roles").make().await;
    let assume = |name: &str| {
        json!({
            "RoleArn": format!("arn:aws:iam::{}:role/changegate-{name}", tenant.account),
            "RoleSessionName": "test", "ExternalId": tenant.external_id,
        })
    };
    let reading = ["propose", "apply-step", "observe"].as_slice();
    assert_matrix(&[
        act("assume the reader role", reading, "sts", "AssumeRole", assume("reader")),
        act("assume the executor role", &["apply-step"], "sts", "AssumeRole", assume("executor")),
    ])
    .await;
}

#[tokio::test]
async fn a_tenants_roles_are_assumed_with_its_external_id_and_the_known_tags_only() {
    let (tenant, other) =
        tokio::join!(Plan::named("external-id").make(), Plan::named("external-other").make());
    let apply = role_of("apply-step").await;
    for role in ["reader", "executor"] {
        let arn = format!("arn:aws:iam::{}:role/changegate-{role}", tenant.account);
        let good = json!({
            "RoleArn": arn, "RoleSessionName": "test", "ExternalId": tenant.external_id,
            "Tags": [{"Key": "tenant", "Value": "t"}, {"Key": "change", "Value": "c"}],
        });
        assert!(apply.attempt("sts", "AssumeRole", good.clone()).await.is_ok());
        for (member, value) in [
            ("ExternalId", Value::Null),
            ("ExternalId", json!(other.external_id)),
            ("Tags", json!([{"Key": "admin", "Value": "yes"}])),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            if bad[member].is_null() {
                bad.as_object_mut().unwrap().remove(member);
            }
            let answer = apply.attempt("sts", "AssumeRole", bad.clone()).await;
            assert!(answer.as_ref().is_err_and(Refusal::is_denial), "{bad}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn the_executor_role_cannot_widen_itself_or_hand_out_credentials() {
    let tenant = Plan::named("boundary").make().await;
    let admin =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let put =
        json!({"RoleName": "changegate-executor", "PolicyName": "all", "PolicyDocument": admin.to_string()});
    // The emulator's CloudFormation leaves the boundary out of a role, so it is put here as the template says.
    let boundary = format!("arn:aws:iam::{}:policy/changegate-boundary", tenant.account);
    let bound = json!({"RoleName": "changegate-executor", "PermissionsBoundary": boundary});
    tenant.owner().call("iam", "PutRolePermissionsBoundary", bound).await;
    // Even if somebody gives it everything, the boundary keeps it from itself and from credentials.
    tenant.owner().call("iam", "PutRolePolicy", put.clone()).await;
    tenant.owner().call("iam", "CreateUser", json!({"UserName": "admin"})).await;
    let executor = assumed(&tenant, "executor").await;
    let parameter = json!({"Name": "/app/pool", "Value": "1", "Type": "String"});
    assert!(executor.attempt("ssm", "PutParameter", parameter).await.is_ok(), "it may do much");
    let detach = json!({"RoleName": "changegate-executor"});
    for (operation, parameters) in [
        ("PutRolePolicy", put),
        ("DeleteRolePermissionsBoundary", detach),
        ("CreateAccessKey", json!({"UserName": "admin"})),
    ] {
        let answer = executor.attempt("iam", operation, parameters).await;
        assert!(answer.as_ref().is_err_and(Refusal::is_denial), "{operation}: {answer:?}");
    }
}

async fn assumed(tenant: &Tenant, role: &str) -> Aws {
    let assume = json!({
        "RoleArn": format!("arn:aws:iam::{}:role/changegate-{role}", tenant.account),
        "RoleSessionName": "test", "ExternalId": tenant.external_id,
    });
    let given = role_of("apply-step").await.call("sts", "AssumeRole", assume).await;
    let text = |name: &str| given["Credentials"][name].as_str().expect("a credential").to_owned();
    Aws::holding(&text("AccessKeyId"), &text("SecretAccessKey"), Some(text("SessionToken")))
}
