//! The record of a change as the tables hold it: a ledger, and a HEAD that is its fold.
//!
//! A reader sees the record at a version. Since the ledger is append-only and every write is conditional on the version
//! (`store::commit`), what a worker read is the fold of the first `version` entries, and the model keeps the version only.

use changegate_change::ledger::Kind;
use changegate_change::status::Status;
use changegate_change::step_record::Outcome;

/// More entries than any history of the model has; [`crate::life::properties`] checks that.
pub(crate) const LINES: usize = 12;

/// Number of an attempt, from 1; 0 is none.
pub(crate) type Attempt = u8;
/// Number of ledger entries.
pub(crate) type Version = u8;
/// Number of an execution, from 1.
pub(crate) type Generation = u8;

/// One ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    /// The attempt that it tells of, for entries about a call.
    pub(crate) attempt: Attempt,
}

/// The entries by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Ledger([Option<Line>; LINES]);

/// The item HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Head {
    pub(crate) status: Status,
    pub(crate) version: Version,
    pub(crate) generation: Generation,
}

/// What a reader of all items of a change knows (`store::record::Record`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) head: Head,
    /// The attempt that has the fence.
    pub(crate) fence: Attempt,
    /// What the step's record says of the attempt.
    pub(crate) outcome: Option<Outcome>,
}

impl Record {
    /// The attempt that has the fence and has not ended (`service::overdue::open_attempt`).
    pub(crate) fn open_attempt(&self) -> Option<Attempt> {
        (self.fence != 0 && self.outcome.is_none()).then_some(self.fence)
    }
}

impl Ledger {
    /// Puts an entry at its place, from 1; `false` if there is no such place in the model.
    pub(crate) fn put(&mut self, version: Version, line: Line) -> bool {
        let place = usize::from(version).checked_sub(1).and_then(|place| self.0.get_mut(place));
        place.map(|place| *place = Some(line)).is_some()
    }

    /// The entries, in their order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter().flatten()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lines().count()
    }

    /// The fold of the first `version` entries (`change::head::project`, `change::step_fact::Attempts`).
    pub(crate) fn record(&self, version: Version) -> Record {
        let head = Head { status: Status::AwaitingApproval, version, generation: 1 };
        let mut record = Record { head, fence: 0, outcome: None };
        for line in self.0.iter().take(usize::from(version)).flatten() {
            record.head.status = line.status;
            match line.kind {
                Kind::Resumed => record.head.generation += 1,
                Kind::Executing => {
                    record.fence = line.attempt;
                    record.outcome = None;
                }
                Kind::CallSucceeded => record.outcome = Some(Outcome::Succeeded),
                Kind::CallFailed => record.outcome = Some(Outcome::Failed),
                Kind::CallUnknown => record.outcome = Some(Outcome::Unknown),
                Kind::Proposed
                | Kind::Decided
                | Kind::Approved
                | Kind::Rejected
                | Kind::Expired
                | Kind::Withdrawn
                | Kind::Stale
                | Kind::Refused
                | Kind::Succeeded
                | Kind::Failed
                | Kind::Undone => {}
            }
        }
        record
    }
}
