//! The parts of the model: which of its actions are open, and how far each goes.

use crate::change_set::ChangeSet;
use crate::fault::Fault;
use crate::life::Life;

/// A part of the model: what is open in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Decisions, withdrawal, expiry and callbacks racing each other.
    People,
    /// Executor, workflow, sweep and AWS, with faults of all of them.
    Sending,
    /// What is verified before the fence: window, deadlines, stop, policy and models, drift.
    Checks,
    /// What ends `unknown` by evidence, after the design document.
    Reconcile,
    /// Two steps with compensation and workers racing each other, after the design document.
    ChangeSet,
    /// Three steps and one worker at a time, so that several steps are to be undone.
    LongerSet,
}

/// A design to check.
#[derive(Debug, Clone)]
pub(crate) enum Design {
    Life(Life),
    ChangeSet(ChangeSet),
}

impl Part {
    /// Every part.
    pub(crate) const ALL: [Self; 6] =
        [Self::People, Self::Sending, Self::Checks, Self::Reconcile, Self::ChangeSet, Self::LongerSet];

    /// The name on the command line and in figures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Sending => "sending",
            Self::Checks => "checks",
            Self::Reconcile => "reconcile",
            Self::ChangeSet => "change-set",
            Self::LongerSet => "longer-set",
        }
    }

    /// What it is modelled after.
    pub(crate) fn after(self) -> &'static str {
        match self {
            Self::People | Self::Sending | Self::Checks => "the code",
            Self::Reconcile | Self::ChangeSet | Self::LongerSet => "the document",
        }
    }

    /// The design, as it is or with a fault; the long form goes further.
    pub(crate) fn design(self, long: bool, fault: Option<Fault>) -> Design {
        let only = fault.map(Fault::breaks);
        match self.life(long) {
            Some(life) => {
                // Forged records would be the shortest way to some harm, and not the one that a fault is about.
                let forges = fault.is_none_or(|fault| fault == Fault::StatusBelieved);
                let forgeries = if forges { life.forgeries } else { 0 };
                Design::Life(Life { fault, only, forgeries, ..life })
            }
            None => {
                let longer = self == Self::LongerSet;
                let (steps, workers) = if longer { (3, 1) } else { (2, 2) };
                let faults = if long { 2 } else { 1 };
                Design::ChangeSet(ChangeSet { steps, workers, faults, fault, only })
            }
        }
    }

    /// The life of a change with one step, if the part is about that.
    pub(crate) fn life(self, long: bool) -> Option<Life> {
        let people = people(long);
        let one =
            Life { required: 1, rejects: false, withdraws: false, forgeries: 0, slots: 2, ..people.clone() };
        let more = u8::from(long);
        match self {
            Self::People => Some(people),
            Self::Sending => Some(Life { settles: true, stops: 1, faults: 1 + more, ..one }),
            Self::Checks => Some(Life {
                not_before: true,
                upgrades: true,
                stops: 1,
                foreign_writes: 1,
                faults: more,
                ..one
            }),
            Self::Reconcile => {
                Some(Life { ends_early: false, reconciles: true, foreign_writes: more, faults: 1, ..one })
            }
            Self::ChangeSet | Self::LongerSet => None,
        }
    }
}

/// Two must approve, and everybody may do what they may. Three at once with one fault, or two at once with two.
fn people(long: bool) -> Life {
    Life {
        required: 2,
        not_before: false,
        ends_early: true,
        settles: false,
        rejects: true,
        withdraws: true,
        upgrades: false,
        reconciles: false,
        faults: if long { 2 } else { 1 },
        stops: 0,
        foreign_writes: 0,
        forgeries: 1,
        slots: if long { 2 } else { 3 },
        fault: None,
        only: None,
    }
}
