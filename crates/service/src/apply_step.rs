//! Makes an approved call: verifies everything again, takes the fence, sends once, writes what came of it.
//!
//! In this order, and nothing is sent after a step that does not hold: record, proposal, decisions, configuration,
//! deadlines, stop → models, recipe, request, Changegate's own resources → roles → drift → fence → send → outcome. Before
//! the fence, what may work later is an error and is tried again; from the fence on, nothing is.

mod fence;
pub mod outcome;
mod preparation;

use changegate_change::quorum::ApprovedProposal;
use changegate_change::status::Status;
use changegate_store::Store;
use changegate_store::record::Record;

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::keys::{DerivedKeys, Sealing, Verifier};
use crate::protected::Protected;
use crate::recorder::{Found, Recorder};
use crate::refusal::{Halt, Refusal};
use crate::task::{StepAnswer, StepTask};
use crate::tenant_aws::TenantAws;
use crate::verify::{approved, believed, in_time};

/// The name of the function in ledgers.
const FUNCTION: &str = "apply-step";

/// What making an approved call needs.
#[derive(Debug)]
pub struct ApplyStep {
    /// The tables.
    pub store: Store,
    /// The tenants' accounts.
    pub aws: TenantAws,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// Who verifies decisions.
    pub decision_keys: Verifier,
    /// Who unseals secrets.
    pub sealing: Sealing,
    /// The tenants' fingerprint keys.
    pub fingerprints: DerivedKeys,
    /// Changegate's own resources.
    pub protected: Protected,
    /// Time and randomness.
    pub clock: Clock,
}

/// A change that may run now.
struct Cleared<'a> {
    record: &'a Record,
    dossier: &'a Dossier,
    approved: ApprovedProposal,
    config: VerifiedConfig,
}

impl ApplyStep {
    /// Makes the call of a step, if all that it needs holds and nobody made it before. The record says what came of it.
    ///
    /// # Errors
    /// Nothing was sent, and the same may work later.
    pub async fn apply(&self, task: &StepTask) -> Result<StepAnswer, ServiceError> {
        let (record, dossier) = match self.recorder().find(&task.tenant, &task.change).await? {
            Found::Consistent(record, dossier) => (record, dossier),
            Found::Altered => return Ok(task.done()),
            Found::Nothing => return Err(ServiceError::not_found()),
        };
        let mine = record.head.generation == task.generation && record.head.status == Status::Approved;
        if !mine || record.fence(task.step).is_some() {
            return Ok(task.done());
        }
        match self.attempt(task.step, &record, &dossier).await {
            Ok(()) => {}
            Err(Halt::Held(why)) => tracing::info!(change = %task.change, why, "not sent, left as it is"),
            Err(Halt::Refused(refusal)) => self.end(&record, &refusal).await?,
            Err(Halt::Failed(error)) => return Err(error),
        }
        Ok(task.done())
    }

    /// Ends the change. If its record moved on in between, another attempt has it: what this one saw is no longer so.
    async fn end(&self, record: &Record, refusal: &Refusal) -> Result<(), ServiceError> {
        let (change, why) = (&record.head.change, refusal.why());
        tracing::warn!(%change, code = why.code, message = why.message, "not sent, to be ended");
        match self.recorder().end(record, refusal).await {
            Err(error) if error.code() == Code::Contended => {
                tracing::info!(%change, story = error.story(), "the record moved on, left as it is");
                Ok(())
            }
            ended => ended,
        }
    }

    async fn attempt(&self, number: u32, record: &Record, dossier: &Dossier) -> Result<(), Halt> {
        let cleared = self.cleared(record, dossier).await?;
        let ready = self.prepare(number, &cleared).await?;
        let taken = self.take_fence(number, &cleared, &ready).await?;
        let sent = self.send(&cleared, &ready, &taken).await;
        self.write_outcome(&cleared, &taken, &ready, sent).await;
        Ok(())
    }

    /// The change, if people approved exactly this under the present configuration, in time, and nothing is stopped.
    async fn cleared<'a>(&self, record: &'a Record, dossier: &'a Dossier) -> Result<Cleared<'a>, Halt> {
        let head = &record.head;
        let public = self.proposal_keys.public_key().await?;
        let proposal = believed(record, dossier, |message, signature| public.verifies(message, signature))?;
        let config = self.config(record).await?;
        let decisions = self.store.decisions(&head.tenant, &head.change).await?;
        let public = self.decision_keys.public_key().await?;
        let verifies = |message: &[u8], signature: &str| public.verifies(message, signature);
        let approved = approved(proposal, record, decisions, config.config(), verifies)?;
        if in_time(&approved, self.clock.now())?.is_some() {
            return Err(Halt::Held("before not_before"));
        }
        if self.store.stopped(&head.tenant).await? {
            return Err(Halt::Held("stopped"));
        }
        Ok(Cleared { record, dossier, approved, config })
    }

    async fn config(&self, record: &Record) -> Result<VerifiedConfig, Halt> {
        let loaded = VerifiedConfig::load(&self.store, &self.config_keys, &record.head.tenant).await;
        loaded.map_err(|error| {
            if error.code() == Code::NotFound {
                let message = "the tenant has no configuration any more";
                return Refusal::refused("tenant_gone", message).into();
            }
            error.into()
        })
    }

    fn recorder(&self) -> Recorder<'_> {
        Recorder::new(&self.store, &self.clock, FUNCTION)
    }
}
