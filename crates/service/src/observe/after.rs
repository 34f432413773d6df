//! The state after, written: the end of a change, and of the change that it undid.

use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Why};
use changegate_change::json::canonical;
use changegate_change::ledger::{Entry, Kind, verify_chain};
use changegate_change::status::Event;
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::StepRecord;
use changegate_store::StoreError;
use changegate_store::blob::Put;
use serde_json::{Value, json};

use super::look::{After, Over};
use super::{Accepted, FUNCTION, Observe};
use crate::error::ServiceError;
use crate::overdue::RELAY_WITHIN;
use crate::recorder::{Happens, moved_on};

/// The largest diff that is kept in a step's record, in bytes of JSON. A longer one can be made from the captures.
const DIFF_MAX: usize = 128 * 1024;
/// How often the end is written again because the original moved on in between.
const TRIES: u32 = 4;

/// What the end of a change is made of.
struct End {
    happens: Happens,
    step: StepRecord,
    blob: Option<Put>,
    undone: bool,
}

impl Observe {
    /// Writes the end of what AWS accepted, in one transaction with the end of the change that it undid.
    pub(super) async fn write_after(&self, accepted: &Accepted<'_>, over: Over) -> Result<(), ServiceError> {
        let end = self.end(accepted, over).await?;
        for attempt in 1..=TRIES {
            let original = if end.undone { self.original(accepted).await? } else { None };
            let (head, entry) = self.recorder().follow(accepted.record, self.clock.now(), &end.happens)?;
            let mut commit = self.store.commit().update(&head, &entry);
            commit = commit.step(&head.tenant, &head.change, &end.step);
            if let Some(blob) = &end.blob {
                commit = commit.keep(blob);
            }
            if let Some((head, entry)) = &original {
                commit = commit.update(head, entry);
            }
            match commit.run().await {
                Ok(()) => return self.tell_sweep(original.as_ref()).await,
                Err(error) if original.is_some() && moved_on(&error) && attempt < TRIES => {
                    tracing::info!(change = %head.change, attempt, "the original moved on; again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn end(&self, accepted: &Accepted<'_>, over: Over) -> Result<End, ServiceError> {
        let planned = accepted.record.step(accepted.number);
        let planned = planned.ok_or_else(|| ServiceError::internal("a step without a record"))?;
        let (kind, event, settled, why, after) = told(over);
        let (after, blob, diff) = match after {
            None => (None, None, None),
            Some(after) => self.kept(accepted, after).await?,
        };
        let fact = StepFact::Observed {
            number: planned.number,
            settled,
            after: after.clone(),
            diff: diff.as_ref().map(Digest::of).transpose()?,
        };
        let facts = Facts { why, ..Facts::default() };
        let happens = Happens { kind, event, facts, data: fact.data() };
        let step = StepRecord { settled, after, diff, ..planned.clone() };
        let undone = event == Event::Settle && settled && accepted.record.head.undoes.is_some();
        Ok(End { happens, step, blob, undone })
    }

    /// Puts the after capture: its canonical text is the blob, so that the digest of the capture names it.
    async fn kept(
        &self,
        accepted: &Accepted<'_>,
        after: After,
    ) -> Result<(Option<CaptureRef>, Option<Put>, Option<Value>), ServiceError> {
        let head = &accepted.record.head;
        let mut capture = after.capture;
        let put = match self.put(head, &capture).await {
            Err(StoreError::TooLarge { .. }) => {
                capture = Capture { state: Value::Null, truncated: true, ..capture };
                self.put(head, &capture).await?
            }
            other => other?,
        };
        let diff = Some(after.diff).filter(|diff| !capture.truncated && diff.to_string().len() <= DIFF_MAX);
        Ok((Some(CaptureRef::to(&capture)?), Some(put), diff))
    }

    async fn put(&self, head: &Head, capture: &Capture) -> Result<Put, StoreError> {
        let text = canonical(capture)
            .map_err(|error| StoreError::Malformed { sk: "after".into(), detail: error.to_string() })?;
        self.store.put_blob(&head.tenant, &head.change, text.as_bytes(), self.clock.now()).await
    }

    /// The record and the entry of the change that was undone. A record that does not hold together is left as it is: the
    /// undo has happened all the same.
    async fn original(&self, accepted: &Accepted<'_>) -> Result<Option<(Head, Entry)>, ServiceError> {
        let head = &accepted.record.head;
        let Some(undoes) = &head.undoes else { return Ok(None) };
        let original = match self.store.record(&head.tenant, undoes).await {
            Ok(Some(original)) => original,
            Ok(None) => return Ok(None),
            Err(StoreError::Service { what, code, detail }) => {
                return Err(StoreError::Service { what, code, detail }.into());
            }
            Err(error) => {
                tracing::error!(change = %undoes, %error, "the undone change cannot be told of its undo");
                return Ok(None);
            }
        };
        let whole = verify_chain(&head.tenant, undoes, &original.ledger)
            .is_ok_and(|last| last.hash().is_ok_and(|hash| hash == original.head.ledger));
        if !whole {
            tracing::error!(change = %undoes, "the ledger of the undone change does not verify; it is left as it is");
            return Ok(None);
        }
        let moment = self.clock.moment_of(self.clock.now(), FUNCTION);
        let facts = Facts { undone_by: Some(head.change.clone()), ..Facts::default() };
        let status = original.head.status;
        Ok(Some(original.head.then(original.last()?, moment, Kind::Undone, status, &facts, json!({}))?))
    }

    /// Lets the sweep see to it that the end of the original is relayed: nothing looked at it any more.
    async fn tell_sweep(&self, original: Option<&(Head, Entry)>) -> Result<(), ServiceError> {
        if let Some((head, _)) = original {
            let at = self.clock.now() + RELAY_WITHIN;
            self.store.look_again(&head.tenant, &head.change, at).await?;
        }
        Ok(())
    }
}

/// What the ledger and the record say of an end: kind, event, whether it settled, why, and the state after.
fn told(over: Over) -> (Kind, Event, bool, Option<Why>, Option<After>) {
    let why = |code: &str, message: String| Some(Why { code: code.to_owned(), message });
    match over {
        Over::Settled(after) => (Kind::Succeeded, Event::Settle, true, None, Some(after)),
        Over::NotSettled(after) => {
            let message = "AWS accepted the call and had not finished it by the deadline of its settle test";
            (Kind::Succeeded, Event::Settle, false, why("not_settled", message.into()), Some(after))
        }
        Over::GaveUp(after, reason) => {
            (Kind::Failed, Event::SettleFailed, false, why("settle_failed", reason), Some(after))
        }
        // AWS accepted the call: `failed` would say that it did not happen, and somebody might make it again.
        Over::NotRead(code, message) => (Kind::Succeeded, Event::Settle, false, why(code, message), None),
    }
}

#[cfg(test)]
mod tests {
    use changegate_change::status::{Status, next};

    use super::*;
    use crate::sample::before;

    fn after() -> After {
        After { capture: before(), diff: json!([]) }
    }

    #[test]
    fn only_what_settled_counts_as_settled_and_every_other_end_says_why() {
        for (over, status, code) in [
            (Over::Settled(after()), Status::Succeeded, None),
            (Over::NotSettled(after()), Status::Succeeded, Some("not_settled")),
            (Over::GaveUp(after(), "UPDATE_ROLLBACK_COMPLETE".into()), Status::Failed, Some("settle_failed")),
            (Over::NotRead("recipe_gone", "gone".into()), Status::Succeeded, Some("recipe_gone")),
        ] {
            let (_, event, settled, why, _) = told(over);
            assert_eq!(next(Status::Settling, event), Ok(status));
            assert_eq!(why.map(|why| why.code).as_deref(), code);
            assert_eq!(settled, code.is_none());
        }
    }
}
