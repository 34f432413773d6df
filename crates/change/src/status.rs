//! The lifecycle of a change: every status, every event, and the one table that says what follows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a change is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Proposed; people are asked.
    AwaitingApproval,
    /// The quorum is satisfied; nothing was sent yet.
    Approved,
    /// The fence is taken: the call may be on its way.
    Executing,
    /// AWS accepted the call; the state after it is not captured yet.
    Settling,
    /// AWS accepted the call, and it was watched until AWS had finished or its time was over. The state after is captured if it
    /// could be read; if something is missing, the record says why.
    Succeeded,
    /// An approver said no.
    Rejected,
    /// A deadline passed before the call.
    Expired,
    /// Taken back before the call.
    Withdrawn,
    /// What was approved is no longer what would run: drift, policy or renderer changed.
    Stale,
    /// AWS said no or did not carry the call through, the call was not sent, or what is stored does not verify.
    Failed,
    /// The call may or may not have happened.
    Unknown,
    /// Completed steps are being undone.
    Compensating,
    /// Every completed step was undone.
    Compensated,
    /// Some completed step could not be undone; a person must look.
    CompensationIncomplete,
}

impl Status {
    /// Every status, in the order of the lifecycle.
    pub const ALL: [Self; 14] = [
        Self::AwaitingApproval,
        Self::Approved,
        Self::Executing,
        Self::Settling,
        Self::Succeeded,
        Self::Rejected,
        Self::Expired,
        Self::Withdrawn,
        Self::Stale,
        Self::Failed,
        Self::Unknown,
        Self::Compensating,
        Self::Compensated,
        Self::CompensationIncomplete,
    ];

    /// The name in tables, APIs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Settling => "settling",
            Self::Succeeded => "succeeded",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::CompensationIncomplete => "compensation_incomplete",
        }
    }

    /// Whether the workflow still has something to do for the change.
    pub fn is_open(self) -> bool {
        match self {
            Self::AwaitingApproval
            | Self::Approved
            | Self::Executing
            | Self::Settling
            | Self::Compensating => true,
            Self::Succeeded
            | Self::Rejected
            | Self::Expired
            | Self::Withdrawn
            | Self::Stale
            | Self::Failed
            | Self::Unknown
            | Self::Compensated
            | Self::CompensationIncomplete => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus { input: text.chars().take(40).collect() })
    }
}

/// A text that names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a status")]
pub struct UnknownStatus {
    input: String,
}

/// What can happen to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The last decision that the quorum needed.
    Approve,
    /// A decision against.
    Reject,
    /// `decide_by` or `execute_before` passed.
    Expire,
    /// The requester took it back.
    Withdraw,
    /// Drift, policy or renderer changed.
    GoStale,
    /// Something stored does not verify, or the call could not be prepared.
    Refuse,
    /// The fence was taken.
    Start,
    /// AWS accepted the call.
    CallSucceeded,
    /// AWS refused the call, or it was not sent.
    CallFailed,
    /// The call ended without an answer.
    CallUnknown,
    /// AWS has finished, or the time to watch it is over.
    Settle,
    /// AWS accepted the call and did not carry it through.
    SettleFailed,
    /// Evidence says that an unknown call happened.
    ReconcileSucceeded,
    /// Evidence says that an unknown call did not happen.
    ReconcileFailed,
    /// A later step failed and completed ones are to be undone.
    Compensate,
    /// Every completed step was undone.
    CompensationDone,
    /// Some completed step could not be undone.
    CompensationStuck,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 17] = [
        Self::Approve,
        Self::Reject,
        Self::Expire,
        Self::Withdraw,
        Self::GoStale,
        Self::Refuse,
        Self::Start,
        Self::CallSucceeded,
        Self::CallFailed,
        Self::CallUnknown,
        Self::Settle,
        Self::SettleFailed,
        Self::ReconcileSucceeded,
        Self::ReconcileFailed,
        Self::Compensate,
        Self::CompensationDone,
        Self::CompensationStuck,
    ];
}

/// An event that cannot happen in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a change that is `{status}` does not take `{event:?}`")]
pub struct IllegalTransition {
    /// Where the change is.
    pub status: Status,
    /// What was to happen.
    pub event: Event,
}

/// The transition table: what may happen in which status, and what follows.
pub const TRANSITIONS: &[(Status, Event, Status)] = &[
    (Status::AwaitingApproval, Event::Approve, Status::Approved),
    (Status::AwaitingApproval, Event::Reject, Status::Rejected),
    (Status::AwaitingApproval, Event::Expire, Status::Expired),
    (Status::AwaitingApproval, Event::Withdraw, Status::Withdrawn),
    (Status::AwaitingApproval, Event::GoStale, Status::Stale),
    (Status::AwaitingApproval, Event::Refuse, Status::Failed),
    (Status::Approved, Event::Expire, Status::Expired),
    (Status::Approved, Event::Withdraw, Status::Withdrawn),
    (Status::Approved, Event::GoStale, Status::Stale),
    (Status::Approved, Event::Refuse, Status::Failed),
    (Status::Approved, Event::Start, Status::Executing),
    (Status::Executing, Event::CallSucceeded, Status::Settling),
    (Status::Executing, Event::CallFailed, Status::Failed),
    (Status::Executing, Event::CallUnknown, Status::Unknown),
    (Status::Executing, Event::Compensate, Status::Compensating),
    (Status::Settling, Event::Settle, Status::Succeeded),
    (Status::Settling, Event::SettleFailed, Status::Failed),
    (Status::Settling, Event::Start, Status::Executing),
    (Status::Settling, Event::Compensate, Status::Compensating),
    (Status::Unknown, Event::ReconcileSucceeded, Status::Settling),
    (Status::Unknown, Event::ReconcileFailed, Status::Failed),
    (Status::Compensating, Event::CompensationDone, Status::Compensated),
    (Status::Compensating, Event::CompensationStuck, Status::CompensationIncomplete),
    (Status::Compensating, Event::CallUnknown, Status::Unknown),
];

/// The status after an event.
///
/// # Errors
/// The event cannot happen in that status.
pub fn next(status: Status, event: Event) -> Result<Status, IllegalTransition> {
    TRANSITIONS
        .iter()
        .find(|(from, on, _)| (*from, *on) == (status, event))
        .map(|(_, _, to)| *to)
        .ok_or(IllegalTransition { status, event })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_status_reads_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }

    #[test]
    fn the_table_has_one_answer_for_a_status_and_an_event() {
        let mut keys: Vec<_> = TRANSITIONS.iter().map(|(from, on, _)| (*from, *on)).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), TRANSITIONS.len());
    }

    #[test]
    fn every_status_can_be_reached() {
        for status in Status::ALL.into_iter().filter(|status| *status != Status::AwaitingApproval) {
            assert!(TRANSITIONS.iter().any(|(_, _, to)| *to == status), "{status}");
        }
    }

    #[test]
    fn nothing_returns_to_approved() {
        for status in Status::ALL.into_iter().filter(|status| *status != Status::AwaitingApproval) {
            for event in Event::ALL {
                assert_ne!(next(status, event), Ok(Status::Approved), "{status} {event:?}");
            }
        }
    }

    #[test]
    fn only_an_approved_change_starts_its_first_call() {
        for status in Status::ALL.into_iter().filter(|status| *status != Status::Settling) {
            let started = next(status, Event::Start).is_ok();
            assert_eq!(started, status == Status::Approved, "{status}");
        }
    }

    #[test]
    fn a_change_that_is_over_takes_no_event() {
        for status in Status::ALL.into_iter().filter(|s| !s.is_open() && *s != Status::Unknown) {
            for event in Event::ALL {
                assert!(next(status, event).is_err(), "{status} {event:?}");
            }
        }
    }

    #[test]
    fn what_aws_accepted_ends_by_its_state_and_by_nothing_else() {
        let ends: Vec<_> = Event::ALL
            .into_iter()
            .filter(|event| next(Status::Settling, *event).is_ok_and(|status| !status.is_open()))
            .collect();
        assert_eq!(ends, [Event::Settle, Event::SettleFailed]);
        assert_eq!(next(Status::Settling, Event::SettleFailed), Ok(Status::Failed));
    }

    #[test]
    fn unknown_ends_only_by_evidence() {
        let ways: Vec<_> =
            Event::ALL.into_iter().filter(|event| next(Status::Unknown, *event).is_ok()).collect();
        assert_eq!(ways, [Event::ReconcileSucceeded, Event::ReconcileFailed]);
    }
}
