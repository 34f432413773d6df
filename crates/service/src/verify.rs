//! What the executor believes: nothing that is stored, before it was rebuilt from what was signed.
//!
//! [`consistent`]: record, ledger, steps, fences and outbox are what the proposal and the ledger say. [`believed`]: the
//! proposal is signed. [`approved`]: verified decisions, under the verified configuration, satisfy the rule in the digest.

use changegate_change::decision::SignedDecision;
use changegate_change::head::project;
use changegate_change::ledger::{Entry, Kind, verify_chain};
use changegate_change::proposal::{Step, VerifiedProposal};
use changegate_change::quorum::{ApprovedProposal, NotApproved};
use changegate_change::status::{Status, TRANSITIONS};
use changegate_change::step_fact::Attempts;
use changegate_change::tenant::TenantConfig;
use changegate_store::record::Record;
use jiff::Timestamp;

use crate::dossier::Dossier;
use crate::refusal::Refusal;

/// Checks that record, ledger, steps, fences and outbox are exactly what the proposal and the ledger say.
///
/// # Errors
/// The first part that is not.
pub fn consistent(record: &Record, dossier: &Dossier) -> Result<(), Refusal> {
    let head = &record.head;
    verify_chain(&head.tenant, &head.change, &record.ledger)
        .map_err(|error| Refusal::altered("ledger_altered", error.to_string()))?;
    course(&record.ledger)?;
    let projected = project(&dossier.signed, head.dossier, &record.ledger)
        .map_err(|error| Refusal::altered("ledger_altered", error.to_string()))?;
    if projected != *head {
        return Err(Refusal::altered(
            "record_altered",
            "the record is not what the proposal and the ledger say",
        ));
    }
    opened(record)?;
    Attempts::of(&dossier.signed.proposal, &record.ledger)
        .and_then(|attempts| attempts.agree(&record.steps, &record.fences))
        .map_err(|error| Refusal::altered("steps_altered", error.to_string()))?;
    let told = |sequence: &u64| {
        record.ledger.iter().any(|entry| entry.sequence == *sequence && entry.kind.is_public())
    };
    if record.outbox.iter().all(told) {
        return Ok(());
    }
    Err(Refusal::altered("outbox_altered", "the outbox names a ledger entry that nobody is told of"))
}

/// Checks that every entry follows from the one before it in the lifecycle.
fn course(ledger: &[Entry]) -> Result<(), Refusal> {
    let follows = |from: Status, entry: &Entry| {
        let by_event = TRANSITIONS.iter().any(|(was, _, is)| (*was, *is) == (from, entry.status));
        from == entry.status || by_event || entry.kind == Kind::Refused
    };
    let opens = ledger
        .first()
        .is_some_and(|first| first.kind == Kind::Proposed && first.status == Status::AwaitingApproval);
    let fits = ledger.iter().zip(ledger.iter().skip(1)).all(|(was, entry)| follows(was.status, entry));
    if opens && fits {
        return Ok(());
    }
    Err(Refusal::altered("ledger_altered", "the ledger tells of what cannot happen to a change"))
}

/// Checks that the first entry names the digest and the dossier of the record.
fn opened(record: &Record) -> Result<(), Refusal> {
    let named = |key: &str| {
        record.ledger.first().and_then(|first| first.data.get(key)).and_then(serde_json::Value::as_str)
    };
    let head = &record.head;
    let same = named("digest") == Some(head.digest.to_string().as_str())
        && named("dossier") == Some(head.dossier.to_string().as_str());
    if same {
        return Ok(());
    }
    Err(Refusal::altered("ledger_altered", "the ledger begins with another proposal"))
}

/// The proposal of a change, if the record is consistent and `verifies(message, signature)` says that `propose` signed it.
///
/// # Errors
/// What does not verify.
pub fn believed(
    record: &Record,
    dossier: &Dossier,
    verifies: impl FnOnce(&[u8], &str) -> bool,
) -> Result<VerifiedProposal, Refusal> {
    consistent(record, dossier)?;
    let head = &record.head;
    let verified = dossier.signed.clone().verify(&head.tenant, &head.change, verifies);
    let proposal = verified.map_err(|error| Refusal::altered("proposal_altered", error.to_string()))?;
    if proposal.digest() == head.digest {
        return Ok(proposal);
    }
    Err(Refusal::altered("proposal_altered", "the proposal does not have the digest of the record"))
}

/// The approved proposal, if every stored decision verifies and together they satisfy the rule.
///
/// # Errors
/// What does not verify, or why it is not approved.
pub fn approved(
    proposal: VerifiedProposal,
    record: &Record,
    decisions: Vec<SignedDecision>,
    config: &TenantConfig,
    verifies: impl Fn(&[u8], &str) -> bool,
) -> Result<ApprovedProposal, Refusal> {
    let all: Option<Vec<_>> = decisions.into_iter().map(|decision| decision.verify(&verifies)).collect();
    let decisions = all.ok_or_else(|| {
        Refusal::refused("decision_not_verified", "the signature of a stored decision does not verify")
    })?;
    let approved = ApprovedProposal::new(proposal, &decisions, config).map_err(|why| not_approved(&why))?;
    if record.head.execute_before == Some(approved.execute_before()) {
        return Ok(approved);
    }
    let message = "execute_before in the record is not the one that follows from the decisions";
    Err(Refusal::altered("record_altered", message))
}

fn not_approved(why: &NotApproved) -> Refusal {
    match why {
        NotApproved::Policy => Refusal::stale("policy_changed", why.to_string()),
        NotApproved::Quorum => Refusal::refused("quorum_not_satisfied", why.to_string()),
        NotApproved::Late => Refusal::refused("decided_late", why.to_string()),
        NotApproved::Identity { .. } => Refusal::refused("approver_unknown", why.to_string()),
    }
}

/// Whether an approved change may run at `now`: `None`, or the moment from which it may.
///
/// # Errors
/// It may not any more.
pub fn in_time(approved: &ApprovedProposal, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    if now > approved.execute_before() {
        let message = "the call was not made before execute_before";
        return Err(Refusal::expired("execute_before_passed", message));
    }
    Ok(approved.get().not_before.filter(|start| now < *start))
}

/// Checks that the tenant's configuration still opens what a step does, with the roles that were approved.
///
/// # Errors
/// What it does not open any more.
pub fn open(step: &Step, config: &TenantConfig) -> Result<(), Refusal> {
    let account = config.account(&step.account);
    let account = account
        .ok_or_else(|| Refusal::stale("policy_changed", "the account is not the tenant's any more"))?;
    if account.reader_role != step.reader_role || account.executor_role != step.executor_role {
        return Err(Refusal::stale("policy_changed", "the account has other roles than the approved ones"));
    }
    if !account.regions.contains(&step.region) {
        return Err(Refusal::stale("policy_changed", "the region is not open any more"));
    }
    if config.open_class(&step.action_class).is_none() {
        return Err(Refusal::stale("policy_changed", "the action class is not open any more"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
