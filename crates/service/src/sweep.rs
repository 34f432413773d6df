//! Every minute: what is past its time, waits that were not ended, executions that died, events that were not relayed.
//!
//! One sweep runs at a time. It decides by the record, ends what does not verify, and may be cut off at any moment: what
//! it did not reach is still due.

mod left_behind;

use std::time::Duration;

use changegate_change::head::Facts;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::Kind;
use changegate_change::status::Status;
use changegate_store::Store;
use changegate_store::record::Record;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

pub use left_behind::Relay;

use crate::clock::Clock;
use crate::error::ServiceError;
use crate::overdue::{Overdue, next_look, overdue};
use crate::recorder::{Found, Recorder};
use crate::workflow::{Answered, ExecutionState, Workflow};

/// The name of the function in ledgers.
const FUNCTION: &str = "sweep";
/// How long one sweep keeps others away.
const LEASE: SignedDuration = SignedDuration::from_secs(50);
/// How long a sweep begins to look at changes. INVARIANT: this and one look are shorter than the lease.
const LOOK_WITHIN: Duration = Duration::from_secs(35);
/// How long one look may take.
const ONE_LOOK: Duration = Duration::from_secs(12);
/// How many changes of each shard one sweep asks for.
const LIMIT: u16 = 250;

/// What sweeping needs.
#[derive(Debug)]
pub struct Sweep {
    /// The tables.
    pub store: Store,
    /// The executions.
    pub workflow: Workflow,
    /// Who relays what was left behind.
    pub relay: Relay,
    /// How long a change that is fine is left alone.
    pub look_after: SignedDuration,
    /// Time and randomness.
    pub clock: Clock,
}

/// What a sweep found and did, in numbers of changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Another sweep was at work; nothing was looked at.
    pub busy: bool,
    /// Changes that were looked at.
    pub looked: u32,
    /// A deadline had passed.
    pub expired: u32,
    /// An attempt had said nothing until its deadline.
    pub unknown: u32,
    /// Something stored did not verify.
    pub altered: u32,
    /// A wait was ended.
    pub answered: u32,
    /// An execution was missing and was started.
    pub started: u32,
    /// An execution had ended too early; the next generation was started.
    pub resumed: u32,
    /// Events were handed to the relay again.
    pub relayed: u32,
    /// There is nothing left to look at.
    pub unwatched: u32,
    /// Could not be looked at; still due.
    pub failed: u32,
}

impl Sweep {
    /// Looks at every change that is due.
    ///
    /// # Errors
    /// The lease could not be taken or the due changes not be found.
    pub async fn sweep(&self) -> Result<Findings, ServiceError> {
        let began = Instant::now();
        let now = self.clock.now();
        let holder = self.clock.ulid(now).to_string();
        if !self.store.lease_sweep(&holder, now, now + LEASE).await? {
            return Ok(Findings { busy: true, ..Findings::default() });
        }
        let mut findings = Findings::default();
        for (tenant, change) in self.store.due(now, LIMIT).await? {
            if began.elapsed() > LOOK_WITHIN {
                break;
            }
            findings.looked += 1;
            let mut found = Findings::default();
            let looked = tokio::time::timeout(ONE_LOOK, self.look(&tenant, &change, &mut found)).await;
            findings.add(&found);
            let story = match looked {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.story(),
                Err(_) => format!("not within {} seconds", ONE_LOOK.as_secs()),
            };
            findings.failed += 1;
            tracing::warn!(%tenant, %change, story, "a change could not be looked at; it is still due");
        }
        tracing::info!(findings = ?findings, "swept");
        Ok(findings)
    }

    async fn look(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        found: &mut Findings,
    ) -> Result<(), ServiceError> {
        let recorder = Recorder::new(&self.store, &self.clock, FUNCTION);
        let now = self.clock.now();
        let mut record = match recorder.find(tenant, change).await? {
            Found::Consistent(record, _) => *record,
            Found::Altered => return self.left_altered(tenant, change, found).await,
            Found::Nothing => {
                found.unwatched += 1;
                return Ok(self.store.unwatch(tenant, change, now).await?);
            }
        };
        if let Some(overdue) = overdue(&record, now) {
            recorder.write_overdue(&record, &overdue).await?;
            match overdue {
                Overdue::Expired(_) => found.expired += 1,
                Overdue::Unanswered(_) => found.unknown += 1,
            }
            record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        }
        self.end_wait(&record, found).await?;
        if self.drive(&recorder, &record, found).await? {
            record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        }
        if self.relay.left_behind(&record, now).await? {
            found.relayed += 1;
        }
        self.look_next(&record, found).await
    }

    /// Ends the wait of a change that does not wait for people any more.
    async fn end_wait(&self, record: &Record, found: &mut Findings) -> Result<(), ServiceError> {
        let head = &record.head;
        if head.status == Status::AwaitingApproval {
            return Ok(());
        }
        self.answer(&head.tenant, &head.change, head.generation, found).await
    }

    async fn answer(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        generation: u64,
        found: &mut Findings,
    ) -> Result<(), ServiceError> {
        let tokens = self.store.tokens(tenant, change, generation).await?;
        if self.workflow.answer_any(&tokens).await? == Answered::GoesOn {
            found.answered += 1;
        }
        Ok(())
    }

    /// Sees to it that an open change has an execution. Says whether the record moved.
    async fn drive(
        &self,
        recorder: &Recorder<'_>,
        record: &Record,
        found: &mut Findings,
    ) -> Result<bool, ServiceError> {
        let head = &record.head;
        let (tenant, change) = (&head.tenant, &head.change);
        if !head.status.is_open() {
            return Ok(false);
        }
        match self.workflow.state(change, head.generation).await? {
            ExecutionState::Running => Ok(false),
            ExecutionState::Missing => {
                self.workflow.start(tenant, change, head.generation).await?;
                found.started += 1;
                Ok(false)
            }
            // Stopped: the change waits without an execution until it is started again.
            ExecutionState::Ended
                if head.status == Status::Approved && self.store.stopped(tenant).await? =>
            {
                Ok(false)
            }
            ExecutionState::Ended => {
                let generation = head.generation + 1;
                let facts = Facts { generation: Some(generation), ..Facts::default() };
                recorder.note(record, Kind::Resumed, &facts, json!({})).await?;
                self.workflow.start(tenant, change, generation).await?;
                found.resumed += 1;
                Ok(true)
            }
        }
    }

    async fn look_next(&self, record: &Record, found: &mut Findings) -> Result<(), ServiceError> {
        let (tenant, change) = (&record.head.tenant, &record.head.change);
        let now = self.clock.now();
        match next_look(record, now, self.look_after) {
            Some(at) => self.store.look_again(tenant, change, at).await?,
            None => {
                self.store.unwatch(tenant, change, now).await?;
                found.unwatched += 1;
            }
        }
        Ok(())
    }

    /// A change that was ended because it does not verify: its wait ends, and there is nothing left to look at. The
    /// execution is the first one unless the record can still say otherwise.
    async fn left_altered(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        found: &mut Findings,
    ) -> Result<(), ServiceError> {
        found.altered += 1;
        let generation =
            self.store.head(tenant, change).await.ok().flatten().map_or(1, |head| head.generation);
        for generation in [1, generation] {
            self.answer(tenant, change, generation, found).await?;
        }
        Ok(self.store.unwatch(tenant, change, self.clock.now()).await?)
    }
}

impl Findings {
    fn add(&mut self, one: &Self) {
        self.expired += one.expired;
        self.unknown += one.unknown;
        self.altered += one.altered;
        self.answered += one.answered;
        self.started += one.started;
        self.resumed += one.resumed;
        self.relayed += one.relayed;
        self.unwatched += one.unwatched;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_ends_within_its_lease_and_the_lease_before_the_next_minute() {
        let lease = Duration::try_from(LEASE).unwrap();
        assert!(LOOK_WITHIN + ONE_LOOK < lease && lease < Duration::from_secs(60));
    }

    #[test]
    fn findings_add_up_field_by_field() {
        let one = Findings {
            busy: false,
            looked: 0,
            failed: 0,
            expired: 1,
            unknown: 2,
            altered: 3,
            answered: 4,
            started: 5,
            resumed: 6,
            relayed: 7,
            unwatched: 8,
        };
        let mut sum = one.clone();
        sum.add(&one);
        let doubled = Findings {
            expired: 2,
            unknown: 4,
            altered: 6,
            answered: 8,
            started: 10,
            resumed: 12,
            relayed: 14,
            unwatched: 16,
            ..Findings::default()
        };
        assert_eq!(sum, doubled);
    }
}
