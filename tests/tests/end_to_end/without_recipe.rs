//! Operations that nobody has written a recipe for.

use changegate_tests::{Person, Plan, Tenant};
use serde_json::{Value, json};

use crate::bad_input::refused;

const STREAM: &str = "orders";

/// A tenant whose roles may change the retention of its stream, and whose class for that is open.
async fn tenant(name: &'static str) -> Tenant {
    let tenant = Plan::named(name).classes(&[("kinesis-other", "full")]).make().await;
    let owner = tenant.owner();
    for (role, actions) in [
        ("changegate-reader", json!(["kinesis:DescribeStream"])),
        (
            "changegate-executor",
            json!(["kinesis:IncreaseStreamRetentionPeriod", "kinesis:DecreaseStreamRetentionPeriod"]),
        ),
    ] {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let policy = json!({"RoleName": role, "PolicyName": "streams", "PolicyDocument": document});
        owner.call("iam", "PutRolePolicy", policy).await;
    }
    owner.call("kinesis", "CreateStream", json!({"StreamName": STREAM, "ShardCount": 1})).await;
    tenant
}

fn hours(hours: u32) -> Value {
    json!({"StreamName": STREAM, "RetentionPeriodHours": hours})
}

async fn retention(tenant: &Tenant) -> Value {
    let answer = tenant.owner().call("kinesis", "DescribeStream", json!({"StreamName": STREAM})).await;
    answer["StreamDescription"]["RetentionPeriodHours"].clone()
}

/// A proposal to keep records for two days, with the calls that the agent says to undo it.
fn proposal(tenant: &Tenant, undo: &Value) -> Value {
    let mut proposal = tenant.proposal("kinesis", "IncreaseStreamRetentionPeriod", hours(48));
    proposal["steps"][0]["undo"] = undo.clone();
    proposal
}

fn decrease() -> Value {
    json!({"service": "kinesis", "operation": "DecreaseStreamRetentionPeriod", "parameters": hours(24)})
}

#[tokio::test]
async fn it_is_captured_by_the_nearest_read_and_undone_by_what_the_agent_supplied() {
    let tenant = tenant("no-recipe").await;
    let change = tenant.propose(&proposal(&tenant, &json!([decrease()]))).await;
    let view = change.view().await;
    let step = &view["steps"][0];
    assert_eq!(step["best_effort"]["readers"], json!(["kinesis DescribeStream"]), "{view:#}");
    assert_eq!(step["action_class"], "kinesis-other");
    assert_eq!(step["undo"]["planned_by"], "agent", "{view:#}");
    assert_eq!(step["undo"]["class"], "partial");
    let page = Person::of(&tenant, "alice").open(&change.link()).await.html;
    for words in ["best effort: the answer of", "kinesis DescribeStream", "Undo supplied by the agent"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let done = change.succeed().await;
    assert_eq!(retention(&tenant).await, json!(48));
    let paths: Vec<_> =
        done["steps"][0]["diff"].as_array().into_iter().flatten().map(|line| &line["path"]).collect();
    assert_eq!(paths, ["/StreamDescription/RetentionPeriodHours"], "{done:#}");

    tenant.owner().call("kinesis", "IncreaseStreamRetentionPeriod", hours(72)).await;
    refused(&tenant, (409, "undo_conflict"), async || change.ask_undo().await).await;
    tenant.owner().call("kinesis", "DecreaseStreamRetentionPeriod", hours(48)).await;
    change.undo().await.succeed().await;
    assert_eq!(retention(&tenant).await, json!(24));
}

#[tokio::test]
async fn without_an_undo_of_the_agent_there_is_none() {
    let tenant = tenant("no-undo").await;
    let change = tenant.propose_call("kinesis", "IncreaseStreamRetentionPeriod", hours(48)).await;
    let view = change.view().await;
    assert_eq!(view["steps"][0]["undo"]["class"], "none", "{view:#}");
    change.succeed().await;
    refused(&tenant, (409, "undo_unavailable"), async || change.ask_undo().await).await;
}

#[tokio::test]
async fn an_undo_that_cannot_be_one_is_refused_with_its_place() {
    let tenant = tenant("bad-undo").await;
    let with = |change: fn(&mut Value)| {
        let mut call = decrease();
        change(&mut call);
        proposal(&tenant, &json!([call]))
    };
    for (proposal, code, path) in [
        (with(|call| call["service"] = json!("kinesys")), "unknown_service", "/steps/0/undo/0/service"),
        (
            with(|call| call["operation"] = json!("DecreaseStream")),
            "unknown_operation",
            "/steps/0/undo/0/operation",
        ),
        (
            with(|call| call["parameters"]["Stream"] = json!("x")),
            "invalid_parameters",
            "/steps/0/undo/0/parameters/Stream",
        ),
        (
            with(|call| call["parameters"]["StreamName"] = json!({"$output": "not an ] expression"})),
            "invalid_parameters",
            "/steps/0/undo/0/parameters/StreamName",
        ),
    ] {
        let answer = tenant.submit(&proposal).await;
        let problem = answer.json().expect("JSON");
        assert_eq!((answer.status.as_u16(), &problem["code"]), (422, &json!(code)), "{problem:#}");
        assert_eq!(problem["violations"][0]["path"], path, "{problem:#}");
    }
    let read = with(|call| call["operation"] = json!("DescribeStream"));
    assert_eq!(tenant.submit(&read).await.json().expect("JSON")["code"], "read_operation");
}

#[tokio::test]
async fn where_nothing_can_be_read_no_undo_is_taken() {
    let tenant = Plan::named("unseen-undo").classes(&[("ses-other", "full")]).make().await;
    let mut proposal = tenant.proposal("ses", "VerifyEmailAddress", json!({"EmailAddress": "a@example.com"}));
    let delete = json!({
        "service": "ses", "operation": "DeleteVerifiedEmailAddress", "parameters": {"EmailAddress": "a@example.com"},
    });
    proposal["steps"][0]["undo"] = json!([delete]);
    let problem = tenant.submit(&proposal).await.json().expect("JSON");
    assert_eq!(problem["violations"][0]["rule"], "unchecked", "{problem:#}");
}

#[tokio::test]
async fn what_the_catalogue_undoes_takes_no_other_undo() {
    let tenant = Plan::named("own-undo").make().await;
    let parameters = json!({"Name": "/app/pool", "Value": "40", "Type": "String"});
    let mut proposal = tenant.proposal("ssm", "PutParameter", parameters);
    let delete =
        json!({"service": "ssm", "operation": "DeleteParameter", "parameters": {"Name": "/app/pool"}});
    proposal["steps"][0]["undo"] = json!([delete]);
    let answer = tenant.submit(&proposal).await;
    let problem = answer.json().expect("JSON");
    assert_eq!(problem["violations"][0]["path"], "/steps/0/undo", "{problem:#}");
    assert_eq!(problem["violations"][0]["rule"], "planned");
}
