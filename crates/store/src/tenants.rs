//! Tenants' signed configurations, agents' keys, ExternalIds and stops.

use changegate_change::id::{AgentId, TenantId};
use changegate_change::tenant::ConfigVersion;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::body;
use crate::keys;

/// A version of a configuration with its signature, as stored: nothing in it is believed before the signature is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedConfig {
    /// The version.
    pub version: ConfigVersion,
    /// ECDSA P-256 over SHA-256 of [`ConfigVersion::signed_bytes`], DER, base64.
    pub signature: String,
}

/// Whose key a hash is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOwner {
    /// The tenant.
    pub tenant: TenantId,
    /// The agent.
    pub agent: AgentId,
}

impl Store {
    /// The current configuration of a tenant, read consistently and not verified.
    ///
    /// # Errors
    /// An item that cannot be read; DynamoDB's errors.
    pub async fn current_config(&self, tenant: &TenantId) -> Result<Option<SignedConfig>, StoreError> {
        let pk = keys::tenant(tenant);
        let Some(pointer) = self.one(&self.tables.config, pk.clone(), keys::CURRENT).await? else {
            return Ok(None);
        };
        let version: u64 = body(&pointer)?;
        let item = self.one(&self.tables.config, pk, &keys::version(version)).await?;
        item.as_ref().map(body).transpose()
    }

    /// Whose key this is a hash of: a hint, the signed configuration decides.
    ///
    /// # Errors
    /// An item that cannot be read; DynamoDB's errors.
    pub async fn key_owner(&self, key_sha256: &str) -> Result<Option<KeyOwner>, StoreError> {
        let item = self.one(&self.tables.config, keys::agent_key(key_sha256), keys::ONLY).await?;
        item.as_ref().map(body).transpose()
    }

    /// Whether everything, or this tenant, is stopped.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn stopped(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let everything = self.one(&self.tables.config, keys::EVERYTHING.to_owned(), keys::STOP).await?;
        if everything.is_some() {
            return Ok(true);
        }
        Ok(self.one(&self.tables.config, keys::tenant(tenant), keys::STOP).await?.is_some())
    }
}
