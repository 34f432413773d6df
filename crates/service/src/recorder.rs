//! What happens to a change, written: record, ledger entry and what follows from it, in one transaction.

use std::collections::BTreeMap;

use changegate_change::head::{Facts, Head, Why};
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::{Entry, Kind};
use changegate_change::status::{Event, Status, next};
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::{AttemptResult, Outcome, StepRecord};
use changegate_store::record::Record;
use changegate_store::refuse::Refused;
use changegate_store::{CommitError, Part, Store, StoreError};
use jiff::Timestamp;
use serde_json::Value;

use crate::clock::Clock;
use crate::dossier::Dossier;
use crate::error::ServiceError;
use crate::overdue::Overdue;
use crate::refusal::{Ending, Refusal};
use crate::verify::consistent;

/// Something that happens to a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Happens {
    /// What the ledger calls it.
    pub kind: Kind,
    /// What it does to the status.
    pub event: Event,
    /// What the record takes from it.
    pub facts: Facts,
    /// More for the ledger; never a secret.
    pub data: Value,
}

/// Writes what happens, in the name of a function.
#[derive(Debug, Clone, Copy)]
pub struct Recorder<'a> {
    store: &'a Store,
    clock: &'a Clock,
    function: &'static str,
}

/// A record as it was found.
#[derive(Debug)]
pub enum Found {
    /// It is what its proposal and its ledger say.
    Consistent(Box<Record>, Box<Dossier>),
    /// It was not, and the change was ended.
    Altered,
    /// There is no such change.
    Nothing,
}

impl<'a> Recorder<'a> {
    /// A recorder that writes in the name of `function`.
    pub fn new(store: &'a Store, clock: &'a Clock, function: &'static str) -> Self {
        Self { store, clock, function }
    }

    /// The record and the entry after something happens at `at`.
    ///
    /// # Errors
    /// It cannot happen in the record's status.
    pub fn follow(
        &self,
        record: &Record,
        at: Timestamp,
        happens: &Happens,
    ) -> Result<(Head, Entry), ServiceError> {
        let status = next(record.head.status, happens.event)?;
        let moment = self.clock.moment_of(at, self.function);
        let last = record.last()?;
        Ok(record.head.then(last, moment, happens.kind, status, &happens.facts, happens.data.clone())?)
    }

    /// Writes what happens, with the record of a step if that changes.
    ///
    /// # Errors
    /// It cannot happen; the record changed in between; DynamoDB's errors.
    pub async fn write(
        &self,
        record: &Record,
        happens: &Happens,
        step: Option<&StepRecord>,
    ) -> Result<Head, ServiceError> {
        let (head, entry) = self.follow(record, self.clock.now(), happens)?;
        let mut commit = self.store.commit().update(&head, &entry);
        if let Some(step) = step {
            commit = commit.step(&head.tenant, &head.change, step);
        }
        commit.run().await?;
        tracing::info!(change = %head.change, status = head.status.as_str(), kind = entry.kind.as_str(), "written");
        Ok(head)
    }

    /// Writes something that does not move the status.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn note(
        &self,
        record: &Record,
        kind: Kind,
        facts: &Facts,
        data: Value,
    ) -> Result<(), ServiceError> {
        let moment = self.clock.moment_of(self.clock.now(), self.function);
        let (head, entry) =
            record.head.then(record.last()?, moment, kind, record.head.status, facts, data)?;
        Ok(self.store.commit().update(&head, &entry).run().await?)
    }

    /// Ends a change that is refused. A record that cannot be trusted is ended without being written forward.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn end(&self, record: &Record, refusal: &Refusal) -> Result<(), ServiceError> {
        let Record { head, .. } = record;
        if refusal.ending() == Ending::Altered {
            return self.end_altered(&head.tenant, &head.change, refusal.why()).await.map(|_| ());
        }
        let (kind, event) = refusal.ending().event();
        let facts = Facts { why: Some(refusal.why().clone()), ..Facts::default() };
        let happens = Happens { kind, event, facts, data: refusal.data().clone() };
        self.write(record, &happens, None).await.map(|_| ())
    }

    /// Ends a change whose record cannot be trusted.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn end_altered(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        why: &Why,
    ) -> Result<Refused, ServiceError> {
        let moment = self.clock.moment_of(self.clock.now(), self.function);
        let refused = self.store.refuse(tenant, change, moment, why).await?;
        tracing::error!(%tenant, %change, code = why.code, message = why.message, ?refused, "what is stored was altered");
        if refused == Refused::Ended(Status::Unknown) {
            unknown(change, &why.code);
        }
        Ok(refused)
    }

    /// The record of a change, checked against its proposal and its ledger. One that does not hold ends the change.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn find(&self, tenant: &TenantId, change: &ChangeId) -> Result<Found, ServiceError> {
        let refusal = match self.store.record(tenant, change).await {
            Ok(None) => return Ok(Found::Nothing),
            Ok(Some(record)) => match self.dossier(&record).await? {
                Ok(dossier) => match consistent(&record, &dossier) {
                    Ok(()) => return Ok(Found::Consistent(Box::new(record), Box::new(dossier))),
                    Err(refusal) => refusal,
                },
                Err(refusal) => refusal,
            },
            Err(error) => unreadable(error)?,
        };
        self.end_altered(tenant, change, refusal.why()).await?;
        Ok(Found::Altered)
    }

    /// The dossier of a record, or why it cannot be believed.
    async fn dossier(&self, record: &Record) -> Result<Result<Dossier, Refusal>, ServiceError> {
        let head = &record.head;
        match Dossier::load(self.store, &head.tenant, &head.change, &head.dossier).await {
            Ok(dossier) => Ok(Ok(dossier)),
            Err(error) if error.code() == crate::Code::VerificationFailed => {
                Ok(Err(Refusal::altered("dossier_altered", error.story())))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes what is past its time.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn write_overdue(&self, record: &Record, overdue: &Overdue) -> Result<(), ServiceError> {
        match overdue {
            Overdue::Expired(refusal) => self.end(record, refusal).await,
            Overdue::Unanswered(fence) => {
                let result = AttemptResult {
                    attempt: fence.attempt.clone(),
                    outcome: Outcome::Unknown,
                    request_id: None,
                    code: Some("no_outcome".into()),
                    message: Some(
                        "the attempt said nothing before its deadline; the call may have happened".into(),
                    ),
                    output: BTreeMap::new(),
                    ended_at: self.clock.now(),
                };
                self.write_attempt(record, fence.step, result, Kind::CallUnknown, Event::CallUnknown).await
            }
        }
    }

    /// Writes how an attempt ended.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn write_attempt(
        &self,
        record: &Record,
        number: u32,
        result: AttemptResult,
        kind: Kind,
        event: Event,
    ) -> Result<(), ServiceError> {
        let step = record.step(number).ok_or_else(|| ServiceError::internal("a step without a record"))?;
        let step = StepRecord { attempt: Some(result.clone()), ..step.clone() };
        let why = (result.outcome != Outcome::Succeeded).then(|| Why {
            code: result.code.clone().unwrap_or_else(|| "no_code".into()),
            message: result.message.clone().unwrap_or_default(),
        });
        let code = result.code.clone().unwrap_or_default();
        let outcome = result.outcome;
        let data = StepFact::Ended { number, result }.data();
        let happens = Happens { kind, event, facts: Facts { why, ..Facts::default() }, data };
        self.write(record, &happens, Some(&step)).await?;
        if outcome == Outcome::Unknown {
            unknown(&record.head.change, &code);
        }
        Ok(())
    }
}

/// The refusal of a record that cannot be read, or the error if it could not be asked for.
fn unreadable(error: StoreError) -> Result<Refusal, ServiceError> {
    match &error {
        StoreError::Malformed { .. } | StoreError::Blob { .. } => {
            Ok(Refusal::altered("record_unreadable", error.to_string()))
        }
        StoreError::Service { .. } | StoreError::TooLarge { .. } => Err(error.into()),
    }
}

/// The line that the alarm for unknown calls counts.
fn unknown(change: &ChangeId, code: &str) {
    tracing::error!(metric = "changegate_unknown", %change, code, "the call may or may not have happened");
}

/// Whether a write was refused because the record moved on in between.
pub fn moved_on(error: &CommitError) -> bool {
    match error {
        CommitError::Refused(parts) => parts.contains(&Part::Head) || parts.contains(&Part::Ledger),
        CommitError::Contended => true,
        CommitError::Store(_) => false,
    }
}
