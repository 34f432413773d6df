//! `sweep`: deadlines, waits that were not ended, executions that died (`service::sweep`).
//!
//! Its lease keeps others away, but nothing rests on that: one sweep of the model may be cut off anywhere while another begins.

use changegate_change::ledger::Kind;
use changegate_change::status::Status;

use super::Life;
use super::action::Choice;
use super::commit::Write;
use super::functions::overdue;
use super::record::Version;
use super::state::{Execution, State, SweepAt, Task};
use crate::fault::Fault;

impl Life {
    /// A sweep finds the change due and reads it. The time of a look is not modelled: a change that is watched may be due
    /// whenever.
    pub(crate) fn begin_sweep(&self, state: &mut State) -> Option<()> {
        let at_it = state.at_work().any(|(_, task)| matches!(task, Task::Sweep(..)));
        if !state.watched || at_it {
            return None;
        }
        let record = state.record()?;
        let at = overdue(state, &record).map_or(SweepAt::Answer, |_| SweepAt::Write);
        self.spawn(state, Task::Sweep(at, record.head.version))
    }

    pub(crate) fn sweep(&self, state: &mut State, at: SweepAt, saw: Version, choice: Choice) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        let record = state.ledger.record(saw);
        let generation = record.head.generation;
        match at {
            SweepAt::Reread => Some(Task::Sweep(SweepAt::Answer, state.head?.version)),
            SweepAt::Write if self.write_overdue(state, saw) => Some(Task::Sweep(SweepAt::Reread, saw)),
            // The change is still due.
            SweepAt::Write => Some(Task::None),
            SweepAt::Answer => {
                let waits = record.head.status == Status::AwaitingApproval;
                if !waits && !self.has(Fault::WaitsNotEnded) {
                    self.end_wait(state, generation);
                }
                let at = if record.head.status.is_open() { SweepAt::Drive } else { SweepAt::Watch };
                Some(Task::Sweep(at, saw))
            }
            SweepAt::Drive => Some(Task::Sweep(self.drive(state, saw), saw)),
            SweepAt::Start => {
                self.start(state, generation);
                Some(Task::Sweep(SweepAt::Watch, saw))
            }
            SweepAt::Resume => {
                let written = self.commit(state, Write::new(saw, Kind::Resumed, None, 0));
                Some(if written { Task::Sweep(SweepAt::StartNext, saw) } else { Task::None })
            }
            SweepAt::StartNext => {
                self.start(state, generation + 1);
                Some(Task::Sweep(SweepAt::Watch, state.head?.version))
            }
            SweepAt::Watch => {
                self.watch(state, saw);
                Some(Task::None)
            }
        }
    }

    /// What follows from how the execution is (`Sweep::drive`).
    fn drive(&self, state: &State, saw: Version) -> SweepAt {
        let head = state.ledger.record(saw).head;
        match state.execution(head.generation) {
            Execution::Missing => SweepAt::Start,
            Execution::Ended if head.status == Status::Approved && state.stopped => SweepAt::Watch,
            Execution::Ended if self.has(Fault::NoNextGeneration) => SweepAt::Watch,
            Execution::Ended => SweepAt::Resume,
            Execution::Asking(_)
            | Execution::Waiting
            | Execution::Resuming
            | Execution::Window
            | Execution::Applying(_)
            | Execution::Observing(_)
            | Execution::Closing(_) => SweepAt::Watch,
        }
    }
}
