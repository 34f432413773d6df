//! The functions that an execution calls beside `apply-step`, and `propose`, which starts it.

use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status};

use super::Life;
use super::action::Choice;
use super::commit::Write;
use super::execution::{Answer, token};
use super::record::{Generation, Head, Line, Record, Version};
use super::state::{Carried, CloseAt, ObserveAt, ProposeAt, State, Task, at_mut, clock};
use crate::fault::Fault;

/// Something past its time (`service::overdue::overdue`), as entry and event.
pub(crate) fn overdue(state: &State, record: &Record) -> Option<(Kind, Event)> {
    match record.head.status {
        Status::AwaitingApproval => (state.clock >= clock::DECIDED).then_some((Kind::Expired, Event::Expire)),
        Status::Approved => (state.clock >= clock::LATE).then_some((Kind::Expired, Event::Expire)),
        Status::Executing => {
            let silent = record.open_attempt().is_some_and(|attempt| state.ended >= attempt);
            silent.then_some((Kind::CallUnknown, Event::CallUnknown))
        }
        Status::Settling
        | Status::Succeeded
        | Status::Rejected
        | Status::Expired
        | Status::Withdrawn
        | Status::Stale
        | Status::Failed
        | Status::Unknown
        | Status::Compensating
        | Status::Compensated
        | Status::CompensationIncomplete => None,
    }
}

impl Life {
    /// `Propose::submit`: record and watch in one transaction, then the execution.
    pub(crate) fn propose(&self, state: &mut State, at: ProposeAt, choice: Choice) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        match at {
            ProposeAt::Create => {
                let status = Status::AwaitingApproval;
                state.ledger.put(1, Line { kind: Kind::Proposed, status, attempt: 0 });
                state.head = Some(Head { status, version: 1, generation: 1 });
                state.watched = !self.has(Fault::WatchApart);
                Some(Task::Propose(ProposeAt::Start))
            }
            ProposeAt::Start => {
                self.start(state, 1);
                Some(if state.watched { Task::None } else { Task::Propose(ProposeAt::Watch) })
            }
            ProposeAt::Watch => {
                state.watched = true;
                Some(Task::None)
            }
        }
    }

    /// `RequestApproval::ask`: keeps the token, whatever the record says.
    pub(crate) fn keep_token(
        &self,
        state: &mut State,
        generation: Generation,
        number: u8,
        choice: Choice,
    ) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        let replaced = self.has(Fault::TokenReplaced);
        if let Some(kept) = at_mut(&mut state.kept, generation) {
            *kept = if replaced { token(number) } else { *kept | token(number) };
        }
        // What an earlier try of the task answers does not count any more.
        if at_mut(&mut state.issued, generation).copied() == Some(number) {
            self.answered(state, generation, Answer::Asked);
        }
        Some(Task::None)
    }

    /// `Observe::observe`.
    pub(crate) fn observe(
        &self,
        state: &mut State,
        generation: Generation,
        at: ObserveAt,
        saw: Version,
        choice: Choice,
    ) -> Option<Task> {
        match at {
            ObserveAt::Read => self.look(state, generation, choice),
            ObserveAt::Write(event) if choice == Choice::Go => {
                let attempt = state.ledger.record(saw).fence;
                let kind = match event {
                    Event::Settle => Kind::Succeeded,
                    Event::SettleFailed => Kind::Failed,
                    Event::CallFailed => Kind::CallFailed,
                    _ => Kind::CallUnknown,
                };
                let written = self.commit(state, Write::new(saw, kind, Some(event), attempt));
                // One that could not be written is an error, and is looked at again.
                self.answered(state, generation, if written { Answer::Done } else { Answer::Wait });
                Some(Task::None)
            }
            ObserveAt::Write(_) => None,
        }
    }

    fn look(&self, state: &mut State, generation: Generation, choice: Choice) -> Option<Task> {
        let record = state.record()?;
        let settling = record.head.status == Status::Settling;
        if choice != Choice::Go && !settling {
            return None;
        }
        let then = |event| Some(Task::Observe(generation, ObserveAt::Write(event), record.head.version));
        let mine = record.head.generation == generation || self.has(Fault::OldGenerationAccepted);
        let answer = match record.head.status {
            _ if !mine && choice == Choice::Go => Answer::Done,
            Status::Approved if overdue(state, &record).is_some() || state.stopped => Answer::Done,
            Status::Approved => Answer::Again,
            Status::Executing if overdue(state, &record).is_some() => {
                let failed = self.has(Fault::SilenceIsFailed);
                return then(if failed { Event::CallFailed } else { Event::CallUnknown });
            }
            Status::Executing if self.has(Fault::FenceTakenOver) => Answer::Again,
            Status::Executing => Answer::Wait,
            Status::Settling if mine => match self.settled(state, choice)? {
                Some(event) => return then(event),
                None => Answer::Wait,
            },
            Status::Unknown if self.has(Fault::UnknownTriedAgain) => Answer::Again,
            _ => Answer::Done,
        };
        self.answered(state, generation, answer);
        Some(Task::None)
    }

    /// What a look at AWS says (`service::observe::look`): how it ended, or that it has not.
    fn settled(&self, state: &State, choice: Choice) -> Option<Option<Event>> {
        match (choice, state.carried) {
            (Choice::Go, Carried::Pending | Carried::Nothing) => Some(None),
            (Choice::Go, Carried::Through) => Some(Some(Event::Settle)),
            (Choice::Go, Carried::GivenUp) => Some(Some(Event::SettleFailed)),
            (Choice::TimeIsUp, Carried::Pending) => Some(Some(Event::Settle)),
            (Choice::NotRead, _) if self.has(Fault::UnreadIsFailed) => Some(Some(Event::SettleFailed)),
            (Choice::NotRead, _) => Some(Some(Event::Settle)),
            _ => None,
        }
    }

    /// `CloseChange::close`.
    pub(crate) fn close(
        &self,
        state: &mut State,
        generation: Generation,
        at: CloseAt,
        saw: Version,
        choice: Choice,
    ) -> Option<Task> {
        if choice != Choice::Go {
            return None;
        }
        let record = state.record()?;
        match at {
            CloseAt::Read if record.head.generation > generation => {
                self.answered(state, generation, Answer::Closed);
                Some(Task::None)
            }
            CloseAt::Read => {
                let at = overdue(state, &record).map_or(CloseAt::Watch, |_| CloseAt::Write);
                Some(Task::Close(generation, at, record.head.version))
            }
            CloseAt::Write if self.write_overdue(state, saw) => {
                Some(Task::Close(generation, CloseAt::Reread, saw))
            }
            CloseAt::Write => {
                self.answered(state, generation, Answer::NotClosed);
                Some(Task::None)
            }
            CloseAt::Reread => Some(Task::Close(generation, CloseAt::Watch, record.head.version)),
            CloseAt::Watch => {
                self.watch(state, saw);
                self.answered(state, generation, Answer::Closed);
                Some(Task::None)
            }
        }
    }

    /// `Recorder::write_overdue`: what was past its time in the record that was read.
    pub(crate) fn write_overdue(&self, state: &mut State, saw: Version) -> bool {
        let record = state.ledger.record(saw);
        let Some((kind, event)) = overdue(state, &record) else { return false };
        let unchecked = kind == Kind::Expired
            && (self.has(Fault::ExpiryWithoutVersion) && record.head.status == Status::Approved
                || self.has(Fault::EndWithoutVersion) && record.head.status == Status::AwaitingApproval);
        let (kind, event) = match event {
            Event::CallUnknown if self.has(Fault::SilenceIsFailed) => (Kind::CallFailed, Event::CallFailed),
            other => (kind, other),
        };
        self.commit(state, Write { unchecked, ..Write::new(saw, kind, Some(event), record.fence) })
    }

    /// `overdue::next_look`: the sweep goes on looking at what is open or unknown.
    pub(crate) fn watch(&self, state: &mut State, saw: Version) {
        let status = state.ledger.record(saw).head.status;
        let unknown = status == Status::Unknown && !self.has(Fault::UnknownForgotten);
        state.watched = status.is_open() || unknown;
    }
}
