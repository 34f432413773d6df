//! What the sweep must look at, and the lease that lets one sweep run at a time.

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::id::{ChangeId, TenantId};
use jiff::{SignedDuration, Timestamp};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, keyed, number, string, text};
use crate::keys;

const LEASE: &str = "SWEEP";
/// How long a watch stays that looks at nothing.
const UNWATCHED_TTL: SignedDuration = SignedDuration::from_hours(1);

pub(crate) fn item(tenant: &TenantId, change: &ChangeId, look_at: Timestamp) -> Item {
    let mut item = keyed(keys::watch(tenant, change), keys::WATCH);
    item.insert("tenant".to_owned(), text(tenant.as_str()));
    item.insert("change".to_owned(), text(change.as_str()));
    item.insert("due_pk".to_owned(), text(keys::due_shard(change)));
    item.insert("due_sk".to_owned(), text(due(look_at)));
    item
}

fn due(at: Timestamp) -> String {
    // Fixed width, so that texts sort as times do.
    format!("{at:.3}")
}

impl Store {
    /// The changes that must be looked at by `now`, at most `limit` of each shard.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn due(&self, now: Timestamp, limit: u16) -> Result<Vec<(TenantId, ChangeId)>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            let request = self.dynamodb.query().table_name(&self.tables.changes).index_name("due");
            let request =
                request.key_condition_expression("due_pk = :pk AND due_sk <= :now").limit(i32::from(limit));
            let request =
                request.expression_attribute_values(":pk", AttributeValue::S(format!("DUE#{shard}")));
            let request = request.expression_attribute_values(":now", AttributeValue::S(due(now)));
            let page = request.send().await.map_err(StoreError::service("find what is due"))?;
            for item in page.items() {
                found.push(watched(item)?);
            }
        }
        Ok(found)
    }

    /// Looks at a change again at `at`.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn look_again(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self.dynamodb.put_item().table_name(&self.tables.changes);
        let request = request.set_item(Some(item(tenant, change, at)));
        request.send().await.map_err(StoreError::service("move a watch"))?;
        Ok(())
    }

    /// Looks at a change no more. The watch leaves the index and expires: whoever may move a watch needs no right to delete
    /// anything of a change.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn unwatch(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item = keyed(keys::watch(tenant, change), keys::WATCH);
        item.insert("expires_at".to_owned(), number((now + UNWATCHED_TTL).as_second()));
        let request = self.dynamodb.put_item().table_name(&self.tables.changes).set_item(Some(item));
        request.send().await.map_err(StoreError::service("take a watch out of the index"))?;
        Ok(())
    }

    /// Takes the sweep's lease until `until`; `false` if another has it.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn lease_sweep(
        &self,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut item = keyed(LEASE.to_owned(), keys::ONLY);
        item.insert("holder".to_owned(), text(holder));
        item.insert("until".to_owned(), number(until.as_millisecond()));
        let request = self.dynamodb.put_item().table_name(&self.tables.changes).set_item(Some(item));
        let request = request.condition_expression("attribute_not_exists(pk) OR #until < :now");
        let request = request.expression_attribute_names("#until", "until");
        let request = request.expression_attribute_values(":now", number(now.as_millisecond()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::service("take the sweep's lease")(error)),
        }
    }
}

fn watched(item: &Item) -> Result<(TenantId, ChangeId), StoreError> {
    // The index holds keys only: tenant and change are read from the partition key `T#<tenant>#C#<change>#W`.
    let pk = string(item, "pk")?;
    let wrong = || StoreError::malformed(pk, "it is not the key of a watch");
    let (tenant, rest) = pk.strip_prefix("T#").and_then(|rest| rest.split_once("#C#")).ok_or_else(wrong)?;
    let change = rest.strip_suffix("#W").ok_or_else(wrong)?;
    Ok((tenant.parse().map_err(|_| wrong())?, change.parse().map_err(|_| wrong())?))
}
