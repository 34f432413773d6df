//! One state of the model: the tables, Step Functions, the workers, AWS, and what surrounds them.

use changegate_change::decision::Verb;
use changegate_change::status::{Event, Status};
use changegate_change::step_record::Outcome;

use super::record::{Attempt, Generation, Head, Ledger, Record, Version};

/// How many executions a change can have in the model.
pub(crate) const GENERATIONS: usize = 5;
/// How many workers can be at work at once, at most.
pub(crate) const SLOTS: usize = 4;
/// How many calls can be under way: one in the design, more with a seeded fault.
pub(crate) const CALLS: usize = 2;
/// The two people who may decide.
pub(crate) const APPROVERS: usize = 2;

/// Moments of the clock. What passes at a moment has passed from that moment on.
pub(crate) mod clock {
    /// Before `not_before`.
    pub(crate) const EARLY: u8 = 0;
    /// From `not_before` on.
    pub(crate) const OPEN: u8 = 1;
    /// After `decide_by`.
    pub(crate) const DECIDED: u8 = 2;
    /// After `execute_before`.
    pub(crate) const LATE: u8 = 3;
}

/// A task of an execution that is a Lambda function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Call {
    /// The function was not invoked yet.
    Due,
    /// It was invoked and has not answered.
    Made,
}

/// Where an execution is: the states of `statemachines/change.asl.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Execution {
    /// It was never started.
    #[default]
    Missing,
    /// `RequestApproval`, until the function ends.
    Asking(Call),
    /// `RequestApproval`, the function has ended: waits for somebody to bring the task token back.
    Waiting,
    /// `Resume` and `Route`.
    Resuming,
    /// `WaitForWindow`.
    Window,
    /// `ApplyStep`.
    Applying(Call),
    /// `Observe`.
    Observing(Call),
    /// `Close`.
    Closing(Call),
    /// It has ended, however.
    Ended,
}

impl Execution {
    /// What `DescribeExecution` calls running.
    pub(crate) fn is_running(self) -> bool {
        !matches!(self, Self::Missing | Self::Ended)
    }
}

/// Where `propose` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ProposeAt {
    Create,
    Start,
    /// Only with a seeded fault: the watch is put by itself.
    Watch,
}

/// Where `apply-step` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ApplyAt {
    Read,
    Clear,
    Prepare,
    End(Event),
    Fence,
    Reread,
    Send,
    Answer,
    Report(Outcome),
    Write(Outcome),
    Tell,
}

/// A run of `apply-step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Apply {
    pub(crate) generation: Generation,
    pub(crate) at: ApplyAt,
    pub(crate) saw: Version,
    pub(crate) attempt: Attempt,
    /// What is wrong with the call that it is about to send; nothing in the design.
    pub(crate) wrong: Wrong,
}

/// What a seeded fault let pass before the fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Wrong {
    pub(crate) drifted: bool,
    pub(crate) other_bytes: bool,
    pub(crate) out_of_time: bool,
}

/// Where `observe` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObserveAt {
    Read,
    Write(Event),
}

/// Where `close-change` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CloseAt {
    Read,
    Write,
    Reread,
    Watch,
}

/// Where `sweep` is with the change that it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SweepAt {
    Write,
    Reread,
    Answer,
    Drive,
    Start,
    Resume,
    StartNext,
    Watch,
}

/// Where `review` is with a decision, after reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReviewAt {
    Write,
    EndWait,
}

/// Where a withdrawal is, after reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum WithdrawAt {
    Write,
    Tell,
}

/// Where reconciling is, after reading (design document).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReconcileAt {
    Write(Event),
    Tell,
}

/// A worker: one run of a function, which may be cut off between any two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Task {
    #[default]
    None,
    Propose(ProposeAt),
    /// Keeps this task token of this generation.
    Ask(Generation, u8),
    Apply(Apply),
    Observe(Generation, ObserveAt, Version),
    Close(Generation, CloseAt, Version),
    Sweep(SweepAt, Version),
    /// Approver, what they say, where it is, the record that was read, what the other had said then.
    Review(u8, Verb, ReviewAt, Version, Option<Verb>),
    Withdraw(WithdrawAt, Version),
    Reconcile(ReconcileAt, Version),
}

/// A call on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Wire {
    /// Nothing was sent.
    #[default]
    Nothing,
    /// AWS has not acted on it.
    UnderWay,
    /// AWS answered 2xx.
    Accepted,
    /// AWS answered 4xx.
    Refused,
    /// AWS answered 5xx, or dropped the connection.
    Broken,
    /// Nobody waits for the answer any more, and AWS has acted.
    Over,
}

/// What became of an accepted call inside AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Carried {
    #[default]
    Nothing,
    /// AWS is at it.
    Pending,
    /// AWS has finished.
    Through,
    /// AWS gave up and put back what was.
    GivenUp,
}

/// The state of what the call touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Resource {
    /// As approved.
    #[default]
    Before,
    /// As the call makes it.
    Wanted,
    /// As somebody else made it.
    Foreign,
}

/// What a seeded fault broke, remembered where the state alone would not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Broken {
    pub(crate) unapproved: bool,
    pub(crate) after_an_end: bool,
    pub(crate) while_stopped: bool,
    pub(crate) old_generation: bool,
    pub(crate) out_of_time: bool,
    pub(crate) drifted: bool,
    pub(crate) end_moved: bool,
    pub(crate) illegal: bool,
    pub(crate) bound: bool,
}

/// One state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct State {
    // Table `changes`.
    pub(crate) head: Option<Head>,
    pub(crate) ledger: Ledger,
    /// The item FENCE#00#do.
    pub(crate) fence: Attempt,
    /// Whether the watch is in the `due` index.
    pub(crate) watched: bool,
    // Table `approvals`.
    pub(crate) decisions: [Option<Verb>; APPROVERS],
    /// Task tokens that are kept, by generation: bit n is the n-th that was issued.
    pub(crate) kept: [u8; GENERATIONS],
    // Table `config`.
    pub(crate) stopped: bool,
    /// Policy, models, recipe or roles are not those of the proposal any more.
    pub(crate) upgraded: bool,
    // Step Functions.
    pub(crate) executions: [Execution; GENERATIONS],
    /// How many task tokens were issued.
    pub(crate) issued: [u8; GENERATIONS],
    // Lambda.
    pub(crate) tasks: [Task; SLOTS],
    // The tenant's account.
    pub(crate) wire: [Wire; CALLS],
    pub(crate) resource: Resource,
    pub(crate) carried: Carried,
    /// How often the call was sent.
    pub(crate) sent: u8,
    /// How often it took effect.
    pub(crate) effects: u8,
    /// The credentials of the attempts up to this one do not work any more, and their time for an answer is over.
    pub(crate) ended: Attempt,
    /// CloudTrail shows whatever the call did, and nothing of it can happen any more.
    pub(crate) trail_complete: bool,
    // Time, and what may still happen.
    pub(crate) clock: u8,
    /// Faults of the machinery that may still happen.
    pub(crate) faults: u8,
    pub(crate) stops: u8,
    pub(crate) foreign_writes: u8,
    pub(crate) forgeries: u8,
    // What is remembered for the properties.
    pub(crate) over: bool,
    pub(crate) broken: Broken,
}

impl State {
    /// The record as a consistent read finds it; none before it was created.
    pub(crate) fn record(&self) -> Option<Record> {
        self.head.map(|head| self.ledger.record(head.version))
    }

    /// The status that HEAD says.
    pub(crate) fn status(&self) -> Option<Status> {
        self.head.map(|head| head.status)
    }

    /// The execution of a generation.
    pub(crate) fn execution(&self, generation: Generation) -> Execution {
        at(&self.executions, generation).copied().unwrap_or_default()
    }

    /// Puts an execution into a state.
    pub(crate) fn put_execution(&mut self, generation: Generation, execution: Execution) {
        match at_mut(&mut self.executions, generation) {
            Some(place) => *place = execution,
            None => self.broken.bound = true,
        }
    }

    /// The workers that are at work.
    pub(crate) fn at_work(&self) -> impl Iterator<Item = (usize, Task)> {
        self.tasks.into_iter().enumerate().filter(|(_, task)| *task != Task::None)
    }

    /// The call of an attempt.
    pub(crate) fn call(&self, attempt: Attempt) -> Wire {
        at(&self.wire, attempt).copied().unwrap_or_default()
    }

    /// Moves the call of an attempt.
    pub(crate) fn put_call(&mut self, attempt: Attempt, wire: Wire) {
        match at_mut(&mut self.wire, attempt) {
            Some(place) => *place = wire,
            None => self.broken.bound = true,
        }
    }

    /// The states in which only the order of workers differs are one.
    pub(crate) fn in_order(mut self) -> Self {
        self.tasks.sort_unstable();
        self
    }
}

/// What belongs to a number that counts from 1.
pub(crate) fn at<T>(all: &[T], number: u8) -> Option<&T> {
    usize::from(number).checked_sub(1).and_then(|place| all.get(place))
}

/// The same, to be changed.
pub(crate) fn at_mut<T>(all: &mut [T], number: u8) -> Option<&mut T> {
    usize::from(number).checked_sub(1).and_then(|place| all.get_mut(place))
}
