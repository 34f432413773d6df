//! A change as it is stored, in every status, for tests: signed by a stand-in for KMS, its ledger written event by event.

use std::collections::BTreeMap;

use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::decision::{Decision, SignedDecision, Verb};
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Moment, Why};
use changegate_change::id::{AttemptId, ChangeId, DecisionId, EntryId, TenantId};
use changegate_change::ledger::{Actor, Kind};
use changegate_change::proposal::{Proposal, SignedProposal, signed_bytes};
use changegate_change::status::{Event, Status, next};
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::{AttemptResult, Fence, Outcome, StepRecord};
use changegate_change::tenant::TenantConfig;
use changegate_store::record::Record;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::dossier::Dossier;

pub(crate) fn at() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(crate) fn tenant() -> TenantId {
    "demo".parse().unwrap()
}

pub(crate) fn change() -> ChangeId {
    ChangeId::new(Ulid::from_parts(1_800_000_000_000, 1))
}

/// A signature that only the holder of `key` could have made, as far as these tests go.
pub(crate) fn sign(key: &str, message: &[u8]) -> String {
    Digest::of_bytes(&[key.as_bytes(), message].concat()).to_string()
}

pub(crate) fn verifies(key: &'static str) -> impl Fn(&[u8], &str) -> bool {
    move |message, signature| sign(key, message) == signature
}

pub(crate) fn config() -> TenantConfig {
    let config = json!({
        "tenant": "demo",
        "accounts": [{
            "id": "111111111111", "name": "staging", "regions": ["us-east-1"],
            "reader_role": "arn:aws:iam::111111111111:role/changegate-reader",
            "executor_role": "arn:aws:iam::111111111111:role/changegate-executor",
        }],
        "agents": [{"id": "deploy-bot", "key_sha256": "00"}],
        "approvers": [
            {"id": "alice", "name": "Alice", "email": "alice@example.com", "issuer": "https://id.example", "subject": "alice"},
            {"id": "bob", "name": "Bob", "email": "bob@example.com", "issuer": "https://id.example", "subject": "bob"},
        ],
        "issuers": [{"url": "https://id.example", "client_id": "changegate"}],
        "classes": [{"id": "ssm-parameters", "agent_sees": "full"}],
        "approval": {"required": 1},
    });
    serde_json::from_value(config).unwrap()
}

pub(crate) fn before() -> Capture {
    Capture { present: true, state: json!({"Value": "20", "Type": "String"}), truncated: false }
}

fn step() -> Value {
    json!({
        "account": "111111111111", "account_name": "staging", "partition": "aws", "region": "us-east-1",
        "service": "ssm", "operation": "PutParameter",
        "parameters": {"Name": "/staging/pool", "Value": "40", "Overwrite": true},
        "access": "write", "action_class": "ssm-parameters",
        "request": {
            "method": "POST", "host": "ssm.us-east-1.amazonaws.com", "path": "/", "query": "", "headers": [],
            "body": Digest::of_bytes(b"body"), "signing_name": "ssm", "signing_region": "us-east-1",
        },
        "reader_role": "arn:aws:iam::111111111111:role/changegate-reader",
        "executor_role": "arn:aws:iam::111111111111:role/changegate-executor",
        "session_policy": {"Version": "2012-10-17", "Statement": []}, "ends_early": true, "wider": [],
        "before": CaptureRef::to(&before()).unwrap(), "diff": [],
        "recipe": {"id": "ssm/PutParameter", "hash": Digest::of_bytes(b"recipe")}, "index": "sha256:index",
        "undo": {"class": "full", "calls": [], "caveats": []}, "settle": null, "risks": [], "agent_may_see": "full",
    })
}

pub(crate) fn proposal() -> Proposal {
    let proposal = json!({
        "format": 1, "tenant": "demo", "change": change(), "undoes": null, "title": "Raise the pool",
        "reason": "Timeouts at checkout", "incident": "INC-1", "narrative": null, "requester": "deploy-bot",
        "on_behalf_of": null, "created_at": at(), "decide_by": at() + SignedDuration::from_hours(24),
        "not_before": null, "execute_before": null, "policy": config().policy_digest().unwrap(),
        "verdict": "ask", "rule": {"required": 1, "approvers": ["alice", "bob"]}, "sealed": null,
        "steps": [step()],
    });
    serde_json::from_value(proposal).unwrap()
}

pub(crate) fn dossier_of(proposal: Proposal) -> Dossier {
    let message = signed_bytes(&proposal.tenant, &proposal.change, &proposal.digest().unwrap()).unwrap();
    let signed = SignedProposal { proposal, signature: sign("propose", &message) };
    let captures = [(before().digest().unwrap().to_string(), before())].into();
    Dossier { signed, captures, sealed: None, narrative: None }
}

pub(crate) fn dossier() -> Dossier {
    dossier_of(proposal())
}

pub(crate) fn decision(approver: &str, verb: Verb) -> SignedDecision {
    let decision = Decision {
        id: DecisionId::new(Ulid::from_parts(1, u128::from(approver.len() as u64))),
        tenant: tenant(),
        change: change(),
        digest: proposal().digest().unwrap(),
        approver: approver.parse().unwrap(),
        issuer: "https://id.example".into(),
        subject: approver.into(),
        verb,
        note: String::new(),
        decided_at: at() + SignedDuration::from_mins(5),
    };
    signed(decision, "review")
}

pub(crate) fn signed(decision: Decision, key: &str) -> SignedDecision {
    let signature = sign(key, &decision.signed_bytes().unwrap());
    SignedDecision { decision, signature }
}

pub(crate) fn fence() -> Fence {
    Fence {
        attempt: AttemptId::new(Ulid::from_parts(1, 1)),
        step: 0,
        generation: 1,
        access_key_id: "ASIAEXAMPLE".into(),
        taken_at: at() + SignedDuration::from_mins(6),
        ends_at: Some(at() + SignedDuration::from_mins(7)),
    }
}

pub(crate) fn result(outcome: Outcome) -> AttemptResult {
    AttemptResult {
        attempt: fence().attempt,
        outcome,
        request_id: Some("request-1".into()),
        code: None,
        message: None,
        output: BTreeMap::new(),
        ended_at: at() + SignedDuration::from_mins(6),
    }
}

pub(crate) fn moment(number: u128) -> Moment {
    Moment {
        id: EntryId::new(Ulid::from_parts(1, number)),
        at: at() + SignedDuration::from_secs(i64::try_from(number).unwrap()),
        actor: Actor::Function("sample".into()),
    }
}

/// The events that lead to a status.
fn way(status: Status) -> Vec<Event> {
    let sent = [Event::Approve, Event::Start];
    let after = |more: &[Event]| [&sent[..], more].concat();
    match status {
        Status::AwaitingApproval => vec![],
        Status::Approved => vec![Event::Approve],
        Status::Executing => after(&[]),
        Status::Settling => after(&[Event::CallSucceeded]),
        Status::Succeeded => after(&[Event::CallSucceeded, Event::Settle]),
        Status::Rejected => vec![Event::Reject],
        Status::Expired => vec![Event::Expire],
        Status::Withdrawn => vec![Event::Withdraw],
        Status::Stale => vec![Event::Approve, Event::GoStale],
        Status::Failed => after(&[Event::CallFailed]),
        Status::Unknown => after(&[Event::CallUnknown]),
        Status::Compensating => after(&[Event::Compensate]),
        Status::Compensated => after(&[Event::Compensate, Event::CompensationDone]),
        Status::CompensationIncomplete => after(&[Event::Compensate, Event::CompensationStuck]),
    }
}

fn told(event: Event) -> (Kind, Facts, Value) {
    let ended = |outcome| StepFact::Ended { number: 0, result: result(outcome) }.data();
    let why = Facts {
        why: Some(Why { code: "sample".into(), message: "as the sample wants it".into() }),
        ..Facts::default()
    };
    match event {
        Event::Approve => {
            let limit = decision("alice", Verb::Approve).decision.decided_at + SignedDuration::from_hours(4);
            (Kind::Approved, Facts { execute_before: Some(limit), ..Facts::default() }, json!({}))
        }
        Event::Start => (Kind::Executing, Facts::default(), StepFact::Started(fence()).data()),
        Event::CallSucceeded => (Kind::CallSucceeded, Facts::default(), ended(Outcome::Succeeded)),
        Event::CallFailed => (Kind::CallFailed, why, ended(Outcome::Failed)),
        Event::CallUnknown => (Kind::CallUnknown, why, ended(Outcome::Unknown)),
        Event::Settle => {
            let fact = StepFact::Observed { number: 0, settled: true, after: None, diff: None };
            (Kind::Succeeded, Facts::default(), fact.data())
        }
        Event::Reject => (Kind::Rejected, why, json!({})),
        Event::Expire => (Kind::Expired, why, json!({})),
        Event::Withdraw => (Kind::Withdrawn, why, json!({})),
        Event::GoStale => (Kind::Stale, why, json!({})),
        Event::Refuse => (Kind::Refused, why, json!({})),
        Event::SettleFailed
        | Event::ReconcileSucceeded
        | Event::ReconcileFailed
        | Event::Compensate
        | Event::CompensationDone
        | Event::CompensationStuck => (Kind::Resumed, Facts::default(), json!({})),
    }
}

/// A change in a status, as it is stored.
pub(crate) fn record(status: Status) -> Record {
    record_of(&dossier(), status)
}

pub(crate) fn record_of(dossier: &Dossier, status: Status) -> Record {
    let blob = Digest::of(dossier).unwrap();
    let (mut head, first) = Head::first(&dossier.signed, blob, moment(1)).unwrap();
    let mut ledger = vec![first];
    let mut step = StepRecord::planned(0, dossier.signed.proposal.steps[0].before.digest);
    let mut fences = Vec::new();
    for (number, event) in (2_u128..).zip(way(status)) {
        let (kind, facts, data) = told(event);
        let follows = next(head.status, event).unwrap();
        let then = head.then(ledger.last().unwrap(), moment(number), kind, follows, &facts, data).unwrap();
        match StepFact::of(&then.1).unwrap() {
            Some(StepFact::Started(fence)) => fences.push(fence),
            Some(StepFact::Ended { result, .. }) => step.attempt = Some(result),
            Some(StepFact::Observed { settled, .. }) => step.settled = settled,
            None => {}
        }
        head = then.0;
        ledger.push(then.1);
    }
    Record { head, ledger, steps: vec![step], fences, outbox: vec![1] }
}
