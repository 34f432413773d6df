//! `apply-step`: verifies everything again, takes the fence, sends once, writes what came of it (`service::apply_step`).

use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status};
use changegate_change::step_record::Outcome;

use super::Life;
use super::action::Choice;
use super::commit::Write;
use super::execution::Answer;
use super::record::{Attempt, Record};
use super::state::{Apply, ApplyAt, CALLS, Resource, State, Task, Wire, Wrong, clock};
use crate::fault::Fault;

/// The entry and the event of an outcome for a change in `status` (`service::apply_step::outcome::event`).
fn event(outcome: Outcome, status: Status) -> Option<(Kind, Event)> {
    match (outcome, status) {
        (Outcome::Succeeded, Status::Executing) => Some((Kind::CallSucceeded, Event::CallSucceeded)),
        (Outcome::Failed, Status::Executing) => Some((Kind::CallFailed, Event::CallFailed)),
        (Outcome::Unknown, Status::Executing) => Some((Kind::CallUnknown, Event::CallUnknown)),
        (Outcome::Succeeded, Status::Unknown) => Some((Kind::CallSucceeded, Event::ReconcileSucceeded)),
        (Outcome::Failed, Status::Unknown) => Some((Kind::CallFailed, Event::ReconcileFailed)),
        _ => None,
    }
}

/// The same for a design without a fence, where the change is still approved while its call is made.
fn unfenced(outcome: Outcome) -> (Kind, Event, Status) {
    match outcome {
        Outcome::Succeeded => (Kind::CallSucceeded, Event::CallSucceeded, Status::Settling),
        Outcome::Failed => (Kind::CallFailed, Event::CallFailed, Status::Failed),
        Outcome::Unknown => (Kind::CallUnknown, Event::CallUnknown, Status::Unknown),
    }
}

impl Life {
    /// The next step of an attempt.
    pub(crate) fn apply(&self, state: &mut State, apply: Apply, choice: Choice) -> Option<Task> {
        let then = |at| Some(Task::Apply(Apply { at, ..apply }));
        match (apply.at, choice) {
            (ApplyAt::Read, Choice::Go) => self.read(state, apply),
            (ApplyAt::Clear, Choice::Go) => self.clear(state, apply),
            (ApplyAt::Prepare, Choice::Go) => self.prepare(state, apply),
            (ApplyAt::End(event), Choice::Go) => {
                let kind = match event {
                    Event::GoStale => Kind::Stale,
                    Event::Expire => Kind::Expired,
                    _ => Kind::Refused,
                };
                // Refused by the version: another attempt has it, and what this one saw is no longer so.
                self.commit(state, Write::new(apply.saw, kind, Some(event), 0));
                self.applied(state, apply)
            }
            (ApplyAt::Fence, Choice::Go | Choice::AnswerLost) => self.take_fence(state, apply, choice),
            (ApplyAt::Reread, Choice::Go) if state.fence == apply.attempt => then(ApplyAt::Send),
            (ApplyAt::Reread, Choice::Go) => self.applied(state, apply),
            (ApplyAt::Send, Choice::NotSent) => then(ApplyAt::Report(Outcome::Failed)),
            (ApplyAt::Send, Choice::Go) => self.send(state, apply),
            (ApplyAt::Answer, Choice::Go) => self.answer(state, apply),
            (ApplyAt::Answer, Choice::NoAnswer) => {
                self.nobody_waits(state, apply.attempt);
                let accepted = self.has(Fault::NoAnswerIsSucceeded);
                then(ApplyAt::Report(if accepted { Outcome::Succeeded } else { Outcome::Unknown }))
            }
            (ApplyAt::Report(outcome), Choice::Go) => self.report(state, apply, outcome),
            (ApplyAt::Write(outcome), Choice::Go) => self.write_outcome(state, apply, outcome),
            (ApplyAt::Tell, Choice::Go) => {
                state.watched = true;
                self.applied(state, apply)
            }
            _ => None,
        }
    }

    fn applied(&self, state: &mut State, apply: Apply) -> Option<Task> {
        self.answered(state, apply.generation, Answer::Applied);
        Some(Task::None)
    }

    /// Whether the change is this task's to send (`ApplyStep::apply`).
    fn mine(&self, state: &State, record: &Record, apply: &Apply) -> bool {
        let head = record.head;
        let generation = head.generation == apply.generation || self.has(Fault::OldGenerationAccepted);
        let silent = head.status == Status::Executing && state.ended >= record.fence;
        let open = head.status == Status::Approved && record.fence == 0
            || self.has(Fault::FenceTakenOver) && silent
            || self.has(Fault::UnknownTriedAgain) && head.status == Status::Unknown
            || self.has(Fault::CallbackTrusted) && record.fence == 0;
        generation && open
    }

    fn read(&self, state: &mut State, apply: Apply) -> Option<Task> {
        let record = state.record()?;
        if !self.mine(state, &record, &apply) {
            return self.applied(state, apply);
        }
        Some(Task::Apply(Apply { at: ApplyAt::Clear, saw: record.head.version, ..apply }))
    }

    /// Decisions, quorum, deadlines, stop (`ApplyStep::cleared`).
    fn clear(&self, state: &mut State, apply: Apply) -> Option<Task> {
        let then = |at| Some(Task::Apply(Apply { at, ..apply }));
        let believed = self.has(Fault::StatusBelieved) || self.has(Fault::CallbackTrusted);
        if !self.quorum(state) && !believed {
            return then(ApplyAt::End(Event::Refuse));
        }
        if state.clock >= clock::LATE && !self.has(Fault::DeadlineNotChecked) {
            return then(ApplyAt::End(Event::Expire));
        }
        if state.clock < clock::OPEN || state.stopped {
            return self.applied(state, apply);
        }
        then(ApplyAt::Prepare)
    }

    /// Models, recipe, request, roles, drift, and the clock once more (`ApplyStep::prepare`, the top of `take_fence`).
    fn prepare(&self, state: &mut State, apply: Apply) -> Option<Task> {
        let then = |at| Some(Task::Apply(Apply { at, ..apply }));
        let drifted = state.resource != Resource::Before;
        let late = state.clock >= clock::LATE;
        let again = self.has(Fault::FenceTakenOver) || self.has(Fault::UnknownTriedAgain);
        if state.upgraded && !self.has(Fault::RequestNotCompared) {
            return then(ApplyAt::End(Event::GoStale));
        }
        if drifted && !self.has(Fault::DriftNotRead) && !again {
            return then(ApplyAt::End(Event::GoStale));
        }
        if late && !self.has(Fault::DeadlineNotChecked) {
            return then(ApplyAt::End(Event::Expire));
        }
        let attempt = state.fence.max(state.sent) + 1;
        if usize::from(attempt) > CALLS {
            return self.applied(state, apply);
        }
        let wrong = Wrong { drifted, other_bytes: state.upgraded, out_of_time: late };
        let at = if self.has(Fault::FenceRemoved) { ApplyAt::Send } else { ApplyAt::Fence };
        Some(Task::Apply(Apply { at, attempt, wrong, ..apply }))
    }

    /// One transaction: put if absent, version, no stop (`ApplyStep::take_fence`).
    fn take_fence(&self, state: &mut State, apply: Apply, choice: Choice) -> Option<Task> {
        let again = self.has(Fault::FenceTakenOver) || self.has(Fault::UnknownTriedAgain);
        let taken = state.fence != 0 && !again;
        let stopped = state.stopped && !self.has(Fault::StopOutsideTransaction);
        if taken || stopped {
            return self.applied(state, apply);
        }
        let forced = again || self.has(Fault::CallbackTrusted);
        let write = Write {
            unchecked: self.has(Fault::FenceWithoutVersion),
            forced: forced.then_some(Status::Executing),
            ..Write::new(apply.saw, Kind::Executing, Some(Event::Start), apply.attempt)
        };
        let generation = state.head.map(|head| head.generation);
        if !self.commit(state, write) {
            return self.applied(state, apply);
        }
        if !self.has(Fault::FenceApart) {
            state.fence = apply.attempt;
        }
        state.broken.while_stopped |= state.stopped;
        state.broken.old_generation |= generation != Some(apply.generation);
        if choice == Choice::AnswerLost {
            self.spend_fault(state)?;
            return Some(Task::Apply(Apply { at: ApplyAt::Reread, ..apply }));
        }
        Some(Task::Apply(Apply { at: ApplyAt::Send, ..apply }))
    }

    /// The request leaves (`ApplyStep::send`).
    fn send(&self, state: &mut State, apply: Apply) -> Option<Task> {
        if state.call(apply.attempt) != Wire::Nothing {
            // Only without a fence: a third call would need a place of its own.
            return self.applied(state, apply);
        }
        state.broken.unapproved |= !self.quorum(state) || apply.wrong.other_bytes;
        state.broken.drifted |= apply.wrong.drifted;
        state.broken.out_of_time |= apply.wrong.out_of_time;
        state.sent += 1;
        state.put_call(apply.attempt, Wire::UnderWay);
        if self.has(Fault::FenceApart) {
            state.fence = apply.attempt;
        }
        Some(Task::Apply(Apply { at: ApplyAt::Answer, wrong: Wrong::default(), ..apply }))
    }

    /// What an answer means (`service::apply_step::outcome::Ended::of`).
    fn answer(&self, state: &mut State, apply: Apply) -> Option<Task> {
        let outcome = match state.call(apply.attempt) {
            Wire::Accepted => Outcome::Succeeded,
            Wire::Refused => Outcome::Failed,
            Wire::Broken if self.has(Fault::ServerErrorIsFailed) => Outcome::Failed,
            Wire::Broken => Outcome::Unknown,
            Wire::Nothing | Wire::UnderWay | Wire::Over => return None,
        };
        self.nobody_waits(state, apply.attempt);
        Some(Task::Apply(Apply { at: ApplyAt::Report(outcome), ..apply }))
    }

    /// Reads the record and says what is to be written (`outcome::wanted`).
    fn report(&self, state: &mut State, apply: Apply, outcome: Outcome) -> Option<Task> {
        let record = state.record()?;
        let mine = state.fence == apply.attempt || self.has(Fault::FenceRemoved);
        let known = record.outcome == Some(outcome);
        let follows = event(outcome, record.head.status).is_some() || self.has(Fault::FenceRemoved);
        if !mine || known || !follows {
            return self.applied(state, apply);
        }
        Some(Task::Apply(Apply { at: ApplyAt::Write(outcome), saw: record.head.version, ..apply }))
    }

    fn write_outcome(&self, state: &mut State, apply: Apply, outcome: Outcome) -> Option<Task> {
        let was = state.ledger.record(apply.saw).head.status;
        let write = match event(outcome, was) {
            Some((kind, event)) => Write::new(apply.saw, kind, Some(event), apply.attempt),
            None => {
                let (kind, event, status) = unfenced(outcome);
                let write = Write::new(apply.saw, kind, Some(event), apply.attempt);
                Write { forced: self.has(Fault::FenceRemoved).then_some(status), ..write }
            }
        };
        if !self.commit(state, write) {
            // Somebody else wrote in between: read again.
            return Some(Task::Apply(Apply { at: ApplyAt::Report(outcome), ..apply }));
        }
        if was == Status::Unknown {
            return Some(Task::Apply(Apply { at: ApplyAt::Tell, ..apply }));
        }
        self.applied(state, apply)
    }

    /// Nobody waits for the answer to a call any more.
    pub(crate) fn nobody_waits(&self, state: &mut State, attempt: Attempt) {
        if matches!(state.call(attempt), Wire::Accepted | Wire::Refused | Wire::Broken) {
            state.put_call(attempt, Wire::Over);
        }
    }
}
