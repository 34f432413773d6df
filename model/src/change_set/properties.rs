//! What is checked in every state of a change set.

use changegate_change::status::Status;
use stateright::Property;

use super::{Action, ChangeSet, STEPS, State, Task, Wire, calls};
use crate::claims::Claim;

/// Longer than any way to an end.
const LONGEST: usize = 80;

fn always(claim: Claim, condition: fn(&ChangeSet, &State) -> bool) -> Property<ChangeSet> {
    Property::always(claim.words(), condition)
}

fn is(state: &State, status: Status) -> bool {
    state.status == status
}

/// Everything that is checked.
pub(crate) fn all() -> Vec<Property<ChangeSet>> {
    vec![
        always(Claim::SentOnce, |_, state: &State| state.steps.iter().all(|call| call.sent <= 1)),
        always(Claim::UndoneOnce, |_, state: &State| state.undos.iter().all(|call| call.sent <= 1)),
        always(Claim::UndoneInReverse, |_, state: &State| !state.not_in_reverse),
        always(Claim::NotUndoneOnUnknown, |_, state: &State| !state.undone_on_unknown),
        always(Claim::EndsStay, |_, state: &State| !state.end_moved),
        always(Claim::FailedDidNotHappen, |_, state: &State| {
            let nothing = (0..STEPS).all(|step| !state.stands(step));
            !(is(state, Status::Failed) || is(state, Status::Compensated)) || nothing
        }),
        always(Claim::SucceededHappened, |set, state| {
            !is(state, Status::Succeeded) || (0..set.steps).all(|step| state.stands(step))
        }),
        always(Claim::EveryChangeEnds, every_change_ends),
        Property::sometimes("a change set succeeds", |_, state: &State| is(state, Status::Succeeded)),
        Property::sometimes("a change set fails", |_, state: &State| is(state, Status::Failed)),
        Property::sometimes("a change set is unknown", |_, state: &State| is(state, Status::Unknown)),
        Property::sometimes("a change set is compensated", |_, state: &State| is(state, Status::Compensated)),
        Property::sometimes("a compensation is incomplete", |_, state: &State| {
            is(state, Status::CompensationIncomplete)
        }),
        Property::sometimes("a compensated step had been unknown", |_, state: &State| {
            is(state, Status::Compensated) && state.steps.iter().any(|call| call.trail_complete)
        }),
    ]
}

/// From every open state, one fair schedule leads to an end or to `unknown`.
fn every_change_ends(set: &ChangeSet, state: &State) -> bool {
    let mut present = *state;
    for _ in 0..LONGEST {
        if !present.status.is_open() {
            return true;
        }
        match set.after(&present, fair(&present)) {
            Some(next) => present = next,
            None => return false,
        }
    }
    false
}

fn fair(state: &State) -> Action {
    let at_work = state.tasks.iter().enumerate().find(|(_, task)| **task != Task::None);
    match at_work {
        Some((_, Task::Answer(of))) if state.call(*of).wire == Wire::UnderWay => {
            if state.call(*of).ended {
                Action::Refuse(*of)
            } else {
                Action::Accept(*of)
            }
        }
        Some((slot, _)) => Action::Work(slot),
        None => {
            let open =
                |of: &super::CallOf| state.call(*of).told == super::Told::Fenced && !state.call(*of).ended;
            calls().find(open).map_or(Action::Drive, Action::CredentialsEnd)
        }
    }
}
