//! What is not relayed yet.

use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::Entry;

use crate::Store;
use crate::error::StoreError;
use crate::item::{body, keyed};
use crate::keys;

impl Store {
    /// One entry of a ledger.
    ///
    /// # Errors
    /// An item that is not an entry; DynamoDB's errors.
    pub async fn entry(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        sequence: u64,
    ) -> Result<Option<Entry>, StoreError> {
        let pk = keys::change(tenant, change);
        let item = self.one(&self.tables.changes, pk, &keys::ledger(sequence)).await?;
        item.as_ref().map(body).transpose()
    }

    /// Takes the marker of an entry away: it was relayed.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn relayed(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        sequence: u64,
    ) -> Result<(), StoreError> {
        let key = keyed(keys::change(tenant, change), keys::outbox(sequence));
        let request = self.dynamodb.delete_item().table_name(&self.tables.changes).set_key(Some(key));
        request.send().await.map_err(StoreError::service("delete an outbox marker"))?;
        Ok(())
    }
}
