//! What an `Idempotency-Key` was used for.

use changegate_change::digest::Digest;
use changegate_change::id::{AgentId, ChangeId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, body, number, with_body};
use crate::keys;

/// How long a key is remembered.
const TTL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A key and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The tenant.
    pub tenant: TenantId,
    /// The agent: keys of different agents are different.
    pub agent: AgentId,
    /// The key as sent.
    pub key: String,
    /// The digest of the body that it was sent with.
    pub body: Digest,
    /// The change that came of it.
    pub change: ChangeId,
}

pub(crate) fn item(used: &Used, now: Timestamp) -> Result<Item, StoreError> {
    let pk = keys::idempotency(&used.tenant, &used.agent, &used.key);
    let mut item = with_body(pk, keys::IDEMPOTENCY, used)?;
    item.insert("expires_at".to_owned(), number((now + TTL).as_second()));
    Ok(item)
}

impl Store {
    /// What a key was used for, if it was.
    ///
    /// # Errors
    /// A record that cannot be read; DynamoDB's errors.
    pub async fn used(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        key: &str,
    ) -> Result<Option<Used>, StoreError> {
        let pk = keys::idempotency(tenant, agent, key);
        let item = self.one(&self.tables.changes, pk, keys::IDEMPOTENCY).await?;
        item.as_ref().map(body).transpose()
    }
}
