//! What an approver sees, and their decision.

mod decide;
mod forms;
mod page;
mod session_secret;
mod why_not;

use changegate_change::decision::VerifiedDecision;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::proposal::VerifiedProposal;
use changegate_change::tenant::Approver;
use changegate_store::Store;
use changegate_store::record::Record;
use changegate_store::sign_ins::Session;

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::keys::{Signer, Verifier};
use crate::workflow::Workflow;

pub use decide::{Decided, NOTE_MAX, UnverifiedDecisionForm};
pub use forms::{FORM_TTL, Forms};
pub use page::Reviewed;
pub use session_secret::SessionSecret;
pub use why_not::WhyNot;

/// What reviewing needs.
#[derive(Debug)]
pub struct Review {
    /// The tables.
    pub store: Store,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// Who signs decisions: only this function can.
    pub decisions: Signer,
    /// Who verifies decisions.
    pub decision_keys: Verifier,
    /// The executions.
    pub workflow: Workflow,
    /// Time and randomness.
    pub clock: Clock,
}

/// A change as an approver may see it: all of it was verified.
struct Opened {
    session: Session,
    config: VerifiedConfig,
    approver: Approver,
    record: Record,
    dossier: Dossier,
    proposal: VerifiedProposal,
}

impl Review {
    /// The signed configuration of a tenant: its issuers, its approvers.
    ///
    /// # Errors
    /// `not_found`; it does not verify.
    pub async fn config(&self, tenant: &TenantId) -> Result<VerifiedConfig, ServiceError> {
        VerifiedConfig::load(&self.store, &self.config_keys, tenant).await
    }

    /// The session of a cookie, if it is for this tenant.
    ///
    /// # Errors
    /// `sign_in_required`.
    pub async fn session(
        &self,
        tenant: &TenantId,
        secret: Option<&SessionSecret>,
    ) -> Result<Session, ServiceError> {
        let required = || ServiceError::new(Code::SignInRequired, "sign in to see this page");
        let secret = secret.ok_or_else(required)?;
        let session = self.store.session(&secret.hash(), self.clock.now()).await?;
        session.filter(|session| session.tenant == *tenant).ok_or_else(required)
    }

    /// A change, for a signed-in approver and nobody else.
    async fn opened(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        secret: Option<&SessionSecret>,
    ) -> Result<Opened, ServiceError> {
        let session = self.session(tenant, secret).await?;
        let config = self.config(tenant).await?;
        let approver = approver(&config, &session)?;
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        let dossier = Dossier::load(&self.store, tenant, change, &record.head.dossier).await?;
        let proposal = self.verified(&record, &dossier).await?;
        Ok(Opened { session, config, approver, record, dossier, proposal })
    }

    async fn verified(&self, record: &Record, dossier: &Dossier) -> Result<VerifiedProposal, ServiceError> {
        let head = &record.head;
        let public = self.proposal_keys.public_key().await?;
        let verified = dossier
            .signed
            .clone()
            .verify(&head.tenant, &head.change, |message, signature| public.verifies(message, signature));
        let failed =
            || ServiceError::new(Code::VerificationFailed, "what is stored of this change does not verify");
        let proposal = verified.map_err(|error| failed().because(error))?;
        if proposal.digest() == head.digest { Ok(proposal) } else { Err(failed()) }
    }

    async fn decided(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
    ) -> Result<Vec<VerifiedDecision>, ServiceError> {
        let stored = self.store.decisions(tenant, change).await?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let public = self.decision_keys.public_key().await?;
        let verified = stored.into_iter().map(|signed| signed.verify(|m, s| public.verifies(m, s)));
        let all: Option<Vec<_>> = verified.collect();
        all.ok_or_else(|| ServiceError::new(Code::VerificationFailed, "a stored decision does not verify"))
    }
}

fn approver(config: &VerifiedConfig, session: &Session) -> Result<Approver, ServiceError> {
    let found = config.config().approver_by_subject(&session.issuer, &session.subject);
    found.cloned().ok_or_else(ServiceError::not_found)
}
