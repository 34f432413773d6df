//! What is checked in every state, and what must be reached so that the checks mean something.

use changegate_change::ledger::Kind;
use changegate_change::status::Status;
use stateright::Property;

use super::Life;
use super::state::{Carried, State};
use crate::claims::Claim;

fn always(claim: Claim, condition: fn(&Life, &State) -> bool) -> Property<Life> {
    Property::always(claim.words(), condition)
}

/// Everything that is checked.
pub(crate) fn all(life: &Life) -> Vec<Property<Life>> {
    let mut all = vec![
        always(Claim::SentOnce, |_, state: &State| state.sent <= 1 && state.effects <= 1),
        always(Claim::Approved, |_, state: &State| !state.broken.unapproved),
        always(Claim::NotAfterAnEnd, |_, state: &State| !state.broken.after_an_end),
        always(Claim::EndedWithoutCall, |_, state: &State| !ended_without_call(state) || state.sent == 0),
        always(Claim::NotWhileStopped, |_, state: &State| !state.broken.while_stopped),
        always(Claim::OnlyPresentGeneration, |_, state: &State| !state.broken.old_generation),
        always(Claim::InTime, |_, state: &State| !state.broken.out_of_time),
        always(Claim::NotOverDrift, |_, state: &State| !state.broken.drifted),
        always(Claim::EndsStay, |_, state: &State| !state.broken.end_moved && !state.broken.illegal),
        always(Claim::LedgerAgrees, |_, state: &State| ledger_agrees(state)),
        always(Claim::DecisionsKept, decisions_kept),
        always(Claim::FailedDidNotHappen, |_, state: &State| {
            state.status() != Some(Status::Failed) || !Life::stands(state)
        }),
        always(Claim::SucceededHappened, |_, state: &State| {
            !matches!(state.status(), Some(Status::Settling | Status::Succeeded)) || state.effects > 0
        }),
        always(Claim::EveryChangeEnds, Life::every_change_ends),
        always(Claim::ApprovedNotLost, Life::approved_is_not_lost),
        always(Claim::BoundsSuffice, |_, state: &State| !state.broken.bound),
    ];
    all.extend(reached(life));
    all
}

/// What some history must reach, so that the claims mean something.
fn reached(life: &Life) -> Vec<Property<Life>> {
    fn is(state: &State, status: Status) -> bool {
        state.status() == Some(status)
    }
    let mut reached = vec![
        Property::sometimes("a change succeeds", |_, state: &State| is(state, Status::Succeeded)),
        Property::sometimes("a change fails", |_, state: &State| is(state, Status::Failed)),
        Property::sometimes("a change expires", |_, state: &State| is(state, Status::Expired)),
    ];
    if life.rejects {
        reached.extend([
            Property::sometimes("a change is rejected", |_, state: &State| is(state, Status::Rejected)),
            Property::sometimes("a change is withdrawn", |_, state: &State| is(state, Status::Withdrawn)),
        ]);
    }
    if life.upgrades {
        reached.push(Property::sometimes("a change goes stale", |_, state: &State| is(state, Status::Stale)));
    }
    if life.settles {
        reached.extend(reached_while_sending());
    }
    reached
}

fn reached_while_sending() -> [Property<Life>; 5] {
    [
        Property::sometimes("a call is unknown and happened", |_, state: &State| {
            state.status() == Some(Status::Unknown) && state.effects == 1
        }),
        Property::sometimes("a call is unknown and did not happen", |_, state: &State| {
            state.status() == Some(Status::Unknown) && state.effects == 0
        }),
        Property::sometimes("a late report ends unknown", |_, state: &State| {
            let told = |kind: Kind| state.ledger.lines().any(|line| line.kind == kind);
            told(Kind::CallUnknown) && (told(Kind::CallSucceeded) || told(Kind::CallFailed))
        }),
        Property::sometimes("a second generation goes on after the call", |_, state: &State| {
            state.head.is_some_and(|head| head.generation > 1 && head.status == Status::Succeeded)
        }),
        Property::sometimes("two executions run at once", |_, state: &State| {
            state.executions.iter().filter(|execution| execution.is_running()).count() > 1
        }),
    ]
}

fn ended_without_call(state: &State) -> bool {
    matches!(state.status(), Some(Status::Rejected | Status::Expired | Status::Withdrawn | Status::Stale))
}

/// HEAD is the fold of the ledger, the fence is the one that the ledger tells of, and every entry follows from the one before.
fn ledger_agrees(state: &State) -> bool {
    let Some(head) = state.head else { return state.ledger.len() == 0 };
    let record = state.ledger.record(head.version);
    record.head == head && state.ledger.len() == usize::from(head.version) && record.fence == state.fence
}

fn decisions_kept(life: &Life, state: &State) -> bool {
    let told = |kind| matches!(kind, Kind::Decided | Kind::Approved | Kind::Rejected);
    let lines = state.ledger.lines().filter(|line| told(line.kind)).count();
    let forged = usize::from(life.forgeries - state.forgeries);
    lines == state.decisions.iter().flatten().count() + forged
}

/// Whether AWS has not finished, or nothing is to be finished.
pub(crate) fn is_pending(state: &State) -> bool {
    state.carried == Carried::Pending
}
