//! An approved change is made once and exactly as it was approved, or not at all: the use cases over an emulator.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed set-up fails the test"
)]

mod emulator;

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::decision::{Decision, SignedDecision, Verb};
use changegate_change::head::{Facts, Moment};
use changegate_change::id::{AttemptId, ChangeId, DecisionId, EntryId};
use changegate_change::ledger::{Actor, Kind};
use changegate_change::status::Status;
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::{Fence, Outcome};
use changegate_service::Clock;
use changegate_service::task::{Next, StepTask};
use changegate_store::record::Record;
use changegate_store::{item, keys};
use emulator::{Emulator, clock, random, tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NAME: &str = "/staging/pool";

/// Everything a test does with a change.
struct World {
    emulator: Emulator,
}

impl World {
    async fn start() -> Self {
        let emulator = Emulator::start().await;
        let world = Self { emulator };
        world.set("20").await;
        world
    }

    async fn set(&self, value: &str) {
        let parameters = json!({"Name": NAME, "Value": value, "Type": "String", "Overwrite": true});
        self.emulator.operator("PutParameter", parameters).await;
    }

    /// The value, and how often it was written.
    async fn parameter(&self) -> (String, u64) {
        let output = self.emulator.operator("GetParameter", json!({"Name": NAME})).await;
        let parameter = &output["Parameter"];
        (parameter["Value"].as_str().unwrap().to_owned(), parameter["Version"].as_u64().unwrap())
    }

    async fn propose(&self, value: &str) -> ChangeId {
        self.propose_call(json!({"Name": NAME, "Value": value, "Overwrite": true})).await
    }

    async fn propose_call(&self, parameters: Value) -> ChangeId {
        let body = json!({
            "title": "Raise the pool", "reason": "timeouts at checkout",
            "steps": [{"account": "000000000000", "region": "us-east-1", "service": "ssm",
                       "operation": "PutParameter", "parameters": parameters}],
        });
        let key = format!("key-{}", random());
        let caller = self.emulator.agent().await;
        let proposed =
            self.emulator.propose().propose(&caller, Some(&key), body.to_string().as_bytes()).await;
        let proposed = proposed.unwrap_or_else(|error| panic!("{}", error.story()));
        proposed.change["id"].as_str().unwrap().parse().unwrap()
    }

    async fn record(&self, change: &ChangeId) -> Record {
        self.emulator.store().record(&tenant(), change).await.unwrap().unwrap()
    }

    async fn status(&self, change: &ChangeId) -> Status {
        self.record(change).await.head.status
    }

    /// Approves as `review` does: the signed decision and the record in one transaction.
    async fn approve(&self, change: &ChangeId) {
        let record = self.record(change).await;
        let now = clock().now();
        let decision = Decision {
            id: DecisionId::new(clock().ulid(now)),
            tenant: tenant(),
            change: change.clone(),
            digest: record.head.digest,
            approver: "alice".parse().unwrap(),
            issuer: "https://id.example.com".into(),
            subject: "alice".into(),
            verb: Verb::Approve,
            note: String::new(),
            decided_at: now,
        };
        let signature =
            self.emulator.decision_signer().sign(&decision.signed_bytes().unwrap()).await.unwrap();
        let facts = Facts { execute_before: Some(now + SignedDuration::from_hours(4)), ..Facts::default() };
        let who = Actor::Approver(decision.approver.clone());
        let moment = Moment { id: EntryId::new(clock().ulid(now)), at: now, actor: who };
        let last = record.last().unwrap();
        let (head, entry) =
            record.head.then(last, moment, Kind::Approved, Status::Approved, &facts, json!({})).unwrap();
        let store = self.emulator.store();
        let signed = SignedDecision { decision, signature };
        store.commit().update(&head, &entry).decision(&signed).run().await.unwrap();
    }

    async fn approved(&self, value: &str) -> ChangeId {
        let change = self.propose(value).await;
        self.approve(&change).await;
        change
    }

    async fn apply(&self, change: &ChangeId) {
        let answer = self.emulator.apply_step().apply(&task(change)).await;
        assert_eq!(answer.unwrap_or_else(|error| panic!("{}", error.story())).next, Next::Done);
    }

    async fn observe(&self, change: &ChangeId, clock: Clock) -> (Next, u32) {
        let answer = self.emulator.observe(clock).observe(&task(change)).await;
        let answer = answer.unwrap_or_else(|error| panic!("{}", error.story()));
        (answer.next, answer.wait)
    }

    async fn put(&self, table: &str, item: item::Item) {
        self.emulator.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    async fn delete(&self, table: &str, pk: String, sk: &str) {
        let request = self.emulator.dynamodb().delete_item().table_name(table);
        request.set_key(Some(item::keyed(pk, sk))).send().await.unwrap();
    }

    /// Takes the outbox markers away, as the relay does.
    async fn relay_everything(&self, changes: &[&ChangeId]) {
        for change in changes {
            for sequence in self.record(change).await.outbox {
                self.emulator.store().relayed(&tenant(), change, sequence).await.unwrap();
            }
        }
    }

    /// Takes the fence of a change and says nothing more, as an attempt that died does.
    async fn die_after_the_fence(&self, change: &ChangeId) -> Fence {
        let record = self.record(change).await;
        let now = clock().now();
        let fence = Fence {
            attempt: AttemptId::new(clock().ulid(now)),
            step: 0,
            generation: 1,
            access_key_id: "ASIADEAD".into(),
            taken_at: now,
            ends_at: Some(now + SignedDuration::from_secs(60)),
        };
        let moment = clock().moment_of(now, "apply-step");
        let data = StepFact::Started(fence.clone()).data();
        let last = record.last().unwrap();
        let then =
            record.head.then(last, moment, Kind::Executing, Status::Executing, &Facts::default(), data);
        let (head, entry) = then.unwrap();
        let store = self.emulator.store();
        store.commit().update(&head, &entry).fence(&tenant(), change, &fence).run().await.unwrap();
        fence
    }
}

fn task(change: &ChangeId) -> StepTask {
    StepTask { tenant: tenant(), change: change.clone(), generation: 1, step: 0 }
}

/// The clock of somebody who comes two minutes later.
fn in_two_minutes() -> Clock {
    Clock::new(|| Timestamp::now() + SignedDuration::from_mins(2), random)
}

/// The clock of somebody who comes after every deadline of a decision.
fn in_two_days() -> Clock {
    Clock::new(|| Timestamp::now() + SignedDuration::from_hours(48), random)
}

#[tokio::test]
async fn an_approved_change_is_made_once_however_often_its_tasks_run() {
    let world = World::start().await;
    let (_, written) = world.parameter().await;
    let change = world.approved("40").await;
    assert_eq!(world.observe(&change, clock()).await.0, Next::Again, "nothing was sent yet");
    world.apply(&change).await;
    assert_eq!(world.parameter().await, ("40".into(), written + 1));
    let settling = world.record(&change).await;
    assert_eq!(settling.head.status, Status::Settling, "{:?}", settling.head.why);
    let attempt = settling.steps[0].attempt.clone().unwrap();
    assert_eq!((attempt.outcome, attempt.attempt), (Outcome::Succeeded, settling.fences[0].attempt.clone()));
    assert!(attempt.request_id.is_some() && settling.fences[0].access_key_id.starts_with("ASIA"));
    world.apply(&change).await;
    for _ in 0..2 {
        assert_eq!(world.observe(&change, clock()).await, (Next::Done, 0));
        world.apply(&change).await;
    }
    assert_eq!(world.parameter().await, ("40".into(), written + 1));
    let done = world.record(&change).await;
    assert_eq!((done.head.status, done.steps[0].settled), (Status::Succeeded, true));
    let after = done.steps[0].after.clone().unwrap();
    let blob = world.emulator.store().blob(&tenant(), &change, &after.digest).await.unwrap();
    let capture: Value = serde_json::from_slice(&blob).unwrap();
    assert_eq!(capture["state"]["Value"], "40", "{capture}");
    let kinds: Vec<_> = done.ledger.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [Kind::Proposed, Kind::Approved, Kind::Executing, Kind::CallSucceeded, Kind::Succeeded]
    );
}

#[tokio::test]
async fn two_attempts_at_once_send_once() {
    let world = World::start().await;
    let (_, written) = world.parameter().await;
    let change = world.approved("40").await;
    tokio::join!(world.apply(&change), world.apply(&change), world.apply(&change));
    assert_eq!(world.parameter().await, ("40".into(), written + 1));
    assert_eq!(world.record(&change).await.fences.len(), 1);
}

#[tokio::test]
async fn a_change_that_nobody_approved_is_not_made() {
    let world = World::start().await;
    let change = world.propose("40").await;
    world.apply(&change).await;
    assert_eq!(world.status(&change).await, Status::AwaitingApproval);
    // Somebody who can write the table says that it is approved, and keeps the ledger in order.
    let record = world.record(&change).await;
    let now = clock().now();
    let facts = Facts { execute_before: Some(now + SignedDuration::from_hours(4)), ..Facts::default() };
    let moment = clock().moment_of(now, "review");
    let last = record.last().unwrap();
    let (head, entry) =
        record.head.then(last, moment, Kind::Approved, Status::Approved, &facts, json!({})).unwrap();
    world.emulator.store().commit().update(&head, &entry).run().await.unwrap();
    world.apply(&change).await;
    assert_eq!(world.parameter().await.0, "20");
    let head = world.record(&change).await.head;
    assert_eq!((head.status, head.why.unwrap().code.as_str()), (Status::Failed, "quorum_not_satisfied"));
}

#[tokio::test]
async fn an_edited_attribute_of_an_approved_change_ends_it_and_nothing_is_sent() {
    let world = World::start().await;
    let sample = world.approved("40").await;
    let items = world.record(&sample).await.to_items().unwrap();
    let mut tried = 0;
    for (position, item) in items.iter().enumerate() {
        for name in item.keys().filter(|name| *name != "pk" && *name != "sk") {
            let change = world.approved("40").await;
            let mut edited = world.record(&change).await.to_items().unwrap().remove(position);
            let text = edited[name].as_s().ok().cloned();
            let edit = match text {
                Some(text) => AttributeValue::S(format!("{text} ")),
                None => AttributeValue::N("7".into()),
            };
            let sk = edited["sk"].as_s().unwrap().clone();
            edited.insert(name.clone(), edit);
            world.put("changes", edited).await;
            world.apply(&change).await;
            assert_eq!(world.parameter().await.0, "20", "{name} of {sk}");
            let (status, kind) = raw_end(&world, &change).await;
            assert_eq!((status.as_str(), kind.as_str()), ("failed", "refused"), "{name} of {sk}");
            tried += 1;
        }
    }
    assert!(tried >= 25, "{tried} attributes");
}

/// The status in the record and the kind of the last entry, read without believing anything.
async fn raw_end(world: &World, change: &ChangeId) -> (String, String) {
    let request = world.emulator.dynamodb().query().table_name("changes").consistent_read(true);
    let request = request.key_condition_expression("pk = :pk");
    let pk = AttributeValue::S(keys::change(&tenant(), change));
    let items = request.expression_attribute_values(":pk", pk).send().await.unwrap().items.unwrap();
    let sk = |item: &item::Item| item["sk"].as_s().unwrap().clone();
    let head = items.iter().find(|item| sk(item) == keys::HEAD).unwrap();
    let last =
        items.iter().filter(|item| sk(item).starts_with("LEDGER#")).max_by_key(|item| sk(item)).unwrap();
    let entry: Value = serde_json::from_str(last["body"].as_s().unwrap()).unwrap();
    (head["status"].as_s().unwrap().clone(), entry["kind"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_state_that_somebody_changed_makes_the_change_stale() {
    let world = World::start().await;
    let change = world.approved("40").await;
    world.set("25").await;
    world.apply(&change).await;
    assert_eq!(world.parameter().await.0, "25");
    let record = world.record(&change).await;
    assert_eq!(record.head.status, Status::Stale);
    assert_eq!(record.head.why.as_ref().unwrap().code, "drift");
    assert_eq!(record.last().unwrap().data["paths"], json!(["/Value"]));
    assert!(record.fences.is_empty());
}

#[tokio::test]
async fn while_stopped_nothing_is_sent_and_nothing_is_lost() {
    let world = World::start().await;
    let change = world.approved("40").await;
    world.put("config", item::keyed(keys::EVERYTHING.into(), keys::STOP)).await;
    world.apply(&change).await;
    assert_eq!((world.parameter().await.0.as_str(), world.status(&change).await), ("20", Status::Approved));
    assert_eq!(world.observe(&change, clock()).await.0, Next::Done, "the execution ends");
    world.delete("config", keys::EVERYTHING.into(), keys::STOP).await;
    world.apply(&change).await;
    assert_eq!((world.parameter().await.0.as_str(), world.status(&change).await), ("40", Status::Settling));
}

#[tokio::test]
async fn an_attempt_that_died_after_the_fence_is_waited_for_and_then_unknown() {
    let world = World::start().await;
    let change = world.approved("40").await;
    world.die_after_the_fence(&change).await;
    world.apply(&change).await;
    let (next, wait) = world.observe(&change, clock()).await;
    assert!(next == Next::Wait && (30..=61).contains(&wait), "{next:?} {wait}");
    assert_eq!(world.observe(&change, in_two_minutes()).await, (Next::Done, 0));
    world.apply(&change).await;
    let record = world.record(&change).await;
    assert_eq!(record.head.status, Status::Unknown);
    assert_eq!(record.steps[0].attempt.clone().unwrap().outcome, Outcome::Unknown);
    assert_eq!(world.parameter().await.0, "20", "a fence that is taken is never taken again");
}

#[tokio::test]
async fn the_sweep_keeps_deadlines_and_starts_what_died() {
    let world = World::start().await;
    let waiting = world.propose("40").await;
    let ended = world.approved("40").await;
    let dead = world.approved("40").await;
    world.die_after_the_fence(&dead).await;
    world.relay_everything(&[&waiting, &ended, &dead]).await;
    // Every execution of this machine ends at once, so each open change needs another.
    let found = world.emulator.sweep(in_two_minutes()).sweep().await.unwrap();
    assert_eq!((found.looked, found.unknown, found.resumed, found.failed), (3, 1, 2, 0), "{found:?}");
    assert_eq!(world.status(&dead).await, Status::Unknown);
    let record = world.record(&ended).await;
    assert_eq!((record.head.generation, record.head.status), (2, Status::Approved));
    assert_eq!(record.last().unwrap().kind, Kind::Resumed);
    let busy = world.emulator.sweep(in_two_minutes()).sweep().await.unwrap();
    assert!(busy.busy && busy.looked == 0, "{busy:?}");
    world.relay_everything(&[&waiting, &ended, &dead]).await;
    let found = world.emulator.sweep(in_two_days()).sweep().await.unwrap();
    assert_eq!((found.expired, found.failed), (2, 0), "{found:?}");
    assert_eq!(world.status(&waiting).await, Status::Expired);
    assert_eq!(world.status(&ended).await, Status::Expired);
    assert_eq!(world.parameter().await.0, "20");
}

#[tokio::test]
async fn an_undo_restores_what_was_there_and_its_original_knows() {
    let world = World::start().await;
    let change = world.approved("40").await;
    world.apply(&change).await;
    world.observe(&change, clock()).await;
    let caller = world.emulator.agent().await;
    let undo = world.emulator.propose().undo(&caller, Some("undo-1"), &change).await;
    let undo = undo.unwrap_or_else(|error| panic!("{}", error.story()));
    let undo: ChangeId = undo.change["id"].as_str().unwrap().parse().unwrap();
    world.approve(&undo).await;
    world.apply(&undo).await;
    assert_eq!(world.observe(&undo, clock()).await, (Next::Done, 0));
    assert_eq!(world.parameter().await.0, "20");
    assert_eq!(world.status(&undo).await, Status::Succeeded);
    let original = world.record(&change).await;
    assert_eq!((original.head.status, original.head.undone_by.as_ref()), (Status::Succeeded, Some(&undo)));
    assert_eq!(original.last().unwrap().kind, Kind::Undone);
}

#[tokio::test]
async fn a_secret_is_applied_and_stands_nowhere_in_the_tables() {
    const SECRET: &str = "hunter2-canary";
    let world = World::start().await;
    let old = json!({"Name": "/staging/password", "Value": "old-canary", "Type": "SecureString"});
    world.emulator.operator("PutParameter", old).await;
    let parameters =
        json!({"Name": "/staging/password", "Value": SECRET, "Type": "SecureString", "Overwrite": true});
    let change = world.propose_call(parameters).await;
    world.approve(&change).await;
    world.apply(&change).await;
    assert_eq!(world.observe(&change, clock()).await, (Next::Done, 0));
    let record = world.record(&change).await;
    assert_eq!(record.head.status, Status::Succeeded, "{:?}", record.head.why);
    let read = json!({"Name": "/staging/password", "WithDecryption": true});
    let present = world.emulator.operator("GetParameter", read).await;
    assert_eq!(present["Parameter"]["Value"], SECRET);
    let store = world.emulator.store();
    let dossier = store.blob(&tenant(), &change, &record.head.dossier).await.unwrap();
    let after = record.steps[0].after.clone().unwrap();
    let after = store.blob(&tenant(), &change, &after.digest).await.unwrap();
    let stored = [format!("{record:?}").into_bytes(), dossier, after].concat();
    let stored = String::from_utf8_lossy(&stored);
    assert!(!stored.contains("canary") && stored.contains("hmac:"), "{stored}");
}
