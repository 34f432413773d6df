//! Watches what AWS accepted: polls until it has settled, captures the state after, says what is not known.
//!
//! It decides by the record alone, writes nothing while it waits, and may run any number of times.

mod after;
mod look;

use changegate_change::proposal::VerifiedProposal;
use changegate_change::status::Status;
use changegate_store::Store;
use changegate_store::record::Record;
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::dossier::Dossier;
use crate::error::ServiceError;
use crate::keys::{DerivedKeys, Sealing, Verifier};
use crate::overdue::{attempt_deadline, open_attempt, overdue};
use crate::recorder::{Found, Recorder};
use crate::task::{Next, StepAnswer, StepTask};
use crate::tenant_aws::TenantAws;
use crate::verify::believed;

/// The name of the function in ledgers.
const FUNCTION: &str = "observe";
/// The longest wait that an execution is told, in seconds.
const WAIT_MAX: u32 = 3_600;

/// What observing needs.
#[derive(Debug)]
pub struct Observe {
    /// The tables.
    pub store: Store,
    /// The tenants' accounts.
    pub aws: TenantAws,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// Who unseals secrets.
    pub sealing: Sealing,
    /// The tenants' fingerprint keys.
    pub fingerprints: DerivedKeys,
    /// Time and randomness.
    pub clock: Clock,
}

/// A change whose call AWS accepted.
struct Accepted<'a> {
    record: &'a Record,
    dossier: &'a Dossier,
    proposal: VerifiedProposal,
    number: u32,
}

impl Observe {
    /// Looks at a step and says what the execution does next with it.
    ///
    /// # Errors
    /// The record could not be read or written; the same may work later.
    pub async fn observe(&self, task: &StepTask) -> Result<StepAnswer, ServiceError> {
        let (record, dossier) = match self.recorder().find(&task.tenant, &task.change).await? {
            Found::Consistent(record, dossier) => (record, dossier),
            Found::Altered => return Ok(task.done()),
            Found::Nothing => return Err(ServiceError::not_found()),
        };
        if record.head.generation != task.generation {
            return Ok(task.done());
        }
        match record.head.status {
            Status::Approved => self.not_sent(task, &record).await,
            Status::Executing => self.unanswered(task, &record).await,
            Status::Settling => self.accepted(task, &record, &dossier).await,
            Status::AwaitingApproval
            | Status::Succeeded
            | Status::Rejected
            | Status::Expired
            | Status::Withdrawn
            | Status::Stale
            | Status::Failed
            | Status::Unknown
            | Status::Compensating
            | Status::Compensated
            | Status::CompensationIncomplete => Ok(task.done()),
        }
    }

    /// No fence was taken: try again while there is time, unless it is stopped. Then the execution ends, and the sweep
    /// starts another when it is started again.
    async fn not_sent(&self, task: &StepTask, record: &Record) -> Result<StepAnswer, ServiceError> {
        let now = self.clock.now();
        if overdue(record, now).is_some() || self.store.stopped(&task.tenant).await? {
            return Ok(task.done());
        }
        let since = now.duration_since(record.head.updated_at);
        let wait = wait_after(since, |looks| doubling(5, looks, 900));
        let early = record.head.not_before.map_or(0, |start| seconds(now.duration_until(start)));
        Ok(task.answer(Next::Again, wait.max(early).min(WAIT_MAX)))
    }

    /// The fence was taken: wait for its attempt to say something, or write that it did not.
    async fn unanswered(&self, task: &StepTask, record: &Record) -> Result<StepAnswer, ServiceError> {
        let now = self.clock.now();
        if let Some(overdue) = overdue(record, now) {
            self.recorder().write_overdue(record, &overdue).await?;
            return Ok(task.done());
        }
        let deadline = open_attempt(record).map_or(now, attempt_deadline);
        let wait = seconds(now.duration_until(deadline)).saturating_add(1);
        Ok(task.answer(Next::Wait, wait.min(WAIT_MAX)))
    }

    /// AWS accepted the call: look whether it has finished, and write the state after when it has.
    async fn accepted(
        &self,
        task: &StepTask,
        record: &Record,
        dossier: &Dossier,
    ) -> Result<StepAnswer, ServiceError> {
        let public = self.proposal_keys.public_key().await?;
        let proposal =
            match believed(record, dossier, |message, signature| public.verifies(message, signature)) {
                Ok(proposal) => proposal,
                Err(refusal) => {
                    self.recorder().end(record, &refusal).await?;
                    return Ok(task.done());
                }
            };
        let accepted = Accepted { record, dossier, proposal, number: task.step };
        match self.look(&accepted).await? {
            look::Look::Wait(wait) => Ok(task.answer(Next::Wait, wait.min(WAIT_MAX))),
            look::Look::Over(over) => {
                self.write_after(&accepted, over).await?;
                Ok(task.done())
            }
        }
    }

    async fn config(&self, record: &Record) -> Result<VerifiedConfig, ServiceError> {
        VerifiedConfig::load(&self.store, &self.config_keys, &record.head.tenant).await
    }

    fn recorder(&self) -> Recorder<'_> {
        Recorder::new(&self.store, &self.clock, FUNCTION)
    }
}

/// Whole seconds, none if it is past.
fn seconds(duration: SignedDuration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or_default()
}

/// How long ago a moment was.
fn since(moment: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(moment).max(SignedDuration::ZERO)
}

/// `first` seconds, doubled with every look, at most `longest`.
fn doubling(first: u32, looks: u32, longest: u32) -> u32 {
    first.saturating_mul(2_u32.saturating_pow(looks)).min(longest)
}

/// The longest time that waits are counted over, in seconds: longer than any deadline.
const LONGEST: u32 = 90 * 24 * 3_600;

/// The wait before the next look, `elapsed` after the first: the looks so far follow from the waits between them, so that
/// nothing has to be written while waiting. What is left of a wait that has begun is waited for.
fn wait_after(elapsed: SignedDuration, wait: impl Fn(u32) -> u32) -> u32 {
    let elapsed = seconds(elapsed).min(LONGEST);
    let (mut looks, mut waited) = (0_u32, 0_u32);
    loop {
        let next = wait(looks).max(1);
        let until = waited.saturating_add(next);
        // A look that comes a little early counts as the one that was due.
        if until.saturating_sub(until / 20) > elapsed {
            return until.saturating_sub(elapsed).clamp(1, next);
        }
        (looks, waited) = (looks + 1, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(until: u32, wait: impl Fn(u32) -> u32 + Copy) -> Vec<u32> {
        let (mut elapsed, mut waits) = (0_i64, Vec::new());
        while elapsed < i64::from(until) {
            let next = wait_after(SignedDuration::from_secs(elapsed), wait);
            waits.push(next);
            elapsed += i64::from(next);
        }
        waits
    }

    #[test]
    fn waits_grow_to_the_longest_without_anything_being_counted() {
        let growing = waits(1_000, |looks| doubling(5, looks, 60));
        assert_eq!(growing[..5], [5, 10, 20, 40, 60]);
        assert!(growing[5..].iter().all(|wait| *wait == 60), "{growing:?}");
    }

    #[test]
    fn a_look_that_takes_its_time_does_not_double_the_looks() {
        let wait = |looks| doubling(5, looks, 60);
        let (mut elapsed, mut looks) = (0_i64, 0);
        while elapsed < 3_600 {
            elapsed += i64::from(wait_after(SignedDuration::from_secs(elapsed), wait)) + 2;
            looks += 1;
        }
        assert!((50..=80).contains(&looks), "{looks} looks in an hour");
    }

    #[test]
    fn every_wait_is_at_least_a_second() {
        for elapsed in [-5, 0, 1, 59, 3_600, i64::MAX] {
            assert_eq!(wait_after(SignedDuration::from_secs(elapsed), |_| 0), 1, "{elapsed}");
        }
    }

    #[test]
    fn a_moment_in_the_future_is_no_time_ago() {
        let now = crate::sample::at();
        assert_eq!(since(now + SignedDuration::from_secs(9), now), SignedDuration::ZERO);
        assert_eq!(seconds(SignedDuration::from_secs(-9)), 0);
    }
}
