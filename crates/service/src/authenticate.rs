//! Whose key is it.

use std::fmt;

use changegate_change::digest::Digest;
use changegate_change::id::{AgentId, TenantId};
use changegate_change::tenant::Agent;
use changegate_store::Store;

use crate::config::VerifiedConfig;
use crate::error::{Code, ServiceError};
use crate::keys::Verifier;

/// The prefix of every agent key.
pub const KEY_PREFIX: &str = "cgk_";
/// The shortest key: 256 bits in base64url without padding.
const KEY_MIN: usize = KEY_PREFIX.len() + 43;
const KEY_MAX: usize = 128;

/// An agent's key. It is hashed as soon as it is read and never printed.
#[derive(Clone)]
pub struct AgentKey(String);

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentKey(…)")
    }
}

impl AgentKey {
    /// The key in an `Authorization: Bearer cgk_…` header (RFC 6750).
    ///
    /// # Errors
    /// `unauthenticated` if there is none.
    pub fn from_authorization(header: &str) -> Result<Self, ServiceError> {
        let key = header
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim())
            .filter(|key| key.starts_with(KEY_PREFIX) && (KEY_MIN..=KEY_MAX).contains(&key.len()));
        key.map(|key| Self(key.to_owned())).ok_or_else(unauthenticated)
    }

    /// What is stored of it.
    pub fn sha256(&self) -> String {
        Digest::of_bytes(self.0.as_bytes()).to_hex()
    }
}

/// An agent whose key was found in its tenant's signed configuration.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The tenant's configuration.
    pub config: VerifiedConfig,
    /// The agent.
    pub agent: Agent,
}

impl Authenticated {
    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.config.config().tenant
    }

    /// The agent's id.
    pub fn agent_id(&self) -> &AgentId {
        &self.agent.id
    }
}

fn unauthenticated() -> ServiceError {
    ServiceError::new(Code::Unauthenticated, "an agent key is needed: `Authorization: Bearer cgk_…`")
}

/// The agent that an `Authorization` header belongs to. The table says where to look; the signed configuration decides.
///
/// # Errors
/// `unauthenticated`; the errors of the store and of the configuration.
pub async fn authenticate(
    store: &Store,
    config_keys: &Verifier,
    authorization: Option<&str>,
) -> Result<Authenticated, ServiceError> {
    let key = AgentKey::from_authorization(authorization.unwrap_or_default())?;
    let sha256 = key.sha256();
    let owner = store.key_owner(&sha256).await?.ok_or_else(unauthenticated)?;
    let config = match VerifiedConfig::load(store, config_keys, &owner.tenant).await {
        Err(error) if error.code() == Code::NotFound => return Err(unauthenticated()),
        other => other?,
    };
    let agent = config.agent(&owner.agent).filter(|agent| agent.key_sha256 == sha256).cloned();
    Ok(Authenticated { agent: agent.ok_or_else(unauthenticated)?, config })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_bearer_key_is_a_key() {
        let key = format!("cgk_{}", "a".repeat(43));
        assert!(AgentKey::from_authorization(&format!("Bearer {key}")).is_ok());
        assert!(AgentKey::from_authorization(&format!("bearer {key}")).is_ok());
        for header in
            ["", "Bearer", &key, "Bearer cgk_short", &format!("Basic {key}"), &format!("Bearer x{key}")]
        {
            assert!(AgentKey::from_authorization(header).is_err(), "{header}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = AgentKey::from_authorization(&format!("Bearer cgk_{}", "a".repeat(43))).unwrap();
        assert!(!format!("{key:?}").contains("aaa"));
    }
}
