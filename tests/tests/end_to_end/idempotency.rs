//! An `Idempotency-Key` makes one change, however often it is sent.

use changegate_tests::fixtures::put;
use changegate_tests::{Plan, Table};
use http::Method;
use serde_json::json;

use crate::bad_input::refused;

#[tokio::test]
async fn the_same_key_and_body_give_the_same_change() {
    let tenant = Plan::named("same-key").make().await;
    let proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    let send = async |body: &str| tenant.request(Method::POST, "/v1/changes", Some("once"), body).await;
    let first = send(&proposal.to_string()).await.success().unwrap();
    let items = Table::Changes.under(&format!("T#{}#C#", tenant.id)).await.len();
    // The same document with other white space is the same body.
    let again = send(&format!("{proposal:#}")).await.success().unwrap();
    assert_eq!(again["id"], first["id"]);
    let after = Table::Changes.under(&format!("T#{}#C#", tenant.id)).await;
    let heads = after.iter().filter(|item| item["sk"] == json!({"S": "HEAD"})).count();
    assert_eq!(heads, 1, "{items} items before");
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict() {
    let tenant = Plan::named("other-body").make().await;
    let send = async |value: &str| {
        let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", value)).to_string();
        tenant.request(Method::POST, "/v1/changes", Some("once"), &body).await
    };
    let first = send("40").await.success().unwrap();
    assert!(first["id"].is_string());
    changegate_tests::poll::until_true("the change rests", 30, async || {
        let token = Table::Approvals.under(&format!("T#{}#C#", tenant.id)).await;
        let outbox = Table::Changes.under(&format!("T#{}#C#", tenant.id)).await;
        let relayed =
            outbox.iter().all(|item| !item["sk"]["S"].as_str().unwrap_or_default().starts_with("OUTBOX#"));
        token.len() >= 3 && relayed
    })
    .await;
    refused(&tenant, (409, "idempotency_key_reused"), async || send("41").await).await;
}

#[tokio::test]
async fn the_same_key_sent_at_the_same_time_makes_one_change() {
    let tenant = Plan::named("racing-key").make().await;
    let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let send = || tenant.request(Method::POST, "/v1/changes", Some("once"), &body);
    let (one, two, three) = tokio::join!(send(), send(), send());
    let ids: Vec<_> = [one, two, three].map(|answer| answer.success().unwrap()["id"].clone()).to_vec();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn the_same_key_of_another_tenant_is_another_key() {
    let (one, other) = tokio::join!(Plan::named("key-one").make(), Plan::named("key-other").make());
    let mut ids = Vec::new();
    for tenant in [&one, &other] {
        let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
        let answer = tenant.request(Method::POST, "/v1/changes", Some("shared"), &body).await;
        ids.push(answer.success().unwrap()["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}
