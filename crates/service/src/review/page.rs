//! What an approver's page shows.

use changegate_change::capture::Capture;
use changegate_change::decision::Decision;
use changegate_change::head::Head;
use changegate_change::id::{ApproverId, ChangeId, TenantId};
use changegate_change::ledger::Entry;
use changegate_change::proposal::VerifiedProposal;
use changegate_change::step_record::StepRecord;
use changegate_change::tenant::Approver;
use changegate_store::record::Record;

use super::forms::Forms;
use super::session_secret::SessionSecret;
use super::why_not::{WhyNot, why_not};
use super::{Opened, Review};
use crate::error::ServiceError;
use crate::view::after_captures;

/// Everything that an approver's page shows.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The record.
    pub head: Head,
    /// The proposal; its signature was verified.
    pub proposal: VerifiedProposal,
    /// The state before each step.
    pub before: Vec<Capture>,
    /// The state after, by step, of those that are done.
    pub after: Vec<(u32, Capture)>,
    /// What came of the steps.
    pub steps: Vec<StepRecord>,
    /// What happened.
    pub ledger: Vec<Entry>,
    /// The decisions; their signatures were verified.
    pub decisions: Vec<Decision>,
    /// Who is looking.
    pub approver: Approver,
    /// The names of all approvers, by id.
    pub names: Vec<(ApproverId, String)>,
    /// The forms, or why there are none.
    pub may_decide: Result<Forms, WhyNot>,
}

impl Review {
    /// What a signed-in person sees of a change. Writes nothing.
    ///
    /// # Errors
    /// `not_found` also for those who are no approvers; what is stored does not verify.
    pub async fn page(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        secret: Option<&SessionSecret>,
    ) -> Result<Reviewed, ServiceError> {
        let Opened { config, approver, record, dossier, proposal, .. } =
            self.opened(tenant, change, secret).await?;
        let decisions = self.decided(tenant, change).await?;
        let steps = &proposal.get().steps;
        let before = steps.iter().map(|step| dossier.before(step).cloned()).collect::<Result<_, _>>()?;
        let after = after_captures(&self.store, &record.head, &record.steps).await?;
        let stopped = self.store.stopped(tenant).await?;
        let may_decide =
            match why_not(&record.head, &proposal, &decisions, &approver.id, self.clock.now(), stopped) {
                Some(why) => Err(why),
                None => Ok(self.forms(&record.head, &approver.id, secret)?),
            };
        let names = config.config().approvers.iter().map(|a| (a.id.clone(), a.name.clone())).collect();
        let decisions = decisions.iter().map(|decision| decision.get().clone()).collect();
        let Record { head, ledger, steps, .. } = record;
        Ok(Reviewed { head, proposal, before, after, steps, ledger, decisions, approver, names, may_decide })
    }
}
