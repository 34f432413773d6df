//! Step Functions: one execution per generation, each in a state of `statemachines/change.asl.json`.

use changegate_change::status::Status;

use super::record::Generation;
use super::state::{
    Apply, ApplyAt, Call, CloseAt, Execution, ObserveAt, State, Task, Wrong, at, at_mut, clock,
};
use super::{Life, called};
use crate::fault::Fault;

/// What a function answers to an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `request-approval` has kept the token.
    Asked,
    /// `apply-step` has ended, with or without an error.
    Applied,
    /// `observe`: nothing more to do.
    Done,
    /// `observe`: look again; or it could not write and is tried again.
    Wait,
    /// `observe`: no fence was taken; try again.
    Again,
    /// `close-change` could not write and is tried again.
    NotClosed,
    /// `close-change` has ended.
    Closed,
}

impl Life {
    /// Hands an answer to the execution, if that is what it waits for. A second answer, or one that comes late, changes nothing.
    pub(crate) fn answered(&self, state: &mut State, generation: Generation, answer: Answer) {
        let execution = state.execution(generation);
        let then = match (execution, answer) {
            (Execution::Asking(Call::Made), Answer::Asked) => Execution::Waiting,
            (Execution::Applying(Call::Made), Answer::Applied) => Execution::Observing(Call::Due),
            (Execution::Observing(Call::Made), Answer::Done) => Execution::Closing(Call::Due),
            (Execution::Observing(Call::Made), Answer::Wait) => Execution::Observing(Call::Due),
            (Execution::Observing(Call::Made), Answer::Again) => Execution::Applying(Call::Due),
            (Execution::Closing(Call::Made), Answer::NotClosed) => Execution::Closing(Call::Due),
            (Execution::Closing(Call::Made), Answer::Closed) => Execution::Ended,
            _ => return,
        };
        state.put_execution(generation, then);
    }

    /// Starts the execution of a generation; one that exists already is as good (`Workflow::start`).
    pub(crate) fn start(&self, state: &mut State, generation: Generation) {
        if state.execution(generation) != Execution::Missing {
            return;
        }
        if generation == 1 {
            self.ask(state, generation);
        } else {
            state.put_execution(generation, Execution::Resuming);
        }
    }

    /// Enters `RequestApproval`: the task gets a token of its own.
    fn ask(&self, state: &mut State, generation: Generation) {
        if let Some(issued) = at_mut(&mut state.issued, generation) {
            *issued += 1;
            state.broken.bound |= *issued >= 8;
        }
        state.put_execution(generation, Execution::Asking(Call::Due));
    }

    /// Brings the kept task tokens of a generation back (`Workflow::answer`). A token that was not the waiting task's changes
    /// nothing.
    pub(crate) fn end_wait(&self, state: &mut State, generation: Generation) {
        let issued = at(&state.issued, generation).copied().unwrap_or_default();
        let kept = at(&state.kept, generation).copied().unwrap_or_default();
        let waits = matches!(state.execution(generation), Execution::Waiting | Execution::Asking(Call::Made));
        if !waits || kept & token(issued) == 0 {
            return;
        }
        let trusted = self.has(Fault::CallbackTrusted);
        let then = if trusted { Execution::Applying(Call::Due) } else { Execution::Resuming };
        state.put_execution(generation, then);
    }

    fn function(&self, state: &State, generation: Generation) -> Option<Task> {
        let apply = Apply { generation, at: ApplyAt::Read, saw: 0, attempt: 0, wrong: Wrong::default() };
        match state.execution(generation) {
            Execution::Asking(_) => Some(Task::Ask(generation, at(&state.issued, generation).copied()?)),
            Execution::Applying(_) => Some(Task::Apply(apply)),
            Execution::Observing(_) => Some(Task::Observe(generation, ObserveAt::Read, 0)),
            Execution::Closing(_) => Some(Task::Close(generation, CloseAt::Read, 0)),
            Execution::Missing
            | Execution::Waiting
            | Execution::Resuming
            | Execution::Window
            | Execution::Ended => None,
        }
    }

    pub(crate) fn invoke(&self, state: &mut State, generation: Generation) -> Option<()> {
        let made = match state.execution(generation) {
            Execution::Asking(Call::Due) => Execution::Asking(Call::Made),
            Execution::Applying(Call::Due) => Execution::Applying(Call::Made),
            Execution::Observing(Call::Due) => Execution::Observing(Call::Made),
            Execution::Closing(Call::Due) => Execution::Closing(Call::Made),
            _ => return None,
        };
        let task = self.function(state, generation)?;
        self.spawn(state, task)?;
        state.put_execution(generation, made);
        Some(())
    }

    pub(crate) fn invoke_again(&self, state: &mut State, generation: Generation) -> Option<()> {
        self.spend_fault(state)?;
        match state.execution(generation) {
            Execution::Asking(Call::Made)
            | Execution::Applying(Call::Made)
            | Execution::Observing(Call::Made)
            | Execution::Closing(Call::Made) => {
                let task = self.function(state, generation)?;
                self.spawn(state, task)
            }
            _ => None,
        }
    }

    /// A task that nobody is at any more fails by itself; one that somebody is at fails by a time-out, which is a fault.
    fn task_may_fail(&self, state: &mut State, generation: Generation) -> Option<Execution> {
        let execution = state.execution(generation);
        if called(state, generation, execution) {
            self.spend_fault(state)?;
        }
        Some(execution)
    }

    /// `Catch` and `Retry` of the tasks, but for another try of asking.
    pub(crate) fn task_fails(&self, state: &mut State, generation: Generation) -> Option<()> {
        let then = match self.task_may_fail(state, generation)? {
            // By way of `AskLater`.
            Execution::Asking(Call::Made) => Execution::Resuming,
            Execution::Applying(Call::Made) => Execution::Observing(Call::Due),
            Execution::Observing(Call::Made) => Execution::Observing(Call::Due),
            Execution::Closing(Call::Made) => Execution::Closing(Call::Due),
            _ => return None,
        };
        state.put_execution(generation, then);
        Some(())
    }

    /// `Retry` of `RequestApproval`: the next try has another token.
    pub(crate) fn ask_again(&self, state: &mut State, generation: Generation) -> Option<()> {
        let asking = self.task_may_fail(state, generation)?;
        (asking == Execution::Asking(Call::Made)).then(|| self.ask(state, generation))
    }

    /// `Resume` and `Route`.
    pub(crate) fn route(&self, state: &mut State, generation: Generation) -> Option<()> {
        if state.execution(generation) != Execution::Resuming {
            return None;
        }
        let then = match state.status()? {
            Status::AwaitingApproval => {
                self.ask(state, generation);
                return Some(());
            }
            Status::Approved if self.not_before && state.clock < clock::OPEN => Execution::Window,
            Status::Approved | Status::Executing | Status::Settling => Execution::Applying(Call::Due),
            Status::Succeeded
            | Status::Rejected
            | Status::Expired
            | Status::Withdrawn
            | Status::Stale
            | Status::Failed
            | Status::Unknown
            | Status::Compensating
            | Status::Compensated
            | Status::CompensationIncomplete => Execution::Closing(Call::Due),
        };
        state.put_execution(generation, then);
        Some(())
    }

    pub(crate) fn window_opens(&self, state: &mut State, generation: Generation) -> Option<()> {
        let waits = state.execution(generation) == Execution::Window && state.clock >= clock::OPEN;
        waits.then(|| state.put_execution(generation, Execution::Resuming))
    }

    pub(crate) fn wait_times_out(&self, state: &mut State, generation: Generation) -> Option<()> {
        if state.execution(generation) != Execution::Waiting || state.clock < clock::LATE {
            return None;
        }
        self.spend_fault(state)?;
        state.put_execution(generation, Execution::Resuming);
        Some(())
    }

    pub(crate) fn dies(&self, state: &mut State, generation: Generation) -> Option<()> {
        self.spend_fault(state)?;
        state.execution(generation).is_running().then(|| state.put_execution(generation, Execution::Ended))
    }

    /// An ended execution goes on where it died. Sending is the worst place for that.
    pub(crate) fn redrive(&self, state: &mut State, generation: Generation) -> Option<()> {
        self.spend_fault(state)?;
        let ended = state.execution(generation) == Execution::Ended;
        ended.then(|| state.put_execution(generation, Execution::Applying(Call::Due)))
    }
}

/// The bit of a task token.
pub(crate) fn token(number: u8) -> u8 {
    1_u8.checked_shl(u32::from(number)).unwrap_or_default()
}
