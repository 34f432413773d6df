//! The end of an execution: what has no more to wait for is brought to its end, by the record alone.

use changegate_change::status::Status;
use changegate_store::Store;
use jiff::SignedDuration;
use serde::Serialize;

use crate::clock::Clock;
use crate::error::ServiceError;
use crate::overdue::{next_look, overdue};
use crate::recorder::{Found, Recorder};
use crate::task::ChangeTask;

/// The name of the function in ledgers.
const FUNCTION: &str = "close-change";
/// When the sweep looks at a change that is still open although its execution ends: soon.
const SOON: SignedDuration = SignedDuration::from_secs(30);

/// What closing needs.
#[derive(Debug)]
pub struct CloseChange {
    /// The tables.
    pub store: Store,
    /// Time and randomness.
    pub clock: Clock,
}

/// What closing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// The task.
    #[serde(flatten)]
    pub task: Ids,
    /// The status of the change.
    pub status: Option<Status>,
}

/// The ids of a [`ChangeTask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ids {
    /// The tenant.
    pub tenant: changegate_change::id::TenantId,
    /// The change.
    pub change: changegate_change::id::ChangeId,
    /// The number of the execution.
    pub generation: u64,
}

impl CloseChange {
    /// Brings what is past its time to its end, and tells the sweep when to look next.
    ///
    /// # Errors
    /// The record could not be read or written; the same may work later.
    pub async fn close(&self, task: &ChangeTask) -> Result<Closed, ServiceError> {
        let ChangeTask { tenant, change, generation } = task;
        let ids = Ids { tenant: tenant.clone(), change: change.clone(), generation: *generation };
        let recorder = Recorder::new(&self.store, &self.clock, FUNCTION);
        let record = match recorder.find(tenant, change).await? {
            Found::Consistent(record, _) => record,
            Found::Altered => return Ok(Closed { task: ids, status: None }),
            Found::Nothing => return Err(ServiceError::not_found()),
        };
        if record.head.generation > *generation {
            return Ok(Closed { task: ids, status: Some(record.head.status) });
        }
        let now = self.clock.now();
        let record = match overdue(&record, now) {
            None => *record,
            Some(overdue) => {
                recorder.write_overdue(&record, &overdue).await?;
                self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?
            }
        };
        match next_look(&record, now, SOON) {
            Some(at) => self.store.look_again(tenant, change, at).await?,
            None => self.store.unwatch(tenant, change, now).await?,
        }
        Ok(Closed { task: ids, status: Some(record.head.status) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_holds_ids_and_the_status_only() {
        let task = Ids { tenant: crate::sample::tenant(), change: crate::sample::change(), generation: 2 };
        let closed = Closed { task, status: Some(Status::Succeeded) };
        let expected = serde_json::json!({
            "tenant": "demo", "change": crate::sample::change(), "generation": 2, "status": "succeeded",
        });
        assert_eq!(serde_json::to_value(closed).unwrap(), expected);
    }
}
