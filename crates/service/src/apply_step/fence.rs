//! The fence: one transaction that lets exactly one attempt send.

use std::time::{Duration, SystemTime};

use changegate_change::head::Facts;
use changegate_change::id::AttemptId;
use changegate_change::ledger::Kind;
use changegate_change::status::Event;
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::Fence;
use changegate_store::{CommitError, Part};
use tokio::time::Instant;

use super::preparation::Ready;
use super::{ApplyStep, Cleared};
use crate::error::ServiceError;
use crate::recorder::Happens;
use crate::refusal::Halt;

/// How long after the fence was taken the call may still be sent.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// A fence that this attempt took.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) fence: Fence,
    began: Instant,
}

impl ApplyStep {
    /// Takes the fence: if nobody has it, the record is the verified one, and nothing is stopped.
    pub(super) async fn take_fence(
        &self,
        number: u32,
        cleared: &Cleared<'_>,
        ready: &Ready,
    ) -> Result<Taken, Halt> {
        let head = &cleared.record.head;
        let began = Instant::now();
        let now = self.clock.now();
        crate::verify::in_time(&cleared.approved, now)?;
        let fence = Fence {
            attempt: AttemptId::new(self.clock.ulid(now)),
            step: number,
            generation: head.generation,
            access_key_id: ready.credentials.access_key_id().to_owned(),
            taken_at: now,
            ends_at: ready.ends_at,
        };
        let happens = Happens {
            kind: Kind::Executing,
            event: Event::Start,
            facts: Facts::default(),
            data: StepFact::Started(fence.clone()).data(),
        };
        let (after, entry) = self.recorder().follow(cleared.record, now, &happens)?;
        let commit = self.store.commit().update(&after, &entry).fence(&head.tenant, &head.change, &fence);
        match commit.unless_stopped(&head.tenant).once(fence.attempt.as_str()).run().await {
            Ok(()) => Ok(Taken { fence, began }),
            Err(error) => self.not_taken(cleared, Taken { fence, began }, error).await,
        }
    }

    /// What a transaction that gave an error means. Without an answer it may have been written: then the fence is ours.
    async fn not_taken(
        &self,
        cleared: &Cleared<'_>,
        taken: Taken,
        error: CommitError,
    ) -> Result<Taken, Halt> {
        if let CommitError::Refused(parts) = &error {
            let stopped = parts.contains(&Part::Stop);
            return Err(Halt::Held(if stopped { "stopped" } else { "another attempt has it" }));
        }
        let head = &cleared.record.head;
        let record = self.store.record(&head.tenant, &head.change).await?;
        let ours = record.is_some_and(|record| record.fence(taken.fence.step) == Some(&taken.fence));
        if ours { Ok(taken) } else { Err(ServiceError::from(error).into()) }
    }

    /// Sends the call once, if there is still time.
    pub(super) async fn send(
        &self,
        cleared: &Cleared<'_>,
        ready: &Ready,
        taken: &Taken,
    ) -> aws_call::Outcome {
        if taken.began.elapsed() > SEND_WITHIN {
            let reason = format!("the fence was taken more than {} seconds ago", SEND_WITHIN.as_secs());
            return aws_call::Outcome::NotSent { reason };
        }
        let change = cleared.approved.get().change.as_str();
        let Ready { operation, request, credentials, .. } = ready;
        self.aws.client().send(operation, request, credentials, SystemTime::now(), Some(change)).await
    }
}
