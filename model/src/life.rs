//! The life of one change with one step, as the code drives it: proposal, decisions, workflow, executor, sweep, and AWS.
//!
//! Every step of a worker is one effect or one read, so that it may be cut off between any two. What may happen is said in
//! [`action`], with the code that it stands for; the conditions are those of the code, on the same stored attributes.

pub(crate) mod action;
mod apply_step;
mod commit;
mod execution;
mod functions;
mod people;
mod progress;
mod properties;
pub(crate) mod record;
pub(crate) mod source;
pub(crate) mod state;
mod surroundings;
mod sweep;
pub(crate) mod words;

use stateright::{Model, Property};

use self::action::{Action, Choice};
use self::state::{Execution, State, Task, clock};
use crate::claims::Claim;
use crate::fault::Fault;

/// What may happen in a part of the model, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// How many must approve.
    pub(crate) required: usize,
    /// Whether there is a `not_before` that has not come yet.
    pub(crate) not_before: bool,
    /// Whether the executor's session ends early for this call.
    pub(crate) ends_early: bool,
    /// Whether AWS takes time to carry the call through, and may give up.
    pub(crate) settles: bool,
    /// Whether people may reject.
    pub(crate) rejects: bool,
    /// Whether the agent may withdraw.
    pub(crate) withdraws: bool,
    /// Whether policy, models or recipe may change.
    pub(crate) upgrades: bool,
    /// Whether evidence may end `unknown` (after the design document).
    pub(crate) reconciles: bool,
    /// How many faults of the machinery may happen: crashes, deliveries twice or too late, lost answers, dead executions.
    pub(crate) faults: u8,
    /// How often it may be stopped.
    pub(crate) stops: u8,
    /// How often somebody else may write what the call touches.
    pub(crate) foreign_writes: u8,
    /// How often somebody who can write the table may forge an approval.
    pub(crate) forgeries: u8,
    /// How many workers may be at work at once.
    pub(crate) slots: usize,
    /// The design fault that is seeded.
    pub(crate) fault: Option<Fault>,
    /// The one claim that is checked; all if none is named.
    pub(crate) only: Option<Claim>,
}

impl Life {
    /// Whether this fault is seeded.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Whether the decisions satisfy the rule (`change::quorum::quorum`): enough say yes and nobody says no.
    pub(crate) fn quorum(&self, state: &State) -> bool {
        use changegate_change::decision::Verb::{Approve, Reject};
        let said = |verb| state.decisions.iter().filter(|said| **said == Some(verb)).count();
        said(Reject) == 0 && said(Approve) >= self.required
    }

    /// Puts a worker to work, if there is a place for one.
    pub(crate) fn spawn(&self, state: &mut State, task: Task) -> Option<()> {
        if state.at_work().count() >= self.slots {
            return None;
        }
        state.tasks.iter_mut().find(|place| **place == Task::None).map(|place| *place = task)
    }

    /// The state after an action, if it can happen.
    pub(crate) fn after(&self, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        self.act(&mut next, action)?;
        Some(next.in_order())
    }

    fn act(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Work(slot, choice) => self.work(state, slot, choice),
            Action::Crash(slot) => self.crash(state, slot),
            Action::Invoke(generation) => self.invoke(state, generation),
            Action::InvokeAgain(generation) => self.invoke_again(state, generation),
            Action::TaskFails(generation) => self.task_fails(state, generation),
            Action::AskAgain(generation) => self.ask_again(state, generation),
            Action::Route(generation) => self.route(state, generation),
            Action::WindowOpens(generation) => self.window_opens(state, generation),
            Action::WaitTimesOut(generation) => self.wait_times_out(state, generation),
            Action::Dies(generation) => self.dies(state, generation),
            Action::Redrive(generation) => self.redrive(state, generation),
            Action::Sweep => self.begin_sweep(state),
            Action::Decide(approver, verb) => self.begin_decision(state, approver, verb),
            Action::Withdraw => self.begin_withdrawal(state),
            Action::Reconcile(evidence) => self.begin_reconcile(state, evidence),
            Action::Surroundings(event) => self.happens(state, event),
        }
    }

    /// The next step of a worker.
    fn work(&self, state: &mut State, slot: usize, choice: Choice) -> Option<()> {
        let task = *state.tasks.get(slot)?;
        let then = match task {
            Task::None => return None,
            Task::Propose(at) => self.propose(state, at, choice)?,
            Task::Ask(generation, token) => self.keep_token(state, generation, token, choice)?,
            Task::Apply(apply) => self.apply(state, apply, choice)?,
            Task::Observe(generation, at, saw) => self.observe(state, generation, at, saw, choice)?,
            Task::Close(generation, at, saw) => self.close(state, generation, at, saw, choice)?,
            Task::Sweep(at, saw) => self.sweep(state, at, saw, choice)?,
            Task::Review(..) => self.review(state, task, choice)?,
            Task::Withdraw(at, saw) => self.withdraw(state, at, saw, choice)?,
            Task::Reconcile(at, saw) => self.reconcile(state, at, saw, choice)?,
        };
        state.tasks.get_mut(slot).map(|place| *place = then)
    }
}

impl Model for Life {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut first = State {
            clock: if self.not_before { clock::EARLY } else { clock::OPEN },
            faults: self.faults,
            stops: self.stops,
            foreign_writes: self.foreign_writes,
            forgeries: self.forgeries,
            ..State::default()
        };
        if let Some(place) = first.tasks.first_mut() {
            *place = Task::Propose(state::ProposeAt::Create);
        }
        vec![first.in_order()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.offered(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = properties::all(self);
        all.retain(|property| self.only.is_none_or(|only| only.words() == property.name));
        all
    }
}

/// Whether a worker of the function that an execution called is still at work.
pub(crate) fn called(state: &State, generation: u8, execution: Execution) -> bool {
    state.at_work().any(|(_, task)| match (execution, task) {
        (Execution::Asking(_), Task::Ask(of, _))
        | (Execution::Observing(_), Task::Observe(of, ..))
        | (Execution::Closing(_), Task::Close(of, ..)) => of == generation,
        (Execution::Applying(_), Task::Apply(apply)) => apply.generation == generation,
        _ => false,
    })
}
