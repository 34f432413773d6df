//! What is past its time: a decision, a call that was not made, an attempt without an answer.

use changegate_change::status::Status;
use changegate_change::step_record::Fence;
use changegate_store::record::Record;
use jiff::{SignedDuration, Timestamp};

use crate::refusal::Refusal;

/// How long an attempt has for an answer if its credentials have no early end.
pub const ATTEMPT_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// What is past its time.
#[derive(Debug, Clone, PartialEq)]
pub enum Overdue {
    /// The change expires.
    Expired(Refusal),
    /// An attempt took the fence and said nothing since.
    Unanswered(Fence),
}

/// The moment at which an attempt without an answer counts as unknown.
pub fn attempt_deadline(fence: &Fence) -> Timestamp {
    fence.ends_at.unwrap_or(fence.taken_at + ATTEMPT_WITHIN)
}

/// The fence whose attempt has not ended.
pub fn open_attempt(record: &Record) -> Option<&Fence> {
    let ended = |fence: &Fence| record.step(fence.step).is_some_and(|step| step.attempt.is_some());
    record.fences.iter().find(|fence| !ended(fence))
}

/// What is past its time in a record, if something is.
pub fn overdue(record: &Record, now: Timestamp) -> Option<Overdue> {
    let head = &record.head;
    match head.status {
        Status::AwaitingApproval => (now > head.decide_by).then(|| {
            Overdue::Expired(Refusal::expired("decide_by_passed", "nobody decided before decide_by"))
        }),
        Status::Approved => head.execute_before.is_none_or(|limit| now > limit).then(|| {
            Overdue::Expired(Refusal::expired(
                "execute_before_passed",
                "the call was not made before execute_before",
            ))
        }),
        Status::Executing => {
            let fence = open_attempt(record)?;
            (now > attempt_deadline(fence)).then(|| Overdue::Unanswered(fence.clone()))
        }
        Status::Settling
        | Status::Succeeded
        | Status::Rejected
        | Status::Expired
        | Status::Withdrawn
        | Status::Stale
        | Status::Failed
        | Status::Unknown
        | Status::Compensating
        | Status::Compensated
        | Status::CompensationIncomplete => None,
    }
}

/// The moment at which something will be past its time, if nothing happens before.
pub fn next_deadline(record: &Record) -> Option<Timestamp> {
    let head = &record.head;
    match head.status {
        Status::AwaitingApproval => Some(head.decide_by),
        Status::Approved => head.execute_before,
        Status::Executing => open_attempt(record).map(attempt_deadline),
        Status::Settling
        | Status::Succeeded
        | Status::Rejected
        | Status::Expired
        | Status::Withdrawn
        | Status::Stale
        | Status::Failed
        | Status::Unknown
        | Status::Compensating
        | Status::Compensated
        | Status::CompensationIncomplete => None,
    }
}

/// How long it takes until an outbox marker is taken to be left behind.
pub const RELAY_WITHIN: SignedDuration = SignedDuration::from_secs(120);
/// How often a change is looked at whose call may or may not have happened.
const UNKNOWN_LOOK: SignedDuration = SignedDuration::from_hours(1);
/// The shortest time between two looks.
const SHORTEST_LOOK: SignedDuration = SignedDuration::from_secs(15);

/// When the sweep looks at a change again; none if there is nothing left to look at. `look` is the time between two looks.
pub fn next_look(record: &Record, now: Timestamp, look: SignedDuration) -> Option<Timestamp> {
    let status = record.head.status;
    let wait = if status.is_open() {
        let until = next_deadline(record).map(|deadline| now.duration_until(deadline));
        until.map_or(look, |until| until.min(look))
    } else if !record.outbox.is_empty() {
        RELAY_WITHIN
    } else if status == Status::Unknown {
        UNKNOWN_LOOK
    } else {
        return None;
    };
    Some(now + wait.max(SHORTEST_LOOK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{at, fence, record};

    const LOOK: SignedDuration = SignedDuration::from_secs(300);

    fn code(record: &Record, now: Timestamp) -> Option<String> {
        match overdue(record, now)? {
            Overdue::Expired(refusal) => Some(refusal.why().code.clone()),
            Overdue::Unanswered(_) => Some("unanswered".into()),
        }
    }

    #[test]
    fn a_deadline_is_passed_one_moment_after_it() {
        let moment = SignedDuration::from_millis(1);
        let waiting = record(Status::AwaitingApproval);
        assert_eq!(code(&waiting, waiting.head.decide_by), None);
        assert_eq!(code(&waiting, waiting.head.decide_by + moment).unwrap(), "decide_by_passed");
        let approved = record(Status::Approved);
        let limit = approved.head.execute_before.unwrap();
        assert_eq!(code(&approved, limit), None);
        assert_eq!(code(&approved, limit + moment).unwrap(), "execute_before_passed");
        let executing = record(Status::Executing);
        let ends = fence().ends_at.unwrap();
        assert_eq!(code(&executing, ends), None);
        assert_eq!(code(&executing, ends + moment).unwrap(), "unanswered");
    }

    #[test]
    fn an_attempt_without_an_early_end_has_a_minute() {
        let endless = Fence { ends_at: None, ..fence() };
        assert_eq!(attempt_deadline(&endless), endless.taken_at + SignedDuration::from_secs(60));
    }

    #[test]
    fn an_approved_change_without_its_deadline_is_past_it() {
        let mut approved = record(Status::Approved);
        approved.head.execute_before = None;
        assert_eq!(code(&approved, at()).unwrap(), "execute_before_passed");
    }

    #[test]
    fn what_is_over_and_relayed_is_looked_at_no_more_and_everything_else_is() {
        for status in Status::ALL {
            let mut record = record(status);
            record.outbox = vec![1];
            assert!(next_look(&record, at(), LOOK).is_some(), "{status}");
            record.outbox.clear();
            let looked_at = next_look(&record, at(), LOOK).is_some();
            assert_eq!(looked_at, status.is_open() || status == Status::Unknown, "{status}");
        }
    }

    #[test]
    fn the_next_look_is_no_later_than_the_next_deadline_and_not_at_once() {
        let waiting = record(Status::AwaitingApproval);
        let before = waiting.head.decide_by - SignedDuration::from_secs(100);
        assert_eq!(next_look(&waiting, before, LOOK).unwrap(), waiting.head.decide_by);
        assert_eq!(next_look(&waiting, at(), LOOK).unwrap(), at() + LOOK);
        let late = waiting.head.decide_by + SignedDuration::from_secs(100);
        assert_eq!(next_look(&waiting, late, LOOK).unwrap(), late + SHORTEST_LOOK);
    }
}
