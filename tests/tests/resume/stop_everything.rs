//! Everything can be stopped at once.

use changegate_tests::fixtures::{parameter_version, put};
use changegate_tests::tenant::changegate;
use changegate_tests::{Person, Plan};
use serde_json::json;

use crate::alone;

#[tokio::test]
async fn a_stop_of_everything_stops_every_tenant_until_the_start() {
    let _turn = alone().await;
    let (one, other) = tokio::join!(Plan::named("halt-one").make(), Plan::named("halt-other").make());
    let change = one.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let mut alice = Person::of(&one, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    changegate(&["stop", "--reason", "a test"]).await;
    for tenant in [&one, &other] {
        let answer = tenant.submit(&tenant.proposal("ssm", "PutParameter", put("/app/more", "1"))).await;
        assert_eq!((answer.status.as_u16(), &answer.json().unwrap()["code"]), (409, &json!("stopped")));
    }
    let refused = alice.send(&change, "approve", &nonce).await;
    assert_eq!((refused.status, refused.code()), (409, "stopped"));
    one.start().await;
    assert_eq!(
        alice.send(&change, "approve", &nonce).await.status,
        409,
        "a tenant's start is not everybody's"
    );
    changegate(&["start", "--reason", "a test"]).await;
    assert_eq!(alice.send(&change, "approve", &nonce).await.status, 200);
    change.until("succeeded").await;
    assert_eq!(parameter_version(&one, "/app/pool").await, 1);
}
