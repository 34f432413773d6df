//! That every change ends: from every state, what happens once nothing more goes wrong.
//!
//! stateright's `eventually` is sound only without cycles, and waiting is a cycle. So the model follows one fair schedule from
//! every reachable state: workers go on, AWS answers, a stop is lifted, the execution does its next step, and the sweep comes
//! round. Any state from which that does not lead to an end is a counterexample. What it does not show is that every fair
//! schedule leads there.

use changegate_change::status::Status;

use super::Life;
use super::action::{Action, Choice, Surrounding};
use super::properties::is_pending;
use super::state::{ApplyAt, Call, Execution, State, Task, Wire, clock};

/// Longer than any way to an end.
const STEPS: usize = 160;
/// After so many steps time itself passes, although that is not what the change should end by.
const PATIENCE: usize = 100;

impl Life {
    /// Every open change comes to an end, or to `unknown`, which an alarm shows to people.
    pub(crate) fn every_change_ends(&self, state: &State) -> bool {
        let open = |state: &State| state.status().is_some_and(Status::is_open);
        self.leads_out_of(state, open, PATIENCE)
    }

    /// An approved change is tried before its deadline: it leaves `approved` although the clock stands still.
    pub(crate) fn approved_is_not_lost(&self, state: &State) -> bool {
        if state.clock >= clock::LATE || !self.quorum(state) {
            return true;
        }
        self.leads_out_of(state, |state| state.status() == Some(Status::Approved), STEPS)
    }

    fn leads_out_of(&self, state: &State, inside: fn(&State) -> bool, patience: usize) -> bool {
        let mut present = *state;
        for step in 0..STEPS {
            if !inside(&present) {
                return true;
            }
            let ticks = Action::Surroundings(Surrounding::ClockTicks);
            let impatient = step >= patience && present.clock < clock::LATE;
            let action = if impatient { Some(ticks) } else { self.fair(&present) };
            match action.and_then(|action| self.after(&present, action)) {
                Some(next) => present = next,
                None => return false,
            }
        }
        false
    }

    /// What happens next if nothing goes wrong.
    fn fair(&self, state: &State) -> Option<Action> {
        if let Some((slot, task)) = state.at_work().next() {
            return Some(self.goes_on(state, slot, task));
        }
        if is_pending(state) {
            return Some(Action::Surroundings(Surrounding::Finish));
        }
        if state.stopped {
            return Some(Action::Surroundings(Surrounding::StartAgain));
        }
        let head = state.head?;
        let silent = head.status == Status::Executing && state.ended < state.fence;
        if silent {
            return Some(Action::Surroundings(Surrounding::CredentialsEnd));
        }
        if head.status == Status::Approved && state.clock < clock::OPEN {
            return Some(Action::Surroundings(Surrounding::ClockTicks));
        }
        Some(match state.execution(head.generation) {
            Execution::Asking(Call::Due)
            | Execution::Applying(Call::Due)
            | Execution::Observing(Call::Due)
            | Execution::Closing(Call::Due) => Action::Invoke(head.generation),
            Execution::Asking(Call::Made)
            | Execution::Applying(Call::Made)
            | Execution::Observing(Call::Made)
            | Execution::Closing(Call::Made) => Action::TaskFails(head.generation),
            Execution::Resuming => Action::Route(head.generation),
            Execution::Window => Action::WindowOpens(head.generation),
            Execution::Waiting if head.status == Status::AwaitingApproval && state.clock < clock::DECIDED => {
                Action::Surroundings(Surrounding::ClockTicks)
            }
            Execution::Waiting | Execution::Missing | Execution::Ended => Action::Sweep,
        })
    }

    fn goes_on(&self, state: &State, slot: usize, task: Task) -> Action {
        match task {
            Task::Apply(apply)
                if apply.at == ApplyAt::Answer && state.call(apply.attempt) == Wire::UnderWay =>
            {
                let ended = self.ends_early && state.ended >= apply.attempt;
                let answer = if ended { Surrounding::Refuse } else { Surrounding::Accept };
                Action::Surroundings(answer(apply.attempt))
            }
            _ => Action::Work(slot, Choice::Go),
        }
    }
}
