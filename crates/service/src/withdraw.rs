//! Take a change back before its call.

use changegate_change::head::{Facts, Why};
use changegate_change::id::ChangeId;
use changegate_change::ledger::{Actor, Kind};
use changegate_change::status::{Event, next};
use changegate_store::Part;
use serde_json::{Value, json};

use crate::authenticate::Authenticated;
use crate::error::{Code, ServiceError};
use crate::propose::Propose;

impl Propose {
    /// Withdraws a change of the calling agent. The sweep ends its wait.
    ///
    /// # Errors
    /// `not_found` if it is another's; `status_conflict` if its call may already be on its way.
    pub async fn withdraw(&self, caller: &Authenticated, change: &ChangeId) -> Result<Value, ServiceError> {
        let tenant = caller.tenant();
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        if record.head.requester != *caller.agent_id() {
            return Err(ServiceError::not_found());
        }
        let conflict = |status| {
            ServiceError::new(
                Code::StatusConflict,
                format!("the change is `{status}`; it cannot be withdrawn any more"),
            )
        };
        let status = next(record.head.status, Event::Withdraw).map_err(|_| conflict(record.head.status))?;
        let now = self.clock.now();
        let message = format!("withdrawn by agent {}", caller.agent_id());
        let facts = Facts { why: Some(Why { code: "withdrawn".into(), message }), ..Facts::default() };
        let moment = self.clock.moment(now, Actor::Agent(caller.agent_id().clone()));
        let (head, entry) =
            record.head.then(record.last()?, moment, Kind::Withdrawn, status, &facts, json!({}))?;
        match self.store.commit().update(&head, &entry).run().await {
            Ok(()) => {}
            Err(error) if error.refused(Part::Head) => {
                let head = self.store.head(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
                return Err(conflict(head.status).because(error));
            }
            Err(error) => return Err(error.into()),
        }
        // Its wait is over: let the sweep look at once instead of at its next turn.
        self.store.look_again(tenant, change, now).await?;
        crate::view::show(&self.store, caller.config.config(), change).await
    }
}
