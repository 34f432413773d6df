//! Somebody can write a table: every attribute of every item of an approved change is edited, removed or added to, one at a
//! time, and every time the executor refuses.
//!
//! One change serves for all of them: it is held by a stop, the executor is run by hand, and afterwards the items are put
//! back. In the end the stop is lifted and the change runs, which shows that nothing but the edits stood in its way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_tests::fixtures::{parameter, parameter_version, put};
use changegate_tests::functions::sweep_until;
use changegate_tests::poll::{until_moment, until_true};
use changegate_tests::tables::{Item, body, text, with_body};
use changegate_tests::{Change, Plan, Table, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// One edit of a partition.
enum Edit {
    /// An item is put, over what was there or beside it.
    Put(Item),
    /// An item is deleted.
    Delete(Item),
}

/// An approved change that nobody drives.
pub(crate) async fn held(tenant: &Tenant) -> Change<'_> {
    parameter(tenant, "/app/pool", "20").await;
    let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    let not_before = Timestamp::now() + SignedDuration::from_secs(1);
    proposal["not_before"] = json!(not_before);
    proposal["incident"] = json!("INC-7");
    proposal["narrative"] = json!({"model": "m-1"});
    let change = tenant.propose(&proposal).await;
    change.approve_undriven().await;
    // While it is stopped, an executor that refuses nothing makes no call either, and says so.
    tenant.stop().await;
    until_moment(not_before).await;
    until_true("all is relayed", 30, async || {
        change.items().await.iter().all(|item| !text(item, "sk").starts_with("OUTBOX#"))
    })
    .await;
    change
}

/// Another value of the same kind, as plausible as can be.
fn other_text(value: &str) -> String {
    if let Ok(time) = value.parse::<Timestamp>() {
        return (time + SignedDuration::from_hours(1)).to_string();
    }
    let turned = |prefix: &str, rest: &str| format!("{prefix}{}", rest.chars().rev().collect::<String>());
    match value {
        "approved" => "awaiting_approval".to_owned(),
        "awaiting_approval" => "approved".to_owned(),
        _ => match value.split_once(':') {
            Some(("sha256", digits)) => turned("sha256:", digits),
            _ => format!("{value}x"),
        },
    }
}

fn other_json(value: &Value) -> Value {
    match value {
        Value::Null => json!("x"),
        Value::Bool(is) => json!(!is),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) => json!(other_text(text)),
        Value::Array(_) | Value::Object(_) => json!("emptied"),
    }
}

fn other_attribute(value: &Value) -> Value {
    let (kind, inner) = value.as_object().and_then(|map| map.iter().next()).expect("an attribute");
    match (kind.as_str(), inner) {
        ("S", Value::String(text)) => json!({"S": other_text(text)}),
        ("N", Value::String(number)) => json!({"N": (number.parse::<i64>().unwrap() + 1).to_string()}),
        ("B", Value::String(bytes)) => {
            let mut bytes = BASE64.decode(bytes).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            json!({"B": BASE64.encode(bytes)})
        }
        ("L", Value::Array(items)) => {
            let more = [items.as_slice(), &[json!({"N": "7"})]].concat();
            json!({"L": more})
        }
        _ => json!({"S": "x"}),
    }
}

/// Every place in a document that has no members of its own.
fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (position, item) in items.iter().enumerate() {
                leaves(item, format!("{at}/{position}"), found);
            }
        }
        Value::Object(map) if !map.is_empty() => {
            for (key, item) in map {
                leaves(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => found.push(at),
    }
}

/// Every document that differs from this one in one place.
fn other_documents(document: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    leaves(document, String::new(), &mut places);
    let edited = |place: String| {
        let mut edited = document.clone();
        let leaf = edited.pointer_mut(&place).expect("a place in the document");
        *leaf = other_json(leaf);
        (place, edited)
    };
    places.into_iter().map(edited).collect()
}

/// Every edit of one item: each attribute changed and removed, one added, the item deleted; with the document that its
/// `body` is, each place in it.
fn edits_of(item: &Item) -> Vec<(String, Edit)> {
    let sk = text(item, "sk");
    let mut edits = vec![(format!("{sk} deleted"), Edit::Delete(item.clone()))];
    let mut added = item.clone();
    added.insert("extra".to_owned(), json!({"S": "x"}));
    edits.push((format!("{sk} with an attribute more"), Edit::Put(added)));
    for name in item.keys().filter(|name| !["pk", "sk"].contains(&name.as_str())) {
        let (mut changed, mut removed) = (item.clone(), item.clone());
        changed.insert(name.clone(), other_attribute(&item[name]));
        removed.remove(name);
        edits.push((format!("{sk} with another {name}"), Edit::Put(changed)));
        edits.push((format!("{sk} without {name}"), Edit::Put(removed)));
    }
    if item.contains_key("body") {
        for (place, document) in other_documents(&body(item)) {
            edits.push((
                format!("{sk} with another {place} in its body"),
                Edit::Put(with_body(item, &document)),
            ));
        }
    }
    edits
}

/// Items that would mean something if they were there.
fn additions(change: &Change<'_>, items: &[Item]) -> Vec<(String, Edit)> {
    let last = items.iter().rfind(|item| text(item, "sk").starts_with("LEDGER#")).expect("a ledger");
    let step = items.iter().find(|item| text(item, "sk") == "STEP#00").expect("a step");
    let at = |sk: &str, like: &Item| {
        let mut item = like.clone();
        item.insert("sk".to_owned(), json!({"S": sk}));
        (format!("{sk} added"), Edit::Put(item))
    };
    let mut outbox = Item::from([("pk".to_owned(), json!({"S": change.partition()}))]);
    outbox.insert("body".to_owned(), json!({"S": "99"}));
    let fence = json!({
        "attempt": "att_01ARZ3NDEKTSV4RRFFQ69G5FAV", "step": 0, "generation": 1, "access_key_id": "ASIA",
        "taken_at": "2026-11-23T00:00:00Z", "ends_at": null,
    });
    vec![
        at("LEDGER#000099", last),
        at("STEP#01", step),
        at("OUTBOX#000099", &outbox),
        at("FENCE#00#do", &with_body(step, &fence)),
        at("FENCE#01#do", &with_body(step, &fence)),
        at("NOTE#1", step),
    ]
}

/// Makes every edit, runs the executor, checks that it refused, and puts the items back. Tells what was not refused.
async fn not_refused(change: &Change<'_>, table: Table, pk: &str, edits: Vec<(String, Edit)>) -> Vec<String> {
    let (record, partition) = (change.partition(), table.partition(pk).await);
    let whole = Table::Changes.partition(&record).await;
    let mut wrong = Vec::new();
    for (name, edit) in edits {
        match &edit {
            Edit::Put(item) => table.put(item).await,
            Edit::Delete(item) => table.delete(item).await,
        }
        let invoked = change.apply_by_hand(1).await;
        let after = Table::Changes.partition(&record).await;
        let head = after.iter().find(|item| text(item, "sk") == "HEAD");
        let status = head.map_or("no record", |head| text(head, "status"));
        let fenced = whole.iter().chain(&after).filter(|item| text(item, "sk").starts_with("FENCE#")).count();
        let added_fence =
            u8::from(matches!(&edit, Edit::Put(item) if text(item, "sk").starts_with("FENCE#")));
        let ended = ["failed", "unknown", "stale", "expired", "no record"].contains(&status);
        if !ended || fenced != usize::from(added_fence) {
            wrong.push(format!("{name}: {status}, {fenced} fences, {:?}", invoked.error));
        }
        table.restore(pk, &partition).await;
        Table::Changes.restore(&record, &whole).await;
    }
    wrong
}

/// Checks that no edit got through, lifts the stop, and checks that the change itself does.
async fn assert_refused_and_then_run(change: &Change<'_>, wrong: Vec<String>) {
    assert!(wrong.is_empty(), "not refused:\n{}", wrong.join("\n"));
    assert_eq!(parameter_version(change.tenant, "/app/pool").await, 1, "no call was made");
    assert_eq!(change.status().await, "approved", "all is as it was");
    change.tenant.start().await;
    sweep_until(change, "it runs now", async || change.status().await == "succeeded").await;
    assert_eq!(parameter_version(change.tenant, "/app/pool").await, 2, "one call");
}

#[tokio::test]
async fn an_edit_of_the_record_the_steps_or_the_ledger_is_refused() {
    let tenant = Plan::named("edit-record").make().await;
    let change = held(&tenant).await;
    let items = change.items().await;
    let kinds: Vec<_> = items.iter().map(|item| text(item, "sk")).collect();
    assert_eq!(kinds, ["HEAD", "LEDGER#000001", "LEDGER#000002", "STEP#00"], "every kind of item is covered");
    let mut edits: Vec<_> = items.iter().flat_map(edits_of).collect();
    edits.extend(additions(&change, &items));
    assert!(edits.len() > 80, "{} edits", edits.len());
    let wrong = not_refused(&change, Table::Changes, &change.partition(), edits).await;
    assert_refused_and_then_run(&change, wrong).await;
}

#[tokio::test]
async fn an_edit_of_what_was_proposed_captured_or_sealed_is_refused() {
    let tenant = Plan::named("edit-dossier").make().await;
    let change = held(&tenant).await;
    let blobs = Table::Changes.under(&format!("{}#B#", change.partition())).await;
    assert_eq!(blobs.len(), 1, "one blob in one chunk: {blobs:?}");
    let blob = &blobs[0];
    let packed = BASE64.decode(blob["data"]["B"].as_str().unwrap()).unwrap();
    let dossier = zstd::bulk::decompress(&packed, 1024 * 1024).unwrap();
    let dossier: Value = serde_json::from_slice(&dossier).unwrap();
    let mut edits = edits_of(blob);
    for (place, document) in other_documents(&dossier) {
        let packed = zstd::bulk::compress(document.to_string().as_bytes(), 3).unwrap();
        let mut edited = blob.clone();
        edited.insert("data".to_owned(), json!({"B": BASE64.encode(packed)}));
        edits.push((format!("the dossier with another {place}"), Edit::Put(edited)));
    }
    assert!(edits.len() > 60, "{} edits", edits.len());
    let wrong = not_refused(&change, Table::Changes, text(blob, "pk"), edits).await;
    assert_refused_and_then_run(&change, wrong).await;
}

#[tokio::test]
async fn an_edit_of_a_decision_is_refused() {
    let tenant = Plan::named("edit-decision").make().await;
    let change = held(&tenant).await;
    let items = Table::Approvals.partition(&change.partition()).await;
    let decision = items.iter().find(|item| text(item, "sk") == "DECISION#alice").expect("a decision");
    let with_a_body: Vec<_> = edits_of(decision)
        .into_iter()
        // A decision is read by its body alone.
        .filter(|(name, _)| !name.ends_with("an attribute more"))
        .collect();
    let wrong = not_refused(&change, Table::Approvals, &change.partition(), with_a_body).await;
    assert_refused_and_then_run(&change, wrong).await;
}

#[tokio::test]
async fn what_the_executor_does_not_read_cannot_change_what_it_does() {
    let tenant = Plan::named("edit-beside").make().await;
    let change = held(&tenant).await;
    let mut beside = Table::Changes.under(&format!("T#{}#", tenant.id)).await;
    beside.retain(|item| text(item, "pk") != change.partition() && !text(item, "pk").contains("#B#"));
    let kinds: Vec<_> = beside.iter().map(|item| text(item, "sk")).collect();
    assert_eq!(kinds, ["IDEMPOTENCY", "WATCH"], "what there is beside record and blobs");
    for item in &beside {
        Table::Changes.delete(item).await;
        assert_eq!(change.apply_by_hand(1).await.error, None);
        assert_eq!(change.status().await, "approved");
        Table::Changes.put(item).await;
    }
    assert_refused_and_then_run(&change, Vec::new()).await;
}
