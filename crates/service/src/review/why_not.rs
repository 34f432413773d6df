//! Whether the person who looks may decide.

use changegate_change::decision::VerifiedDecision;
use changegate_change::head::Head;
use changegate_change::id::ApproverId;
use changegate_change::proposal::VerifiedProposal;
use changegate_change::status::Status;
use jiff::Timestamp;

use crate::error::{Code, ServiceError};

/// Why the person who looks cannot decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// The change is not waiting for a decision.
    NotWaiting(Status),
    /// `decide_by` passed.
    TooLate,
    /// The agent works for them.
    Requester,
    /// The rule does not name them.
    NotNamed,
    /// They have decided.
    Decided,
    /// Everything, or the tenant, is stopped.
    Stopped,
}

/// The first reason why this approver may not decide now, if there is one.
pub(super) fn why_not(
    head: &Head,
    proposal: &VerifiedProposal,
    decisions: &[VerifiedDecision],
    approver: &ApproverId,
    now: Timestamp,
    stopped: bool,
) -> Option<WhyNot> {
    let content = proposal.get();
    if head.status != Status::AwaitingApproval {
        return Some(WhyNot::NotWaiting(head.status));
    }
    if now > content.decide_by {
        return Some(WhyNot::TooLate);
    }
    if content.on_behalf_of.as_ref() == Some(approver) {
        return Some(WhyNot::Requester);
    }
    if !content.rule.approvers.contains(approver) {
        return Some(WhyNot::NotNamed);
    }
    if decisions.iter().any(|decision| decision.get().approver == *approver) {
        return Some(WhyNot::Decided);
    }
    stopped.then_some(WhyNot::Stopped)
}

/// The same as an answer to somebody who tried.
pub(super) fn refusal(why: &WhyNot, decisions: &[VerifiedDecision]) -> ServiceError {
    match why {
        WhyNot::NotWaiting(Status::Expired) | WhyNot::TooLate => {
            ServiceError::new(Code::DecideByPassed, "the time to decide has passed")
        }
        WhyNot::NotWaiting(status) => match decisions.last().map(VerifiedDecision::get) {
            Some(decision) => {
                let message = format!(
                    "{} decided `{}`; the change is `{status}`",
                    decision.approver,
                    decision.verb.as_str()
                );
                ServiceError::new(Code::AlreadyDecided, message)
            }
            None => ServiceError::new(Code::StatusConflict, format!("the change is `{status}`")),
        },
        WhyNot::Requester => {
            let message = "the agent works for you: somebody else must decide";
            ServiceError::new(Code::RequesterCannotDecide, message)
        }
        WhyNot::NotNamed => ServiceError::not_found(),
        WhyNot::Decided => ServiceError::new(Code::AlreadyDecided, "you have decided on this change already"),
        WhyNot::Stopped => {
            ServiceError::new(Code::Stopped, "Changegate is stopped; decide when it runs again")
        }
    }
}
