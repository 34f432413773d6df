//! Nonces and sessions: expired, used, tampered, foreign.

use changegate_tests::fixtures::put;
use changegate_tests::person::Page;
use changegate_tests::tables::text;
use changegate_tests::{Change, Person, Plan, Table, Tenant};
use jiff::SignedDuration;

use crate::approval::forged_nonce;

async fn proposed(tenant: &Tenant) -> Change<'_> {
    tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await
}

async fn assert_undecided(change: &Change<'_>, page: &Page, expected: (u16, &str)) {
    assert_eq!((page.status, page.code()), expected, "{}", page.html);
    assert_eq!(change.status().await, "awaiting_approval");
    let items = Table::Approvals.partition(&change.partition()).await;
    let traces = |item| text(item, "sk").starts_with("DECISION#") || text(item, "sk").starts_with("NONCE#");
    assert!(!items.iter().any(traces), "nothing is written: {items:?}");
}

#[tokio::test]
async fn an_expired_nonce_is_refused_and_one_that_lives_is_taken() {
    let tenant = Plan::named("nonce-expired").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    alice.open(&change.link()).await;
    let expired = forged_nonce(&alice, &change, "alice", "approve", SignedDuration::from_secs(-1));
    let page = alice.send(&change, "approve", &expired).await;
    assert_undecided(&change, &page, (403, "nonce_invalid")).await;
    let living = forged_nonce(&alice, &change, "alice", "approve", SignedDuration::from_mins(1));
    assert_eq!(
        alice.send(&change, "approve", &living).await.status,
        200,
        "only its age made the other one bad"
    );
    change.until("succeeded").await;
}

#[tokio::test]
async fn a_nonce_that_was_used_is_refused() {
    let tenant = Plan::named("nonce-used").required(2).make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    assert_eq!(alice.send(&change, "approve", &nonce).await.status, 200);
    let again = alice.send(&change, "approve", &nonce).await;
    assert!([403, 409].contains(&again.status), "{} {}", again.status, again.html);
    assert!(["nonce_invalid", "already_decided"].contains(&again.code()), "{}", again.html);
    let items = Table::Approvals.partition(&change.partition()).await;
    assert_eq!(items.iter().filter(|item| text(item, "sk").starts_with("NONCE#")).count(), 1);
    // Without the decision that it made, it is still used up.
    let decision = items.iter().find(|item| text(item, "sk") == "DECISION#alice").unwrap();
    Table::Approvals.delete(decision).await;
    let again = alice.send(&change, "approve", &nonce).await;
    assert_eq!((again.status, again.code()), (403, "nonce_invalid"), "{}", again.html);
}

#[tokio::test]
async fn a_tampered_nonce_is_refused() {
    let tenant = Plan::named("nonce-tampered").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    let parts: Vec<_> = nonce.split('.').collect();
    let later = format!("{}0", parts[0]);
    let turned: String = parts[2].chars().rev().collect();
    for tampered in [
        String::new(),
        "1.2.3".to_owned(),
        nonce.to_lowercase(),
        format!("{nonce}."),
        [later.as_str(), parts[1], parts[2]].join("."),
        [parts[0], "01ARZ3NDEKTSV4RRFFQ69G5FAV", parts[2]].join("."),
        [parts[0], parts[1], turned.as_str()].join("."),
    ] {
        let page = alice.send(&change, "approve", &tampered).await;
        assert_undecided(&change, &page, (403, "nonce_invalid")).await;
    }
}

#[tokio::test]
async fn a_nonce_is_good_for_its_person_its_verb_and_its_change_only() {
    let tenant = Plan::named("nonce-foreign").make().await;
    let (change, other) = tokio::join!(proposed(&tenant), proposed(&tenant));
    let (mut alice, mut bob) = (Person::of(&tenant, "alice"), Person::of(&tenant, "bob"));
    let page = alice.open(&change.link()).await;
    bob.open(&change.link()).await;
    let approve = page.nonce("approve");
    let foreign = bob.send(&change, "approve", &approve).await;
    assert_undecided(&change, &foreign, (403, "nonce_invalid")).await;
    let other_verb = alice.send(&change, "reject", &approve).await;
    assert_undecided(&change, &other_verb, (403, "nonce_invalid")).await;
    let other_change = alice.send(&other, "approve", &approve).await;
    assert_undecided(&other, &other_change, (403, "nonce_invalid")).await;
    let another_sign_in = Person::of(&tenant, "alice");
    let mut another_sign_in = another_sign_in;
    another_sign_in.open(&change.link()).await;
    let page = another_sign_in.send(&change, "approve", &approve).await;
    assert_undecided(&change, &page, (403, "nonce_invalid")).await;
}

#[tokio::test]
async fn a_session_of_another_tenant_is_none_here() {
    let (one, other) = tokio::join!(Plan::named("session-one").make(), Plan::named("session-other").make());
    let (mine, theirs) = tokio::join!(proposed(&one), proposed(&other));
    let mut alice = Person::of(&one, "alice");
    alice.open(&mine.link()).await;
    let page = alice.get(&theirs.link()).await;
    assert!(!page.url.as_str().contains(&theirs.id) || page.form("approve").is_none(), "asked to sign in");
    assert_ne!(page.url.path(), format!("/review/{}/{}", other.id, theirs.id), "not shown: {}", page.url);
    let nonce = forged_nonce(&alice, &theirs, "alice", "approve", SignedDuration::from_mins(1));
    let refused = alice.send(&theirs, "approve", &nonce).await;
    assert_undecided(&theirs, &refused, (401, "sign_in_required")).await;
}

#[tokio::test]
async fn a_tampered_session_is_none() {
    let tenant = Plan::named("session-bad").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    let secret = alice.session();
    let turned: String = secret.chars().rev().collect();
    for tampered in [turned, format!("{secret}x"), secret[1..].to_owned(), "x".to_owned()] {
        let mut eve = alice.with_session(&tampered);
        let page = eve.get(&change.link()).await;
        assert!(page.form("approve").is_none(), "{tampered}: {}", page.html);
        let refused = eve.send(&change, "approve", &nonce).await;
        assert_undecided(&change, &refused, (401, "sign_in_required")).await;
    }
    assert_eq!(alice.send(&change, "approve", &nonce).await.status, 200, "the session itself is good");
}

#[tokio::test]
async fn an_ended_session_is_none() {
    let tenant = Plan::named("session-ended").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let page = alice.open(&change.link()).await;
    let nonce = page.nonce("approve");
    let secret = alice.session();
    let sign_out =
        changegate_sandbox::form::forms(&page.html).into_iter().find(|form| form.action == "/sign-out");
    assert!(sign_out.is_some(), "the page lets one sign out: {}", page.html);
    alice.sign_out().await;
    let mut thief = alice.with_session(&secret);
    let refused = thief.send(&change, "approve", &nonce).await;
    assert_undecided(&change, &refused, (401, "sign_in_required")).await;
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused() {
    let tenant = Plan::named("cross-site").make().await;
    let change = proposed(&tenant).await;
    let mut alice = Person::of(&tenant, "alice");
    let nonce = alice.open(&change.link()).await.nonce("approve");
    let refused = alice.clone().from_site("https://evil.example.com").send(&change, "approve", &nonce).await;
    assert_undecided(&change, &refused, (403, "nonce_invalid")).await;
    assert_eq!(alice.send(&change, "approve", &nonce).await.status, 200);
}
