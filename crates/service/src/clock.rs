//! Time and randomness, as the use cases take them.

use changegate_change::head::Moment;
use changegate_change::id::EntryId;
use changegate_change::ledger::Actor;
use jiff::{Timestamp, Unit};
use ulid::Ulid;

/// Where time and randomness come from.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: fn() -> Timestamp,
    random: fn() -> u128,
}

impl Clock {
    /// A clock and a source of random numbers.
    pub fn new(now: fn() -> Timestamp, random: fn() -> u128) -> Self {
        Self { now, random }
    }

    /// Now, to the millisecond: what is stored reads back as what it was.
    pub fn now(&self) -> Timestamp {
        let now = (self.now)();
        now.round(Unit::Millisecond).unwrap_or(now)
    }

    /// A new ULID at this moment.
    pub fn ulid(&self, at: Timestamp) -> Ulid {
        Ulid::from_parts(u64::try_from(at.as_millisecond()).unwrap_or_default(), (self.random)())
    }

    /// The moment of a ledger entry.
    pub fn moment(&self, at: Timestamp, actor: Actor) -> Moment {
        Moment { id: EntryId::new(self.ulid(at)), at, actor }
    }

    /// Changegate itself as the actor: the name of a function.
    pub fn moment_of(&self, at: Timestamp, function: &str) -> Moment {
        self.moment(at, Actor::Function(function.to_owned()))
    }
}
