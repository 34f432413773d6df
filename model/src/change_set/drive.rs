//! What workers, AWS and time do with a change set.

use changegate_change::status::{Event, Status, next};
use changegate_change::step_record::Outcome;

use super::{Action, CallOf, ChangeSet, STEPS, State, Task, Told, Wire};
use crate::fault::Fault;

/// What the lifecycle table of `change::status` lacks for change sets: evidence about one call of an unknown change set, of which
/// other steps are done, leads (back) to undoing them.
const ADDED: (Status, Event, Status) = (Status::Unknown, Event::Compensate, Status::Compensating);

fn follows(status: Status, event: Event) -> Option<Status> {
    let added = (status, event) == (ADDED.0, ADDED.1);
    next(status, event).ok().or(added.then_some(ADDED.2))
}

impl ChangeSet {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The state after an action, if it can happen.
    pub(crate) fn after(&self, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        match action {
            Action::Drive => self.drive(&mut next)?,
            Action::Work(slot) => self.work(&mut next, slot)?,
            Action::NotSent(slot) => match *next.tasks.get(slot)? {
                Task::Send(of) => put(&mut next, slot, Task::Report(of, Outcome::Failed)),
                // Somebody changed the resource since: the undo is not made.
                Task::Fence(of, saw) if of.undo => put(&mut next, slot, Task::CompensationStuck(saw)),
                _ => return None,
            },
            Action::NoAnswer(slot) => {
                let Task::Answer(of) = *next.tasks.get(slot)? else { return None };
                nobody_waits(&mut next, of);
                put(&mut next, slot, Task::Report(of, Outcome::Unknown));
            }
            Action::Crash(slot) => {
                next.faults = next.faults.checked_sub(1)?;
                if let Task::Answer(of) = std::mem::take(next.tasks.get_mut(slot)?) {
                    nobody_waits(&mut next, of);
                }
            }
            Action::Accept(of) => effect(&mut next, of, Wire::Accepted)?,
            Action::BreakAfter(of) => effect(&mut next, of, Wire::Broken)?,
            Action::Refuse(of) => reply(&mut next, of, Wire::Refused)?,
            Action::BreakBefore(of) => reply(&mut next, of, Wire::Broken)?,
            Action::CredentialsEnd(of) => credentials_end(&mut next, of)?,
            Action::TrailCompletes(of) => trail_completes(&mut next, of)?,
            Action::Reconcile(of) => self.reconcile(&mut next, of)?,
        }
        next.tasks.sort_unstable();
        Some(next)
    }

    /// Reads the evidence about an unknown call: CloudTrail shows it, or is complete and does not.
    fn reconcile(&self, state: &mut State, of: CallOf) -> Option<()> {
        let call = state.call(of);
        if state.status != Status::Unknown || call.told != Told::Ended(Outcome::Unknown) {
            return None;
        }
        let outcome = match call.effects {
            0 if call.trail_complete => Outcome::Failed,
            0 => return None,
            _ => Outcome::Succeeded,
        };
        let saw = state.version;
        state.spawn(Task::Write(of, outcome, saw), self.workers)
    }

    /// Reads the record and does what follows from it.
    fn drive(&self, state: &mut State) -> Option<()> {
        let saw = state.version;
        let task = match state.status {
            Status::Approved => self.send_by(CallOf { step: 0, undo: false }, saw),
            Status::Settling => match (0..self.steps).find(|step| step_told(state, *step) == Told::Planned) {
                Some(step) => self.send_by(CallOf { step, undo: false }, saw),
                None => Task::Settle(saw),
            },
            Status::Executing | Status::Compensating => match silent(state) {
                Some(of) => {
                    let failed = self.has(Fault::UndoOnUnknown) && !of.undo;
                    Task::Write(of, if failed { Outcome::Failed } else { Outcome::Unknown }, saw)
                }
                None if state.status == Status::Executing => return None,
                None => self.compensate(state)?,
            },
            _ => return None,
        };
        state.spawn(task, self.workers)
    }

    /// The next undo, or the end of undoing.
    fn compensate(&self, state: &State) -> Option<Task> {
        let saw = state.version;
        let undo_told = |step: usize| state.call(CallOf { step, undo: true }).told;
        if (0..STEPS).any(|step| undo_told(step) == Told::Ended(Outcome::Failed)) {
            return Some(Task::CompensationStuck(saw));
        }
        if !self.has(Fault::UndoWithoutFence) && (0..STEPS).any(|step| undo_told(step) == Told::Fenced) {
            return None;
        }
        let to_undo = |step: &usize| {
            step_told(state, *step) == Told::Ended(Outcome::Succeeded) && undo_told(*step) == Told::Planned
        };
        let mut steps = (0..STEPS).filter(to_undo);
        let step = if self.has(Fault::UndoForwards) { steps.next() } else { steps.next_back() };
        Some(match step {
            Some(step) => self.send_by(CallOf { step, undo: true }, saw),
            None => Task::CompensationDone(saw),
        })
    }

    fn send_by(&self, of: CallOf, saw: u8) -> Task {
        let unfenced = of.undo && self.has(Fault::UndoWithoutFence);
        if unfenced { Task::Send(of) } else { Task::Fence(of, saw) }
    }

    fn work(&self, state: &mut State, slot: usize) -> Option<()> {
        let task = *state.tasks.get(slot)?;
        let then = match task {
            Task::None => return None,
            Task::Fence(of, saw) => {
                let event = (!of.undo).then_some(Event::Start);
                let free = state.call(of).told == Told::Planned;
                if free && commit(state, saw, event) {
                    state.change(of, |call| call.told = Told::Fenced);
                    Task::Send(of)
                } else {
                    Task::None
                }
            }
            Task::Send(of) => send(state, of),
            Task::Answer(of) => {
                let outcome = match state.call(of).wire {
                    Wire::Accepted => Outcome::Succeeded,
                    Wire::Refused => Outcome::Failed,
                    Wire::Broken => Outcome::Unknown,
                    Wire::Nothing | Wire::UnderWay | Wire::Over => return None,
                };
                nobody_waits(state, of);
                Task::Report(of, outcome)
            }
            Task::Report(of, outcome) => {
                let told = state.call(of).told;
                let wanted = told == Told::Fenced || told == Told::Ended(Outcome::Unknown);
                let unfenced = self.has(Fault::UndoWithoutFence) && told == Told::Planned;
                let again = told == Told::Ended(outcome);
                if (wanted || unfenced) && !again {
                    Task::Write(of, outcome, state.version)
                } else {
                    Task::None
                }
            }
            Task::Write(of, outcome, saw) => match self.write(state, of, outcome, saw) {
                true => Task::None,
                false => Task::Report(of, outcome),
            },
            Task::Settle(saw) => ended(commit(state, saw, Some(Event::Settle))),
            Task::CompensationDone(saw) => ended(commit(state, saw, Some(Event::CompensationDone))),
            Task::CompensationStuck(saw) => ended(commit(state, saw, Some(Event::CompensationStuck))),
        };
        put(state, slot, then);
        Some(())
    }

    /// Writes an outcome, and what follows from it, in one transaction.
    fn write(&self, state: &mut State, of: CallOf, outcome: Outcome, saw: u8) -> bool {
        let unknown = state.status == Status::Unknown;
        let others = (0..STEPS)
            .any(|step| step != of.step && step_told(state, step) == Told::Ended(Outcome::Succeeded));
        let event = match (of.undo, outcome) {
            (_, Outcome::Unknown) => Some(Event::CallUnknown),
            (false, Outcome::Succeeded) if unknown => Some(Event::ReconcileSucceeded),
            (false, Outcome::Succeeded) => Some(Event::CallSucceeded),
            (false, Outcome::Failed) if others && !self.has(Fault::DoneIsLeft) => Some(Event::Compensate),
            (false, Outcome::Failed) if unknown => Some(Event::ReconcileFailed),
            (false, Outcome::Failed) => Some(Event::CallFailed),
            (true, Outcome::Succeeded | Outcome::Failed) => unknown.then_some(Event::Compensate),
        };
        if !commit(state, saw, event) {
            return false;
        }
        state.change(of, |call| call.told = Told::Ended(outcome));
        true
    }
}

fn credentials_end(state: &mut State, of: CallOf) -> Option<()> {
    let call = state.call(of);
    if call.ended || call.told == Told::Planned {
        return None;
    }
    state.change(of, |call| call.ended = true);
    Some(())
}

fn trail_completes(state: &mut State, of: CallOf) -> Option<()> {
    let call = state.call(of);
    if call.trail_complete || !call.ended || call.wire == Wire::UnderWay {
        return None;
    }
    state.change(of, |call| call.trail_complete = true);
    Some(())
}

fn put(state: &mut State, slot: usize, task: Task) {
    if let Some(place) = state.tasks.get_mut(slot) {
        *place = task;
    }
}

/// What did not get through is read and decided anew by the next who drives.
fn ended(_written: bool) -> Task {
    Task::None
}

fn step_told(state: &State, step: usize) -> Told {
    state.call(CallOf { step, undo: false }).told
}

/// The call whose attempt has said nothing until its credentials ended.
fn silent(state: &State) -> Option<CallOf> {
    super::calls().find(|of| state.call(*of).told == Told::Fenced && state.call(*of).ended)
}

/// Moves the record, if nobody did in between.
fn commit(state: &mut State, saw: u8, event: Option<Event>) -> bool {
    if state.version != saw {
        return false;
    }
    let Some(status) = event.map_or(Some(state.status), |event| follows(state.status, event)) else {
        return false;
    };
    let end = !state.status.is_open() && state.status != Status::Unknown;
    state.end_moved |= end && status != state.status;
    state.status = status;
    state.version += 1;
    true
}

fn send(state: &mut State, of: CallOf) -> Task {
    let later = (of.step + 1..STEPS).any(|step| state.stands(step));
    let unsure = (0..STEPS).any(|step| {
        let call = state.call(CallOf { step, undo: false });
        call.told == Told::Fenced
            || call.told == Told::Ended(Outcome::Unknown)
            || call.told == Told::Ended(Outcome::Failed) && call.wire == Wire::UnderWay && !call.ended
            || call.told == Told::Ended(Outcome::Failed) && call.effects > 0
    });
    state.not_in_reverse |= of.undo && later;
    state.undone_on_unknown |= of.undo && unsure;
    let under_way = state.call(of).wire == Wire::Nothing;
    state.change(of, |call| {
        call.sent = call.sent.saturating_add(1);
        if under_way {
            call.wire = Wire::UnderWay;
        }
    });
    if under_way { Task::Answer(of) } else { Task::None }
}

fn effect(state: &mut State, of: CallOf, wire: Wire) -> Option<()> {
    if state.call(of).wire != Wire::UnderWay || state.call(of).ended {
        return None;
    }
    state.change(of, |call| call.effects += 1);
    reply(state, of, wire)
}

fn reply(state: &mut State, of: CallOf, wire: Wire) -> Option<()> {
    if state.call(of).wire != Wire::UnderWay {
        return None;
    }
    let waits = state.tasks.contains(&Task::Answer(of));
    state.change(of, |call| call.wire = if waits { wire } else { Wire::Over });
    Some(())
}

fn nobody_waits(state: &mut State, of: CallOf) {
    if matches!(state.call(of).wire, Wire::Accepted | Wire::Refused | Wire::Broken) {
        state.change(of, |call| call.wire = Wire::Over);
    }
}
