//! Tenants, agents, approvers and stops: the only writer of the `config` table.
//!
//! A configuration is read strictly, its roles are proven, then it is signed and stored as a version that never
//! changes; the approval topic follows. Applied twice, it makes one version.

mod approval_topic;
mod deployment;
mod prove_roles;
mod read_config;
mod reader;

use std::collections::BTreeSet;

use changegate_change::digest::Digest;
use changegate_change::id::{ActionClass, TenantId};
use changegate_change::json::parse_strict;
use changegate_change::tenant::{ConfigVersion, TenantConfig};
use changegate_store::Store;
use changegate_store::config_versions::PutConfigError;
use changegate_store::stops::{Scope, Stop};
use changegate_store::tenants::SignedConfig;
use jiff::Timestamp;
use serde::Serialize;

pub use approval_topic::APPROVER_ATTRIBUTE;
pub use deployment::{Deployment, InvalidTopicPrefix};
pub use prove_roles::{Proof, Provers};
pub use read_config::{Rules, read_config};

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::deliver_webhook::webhook_secret;
use crate::error::{Code, ServiceError};
use crate::keys::{DerivedKeys, Signer, Verifier};

/// The largest configuration, in bytes of JSON: it must fit an item.
pub const BODY_MAX: usize = 256 * 1024;
/// The longest reason of a stop, in characters.
pub const REASON_MAX: usize = 500;
/// How many random bytes an ExternalId has.
const EXTERNAL_ID_BYTES: usize = 32;

/// The use cases.
#[derive(Debug)]
pub struct Configure {
    /// The `config` table.
    pub store: Store,
    /// Signs configurations.
    pub signer: Signer,
    /// Verifies the one that is replaced.
    pub verifier: Verifier,
    /// Approval topics.
    pub sns: aws_sdk_sns::Client,
    /// Who proves roles.
    pub provers: Provers,
    /// What webhook secrets are derived from.
    pub webhook_keys: DerivedKeys,
    /// Whose deployment it is.
    pub deployment: Deployment,
    /// The action classes that recipes have.
    pub classes: BTreeSet<ActionClass>,
    /// Whether endpoints and identity providers may be on this machine.
    pub allow_loopback: bool,
    /// Time and randomness.
    pub clock: Clock,
}

/// A configuration that is in force.
#[derive(Serialize)]
pub struct Applied {
    /// The tenant.
    pub tenant: TenantId,
    /// The version in force.
    pub version: u64,
    /// Whether this application made it.
    pub changed: bool,
    /// The digest of what was signed.
    pub digest: Digest,
    /// The roles that were proven.
    pub proofs: Vec<Proof>,
    /// The secret of the endpoint, if the endpoint is new: it is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<String>,
}

impl std::fmt::Debug for Applied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Applied({} version {}, {} proofs)", self.tenant, self.version, self.proofs.len())
    }
}

/// A tenant as operators see it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The version in force.
    pub version: u64,
    /// When it was applied.
    pub applied_at: Timestamp,
    /// The principal that applied it.
    pub applied_by: String,
    /// The ExternalId that its roles ask for.
    pub external_id: String,
    /// What was applied.
    pub config: TenantConfig,
    /// The stop of everything, if there is one.
    pub everything_stopped: Option<Stop>,
    /// The stop of the tenant, if there is one.
    pub stopped: Option<Stop>,
}

/// A scope that is stopped, or is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StopChange {
    /// The tenant; none for everything.
    pub tenant: Option<TenantId>,
    /// Whether it is stopped now.
    pub stopped: bool,
    /// Whether it was before.
    pub was_stopped: bool,
}

impl Configure {
    /// The ExternalId of a tenant: made when first asked for, the same for ever.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn external_id(&self, tenant: &TenantId) -> Result<String, ServiceError> {
        if let Some(kept) = self.store.external_id(tenant).await? {
            return Ok(kept);
        }
        let mut random = [0; EXTERNAL_ID_BYTES];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| ServiceError::internal("no randomness"))?;
        Ok(self.store.keep_external_id(tenant, &format!("cgx-{}", hex::encode(random))).await?)
    }

    /// Applies a configuration: the principal is who the gateway says signed the request.
    ///
    /// # Errors
    /// `malformed_json`; `invalid_config` with every violation; `role_not_proven`; `account_taken`; `contended` if
    /// another version was applied meanwhile.
    pub async fn apply(
        &self,
        tenant: &TenantId,
        document: &[u8],
        principal: &str,
    ) -> Result<Applied, ServiceError> {
        let config = self.read(tenant, document)?;
        let current = self.current(tenant).await?;
        let external_id = self.external_id(tenant).await?;
        let proofs = self.provers.prove(&config, &external_id).await?;
        let unchanged = current.as_ref().filter(|now| now.config == config && now.external_id == external_id);
        let (version, changed) = match unchanged {
            Some(now) => (now.clone(), false),
            None => (self.put(config, external_id, principal, current.as_ref()).await?, true),
        };
        approval_topic::keep_topic(&self.sns, &self.deployment, tenant, &version.config.approvers).await?;
        let webhook_secret = self.new_secret(&version.config, current.as_ref()).await?;
        let digest = Digest::of_bytes(&version.signed_bytes()?);
        tracing::info!(%tenant, version = version.version, changed, principal, "a configuration was applied");
        Ok(Applied {
            tenant: tenant.clone(),
            version: version.version,
            changed,
            digest,
            proofs,
            webhook_secret,
        })
    }

    /// The tenant's configuration in force, verified.
    ///
    /// # Errors
    /// `not_found`; `verification_failed`.
    pub async fn show(&self, tenant: &TenantId) -> Result<Shown, ServiceError> {
        let now = self.current(tenant).await?.ok_or_else(ServiceError::not_found)?;
        Ok(Shown {
            version: now.version,
            applied_at: now.applied_at,
            applied_by: now.applied_by,
            external_id: now.external_id,
            config: now.config,
            everything_stopped: self.store.stop_of(&Scope::Everything).await?,
            stopped: self.store.stop_of(&Scope::Tenant(tenant.clone())).await?,
        })
    }

    /// The secret of the tenant's endpoint: `whsec_…`.
    ///
    /// # Errors
    /// `not_found` if there is no tenant or no endpoint; `verification_failed`.
    pub async fn webhook_secret(&self, tenant: &TenantId) -> Result<String, ServiceError> {
        let now = self.current(tenant).await?.ok_or_else(ServiceError::not_found)?;
        let webhook = now.config.webhook.ok_or_else(ServiceError::not_found)?;
        Ok(webhook_secret(&self.webhook_keys, tenant, &webhook.url).await?.reveal())
    }

    /// Stops a tenant, or everything.
    ///
    /// # Errors
    /// `invalid_request` without a reason; `not_found` for a tenant without configuration; the store's errors.
    pub async fn stop(
        &self,
        tenant: Option<&TenantId>,
        reason: &str,
        principal: &str,
    ) -> Result<StopChange, ServiceError> {
        let scope = self.scope(tenant, reason).await?;
        let was_stopped = self.store.stop_of(&scope).await?.is_some();
        let stop = Stop { by: principal.to_owned(), reason: reason.to_owned(), at: self.clock.now() };
        self.store.put_stop(&scope, &stop).await?;
        tracing::warn!(?scope, principal, reason, "stopped");
        Ok(StopChange { tenant: tenant.cloned(), stopped: true, was_stopped })
    }

    /// Starts a tenant, or everything, again. A tenant stays stopped as long as everything is.
    ///
    /// # Errors
    /// `invalid_request` without a reason; `not_found` for a tenant without configuration; the store's errors.
    pub async fn start(
        &self,
        tenant: Option<&TenantId>,
        reason: &str,
        principal: &str,
    ) -> Result<StopChange, ServiceError> {
        let scope = self.scope(tenant, reason).await?;
        let was_stopped = self.store.remove_stop(&scope).await?;
        tracing::warn!(?scope, principal, reason, "started");
        Ok(StopChange { tenant: tenant.cloned(), stopped: false, was_stopped })
    }

    async fn scope(&self, tenant: Option<&TenantId>, reason: &str) -> Result<Scope, ServiceError> {
        if reason.trim().is_empty() || reason.chars().count() > REASON_MAX {
            let message = format!("`reason` says in 1 to {REASON_MAX} characters why");
            return Err(ServiceError::new(Code::InvalidRequest, message));
        }
        let Some(tenant) = tenant else { return Ok(Scope::Everything) };
        // Not verified: whatever became of the configuration, its tenant can be stopped.
        if self.store.current_config(tenant).await?.is_none() {
            return Err(ServiceError::not_found());
        }
        Ok(Scope::Tenant(tenant.clone()))
    }

    fn read(&self, tenant: &TenantId, document: &[u8]) -> Result<TenantConfig, ServiceError> {
        if document.len() > BODY_MAX {
            return Err(ServiceError::new(Code::BodyTooLarge, "a configuration has at most 256 KiB"));
        }
        let document = parse_strict(document)
            .map_err(|error| ServiceError::new(Code::MalformedJson, error.to_string()))?;
        let rules = Rules {
            tenant,
            deployment: &self.deployment,
            classes: &self.classes,
            allow_loopback: self.allow_loopback,
        };
        read_config(&document, rules).map_err(|violations| {
            let message =
                format!("the configuration has {} violations; nothing was applied", violations.len());
            ServiceError::violations(Code::InvalidConfig, message, violations)
        })
    }

    async fn current(&self, tenant: &TenantId) -> Result<Option<ConfigVersion>, ServiceError> {
        match VerifiedConfig::load(&self.store, &self.verifier, tenant).await {
            Ok(config) => Ok(Some(config.into_version())),
            Err(error) if error.code() == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put(
        &self,
        config: TenantConfig,
        external_id: String,
        principal: &str,
        current: Option<&ConfigVersion>,
    ) -> Result<ConfigVersion, ServiceError> {
        let version = ConfigVersion {
            version: current.map_or(0, |now| now.version) + 1,
            applied_at: self.clock.now(),
            applied_by: principal.to_owned(),
            external_id,
            config,
        };
        let signature = self.signer.sign(&version.signed_bytes()?).await?;
        let signed = SignedConfig { version, signature };
        self.store.put_config(&signed, current).await.map_err(not_put)?;
        Ok(signed.version)
    }

    async fn new_secret(
        &self,
        config: &TenantConfig,
        before: Option<&ConfigVersion>,
    ) -> Result<Option<String>, ServiceError> {
        let Some(webhook) = &config.webhook else { return Ok(None) };
        if before.and_then(|version| version.config.webhook.as_ref()) == Some(webhook) {
            return Ok(None);
        }
        Ok(Some(webhook_secret(&self.webhook_keys, &config.tenant, &webhook.url).await?.reveal()))
    }
}

fn not_put(error: PutConfigError) -> ServiceError {
    let said = |code, error: PutConfigError| ServiceError::new(code, error.to_string()).because(error);
    match error {
        PutConfigError::Store(error) => error.into(),
        error @ (PutConfigError::NotNext(_) | PutConfigError::Contended) => said(Code::Contended, error),
        error @ PutConfigError::AccountTaken(_) => said(Code::AccountTaken, error),
        error @ (PutConfigError::KeyTaken(_) | PutConfigError::TooMany(_)) => {
            said(Code::InvalidConfig, error)
        }
    }
}
