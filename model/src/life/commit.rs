//! The one way in which a record changes: a transaction that is conditional on the version (`store::commit`).

use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status, next};

use super::Life;
use super::record::{Attempt, Head, Line, Version};
use super::state::State;

/// A transaction on HEAD and ledger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write {
    /// The version that the writer read.
    pub(crate) saw: Version,
    pub(crate) kind: Kind,
    /// What it does to the status; nothing for a note.
    pub(crate) event: Option<Event>,
    pub(crate) attempt: Attempt,
    /// The condition on the version was left out, by a seeded fault.
    pub(crate) unchecked: bool,
    /// The status that a seeded fault writes where the lifecycle allows no move.
    pub(crate) forced: Option<Status>,
}

impl Write {
    /// A transaction as the design has it.
    pub(crate) fn new(saw: Version, kind: Kind, event: Option<Event>, attempt: Attempt) -> Self {
        Self { saw, kind, event, attempt, unchecked: false, forced: None }
    }
}

/// Whether nothing can happen to a change in this status any more.
pub(crate) fn is_end(status: Status) -> bool {
    !status.is_open() && status != Status::Unknown
}

impl Life {
    /// Writes record and ledger entry, or nothing: `false` if the version moved on or the lifecycle does not allow it.
    pub(crate) fn commit(&self, state: &mut State, write: Write) -> bool {
        let Some(present) = state.head else { return false };
        if present.version != write.saw && !write.unchecked {
            return false;
        }
        let was = state.ledger.record(write.saw).head.status;
        let allowed = write.event.map_or(Ok(was), |event| next(was, event));
        let Some(status) = allowed.ok().or(write.forced) else { return false };
        let version = write.saw + 1;
        let line = Line { kind: write.kind, status, attempt: write.attempt };
        if !state.ledger.put(version, line) {
            state.broken.bound = true;
            return false;
        }
        state.broken.end_moved |= is_end(present.status) && status != present.status;
        let from = |(from, _, to): &(Status, Event, Status)| (*from, *to) == (present.status, status);
        let by_event = changegate_change::status::TRANSITIONS.iter().any(from);
        state.broken.illegal |= status != present.status && !by_event;
        state.over |= is_end(status);
        let generation = state.ledger.record(version).head.generation;
        state.head = Some(Head { status, version, generation });
        true
    }
}
