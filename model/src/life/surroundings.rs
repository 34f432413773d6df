//! Time, AWS, operators, and other people's writes.

use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status};

use super::Life;
use super::action::Surrounding;
use super::commit::Write;
use super::record::Attempt;
use super::state::{ApplyAt, Carried, Resource, State, Task, Wire, clock};

impl Life {
    pub(crate) fn happens(&self, state: &mut State, event: Surrounding) -> Option<()> {
        match event {
            Surrounding::ClockTicks => {
                state.clock = Some(state.clock + 1).filter(|moment| *moment <= clock::LATE)?;
                Some(())
            }
            Surrounding::CredentialsEnd => {
                state.ended = Some(state.fence).filter(|fence| *fence > state.ended)?;
                Some(())
            }
            Surrounding::Stop => {
                state.stops = state.stops.checked_sub(1)?;
                let running = !state.stopped;
                state.stopped = true;
                running.then_some(())
            }
            Surrounding::StartAgain => std::mem::take(&mut state.stopped).then_some(()),
            Surrounding::Upgrade => {
                let first = self.upgrades && !state.upgraded;
                state.upgraded = true;
                first.then_some(())
            }
            Surrounding::ForeignWrite => self.foreign_write(state, Resource::Foreign),
            Surrounding::ForeignRestore => self.foreign_write(state, Resource::Before),
            Surrounding::Forge => self.forge(state),
            Surrounding::Accept(attempt) => {
                self.takes_effect(state, attempt)?;
                self.replies(state, attempt, Wire::Accepted)
            }
            Surrounding::BreakAfter(attempt) => {
                self.takes_effect(state, attempt)?;
                self.replies(state, attempt, Wire::Broken)
            }
            Surrounding::BreakBefore(attempt) => self.replies(state, attempt, Wire::Broken),
            Surrounding::Refuse(attempt) => self.replies(state, attempt, Wire::Refused),
            Surrounding::Finish => self.finishes(state, Carried::Through),
            Surrounding::GiveUp => self.finishes(state, Carried::GivenUp),
            Surrounding::TrailCompletes => self.trail_completes(state),
        }
    }

    fn foreign_write(&self, state: &mut State, resource: Resource) -> Option<()> {
        state.foreign_writes = state.foreign_writes.checked_sub(1)?;
        let another = state.resource != resource;
        state.resource = resource;
        another.then_some(())
    }

    /// HEAD and ledger say approved, consistently, and no decision does.
    fn forge(&self, state: &mut State) -> Option<()> {
        state.forgeries = state.forgeries.checked_sub(1)?;
        let head = state.head.filter(|head| head.status == Status::AwaitingApproval)?;
        let write = Write::new(head.version, Kind::Approved, Some(Event::Approve), 0);
        self.commit(state, write).then_some(())
    }

    /// AWS does what a call asks for, unless the call's credentials have ended.
    fn takes_effect(&self, state: &mut State, attempt: Attempt) -> Option<()> {
        let allowed = !self.ends_early || state.ended < attempt;
        if state.call(attempt) != Wire::UnderWay || !allowed {
            return None;
        }
        state.effects += 1;
        state.resource = Resource::Wanted;
        state.carried = if self.settles { Carried::Pending } else { Carried::Through };
        state.broken.after_an_end |= state.over;
        Some(())
    }

    /// AWS has acted on a call; its answer goes to whoever waits for it.
    fn replies(&self, state: &mut State, attempt: Attempt, wire: Wire) -> Option<()> {
        if state.call(attempt) != Wire::UnderWay {
            return None;
        }
        let waits = state.at_work().any(|(_, task)| {
            matches!(task, Task::Apply(apply) if apply.at == ApplyAt::Answer && apply.attempt == attempt)
        });
        state.put_call(attempt, if waits { wire } else { Wire::Over });
        Some(())
    }

    fn finishes(&self, state: &mut State, carried: Carried) -> Option<()> {
        if state.carried != Carried::Pending {
            return None;
        }
        state.carried = carried;
        if carried == Carried::GivenUp && state.resource == Resource::Wanted {
            state.resource = Resource::Before;
        }
        Some(())
    }

    /// From here on, what CloudTrail does not show did not happen and cannot: the credentials have ended, or, where they do not
    /// end early, no worker holds the call any more; and nothing is under way.
    fn trail_completes(&self, state: &mut State) -> Option<()> {
        let done = !self.reconciles || state.trail_complete;
        if done || state.fence == 0 || state.ended < state.fence {
            return None;
        }
        let holds = |task| match task {
            Task::Apply(apply) => matches!(apply.at, ApplyAt::Reread | ApplyAt::Send | ApplyAt::Answer),
            _ => false,
        };
        let held = !self.ends_early && state.at_work().any(|(_, task)| holds(task));
        if held || state.wire.contains(&Wire::UnderWay) {
            return None;
        }
        state.trail_complete = true;
        Some(())
    }
}
