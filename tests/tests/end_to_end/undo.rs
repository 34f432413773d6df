//! What can be undone and what cannot.

use changegate_tests::fixtures::{parameter, put, read_parameter};
use changegate_tests::{Plan, Tenant};
use serde_json::json;

use crate::bad_input::refused;

async fn pool(tenant: &Tenant) -> String {
    read_parameter(tenant, "/app/pool").await["Value"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_undo_is_refused_if_somebody_changed_the_resource_since() {
    let tenant = Plan::named("undo-conflict").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.succeed().await;
    parameter(&tenant, "/app/pool", "60").await;
    changegate_tests::poll::until_true("all is relayed", 30, async || {
        change
            .items()
            .await
            .iter()
            .all(|item| !changegate_tests::tables::text(item, "sk").starts_with("OUTBOX#"))
    })
    .await;
    refused(&tenant, (409, "undo_conflict"), async || change.ask_undo().await).await;
    parameter(&tenant, "/app/pool", "40").await;
    change.undo().await.succeed().await;
    assert_eq!(pool(&tenant).await, "20");
}

#[tokio::test]
async fn an_approved_undo_is_stale_if_somebody_changes_the_resource_before_it_runs() {
    let tenant = Plan::named("undo-drift").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.succeed().await;
    let undo = change.undo().await;
    parameter(&tenant, "/app/pool", "60").await;
    undo.approve().await;
    let stale = undo.until("stale").await;
    assert_eq!(stale["why"]["code"], "drift", "{stale:#}");
    assert_eq!(pool(&tenant).await, "60");
}

#[tokio::test]
async fn a_change_that_has_not_settled_cannot_be_undone() {
    let tenant = Plan::named("undo-unsettled").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let answer = change.ask_undo().await;
    assert_eq!(answer.json().unwrap()["code"], "status_conflict", "before its call: {}", answer.text());
    // Without its execution nobody watches what the call did.
    change.approve_undriven().await;
    assert_eq!(change.apply_by_hand(1).await.error, None);
    assert_eq!(change.status().await, "settling");
    let answer = change.ask_undo().await;
    assert_eq!((answer.status.as_u16(), &answer.json().unwrap()["code"]), (409, &json!("not_settled")));
}

#[tokio::test]
async fn an_undo_can_be_undone() {
    let tenant = Plan::named("undo-undo").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.succeed().await;
    let undo = change.undo().await;
    undo.succeed().await;
    assert_eq!(pool(&tenant).await, "20");
    let redo = undo.undo().await;
    redo.succeed().await;
    assert_eq!(pool(&tenant).await, "40");
    assert_eq!(undo.view().await["undone_by"], json!(redo.id));
    let again = change.ask_undo().await;
    assert_eq!(again.json().unwrap()["code"], "status_conflict", "it was undone once: {}", again.text());
}
