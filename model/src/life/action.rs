//! Everything that may happen.

use changegate_change::decision::Verb;

use super::Life;
use super::record::{Attempt, Generation};
use super::state::{APPROVERS, Apply, ApplyAt, CALLS, Execution, GENERATIONS, State, Task, Wire};

/// How a step of a worker goes, where it can go in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// As it should.
    Go,
    /// The transaction is written and its answer gets lost.
    AnswerLost,
    /// The call is not sent: no connection, or too late.
    NotSent,
    /// There is no answer in time.
    NoAnswer,
    /// The time of the settle test is over.
    TimeIsUp,
    /// The state after cannot be read for a day.
    NotRead,
}

impl Choice {
    /// Every choice.
    pub(crate) const ALL: [Self; 6] =
        [Self::Go, Self::AnswerLost, Self::NotSent, Self::NoAnswer, Self::TimeIsUp, Self::NotRead];
}

/// What reconciling goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// CloudTrail shows the call of the attempt's access key.
    Shown,
    /// CloudTrail is complete and does not show it; or a person says so after looking.
    NotShown,
    /// The state equals the one before; only with a seeded fault.
    SameState,
}

/// What happens around the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surrounding {
    /// The next moment comes.
    ClockTicks,
    /// The attempt's credentials, and its time for an answer, end.
    CredentialsEnd,
    /// An operator stops everything.
    Stop,
    /// An operator starts it again.
    StartAgain,
    /// Policy, models, recipe or roles change.
    Upgrade,
    /// Somebody else writes what the call touches.
    ForeignWrite,
    /// Somebody else puts back what was before.
    ForeignRestore,
    /// Somebody who can write the table forges an approval, with its ledger entry.
    Forge,
    /// AWS accepts a call and does it.
    Accept(Attempt),
    /// AWS refuses a call.
    Refuse(Attempt),
    /// AWS does a call, and its answer is a 5xx or none.
    BreakAfter(Attempt),
    /// AWS does not do a call, and its answer is a 5xx or none.
    BreakBefore(Attempt),
    /// AWS has carried through what it accepted.
    Finish,
    /// AWS gives up what it accepted.
    GiveUp,
    /// CloudTrail has delivered everything about the attempt, and nothing of it can happen any more.
    TrailCompletes,
}

/// Something that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The worker in this place does its next step.
    Work(usize, Choice),
    /// The worker in this place is cut off.
    Crash(usize),
    /// Step Functions invokes the function of the state that the execution is in.
    Invoke(Generation),
    /// The same function is invoked once more for the same task.
    InvokeAgain(Generation),
    /// The task fails or times out; a worker may still be at it.
    TaskFails(Generation),
    /// The task of asking is tried again, with a new token.
    AskAgain(Generation),
    /// Reads HEAD and goes by it.
    Route(Generation),
    /// `not_before` has come.
    WindowOpens(Generation),
    /// Fifteen days of waiting are over.
    WaitTimesOut(Generation),
    /// The execution fails or is aborted.
    Dies(Generation),
    /// An operator starts an ended execution where it was.
    Redrive(Generation),
    /// A sweep reads the change.
    Sweep,
    /// An approver opens the page and sends a form.
    Decide(u8, Verb),
    /// The agent takes it back.
    Withdraw,
    /// Somebody reconciles an unknown call.
    Reconcile(Evidence),
    /// What happens around the workers.
    Surroundings(Surrounding),
}

const SURROUNDINGS: [Surrounding; 11] = [
    Surrounding::ClockTicks,
    Surrounding::CredentialsEnd,
    Surrounding::Stop,
    Surrounding::StartAgain,
    Surrounding::Upgrade,
    Surrounding::ForeignWrite,
    Surrounding::ForeignRestore,
    Surrounding::Forge,
    Surrounding::Finish,
    Surrounding::GiveUp,
    Surrounding::TrailCompletes,
];

impl Life {
    /// What could be tried in a state. Whether it can happen is decided where it is done.
    pub(crate) fn offered(&self, state: &State, actions: &mut Vec<Action>) {
        for (slot, task) in state.at_work() {
            let choices: &[Choice] = match task {
                Task::Apply(_) | Task::Observe(..) => &Choice::ALL,
                _ => &[Choice::Go],
            };
            actions.extend(choices.iter().map(|choice| Action::Work(slot, *choice)));
            // Two equal workers: cutting off one or the other is the same.
            let first = state.tasks.iter().position(|other| *other == task) == Some(slot);
            actions.extend((first && state.faults > 0).then_some(Action::Crash(slot)));
        }
        if state.head.is_none() {
            return;
        }
        let started = |generation: &u8| state.execution(*generation) != Execution::Missing;
        for generation in (1..).take(GENERATIONS).filter(started) {
            actions.extend([
                Action::Invoke(generation),
                Action::InvokeAgain(generation),
                Action::TaskFails(generation),
                Action::AskAgain(generation),
                Action::Route(generation),
                Action::WindowOpens(generation),
                Action::WaitTimesOut(generation),
                Action::Dies(generation),
                Action::Redrive(generation),
            ]);
        }
        actions.extend([Action::Sweep, Action::Withdraw]);
        for approver in (1..).take(APPROVERS) {
            actions.extend([Verb::Approve, Verb::Reject].map(|verb| Action::Decide(approver, verb)));
        }
        let evidence = [Evidence::Shown, Evidence::NotShown, Evidence::SameState];
        actions.extend(evidence.map(Action::Reconcile));
        actions.extend(SURROUNDINGS.map(Action::Surroundings));
        for attempt in (1..).take(CALLS).filter(|attempt| state.call(*attempt) == Wire::UnderWay) {
            let answers = [
                Surrounding::Accept(attempt),
                Surrounding::Refuse(attempt),
                Surrounding::BreakAfter(attempt),
                Surrounding::BreakBefore(attempt),
            ];
            actions.extend(answers.map(Action::Surroundings));
        }
    }

    /// Takes a fault off what may still happen.
    pub(crate) fn spend_fault(&self, state: &mut State) -> Option<()> {
        state.faults = state.faults.checked_sub(1)?;
        Some(())
    }

    /// A worker is cut off: a crash, a time-out, a lost connection.
    pub(crate) fn crash(&self, state: &mut State, slot: usize) -> Option<()> {
        self.spend_fault(state)?;
        let place = state.tasks.get_mut(slot).filter(|task| **task != Task::None)?;
        let gone = std::mem::take(place);
        if let Task::Apply(Apply { at: ApplyAt::Answer, attempt, .. }) = gone {
            self.nobody_waits(state, attempt);
        }
        Some(())
    }
}
