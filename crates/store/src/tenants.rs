//! Tenants' signed configurations, agents' keys and ExternalIds.

use changegate_change::id::{AgentId, TenantId};
use changegate_change::tenant::ConfigVersion;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{body, with_body};
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

    /// The ExternalId of a tenant, if it has one.
    ///
    /// # Errors
    /// An item that cannot be read; DynamoDB's errors.
    pub async fn external_id(&self, tenant: &TenantId) -> Result<Option<String>, StoreError> {
        let item = self.one(&self.tables.config, keys::tenant(tenant), keys::EXTERNAL_ID).await?;
        item.as_ref().map(body).transpose()
    }

    /// Gives a tenant the ExternalId `candidate` unless it has one, and says which it has: it never changes.
    ///
    /// # Errors
    /// An item that cannot be read; DynamoDB's errors.
    pub async fn keep_external_id(&self, tenant: &TenantId, candidate: &str) -> Result<String, StoreError> {
        let item = with_body(keys::tenant(tenant), keys::EXTERNAL_ID, &candidate)?;
        let request = self.dynamodb.put_item().table_name(&self.tables.config).set_item(Some(item));
        match request.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(candidate.to_owned()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                let kept = self.external_id(tenant).await?;
                kept.ok_or_else(|| StoreError::malformed(keys::EXTERNAL_ID, "it is there and cannot be read"))
            }
            Err(error) => Err(StoreError::service("keep an ExternalId")(error)),
        }
    }
}
