//! What is stored, shown and told of a planned call.

use aws_call::{NoAnswer, Outcome, Output, Refusal};
use changegate_catalog::Recipe;
use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Moment, Why};
use changegate_change::id::{AttemptId, ChangeId, EntryId};
use changegate_change::ledger::{Actor, Entry, Kind};
use changegate_change::proposal::{FORMAT, Proposal, SignedProposal};
use changegate_change::status::Status;
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::{AttemptResult, Fence, StepRecord};
use changegate_policy::{StepFacts, verdict};
use changegate_service::apply_step::outcome::Ended;
use changegate_service::dossier::Dossier;
use changegate_service::notice::Notice;
use changegate_service::prepare::Prepared;
use changegate_service::review::{Reviewed, WhyNot};
use changegate_service::view::{Shown, change_view};
use changegate_web::page::review::render;
use changegate_web::present::review_page;
use changegate_webhook::PublicEvent;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::gate::Gate;
use crate::sinks::Sinks;
use changegate_tests::canary::Canaries;

/// A planned call, and the state that it left.
pub(crate) struct Stored<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) change: &'a ChangeId,
    pub(crate) prepared: &'a Prepared,
    pub(crate) after: Option<&'a Capture>,
}

/// A record as it is stored.
struct Record {
    head: Head,
    ledger: Vec<Entry>,
    step: StepRecord,
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

impl Stored<'_> {
    /// Everything that leaves: once for a call that succeeds, and once for every way in which it does not.
    pub(crate) fn shown(
        &self,
        recipe: &Recipe,
        reasons: &[String],
        canaries: &mut Canaries,
        sinks: &mut Sinks,
    ) {
        let dossier = self.dossier();
        sinks.bytes("the dossier", serde_json::to_vec(&dossier).unwrap());
        sinks.debug("the dossier's Debug", &dossier);
        let notice = Notice::of(&dossier.signed.proposal, "https://gate.example.com");
        sinks.debug("the notice", &notice);
        let secret = self.prepared.step.request.body.starts_with("hmac:");
        let needed = recipe.needed_output(&self.prepared.step.undo);
        for sent in every_answer(self.gate, recipe, canaries) {
            // Of a call that holds no secret, AWS's words may be kept: they cannot repeat one.
            if !secret && !matches!(sent, Outcome::Done(_) | Outcome::DoneUnreadable { .. }) {
                continue;
            }
            if !matches!(sent, Outcome::NoAnswer(_)) {
                sinks.debug("an answer's Debug", &sent);
            }
            let result = Ended::of(sent, secret, &needed).result(attempt(), now());
            sinks.debug("an attempt's Debug", &result);
            self.record_shown(&dossier, &self.record(&dossier, result, None), sinks);
        }
        for reason in reasons {
            let done = Outcome::Done(Output { output: json!({}), status: 200, request_id: None });
            let result = Ended::of(done, secret, &needed).result(attempt(), now());
            let why = Why { code: "settle_failed".into(), message: reason.clone() };
            self.record_shown(&dossier, &self.record(&dossier, result, Some(why)), sinks);
        }
    }

    fn dossier(&self) -> Dossier {
        let config = &self.gate.config;
        let step = &self.prepared.step;
        let facts = StepFacts { account: &step.account, region: &step.region, class: &step.action_class };
        let verdict = verdict(config, &config.agents[0], &[facts]).unwrap();
        let proposal = Proposal {
            format: FORMAT,
            tenant: config.tenant.clone(),
            change: self.change.clone(),
            undoes: None,
            title: "Rotate the password".to_owned(),
            reason: "It is a year old".to_owned(),
            incident: None,
            narrative: None,
            requester: config.agents[0].id.clone(),
            on_behalf_of: None,
            created_at: now(),
            decide_by: now() + SignedDuration::from_hours(24),
            not_before: None,
            execute_before: None,
            policy: config.policy_digest().unwrap(),
            verdict: verdict.words,
            rule: verdict.rule,
            sealed: None,
            steps: vec![step.clone()],
        };
        let before = &self.prepared.before;
        let captures = [(before.digest().unwrap().to_string(), before.clone())].into();
        let signed = SignedProposal { proposal, signature: "signature".to_owned() };
        Dossier { signed, captures, sealed: None, narrative: None }
    }

    /// The record after an attempt, and after AWS gave up if there is a reason.
    fn record(&self, dossier: &Dossier, result: AttemptResult, why: Option<Why>) -> Record {
        let fence = Fence {
            attempt: attempt(),
            step: 0,
            generation: 1,
            access_key_id: "ASIAEXAMPLE".into(),
            taken_at: now(),
            ends_at: None,
        };
        let (head, first) = Head::first(&dossier.signed, Digest::of(dossier).unwrap(), moment(1)).unwrap();
        let before = self.prepared.step.before.digest;
        let mut record = Record { head, ledger: vec![first], step: StepRecord::planned(0, before) };
        record.then(Kind::Approved, Status::Approved, None, json!({}));
        record.then(Kind::Executing, Status::Executing, None, StepFact::Started(fence).data());
        record.step.attempt = Some(result.clone());
        let ended = StepFact::Ended { number: 0, result };
        record.then(Kind::CallSucceeded, Status::Settling, None, ended.data());
        let after = self.after.map(|after| CaptureRef::to(after).unwrap());
        let diff = self.after.map(|after| {
            serde_json::to_value(changegate_catalog::diff(&self.prepared.before, after)).unwrap()
        });
        let digest = diff.as_ref().map(|diff| Digest::of(diff).unwrap());
        let observed = StepFact::Observed { number: 0, settled: true, after: after.clone(), diff: digest };
        record.step = StepRecord { settled: true, after, diff, ..record.step };
        let (kind, status) = match why {
            None => (Kind::Succeeded, Status::Succeeded),
            Some(_) => (Kind::Failed, Status::Failed),
        };
        record.then(kind, status, why, observed.data());
        record
    }

    fn record_shown(&self, dossier: &Dossier, record: &Record, sinks: &mut Sinks) {
        let Record { head, ledger, step } = record;
        sinks.bytes("the record", serde_json::to_vec(&(head, step)).unwrap());
        sinks.bytes("the ledger", serde_json::to_vec(ledger).unwrap());
        sinks.debug("the record's Debug", &(head, ledger, step));
        for event in ledger.iter().filter_map(PublicEvent::of) {
            sinks.bytes("a webhook", event.to_json().unwrap());
        }
        let after: Vec<_> = self.after.iter().map(|after| (0, (*after).clone())).collect();
        sinks.bytes("the state after", serde_json::to_vec(&after).unwrap());
        let shown = Shown { head, dossier, ledger, steps: std::slice::from_ref(step), after: &after };
        let view = change_view(&self.gate.config, &shown).unwrap();
        sinks.text("what the agent sees", view.to_string());
        let proposal = dossier.signed.clone().verify(&head.tenant, &head.change, |_, _| true).unwrap();
        let reviewed = Reviewed {
            head: head.clone(),
            proposal,
            before: vec![self.prepared.before.clone()],
            after,
            steps: vec![step.clone()],
            ledger: ledger.clone(),
            decisions: vec![],
            approver: self.gate.config.approvers[0].clone(),
            names: vec![],
            may_decide: Err(WhyNot::Decided),
        };
        sinks.debug("the page's data's Debug", &reviewed);
        let page = review_page(&reviewed, "/review/demo".to_owned(), now()).unwrap();
        sinks.text("the page", render(&page).unwrap());
    }
}

impl Record {
    fn then(&mut self, kind: Kind, status: Status, why: Option<Why>, data: Value) {
        let number = u128::try_from(self.ledger.len()).unwrap() + 1;
        let facts = Facts { why, ..Facts::default() };
        let last = self.ledger.last().unwrap();
        let (head, entry) = self.head.then(last, moment(number), kind, status, &facts, data).unwrap();
        self.head = head;
        self.ledger.push(entry);
    }
}

fn attempt() -> AttemptId {
    AttemptId::new(Ulid::from_parts(1, 1))
}

fn moment(number: u128) -> Moment {
    let id = EntryId::new(Ulid::from_parts(1, number));
    Moment { id, at: now(), actor: Actor::Function("apply-step".into()) }
}

/// Every way in which AWS may answer the call, repeating a secret wherever there is room for one.
fn every_answer(gate: &Gate, recipe: &Recipe, canaries: &mut Canaries) -> Vec<Outcome> {
    let operation = gate.aws.index().operation(recipe.service(), recipe.operation()).unwrap();
    let secret = operation.output_sensitive_paths().to_vec();
    let output = operation.example_output(&mut |leaf| {
        let is_secret = secret.iter().any(|path| crate::places::within(leaf.path, path));
        if is_secret { canaries.make().into() } else { "text".into() }
    });
    let mut words = || format!("Value '{}' at 'password' is too short", canaries.make());
    vec![
        Outcome::Done(Output { output, status: 200, request_id: None }),
        Outcome::DoneUnreadable { reason: words(), request_id: None },
        Outcome::Refused(Refusal {
            status: 400,
            code: "ValidationException".into(),
            message: words(),
            request_id: None,
        }),
        Outcome::NoAnswer(NoAnswer { reason: words(), status: Some(500), code: None, request_id: None }),
    ]
}
