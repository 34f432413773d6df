//! States that are too large to be captured whole: the proposal is taken, the undo is not.

use std::sync::atomic::{AtomicU32, Ordering};

use changegate_tests::bridge::Bridge;
use changegate_tests::fixtures::role;
use changegate_tests::interposer::Fate;
use changegate_tests::{Change, Plan};
use serde_json::{Value, json};

use crate::bad_input::refused;

/// What is true of every change whose state before was cut off.
async fn is_not_undone(change: &Change<'_>, done: &Value) {
    let step = &done["steps"][0];
    assert_eq!(step["before"]["truncated"], true, "{done:#}");
    assert_eq!(step["undo"]["class"], "none", "{done:#}");
    refused(change.tenant, (409, "undo_unavailable"), async || change.ask_undo().await).await;
}

#[tokio::test]
async fn a_state_of_more_than_a_mebibyte() {
    let tenant = Plan::named("large-state").make().await;
    role(&tenant, "checkout", "ecs-tasks.amazonaws.com").await;
    let statement =
        |resource: String| json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource});
    let document =
        |resource: String| json!({"Version": "2012-10-17", "Statement": [statement(resource)]}).to_string();
    let put =
        |document: String| json!({"RoleName": "checkout", "PolicyName": "read", "PolicyDocument": document});
    let large = put(document(format!("arn:aws:s3:::{}", "x".repeat(1_200_000))));
    tenant.owner().call("iam", "PutRolePolicy", large).await;
    let small = put(document("arn:aws:s3:::checkout/*".to_owned()));
    let change = tenant.propose_call("iam", "PutRolePolicy", small).await;
    let done = change.succeed().await;
    is_not_undone(&change, &done).await;
}

/// Says that there is one more page, whatever was said.
fn one_more_page(answer: String) -> String {
    static PAGES: AtomicU32 = AtomicU32::new(0);
    let marker = PAGES.fetch_add(1, Ordering::Relaxed);
    let more = format!("<IsTruncated>true</IsTruncated><Marker>page-{marker}</Marker>");
    answer.replace("<IsTruncated>false</IsTruncated>", &more)
}

#[tokio::test]
async fn a_state_of_more_pages_than_are_read() {
    let tenant = Plan::named("many-pages").classes(&[("iam-role-tags", "full")]).make().await;
    let owner = tenant.owner();
    for (name, actions) in [("reader", "iam:ListRoleTags"), ("executor", "iam:TagRole")] {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let role = format!("changegate-{name}");
        let policy = json!({"RoleName": role, "PolicyName": "tags", "PolicyDocument": document});
        owner.call("iam", "PutRolePolicy", policy).await;
    }
    role(&tenant, "checkout", "ecs-tasks.amazonaws.com").await;
    let bridge = Bridge::over(|request, _| match request.operation.as_str() {
        "ListRoleTags" => Fate::HasItsAnswerRewritten(one_more_page),
        _ => Fate::Passes,
    })
    .await;
    let parameters = json!({"RoleName": "checkout", "Tags": [{"Key": "team", "Value": "checkout"}]});
    let change = bridge.propose_call(&tenant, "iam", "TagRole", parameters).await;
    let done = bridge.succeed(&change).await;
    is_not_undone(&change, &done).await;
}
