//! The record of a change: a pure fold of its proposal and its ledger.
//!
//! INVARIANT: the stored HEAD equals [`project`] of the signed proposal and the ledger. The executor checks it, so that an
//! edited attribute is found whether or not anything reads it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::id::{AgentId, ChangeId, EntryId, TenantId};
use crate::json::StrictJsonError;
use crate::ledger::{Actor, Entry, Happening, Kind};
use crate::proposal::SignedProposal;
use crate::status::Status;

/// The record of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// Where it is in its life.
    pub status: Status,
    /// How many ledger entries there are; every write is conditional on it.
    pub version: u64,
    /// The hash of the last ledger entry.
    pub ledger: Digest,
    /// The number of the execution that drives it.
    pub generation: u64,
    /// The digest of the proposal.
    pub digest: Digest,
    /// The signature of the proposal.
    pub signature: String,
    /// The blob that holds proposal, captures, secrets and narrative.
    pub dossier: Digest,
    /// One line that names it.
    pub title: String,
    /// Who asked.
    pub requester: AgentId,
    /// The steps, by number; the workflow maps over them.
    pub steps: Vec<u32>,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when people can decide.
    pub decide_by: Timestamp,
    /// Before when it must not run; the workflow waits for it if it is there.
    pub not_before: Option<Timestamp>,
    /// Until when it can run; known from the decision on.
    pub execute_before: Option<Timestamp>,
    /// The incident that it belongs to.
    pub incident: Option<String>,
    /// The change that it undoes.
    pub undoes: Option<ChangeId>,
    /// The change that undid it.
    pub undone_by: Option<ChangeId>,
    /// Why it ended as it did.
    pub why: Option<Why>,
}

/// Why a change ended as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// A stable word.
    pub code: String,
    /// The same in words.
    pub message: String,
}

/// What is known of a happening when it is written, before the chain gives it its place.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The id of the entry.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// A fact of a happening that the fold reads back from the entry's data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Until when the change can run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute_before: Option<Timestamp>,
    /// Why it ended as it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// The change that undid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<ChangeId>,
    /// The number of the new execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// Why a record cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The ledger is empty.
    #[error("the ledger is empty")]
    Empty,
    /// An entry's facts cannot be read.
    #[error("the facts of ledger entry {sequence} cannot be read")]
    Facts {
        /// The place of the entry.
        sequence: u64,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A value has no canonical form.
    #[error("a value has no canonical form")]
    Form(#[from] StrictJsonError),
}

impl Head {
    /// The record and the ledger of a new change.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn first(
        signed: &SignedProposal,
        dossier: Digest,
        moment: Moment,
    ) -> Result<(Self, Entry), HeadError> {
        let proposal = &signed.proposal;
        let Moment { id, at, actor } = moment;
        let data = json!({ "digest": proposal.digest()?, "dossier": dossier, "title": proposal.title });
        let what = Happening { id, kind: Kind::Proposed, at, actor, status: Status::AwaitingApproval, data };
        let entry = Entry::first(proposal.tenant.clone(), proposal.change.clone(), what);
        let head = project(signed, dossier, std::slice::from_ref(&entry))?;
        Ok((head, entry))
    }

    /// The record and the entry after something happened. `last` is the entry that the record's ledger hash names.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn then(
        &self,
        last: &Entry,
        moment: Moment,
        kind: Kind,
        status: Status,
        facts: &Facts,
        more: Value,
    ) -> Result<(Self, Entry), HeadError> {
        let Moment { id, at, actor } = moment;
        let data = data_of(facts, more);
        let entry = last.then(Happening { id, kind, at, actor, status, data })?;
        let mut head = self.clone();
        head.fold(&entry)?;
        Ok((head, entry))
    }

    fn fold(&mut self, entry: &Entry) -> Result<(), HeadError> {
        let facts: Facts = serde_json::from_value(entry.data.clone())
            .map_err(|source| HeadError::Facts { sequence: entry.sequence, source })?;
        self.status = entry.status;
        self.version = entry.sequence;
        self.ledger = entry.hash()?;
        self.updated_at = entry.at;
        self.generation = facts.generation.unwrap_or(self.generation);
        self.execute_before = facts.execute_before.or(self.execute_before);
        self.undone_by = facts.undone_by.or_else(|| self.undone_by.take());
        self.why = facts.why.or_else(|| self.why.take());
        Ok(())
    }

    /// The next moment at which the record must be looked at if nothing happens; none when it is over.
    pub fn due(&self) -> Option<Timestamp> {
        match self.status {
            Status::AwaitingApproval => Some(self.decide_by),
            Status::Approved => self.execute_before,
            Status::Executing | Status::Settling | Status::Compensating | Status::Unknown => {
                Some(self.updated_at)
            }
            Status::Succeeded
            | Status::Rejected
            | Status::Expired
            | Status::Withdrawn
            | Status::Stale
            | Status::Failed
            | Status::Compensated
            | Status::CompensationIncomplete => None,
        }
    }
}

/// The record that the proposal and the ledger say there must be.
///
/// # Errors
/// An empty ledger, an entry that cannot be read.
pub fn project(signed: &SignedProposal, dossier: Digest, entries: &[Entry]) -> Result<Head, HeadError> {
    let proposal = &signed.proposal;
    let first = entries.first().ok_or(HeadError::Empty)?;
    let mut head = Head {
        tenant: proposal.tenant.clone(),
        change: proposal.change.clone(),
        status: first.status,
        version: first.sequence,
        ledger: first.hash()?,
        generation: 1,
        digest: proposal.digest()?,
        signature: signed.signature.clone(),
        dossier,
        title: proposal.title.clone(),
        requester: proposal.requester.clone(),
        steps: (0..u32::try_from(proposal.steps.len()).unwrap_or(u32::MAX)).collect(),
        created_at: proposal.created_at,
        updated_at: first.at,
        decide_by: proposal.decide_by,
        not_before: proposal.not_before,
        execute_before: None,
        incident: proposal.incident.clone(),
        undoes: proposal.undoes.as_ref().map(|undoes| undoes.change.clone()),
        undone_by: None,
        why: None,
    };
    for entry in entries {
        head.fold(entry)?;
    }
    Ok(head)
}

fn data_of(facts: &Facts, more: Value) -> Value {
    let mut data = more;
    if let (Some(map), Ok(Value::Object(known))) = (data.as_object_mut(), serde_json::to_value(facts)) {
        map.extend(known);
        return data;
    }
    json!(facts)
}
