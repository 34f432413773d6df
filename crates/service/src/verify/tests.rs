use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::decision::Verb;
use changegate_change::digest::Digest;
use changegate_change::id::ChangeId;
use changegate_change::status::Status;
use jiff::SignedDuration;
use ulid::Ulid;

use super::*;
use crate::refusal::Ending;
use crate::sample::{
    at, config, decision, dossier, dossier_of, proposal, record, record_of, signed, verifies,
};

type Item = HashMap<String, AttributeValue>;

/// What the executor does with stored items, from bytes to an approved proposal.
fn verified(items: &[Item], dossier: &Dossier, decisions: Vec<SignedDecision>) -> Result<(), Refusal> {
    let record = Record::of_items(items)
        .map_err(|error| Refusal::altered("record_unreadable", error.to_string()))?
        .ok_or_else(|| Refusal::altered("record_unreadable", "no record"))?;
    let proposal = believed(&record, dossier, verifies("propose"))?;
    approved(proposal, &record, decisions, &config(), verifies("review")).map(|_| ())
}

fn yes() -> Vec<SignedDecision> {
    vec![decision("alice", Verb::Approve)]
}

fn code(result: Result<(), Refusal>) -> String {
    result.unwrap_err().why().code.clone()
}

/// Other values of the same kind, and of another kind.
fn edits(value: &AttributeValue) -> Vec<AttributeValue> {
    let mut edits = vec![AttributeValue::Bool(true), AttributeValue::S("edited".into())];
    if let AttributeValue::S(text) = value {
        let replaced =
            [("1", "2"), ("alice", "mallory"), ("approved", "executing"), ("2026-11-23", "2027-11-23")];
        let others = replaced.map(|(from, to)| text.replacen(from, to, 1));
        edits.extend(others.into_iter().chain([format!("{text} ")]).map(AttributeValue::S));
    }
    if let AttributeValue::N(number) = value {
        let number: u64 = number.parse().unwrap();
        edits.push(AttributeValue::N((number + 1).to_string()));
    }
    if let AttributeValue::L(_) = value {
        edits.push(AttributeValue::L(vec![]));
    }
    edits.retain(|edit| edit != value);
    edits
}

#[test]
fn an_untouched_approved_change_verifies() {
    let items = record(Status::Approved).to_items().unwrap();
    verified(&items, &dossier(), yes()).unwrap();
}

#[test]
fn every_attribute_of_a_prepared_change_that_is_edited_or_removed_is_refused() {
    let whole = record(Status::Approved).to_items().unwrap();
    let mut tried = 0;
    for (position, item) in whole.iter().enumerate() {
        for (name, value) in item {
            let mut removed = whole.clone();
            removed[position].remove(name);
            assert!(verified(&removed, &dossier(), yes()).is_err(), "{name} removed from item {position}");
            for edit in edits(value) {
                let mut edited = whole.clone();
                edited[position].insert(name.clone(), edit.clone());
                assert!(verified(&edited, &dossier(), yes()).is_err(), "{name} of item {position}: {edit:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried} edits");
}

#[test]
fn every_attribute_that_is_added_and_every_item_that_is_added_is_refused() {
    let whole = record(Status::Approved).to_items().unwrap();
    for position in 0..whole.len() {
        for name in ["why", "undone_by", "undoes", "expires_at", "note"] {
            let mut added = whole.clone();
            added[position].insert(name.into(), AttributeValue::S("added".into()));
            assert!(verified(&added, &dossier(), yes()).is_err(), "{name} in item {position}");
        }
    }
    for sk in ["STEP#01", "FENCE#00#do", "LEDGER#000003", "OUTBOX#000009", "HEAD#2", "NOTE"] {
        let mut item = whole[0].clone();
        item.insert("sk".into(), AttributeValue::S(sk.into()));
        item.insert("body".into(), AttributeValue::S("9".into()));
        let with: Vec<_> = whole.iter().cloned().chain([item]).collect();
        assert!(verified(&with, &dossier(), yes()).is_err(), "{sk}");
    }
}

#[test]
fn every_item_that_is_deleted_is_refused_but_a_relayed_marker() {
    let whole = record(Status::Approved).to_items().unwrap();
    for position in 0..whole.len() {
        let mut items = whole.clone();
        let gone = items.remove(position);
        let sk = gone["sk"].as_s().unwrap();
        let result = verified(&items, &dossier(), yes());
        assert_eq!(result.is_ok(), sk.starts_with("OUTBOX#"), "{sk}: {result:?}");
    }
}

#[test]
fn a_record_in_any_status_is_consistent_as_it_was_written() {
    for status in Status::ALL {
        consistent(&record(status), &dossier()).unwrap_or_else(|refusal| panic!("{status}: {refusal:?}"));
    }
}

#[test]
fn a_ledger_that_tells_of_what_cannot_happen_is_refused() {
    let mut skipped = record(Status::Executing);
    let first = skipped.ledger[0].clone();
    let started = &skipped.ledger[2];
    let (head, entry) = record(Status::AwaitingApproval)
        .head
        .then(
            &first,
            crate::sample::moment(9),
            Kind::Executing,
            Status::Executing,
            &changegate_change::head::Facts::default(),
            started.data.clone(),
        )
        .unwrap();
    skipped.head = head;
    skipped.ledger = vec![first, entry];
    assert_eq!(code(consistent(&skipped, &dossier())), "ledger_altered");
}

#[test]
fn a_proposal_with_a_forged_signature_or_another_content_is_refused() {
    let record = record(Status::Approved);
    let forged = |edit: fn(&mut Dossier)| {
        let mut dossier = dossier();
        edit(&mut dossier);
        believed(&record, &dossier, verifies("propose")).map(|_| ())
    };
    assert_eq!(code(forged(|d| d.signed.signature = "MEUC".into())), "record_altered");
    assert_eq!(code(forged(|d| d.signed.proposal.reason = "another".into())), "record_altered");
    // A whole change, made up with all its parts, by somebody who cannot sign.
    let mut mine = dossier();
    mine.signed.signature = crate::sample::sign("mallory", b"anything");
    let made_up = record_of(&mine, Status::Approved);
    assert_eq!(code(believed(&made_up, &mine, verifies("propose")).map(|_| ())), "proposal_altered");
}

#[test]
fn decisions_that_do_not_verify_or_do_not_suffice_are_refused() {
    let items = record(Status::Approved).to_items().unwrap();
    let with = |decisions| verified(&items, &dossier(), decisions);
    assert_eq!(code(with(vec![])), "quorum_not_satisfied");
    assert_eq!(code(with(vec![decision("alice", Verb::Reject)])), "quorum_not_satisfied");
    let both = vec![decision("alice", Verb::Approve), decision("bob", Verb::Reject)];
    assert_eq!(code(with(both)), "quorum_not_satisfied");
    let yes = decision("alice", Verb::Approve).decision;
    assert_eq!(code(with(vec![signed(yes.clone(), "mallory")])), "decision_not_verified");
    let beside = vec![decision("alice", Verb::Approve), signed(yes.clone(), "mallory")];
    assert_eq!(code(with(beside)), "decision_not_verified");
    let other_change = ChangeId::new(Ulid::from_parts(1, 99));
    for (edit, expected) in [
        (Decided { change: other_change, ..yes.clone() }, "quorum_not_satisfied"),
        (Decided { tenant: "other".parse().unwrap(), ..yes.clone() }, "quorum_not_satisfied"),
        (Decided { digest: Digest::of_bytes(b"x"), ..yes.clone() }, "quorum_not_satisfied"),
        (Decided { approver: "mallory".parse().unwrap(), ..yes.clone() }, "approver_unknown"),
        (Decided { subject: "mallory".into(), ..yes.clone() }, "approver_unknown"),
        (Decided { decided_at: at() + SignedDuration::from_hours(25), ..yes }, "decided_late"),
    ] {
        assert_eq!(code(with(vec![signed(edit, "review")])), expected);
    }
}

type Decided = changegate_change::decision::Decision;

#[test]
fn a_changed_policy_makes_the_change_stale_and_a_changed_webhook_does_not() {
    let record = record(Status::Approved);
    let under = |config: &TenantConfig| {
        let proposal = believed(&record, &dossier(), verifies("propose")).unwrap();
        approved(proposal, &record, yes(), config, verifies("review")).map(|_| ())
    };
    let mut told = config();
    told.webhook = Some(changegate_change::tenant::Webhook { url: "https://cm.example/hooks".into() });
    under(&told).unwrap();
    let mut changed = config();
    changed.approval.required = 2;
    let refusal = under(&changed).unwrap_err();
    assert_eq!((refusal.ending(), refusal.why().code.as_str()), (Ending::Stale, "policy_changed"));
}

#[test]
fn an_execute_before_that_does_not_follow_from_the_decisions_is_refused() {
    let items = record(Status::Approved).to_items().unwrap();
    let mut later = decision("alice", Verb::Approve).decision;
    later.decided_at = at() + SignedDuration::from_mins(50);
    assert_eq!(code(verified(&items, &dossier(), vec![signed(later, "review")])), "record_altered");
}

#[test]
fn a_change_runs_between_not_before_and_execute_before_only() {
    let mut content = proposal();
    let start = at() + SignedDuration::from_hours(1);
    content.not_before = Some(start);
    let dossier = dossier_of(content);
    let record = record_of(&dossier, Status::Approved);
    let proposal = believed(&record, &dossier, verifies("propose")).unwrap();
    let mut yes = decision("alice", Verb::Approve).decision;
    yes.digest = proposal.digest();
    let decisions = vec![signed(yes, "review")];
    let approved = approved(proposal, &record, decisions, &config(), verifies("review")).unwrap();
    let moment = SignedDuration::from_millis(1);
    assert_eq!(in_time(&approved, start - moment), Ok(Some(start)));
    assert_eq!(in_time(&approved, start), Ok(None));
    assert_eq!(in_time(&approved, approved.execute_before()), Ok(None));
    let late = in_time(&approved, approved.execute_before() + moment).unwrap_err();
    assert_eq!(late.ending(), Ending::Expired);
}

#[test]
fn what_the_configuration_does_not_open_any_more_is_stale() {
    let step = proposal().steps.remove(0);
    open(&step, &config()).unwrap();
    let edits: [fn(&mut TenantConfig); 5] = [
        |config| config.accounts.clear(),
        |config| config.accounts[0].reader_role.push('x'),
        |config| config.accounts[0].executor_role.push('x'),
        |config| config.accounts[0].regions.clear(),
        |config| config.classes.clear(),
    ];
    for edit in edits {
        let mut config = config();
        edit(&mut config);
        assert_eq!(open(&step, &config).unwrap_err().ending(), Ending::Stale);
    }
}
