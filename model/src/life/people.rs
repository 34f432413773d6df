//! People: decisions, withdrawal, and what ends `unknown` by evidence.

use changegate_change::decision::Verb;
use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status, next};

use super::Life;
use super::action::{Choice, Evidence};
use super::commit::Write;
use super::record::Version;
use super::state::{Carried, ReconcileAt, Resource, ReviewAt, State, Task, WithdrawAt, at, at_mut, clock};
use crate::fault::Fault;

/// The other of the two approvers.
fn other(approver: u8) -> u8 {
    3 - approver
}

impl Life {
    /// `Review::decide` up to the signature: reads record and decisions, and looks at the clock and the stop.
    pub(crate) fn begin_decision(&self, state: &mut State, approver: u8, verb: Verb) -> Option<()> {
        if verb == Verb::Reject && !self.rejects {
            return None;
        }
        let at_it = |task| matches!(task, Task::Review(who, ..) if who == approver);
        let decided = at(&state.decisions, approver).copied().flatten().is_some();
        let waiting = state.status()? == Status::AwaitingApproval;
        if !waiting || decided || state.clock >= clock::DECIDED || state.stopped {
            return None;
        }
        if state.at_work().any(|(_, task)| at_it(task)) {
            return None;
        }
        let earlier = at(&state.decisions, other(approver)).copied().flatten();
        let saw = state.head?.version;
        self.spawn(state, Task::Review(approver, verb, ReviewAt::Write, saw, earlier))
    }

    /// The transaction (record, decision, no stop), then the end of the wait.
    pub(crate) fn review(&self, state: &mut State, task: Task, choice: Choice) -> Option<Task> {
        let Task::Review(approver, verb, step, saw, earlier) = task else { return None };
        if choice != Choice::Go {
            return None;
        }
        match step {
            ReviewAt::Write => {
                let decided = at(&state.decisions, approver).copied().flatten().is_some();
                if decided || state.stopped {
                    return Some(Task::None);
                }
                let (kind, event) = self.follows(verb, earlier);
                let unchecked = self.has(Fault::DecisionWithoutVersion);
                if !self.commit(state, Write { unchecked, ..Write::new(saw, kind, event, 0) }) {
                    return Some(Task::None);
                }
                at_mut(&mut state.decisions, approver).map(|said| *said = Some(verb))?;
                let step = ReviewAt::EndWait;
                Some(event.map_or(Task::None, |_| Task::Review(approver, verb, step, saw, earlier)))
            }
            ReviewAt::EndWait => {
                let generation = state.ledger.record(saw).head.generation;
                self.end_wait(state, generation);
                Some(Task::None)
            }
        }
    }

    /// What follows from one more decision (`Review::follow`).
    fn follows(&self, verb: Verb, earlier: Option<Verb>) -> (Kind, Option<Event>) {
        let yes = usize::from(earlier == Some(Verb::Approve)) + 1;
        match verb {
            Verb::Reject => (Kind::Rejected, Some(Event::Reject)),
            Verb::Approve if yes >= self.required => (Kind::Approved, Some(Event::Approve)),
            Verb::Approve => (Kind::Decided, None),
        }
    }

    /// `Propose::withdraw`: reads.
    pub(crate) fn begin_withdrawal(&self, state: &mut State) -> Option<()> {
        let at_it = state.at_work().any(|(_, task)| matches!(task, Task::Withdraw(..)));
        let head = state.head?;
        let mixture =
            self.has(Fault::MixtureBelieved).then(|| state.ledger.record(head.version - 1).head.status);
        if !self.withdraws || at_it || next(mixture.unwrap_or(head.status), Event::Withdraw).is_err() {
            return None;
        }
        let saw = head.version;
        self.spawn(state, Task::Withdraw(WithdrawAt::Write, saw))
    }

    pub(crate) fn withdraw(
        &self,
        state: &mut State,
        at: WithdrawAt,
        saw: Version,
        choice: Choice,
    ) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        match at {
            WithdrawAt::Write => {
                // The condition on the version of the last entry holds, and the status is that of the HEAD before it.
                let forced = self.has(Fault::MixtureBelieved).then_some(Status::Withdrawn);
                let write = Write { forced, ..Write::new(saw, Kind::Withdrawn, Some(Event::Withdraw), 0) };
                let written = self.commit(state, write);
                Some(if written { Task::Withdraw(WithdrawAt::Tell, saw) } else { Task::None })
            }
            WithdrawAt::Tell => {
                state.watched = true;
                Some(Task::None)
            }
        }
    }

    /// Reads record and evidence (design document; not in the code yet).
    pub(crate) fn begin_reconcile(&self, state: &mut State, evidence: Evidence) -> Option<()> {
        let at_it = state.at_work().any(|(_, task)| matches!(task, Task::Reconcile(..)));
        if !self.reconciles || at_it || state.status()? != Status::Unknown {
            return None;
        }
        let early = self.has(Fault::EvidenceTooEarly);
        let event = match evidence {
            Evidence::Shown if state.effects > 0 => Event::ReconcileSucceeded,
            Evidence::NotShown if state.effects == 0 && (state.trail_complete || early) => {
                Event::ReconcileFailed
            }
            Evidence::SameState
                if self.has(Fault::SameStateIsFailed) && state.resource == Resource::Before =>
            {
                Event::ReconcileFailed
            }
            Evidence::Shown | Evidence::NotShown | Evidence::SameState => return None,
        };
        let saw = state.head?.version;
        self.spawn(state, Task::Reconcile(ReconcileAt::Write(event), saw))
    }

    pub(crate) fn reconcile(
        &self,
        state: &mut State,
        at: ReconcileAt,
        saw: Version,
        choice: Choice,
    ) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        match at {
            ReconcileAt::Write(event) => {
                let happened = event == Event::ReconcileSucceeded;
                let kind = if happened { Kind::CallSucceeded } else { Kind::CallFailed };
                let attempt = state.ledger.record(saw).fence;
                let written = self.commit(state, Write::new(saw, kind, Some(event), attempt));
                Some(if written { Task::Reconcile(ReconcileAt::Tell, saw) } else { Task::None })
            }
            ReconcileAt::Tell => {
                state.watched = true;
                Some(Task::None)
            }
        }
    }

    /// Whether AWS did and kept what the call asked for.
    pub(crate) fn stands(state: &State) -> bool {
        state.effects > 0 && state.carried != Carried::GivenUp
    }
}
