//! Who may decide, when, and how often.

use changegate_tests::fixtures::{parameter_version, put, read_parameter};
use changegate_tests::functions::sweep_until;
use changegate_tests::poll::{until, until_moment};
use changegate_tests::tables::{body, everything_of, text};
use changegate_tests::{Change, Person, Plan, Table, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

async fn proposed(tenant: &Tenant) -> Change<'_> {
    tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await
}

/// The decisions that are stored for a change.
async fn decisions(change: &Change<'_>) -> Vec<Value> {
    let items = Table::Approvals.partition(&change.partition()).await;
    items.iter().filter(|item| text(item, "sk").starts_with("DECISION#")).map(body).collect()
}

#[tokio::test]
async fn a_rejected_change_does_not_run() {
    let tenant = Plan::named("reject").make().await;
    let change = proposed(&tenant).await;
    let page = Person::of(&tenant, "bob").decide(&change, "reject").await;
    assert!(page.html.contains("rejected"), "the page says so: {}", page.html);
    let rejected = change.until("rejected").await;
    assert_eq!(rejected["approval"]["decisions"][0]["approver"], "bob");
    assert_eq!(rejected["approval"]["decisions"][0]["verb"], "reject");
    change.until_execution_ended(1).await;
    assert_eq!(read_parameter(&tenant, "/app/pool").await, Value::Null);
    assert_eq!(change.ledger().await, ["proposed", "rejected"]);
}

#[tokio::test]
async fn a_second_decision_is_refused_and_says_who_decided() {
    let tenant = Plan::named("second").make().await;
    let change = proposed(&tenant).await;
    let (mut alice, mut bob) = (Person::of(&tenant, "alice"), Person::of(&tenant, "bob"));
    let nonce = bob.open(&change.link()).await.nonce("reject");
    alice.decide(&change, "approve").await;
    let refused = bob.send(&change, "reject", &nonce).await;
    assert_eq!((refused.status, refused.code()), (409, "already_decided"), "{}", refused.html);
    assert!(
        refused.html.contains("alice") || refused.html.contains("Alice"),
        "who decided: {}",
        refused.html
    );
    assert_eq!(decisions(&change).await.len(), 1);
    change.until("succeeded").await;
}

#[tokio::test]
async fn of_two_approvers_who_decide_at_once_exactly_one_wins() {
    let tenant = Plan::named("race").make().await;
    for _ in 0..5 {
        let change = proposed(&tenant).await;
        let (mut alice, mut bob) = (Person::of(&tenant, "alice"), Person::of(&tenant, "bob"));
        let yes = alice.open(&change.link()).await.nonce("approve");
        let no = bob.open(&change.link()).await.nonce("reject");
        let (yes, no) = tokio::join!(alice.send(&change, "approve", &yes), bob.send(&change, "reject", &no));
        let mut statuses = [yes.status, no.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", yes.html, no.html);
        let stored = decisions(&change).await;
        assert_eq!(stored.len(), 1);
        let winner = if yes.status == 200 { ("alice", "succeeded") } else { ("bob", "rejected") };
        assert_eq!(stored[0]["decision"]["approver"], winner.0);
        change.until(winner.1).await;
    }
}

#[tokio::test]
async fn two_must_approve_where_the_rule_says_so_and_one_person_counts_once() {
    let tenant = Plan::named("quorum").required(2).make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let page = alice.open(&change.link()).await;
    let (first, second) = (page.nonce("approve"), alice.open(&change.link()).await.nonce("approve"));
    assert_eq!(alice.send(&change, "approve", &first).await.status, 200);
    let refused = alice.send(&change, "approve", &second).await;
    assert_eq!((refused.status, refused.code()), (409, "already_decided"));
    assert_eq!(change.status().await, "awaiting_approval");
    change.approve_as("bob").await;
    change.until("succeeded").await;
    assert_eq!(change.ledger().await[..3], ["proposed", "decided", "approved"]);
}

#[tokio::test]
async fn the_person_whom_the_agent_works_for_cannot_decide() {
    let tenant = Plan::named("requester").on_behalf_of("alice").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let page = alice.open(&change.link()).await;
    assert_eq!(page.status, 200, "she may read it");
    assert!(page.form("approve").is_none() && page.form("reject").is_none(), "{}", page.html);
    let nonce = forged_nonce(&alice, &change, "alice", "approve", SignedDuration::from_mins(5));
    let refused = alice.send(&change, "approve", &nonce).await;
    assert_eq!((refused.status, refused.code()), (403, "requester_cannot_decide"), "{}", refused.html);
    assert_eq!(decisions(&change).await.len(), 0);
    change.approve_as("bob").await;
    change.until("succeeded").await;
}

#[tokio::test]
async fn a_decision_after_decide_by_is_refused_and_the_change_expires() {
    let tenant = Plan::named("late").make().await;
    let decide_by = Timestamp::now() + SignedDuration::from_secs(12);
    let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    proposal["decide_by"] = json!(decide_by);
    let change = tenant.propose(&proposal).await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    until_moment(decide_by).await;
    let refused = alice.send(&change, "approve", &nonce).await;
    assert_eq!((refused.status, refused.code()), (409, "decide_by_passed"), "{}", refused.html);
    let page = alice.open(&change.link()).await;
    assert!(page.form("approve").is_none(), "no form is offered any more");
    assert_eq!(decisions(&change).await.len(), 0);
    sweep_until(&change, "the sweep expires it", async || change.status().await == "expired").await;
    assert_eq!(change.view().await["why"]["code"], "decide_by_passed");
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 0);
}

#[tokio::test]
async fn reading_a_page_changes_nothing() {
    let tenant = Plan::named("read-page").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    alice.open(&change.link()).await;
    until("the change rests", 30, async || {
        let items = change.items().await;
        items.iter().all(|item| !text(item, "sk").starts_with("OUTBOX#")).then_some(())
    })
    .await;
    let before = everything_of(&tenant.id).await;
    for _ in 0..3 {
        assert_eq!(alice.open(&change.link()).await.status, 200);
    }
    let decision = format!("{}/decision?verb=approve", change.link());
    assert!([404, 405].contains(&alice.get(&decision).await.status), "a decision is no link");
    assert_eq!(everything_of(&tenant.id).await, before);
}

#[tokio::test]
async fn somebody_who_is_no_approver_is_not_signed_in_and_sees_nothing() {
    let tenant = Plan::named("nobody").make().await;
    let change = proposed(&tenant).await;
    let mut eve = Person::with_subject("eve@example.com");
    let page = eve.open(&change.link()).await;
    assert!(page.status == 403 && page.html.contains("Not an approver"), "{}", page.html);
    assert!(!page.html.contains("/app/pool") && !page.html.contains("PutParameter"), "{}", page.html);
    let refused = eve.send(&change, "approve", "1.2.3").await;
    assert_eq!((refused.status, refused.code()), (401, "sign_in_required"), "{}", refused.html);
}

#[tokio::test]
async fn somebody_who_is_no_approver_any_more_finds_nothing() {
    let tenant = Plan::named("former").make().await;
    let change = proposed(&tenant).await;
    let mut bob = Person::of(&tenant, "bob");
    let nonce = bob.open(&change.link()).await.nonce("approve");
    let without_bob = |config: &mut Value| {
        config["approvers"].as_array_mut().unwrap().retain(|approver| approver["id"] != "bob");
    };
    tenant.reconfigure(without_bob).await;
    let page = bob.get(&change.link()).await;
    assert_eq!((page.status, page.code()), (404, "not_found"), "{}", page.html);
    assert!(!page.html.contains("/app/pool"), "nothing of the change is shown");
    let refused = bob.send(&change, "approve", &nonce).await;
    assert_eq!((refused.status, refused.code()), (404, "not_found"), "{}", refused.html);
    assert_eq!(decisions(&change).await.len(), 0);
}

#[tokio::test]
async fn the_link_of_another_tenant_leads_nowhere() {
    let (one, other) = tokio::join!(Plan::named("link-one").make(), Plan::named("link-other").make());
    let change = proposed(&one).await;
    // The same change under the other tenant's name, by an approver of the other.
    let wrong = change.link().replace(&one.id, &other.id);
    let page = Person::of(&other, "alice").open(&wrong).await;
    assert_eq!((page.status, page.code()), (404, "not_found"), "{}", page.html);
    // Another tenant's approver is nobody here.
    let page = Person::of(&other, "alice").open(&change.link()).await;
    assert!(page.status == 403 && page.html.contains("Not an approver"), "{}", page.html);
}

/// A nonce as somebody who knows the session's secret could make it.
pub(crate) fn forged_nonce(
    person: &Person,
    change: &Change<'_>,
    approver: &str,
    verb: &str,
    lives: SignedDuration,
) -> String {
    use changegate_service::nonce::{BoundTo, Nonce};
    use changegate_service::review::SessionSecret;
    let bound = BoundTo {
        tenant: &change.tenant.id.parse().unwrap(),
        change: &change.id.parse().unwrap(),
        digest: change.proposed["digest"].as_str().unwrap().parse().unwrap(),
        approver: &approver.parse().unwrap(),
        verb: verb.parse().unwrap(),
    };
    let secret = SessionSecret::new(person.session());
    let random = ulid::Ulid::from_parts(1, u128::from(changegate_tests::stack().number_of_key()));
    Nonce::issue(&secret, &bound, Timestamp::now() + lives, random).unwrap().to_string()
}
