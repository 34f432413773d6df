//! The signed configuration of a tenant, verified each time it is read.

use changegate_change::id::{AgentId, TenantId};
use changegate_change::tenant::{Agent, ConfigVersion, TenantConfig};
use changegate_store::Store;

use crate::error::{Code, ServiceError};
use crate::keys::Verifier;

/// A configuration whose signature was verified.
#[derive(Debug, Clone)]
pub struct VerifiedConfig(ConfigVersion);

impl VerifiedConfig {
    /// The current configuration of a tenant.
    ///
    /// # Errors
    /// `not_found` if there is none; `verification_failed` if its signature is not configure's.
    pub async fn load(store: &Store, verifier: &Verifier, tenant: &TenantId) -> Result<Self, ServiceError> {
        let signed = store.current_config(tenant).await?.ok_or_else(ServiceError::not_found)?;
        let public = verifier.public_key().await?;
        let message = signed.version.signed_bytes()?;
        if signed.version.config.tenant != *tenant || !public.verifies(&message, &signed.signature) {
            return Err(ServiceError::new(
                Code::VerificationFailed,
                "the tenant's configuration does not verify",
            ));
        }
        Ok(Self(signed.version))
    }

    /// What was applied.
    pub fn config(&self) -> &TenantConfig {
        &self.0.config
    }

    /// The ExternalId that the tenant's roles ask for.
    pub fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// Its number.
    pub fn version(&self) -> u64 {
        self.0.version
    }

    /// The version as it was signed.
    pub fn into_version(self) -> ConfigVersion {
        self.0
    }

    /// The agent, if the tenant has it.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.0.config.agent(id)
    }
}
