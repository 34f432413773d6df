//! A change of several steps with compensation, after the design document: the code has neither yet.
//!
//! Who drives is not told apart here: any worker may read the record whenever and do what follows from it, as executions of any
//! generation, tasks that run twice, and sweeps do. Steps run one at a time; each, and each undo, has a fence of its own.

mod drive;
mod properties;
mod words;

use changegate_change::status::Status;
use changegate_change::step_record::Outcome;
use stateright::{Model, Property};

use crate::claims::Claim;
use crate::fault::Fault;

/// How many steps there can be.
pub(crate) const STEPS: usize = 3;
/// How many workers can be at work at once, at most.
const SLOTS: usize = 2;

/// A design of change sets.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSet {
    /// How many steps there are.
    pub(crate) steps: usize,
    /// How many workers may be at work at once.
    pub(crate) workers: usize,
    /// How many workers may be cut off.
    pub(crate) faults: u8,
    /// The design fault that is seeded.
    pub(crate) fault: Option<Fault>,
    /// The one claim that is checked; all if none is named.
    pub(crate) only: Option<Claim>,
}

/// A call of the change: a step, or its undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallOf {
    pub(crate) step: usize,
    pub(crate) undo: bool,
}

/// What the tables say of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Told {
    #[default]
    Planned,
    /// The fence is taken, and nothing is known yet.
    Fenced,
    Ended(Outcome),
}

/// Where a call is on its way to AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Wire {
    #[default]
    Nothing,
    UnderWay,
    Accepted,
    Refused,
    Broken,
    Over,
}

/// Everything about one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct CallState {
    pub(crate) told: Told,
    pub(crate) wire: Wire,
    pub(crate) sent: u8,
    pub(crate) effects: u8,
    /// The credentials of its attempt do not work any more.
    pub(crate) ended: bool,
    /// CloudTrail shows whatever it did.
    pub(crate) trail_complete: bool,
}

/// What a worker is about to do, on the record that it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Task {
    #[default]
    None,
    Fence(CallOf, u8),
    Send(CallOf),
    Answer(CallOf),
    /// Reads the record, to write an outcome.
    Report(CallOf, Outcome),
    Write(CallOf, Outcome, u8),
    Settle(u8),
    CompensationDone(u8),
    CompensationStuck(u8),
}

/// One state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) status: Status,
    /// Every write is conditional on it.
    pub(crate) version: u8,
    pub(crate) steps: [CallState; STEPS],
    pub(crate) undos: [CallState; STEPS],
    pub(crate) tasks: [Task; SLOTS],
    pub(crate) faults: u8,
    pub(crate) end_moved: bool,
    pub(crate) not_in_reverse: bool,
    pub(crate) undone_on_unknown: bool,
}

/// Something that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A worker reads the record and sees what follows.
    Drive,
    /// The worker in this place does its next step.
    Work(usize),
    /// Its call is not sent: no connection, or the state is not as it should be.
    NotSent(usize),
    /// It has no answer in time.
    NoAnswer(usize),
    /// The worker in this place is cut off.
    Crash(usize),
    Accept(CallOf),
    Refuse(CallOf),
    BreakAfter(CallOf),
    BreakBefore(CallOf),
    CredentialsEnd(CallOf),
    TrailCompletes(CallOf),
    /// Evidence ends `unknown`.
    Reconcile(CallOf),
}

impl State {
    pub(crate) fn call(&self, of: CallOf) -> CallState {
        let calls = if of.undo { &self.undos } else { &self.steps };
        calls.get(of.step).copied().unwrap_or_default()
    }

    pub(crate) fn change(&mut self, of: CallOf, change: impl FnOnce(&mut CallState)) {
        let calls = if of.undo { &mut self.undos } else { &mut self.steps };
        if let Some(call) = calls.get_mut(of.step) {
            change(call);
        }
    }

    /// Whether what a step did is in place.
    pub(crate) fn stands(&self, step: usize) -> bool {
        let effects = |undo| self.call(CallOf { step, undo }).effects;
        effects(false) > effects(true)
    }

    pub(crate) fn spawn(&mut self, task: Task, workers: usize) -> Option<()> {
        let idle = SLOTS.saturating_sub(workers);
        if self.tasks.iter().filter(|place| **place == Task::None).count() <= idle {
            return None;
        }
        self.tasks.iter_mut().find(|place| **place == Task::None).map(|place| *place = task)
    }
}

/// Every call that the change may make.
pub(crate) fn calls() -> impl Iterator<Item = CallOf> {
    (0..STEPS).flat_map(|step| [false, true].map(|undo| CallOf { step, undo }))
}

impl Model for ChangeSet {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            status: Status::Approved,
            version: 0,
            steps: Default::default(),
            undos: Default::default(),
            tasks: Default::default(),
            faults: self.faults,
            end_moved: false,
            not_in_reverse: false,
            undone_on_unknown: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.push(Action::Drive);
        for (slot, _) in state.tasks.iter().enumerate().filter(|(_, task)| **task != Task::None) {
            let crash = (state.faults > 0).then_some(Action::Crash(slot));
            actions.extend([Action::Work(slot), Action::NotSent(slot), Action::NoAnswer(slot)]);
            actions.extend(crash);
        }
        for of in calls().filter(|of| state.call(*of) != CallState::default()) {
            actions.extend([
                Action::Accept(of),
                Action::Refuse(of),
                Action::BreakAfter(of),
                Action::BreakBefore(of),
                Action::CredentialsEnd(of),
                Action::TrailCompletes(of),
                Action::Reconcile(of),
            ]);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = properties::all();
        all.retain(|property| self.only.is_none_or(|only| only.words() == property.name));
        all
    }
}
