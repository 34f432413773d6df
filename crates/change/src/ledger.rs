//! The append-only, hash-chained list of what happened to a change.
//!
//! Every state change writes one entry; an entry names the digest of the one before it, so that none can be edited,
//! dropped or put in without breaking the chain.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::id::{AgentId, ApproverId, ChangeId, EntryId, TenantId};
use crate::json::StrictJsonError;
use crate::status::Status;

/// What an entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The change was proposed.
    Proposed,
    /// A decision that the quorum counts but that does not decide it.
    Decided,
    /// The decision that satisfied the quorum.
    Approved,
    /// A decision against.
    Rejected,
    /// A deadline passed.
    Expired,
    /// The requester took it back.
    Withdrawn,
    /// What was approved is no longer what would run.
    Stale,
    /// The executor found something that does not verify.
    Refused,
    /// The fence was taken; the call follows.
    Executing,
    /// AWS accepted the call.
    CallSucceeded,
    /// AWS refused the call, or it was not sent.
    CallFailed,
    /// The call ended without an answer.
    CallUnknown,
    /// AWS has finished, or the time to watch it is over: the change is done.
    Succeeded,
    /// AWS accepted the call and did not carry it through.
    Failed,
    /// An undo of this change succeeded.
    Undone,
    /// The workflow was started anew.
    Resumed,
}

impl Kind {
    /// The name in tables, APIs and webhooks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Decided => "decided",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Executing => "executing",
            Self::CallSucceeded => "call_succeeded",
            Self::CallFailed => "call_failed",
            Self::CallUnknown => "call_unknown",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Resumed => "resumed",
        }
    }

    /// Whether change-management systems are told.
    pub fn is_public(self) -> bool {
        match self {
            Self::Resumed => false,
            Self::Proposed
            | Self::Decided
            | Self::Approved
            | Self::Rejected
            | Self::Expired
            | Self::Withdrawn
            | Self::Stale
            | Self::Refused
            | Self::Executing
            | Self::CallSucceeded
            | Self::CallFailed
            | Self::CallUnknown
            | Self::Succeeded
            | Self::Failed
            | Self::Undone => true,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An agent, with its key.
    Agent(AgentId),
    /// A signed-in person.
    Approver(ApproverId),
    /// Changegate itself: the name of the function.
    Function(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(id) => write!(f, "agent {id}"),
            Self::Approver(id) => write!(f, "approver {id}"),
            Self::Function(name) => write!(f, "changegate {name}"),
        }
    }
}

/// What happened, before it has a place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// The id of the entry that it becomes.
    pub id: EntryId,
    /// What happened.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// The status after it.
    pub status: Status,
    /// The facts of it; never a secret.
    pub data: Value,
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, also the id of its webhook.
    pub id: EntryId,
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// Its place in the chain, from 1. It is also the version of the change after it.
    pub sequence: u64,
    /// What happened.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// The status after it.
    pub status: Status,
    /// The facts of it.
    pub data: Value,
    /// The hash of the entry before, none for the first.
    pub previous: Option<Digest>,
}

impl Entry {
    /// The first entry of a change.
    pub fn first(tenant: TenantId, change: ChangeId, what: Happening) -> Self {
        Self::link(tenant, change, 1, None, what)
    }

    /// The entry after this one.
    ///
    /// # Errors
    /// This entry has no canonical form.
    pub fn then(&self, what: Happening) -> Result<Self, StrictJsonError> {
        let previous = Some(self.hash()?);
        Ok(Self::link(self.tenant.clone(), self.change.clone(), self.sequence + 1, previous, what))
    }

    fn link(
        tenant: TenantId,
        change: ChangeId,
        sequence: u64,
        previous: Option<Digest>,
        what: Happening,
    ) -> Self {
        let Happening { id, kind, at, actor, status, data } = what;
        Self { id, tenant, change, sequence, kind, at, actor, status, data, previous }
    }

    /// The hash that the next entry names.
    ///
    /// # Errors
    /// The entry has no canonical form.
    pub fn hash(&self) -> Result<Digest, StrictJsonError> {
        Digest::of(self)
    }
}

/// Where a chain is broken.
#[derive(Debug, thiserror::Error)]
pub enum BrokenChain {
    /// There is no entry.
    #[error("the ledger is empty")]
    Empty,
    /// An entry does not follow from the one before it.
    #[error("ledger entry {sequence} does not follow from the one before it")]
    Link {
        /// The place of the entry.
        sequence: u64,
    },
    /// An entry has no canonical form.
    #[error("a ledger entry cannot be hashed")]
    Form(#[from] StrictJsonError),
}

/// Checks a chain from its first entry and gives the last.
///
/// # Errors
/// Where it is broken.
pub fn verify_chain<'a>(
    tenant: &TenantId,
    change: &ChangeId,
    entries: &'a [Entry],
) -> Result<&'a Entry, BrokenChain> {
    let mut previous: Option<&Entry> = None;
    for (position, entry) in (1_u64..).zip(entries) {
        let expected = previous.map(Entry::hash).transpose()?;
        let fits = entry.sequence == position
            && entry.previous == expected
            && entry.tenant == *tenant
            && entry.change == *change;
        if !fits {
            return Err(BrokenChain::Link { sequence: position });
        }
        previous = Some(entry);
    }
    previous.ok_or(BrokenChain::Empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use ulid::Ulid;

    use super::*;

    fn happening(number: u128) -> Happening {
        Happening {
            id: EntryId::new(Ulid::from_parts(1, number)),
            kind: Kind::Proposed,
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            actor: Actor::Function("propose".into()),
            status: Status::AwaitingApproval,
            data: json!({"number": number as u64}),
        }
    }

    fn chain(length: u128) -> (TenantId, ChangeId, Vec<Entry>) {
        let tenant: TenantId = "demo".parse().unwrap();
        let change = ChangeId::new(Ulid::from_parts(1, 1));
        let mut entries = vec![Entry::first(tenant.clone(), change.clone(), happening(0))];
        for number in 1..length {
            let next = entries.last().unwrap().then(happening(number)).unwrap();
            entries.push(next);
        }
        (tenant, change, entries)
    }

    #[test]
    fn an_untouched_chain_verifies_to_its_last_entry() {
        let (tenant, change, entries) = chain(5);
        assert_eq!(verify_chain(&tenant, &change, &entries).unwrap().sequence, 5);
    }

    #[test]
    fn an_edited_dropped_swapped_or_foreign_entry_breaks_the_chain() {
        let (tenant, change, entries) = chain(5);
        for position in 0..4 {
            let mut edited = entries.clone();
            edited[position].data = json!({"number": 99});
            assert!(verify_chain(&tenant, &change, &edited).is_err(), "edited {position}");
            let mut dropped = entries.clone();
            dropped.remove(position);
            assert!(verify_chain(&tenant, &change, &dropped).is_err(), "dropped {position}");
            let mut swapped = entries.clone();
            swapped.swap(position, position + 1);
            assert!(verify_chain(&tenant, &change, &swapped).is_err(), "swapped {position}");
        }
        assert!(verify_chain(&"other".parse().unwrap(), &change, &entries).is_err());
        assert!(verify_chain(&tenant, &change, &[]).is_err());
    }

    #[test]
    fn the_names_of_kinds_are_their_serialised_names() {
        assert_eq!(serde_json::to_value(Kind::CallSucceeded).unwrap(), Kind::CallSucceeded.as_str());
        assert_eq!(serde_json::to_value(Kind::Resumed).unwrap(), Kind::Resumed.as_str());
    }
}
