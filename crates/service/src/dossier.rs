//! The blob of a change: its signed proposal, the captures that it names, its sealed secrets, its narrative.

use std::collections::BTreeMap;

use changegate_change::capture::Capture;
use changegate_change::digest::Digest;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::proposal::{SignedProposal, Step};
use changegate_change::sealed::Vault;
use changegate_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Code, ServiceError};
use crate::keys::{SealedVault, Sealing};

/// All immutable content of a change, stored as one blob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// The proposal with its signature.
    pub signed: SignedProposal,
    /// The captures that the proposal names, by digest.
    pub captures: BTreeMap<String, Capture>,
    /// The secrets, encrypted.
    pub sealed: Option<SealedVault>,
    /// The run behind the proposal.
    pub narrative: Option<Value>,
}

fn altered(what: &str) -> ServiceError {
    ServiceError::new(Code::VerificationFailed, format!("the {what} is not what the proposal names"))
}

impl Dossier {
    /// Reads the dossier of a change; its bytes are checked against their digest, its content against nothing yet.
    ///
    /// # Errors
    /// The blob is missing or altered.
    pub async fn load(
        store: &Store,
        tenant: &TenantId,
        change: &ChangeId,
        digest: &Digest,
    ) -> Result<Self, ServiceError> {
        let bytes = store.blob(tenant, change, digest).await?;
        serde_json::from_slice(&bytes).map_err(|error| altered("dossier").because(error))
    }

    /// The before capture of a step, checked against the digest in the proposal.
    ///
    /// # Errors
    /// It is missing or altered.
    pub fn before(&self, step: &Step) -> Result<&Capture, ServiceError> {
        let capture =
            self.captures.get(&step.before.digest.to_string()).ok_or_else(|| altered("before capture"))?;
        if capture.digest()? != step.before.digest || capture.truncated != step.before.truncated {
            return Err(altered("before capture"));
        }
        Ok(capture)
    }

    /// The secrets of the change, decrypted; the ciphertext is checked against the digest in the proposal.
    ///
    /// # Errors
    /// They are missing or altered; KMS's errors.
    pub async fn vault(
        &self,
        sealing: &Sealing,
        tenant: &TenantId,
        change: &ChangeId,
    ) -> Result<Vault, ServiceError> {
        match (&self.sealed, self.signed.proposal.sealed) {
            (None, None) => Ok(Vault::default()),
            (Some(sealed), Some(named)) if Digest::of(sealed)? == named => {
                sealing.unseal(tenant, change, sealed).await
            }
            _ => Err(altered("sealed data")),
        }
    }
}
