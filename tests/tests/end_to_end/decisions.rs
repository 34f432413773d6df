//! Somebody can write tables and make every digest anew, but cannot sign: decisions and proposals of other changes, and
//! forged ones, are refused.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Moment, project};
use changegate_change::id::EntryId;
use changegate_change::ledger::{Actor, Entry, Kind};
use changegate_change::proposal::SignedProposal;
use changegate_change::status::Status;
use changegate_service::dossier::Dossier;
use changegate_tests::fixtures::{parameter_version, put};
use changegate_tests::tables::{Item, body, text, with_body};
use changegate_tests::{Change, Plan, Table, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::tampering::held;

/// An attribute as DynamoDB's JSON.
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(is) => json!({"BOOL": is}),
        AttributeValue::L(items) => json!({"L": items.iter().map(attribute).collect::<Vec<_>>()}),
        AttributeValue::M(map) => {
            json!({"M": map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect::<Value>()})
        }
        other => panic!("a record has no {other:?}"),
    }
}

/// Writes a record and its ledger over those of a change, as the store would.
async fn write(head: &Head, ledger: &[Entry]) {
    let item = changegate_store::item::of_head(head).unwrap();
    let item: Item = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
    Table::Changes.put(&item).await;
    for entry in ledger {
        let mut of_entry = Item::from([("pk".to_owned(), item["pk"].clone())]);
        of_entry.insert("sk".to_owned(), json!({"S": format!("LEDGER#{:06}", entry.sequence)}));
        Table::Changes.put(&with_body(&of_entry, &json!(entry))).await;
    }
}

async fn ledger_of(change: &Change<'_>) -> Vec<Entry> {
    let items = change.items().await;
    let entries = items.iter().filter(|item| text(item, "sk").starts_with("LEDGER#"));
    entries.map(|item| serde_json::from_value(body(item)).unwrap()).collect()
}

/// The dossier of a change.
async fn dossier_of(change: &Change<'_>) -> Dossier {
    let blob = Table::Changes.under(&format!("{}#B#", change.partition())).await.remove(0);
    let packed = BASE64.decode(blob["data"]["B"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&zstd::bulk::decompress(&packed, 1024 * 1024).unwrap()).unwrap()
}

/// Puts another dossier in the place of a change's, and makes every digest and the whole ledger anew.
async fn replace_dossier(change: &Change<'_>, dossier: &Dossier) {
    let content = serde_json::to_vec(dossier).unwrap();
    let digest = Digest::of_bytes(&content);
    let packed = zstd::bulk::compress(&content, 3).unwrap();
    Table::Changes
        .put(&Item::from([
            ("pk".to_owned(), json!({"S": format!("{}#B#{}", change.partition(), digest.to_hex())})),
            ("sk".to_owned(), json!({"S": "CHUNK#00"})),
            ("chunks".to_owned(), json!({"N": "1"})),
            ("data".to_owned(), json!({"B": BASE64.encode(packed)})),
        ]))
        .await;
    let mut ledger = ledger_of(change).await;
    ledger[0].data["digest"] = json!(dossier.signed.proposal.digest().unwrap());
    ledger[0].data["dossier"] = json!(digest);
    for place in 1..ledger.len() {
        ledger[place].previous = Some(ledger[place - 1].hash().unwrap());
    }
    // The record of the change at hand, whatever change the proposal says it is of.
    let mut head = project(&dossier.signed, digest, &ledger).unwrap();
    (head.tenant, head.change) = (change.tenant.id.parse().unwrap(), change.id.parse().unwrap());
    write(&head, &ledger).await;
}

/// Writes that a change was approved, as `review` would, without any decision.
async fn pretend_approved(change: &Change<'_>) {
    let (dossier, mut ledger) = (dossier_of(change).await, ledger_of(change).await);
    let blob = Table::Changes.under(&format!("{}#B#", change.partition())).await.remove(0);
    let digest = text(&blob, "pk").rsplit('#').next().map(|hex| format!("sha256:{hex}")).unwrap();
    let head = project(&dossier.signed, digest.parse().unwrap(), &ledger).unwrap();
    let now = Timestamp::now();
    let number = u128::from(changegate_tests::stack().number_of_key());
    let moment = Moment {
        id: EntryId::new(ulid::Ulid::from_parts(1, number)),
        at: now,
        actor: Actor::Approver("alice".parse().unwrap()),
    };
    let facts = Facts { execute_before: Some(now + SignedDuration::from_hours(4)), ..Facts::default() };
    let more = json!({"approver": "alice", "verb": "approve"});
    let last = ledger.last().unwrap();
    let (head, entry) = head.then(last, moment, Kind::Approved, Status::Approved, &facts, more).unwrap();
    ledger.push(entry);
    write(&head, &ledger).await;
}

async fn decision_of(change: &Change<'_>) -> Item {
    let items = Table::Approvals.partition(&change.partition()).await;
    items.into_iter().find(|item| text(item, "sk") == "DECISION#alice").expect("Alice decided")
}

async fn put_decision(change: &Change<'_>, approver: &str, like: &Item) {
    let mut item = like.clone();
    item.insert("pk".to_owned(), json!({"S": change.partition()}));
    item.insert("sk".to_owned(), json!({"S": format!("DECISION#{approver}")}));
    Table::Approvals.put(&item).await;
}

/// Runs the executor and checks that it ended the change without a call.
async fn assert_refused(change: &Change<'_>, codes: &[&str]) {
    let puts = parameter_version(change.tenant, "/app/pool").await;
    assert_eq!(change.apply_by_hand(1).await.error, None);
    let head = change.item("HEAD").await.unwrap();
    assert_eq!(text(&head, "status"), "failed");
    let code = head["why"]["M"]["code"]["S"].as_str().unwrap().to_owned();
    assert!(codes.contains(&code.as_str()), "{code}");
    assert!(change.item("FENCE#00#do").await.is_none(), "no fence was taken");
    assert_eq!(parameter_version(change.tenant, "/app/pool").await, puts, "no call was made");
}

async fn waiting(tenant: &Tenant) -> Change<'_> {
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "666")).await;
    change.leave_alone().await;
    change.stop_execution(1).await;
    change
}

#[tokio::test]
async fn a_record_that_says_approved_without_a_decision_is_refused() {
    let tenant = Plan::named("no-decision").make().await;
    let change = waiting(&tenant).await;
    pretend_approved(&change).await;
    assert_refused(&change, &["quorum_not_satisfied"]).await;
}

#[tokio::test]
async fn a_decision_that_was_copied_from_another_change_is_refused() {
    let tenant = Plan::named("copied-change").make().await;
    let approved = held(&tenant).await;
    let decision = decision_of(&approved).await;
    tenant.start().await;
    let change = waiting(&tenant).await;
    put_decision(&change, "alice", &decision).await;
    pretend_approved(&change).await;
    assert_refused(&change, &["quorum_not_satisfied"]).await;
}

#[tokio::test]
async fn a_decision_that_was_copied_from_another_tenant_is_refused() {
    let (tenant, other) =
        tokio::join!(Plan::named("copied-tenant").make(), Plan::named("copied-from").make());
    let approved = held(&other).await;
    let change = waiting(&tenant).await;
    put_decision(&change, "alice", &decision_of(&approved).await).await;
    pretend_approved(&change).await;
    assert_refused(&change, &["quorum_not_satisfied", "approver_unknown"]).await;
}

#[tokio::test]
async fn a_decision_with_a_forged_signature_is_refused() {
    let tenant = Plan::named("forged").make().await;
    let approved = held(&tenant).await;
    let decision = decision_of(&approved).await;
    tenant.start().await;
    let change = waiting(&tenant).await;
    // Rewritten so that it would be about this change, with the signature of the other one.
    let mut said = body(&decision);
    said["decision"]["change"] = json!(change.id);
    said["decision"]["digest"] = change.proposed["digest"].clone();
    put_decision(&change, "alice", &with_body(&decision, &said)).await;
    pretend_approved(&change).await;
    assert_refused(&change, &["decision_not_verified"]).await;
}

#[tokio::test]
async fn one_decision_under_two_names_counts_once() {
    let tenant = Plan::named("twice").required(2).make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "666")).await;
    change.approve().await;
    change.stop_execution(1).await;
    put_decision(&change, "bob", &decision_of(&change).await).await;
    pretend_approved(&change).await;
    assert_refused(&change, &["quorum_not_satisfied"]).await;
}

#[tokio::test]
async fn a_proposal_that_was_edited_with_all_its_digests_is_refused_for_its_signature() {
    let tenant = Plan::named("edited").make().await;
    let change = held(&tenant).await;
    let original = dossier_of(&change).await;
    replace_dossier(&change, &original).await;
    assert_eq!(change.apply_by_hand(1).await.error, None);
    assert_eq!(change.status().await, "approved", "what was made anew from the same is the same");
    let mut edited = original.clone();
    edited.signed.proposal.steps[0].parameters["Value"] = json!("666");
    replace_dossier(&change, &edited).await;
    assert_refused(&change, &["proposal_altered"]).await;
}

#[tokio::test]
async fn the_signature_of_another_proposal_is_refused() {
    let tenant = Plan::named("other-signature").make().await;
    let other = tenant.propose_call("ssm", "PutParameter", put("/app/other", "1")).await;
    let signature = dossier_of(&other).await.signed.signature;
    let change = held(&tenant).await;
    let dossier = dossier_of(&change).await;
    let signed = SignedProposal { signature, ..dossier.signed.clone() };
    replace_dossier(&change, &Dossier { signed, ..dossier }).await;
    assert_refused(&change, &["proposal_altered"]).await;
}

#[tokio::test]
async fn the_whole_proposal_of_another_change_or_tenant_is_refused() {
    let (tenant, stranger) = tokio::join!(Plan::named("whole").make(), Plan::named("whole-other").make());
    let own = tenant.propose_call("ssm", "PutParameter", put("/app/other", "1")).await;
    let foreign = stranger.propose_call("ssm", "PutParameter", put("/app/other", "1")).await;
    for other in [own, foreign] {
        let change = held(&tenant).await;
        replace_dossier(&change, &dossier_of(&other).await).await;
        assert_refused(&change, &["proposal_altered", "record_altered", "ledger_altered"]).await;
        tenant.start().await;
    }
}
