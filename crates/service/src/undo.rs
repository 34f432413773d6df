//! Propose the undo of a change: a new change, through the same gate.

use changegate_catalog::{KeptOutput, Recipe, Sealer, resolve_output};
use changegate_change::capture::CaptureRef;
use changegate_change::digest::Digest;
use changegate_change::id::ChangeId;
use changegate_change::proposal::{Proposal, Step, Undoes};
use changegate_change::request::{DECIDE_BY_DEFAULT, ProposalRequest, STEPS_MAX, StepRequest, TITLE_MAX};
use changegate_change::sealed::Vault;
use changegate_change::status::Status;
use changegate_change::undo::UndoClass;
use changegate_store::record::Record;
use serde_json::json;

use crate::authenticate::Authenticated;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::propose::{Origin, Propose, Proposed, idempotency_key};
use crate::steps::{call_context, capture};

impl Propose {
    /// Proposes the undo of a change, as it was planned when the change was proposed.
    ///
    /// # Errors
    /// `not_settled` before AWS has finished, `undo_unavailable` if there is no plan, `undo_conflict` if the present state
    /// is not the one that the change left.
    pub async fn undo(
        &self,
        caller: &Authenticated,
        key: Option<&str>,
        original: &ChangeId,
    ) -> Result<Proposed, ServiceError> {
        let key = idempotency_key(key)?;
        let body = Digest::of(&json!({ "undo": original }))?;
        if let Some(earlier) = self.earlier(caller, key, &body).await? {
            return Ok(earlier);
        }
        self.running(caller).await?;
        let tenant = caller.tenant();
        let record = self.store.record(tenant, original).await?.ok_or_else(ServiceError::not_found)?;
        let dossier = self.original(&record).await?;
        let proposal = &dossier.signed.proposal;
        let (step, after) = undoable(&record, proposal)?;
        let vault = dossier.vault(&self.sealing, tenant, original).await?;
        self.unchanged(caller, proposal, step, after, &vault).await?;
        let now = self.clock.now();
        let request = request(proposal, step, &vault, kept(&record), now)?;
        let origin = Origin { undoes: Undoes { change: original.clone(), after: after.digest } };
        let secret = self.fingerprints.fingerprint_key(tenant).await?;
        let drafted = self.draft(caller, request, Some(origin), &secret, now).await?;
        self.submit(caller, drafted, key, body, now).await
    }

    /// The dossier of the change that is to be undone; its signature is verified, since its plan will run.
    async fn original(&self, record: &Record) -> Result<Dossier, ServiceError> {
        let head = &record.head;
        let dossier = Dossier::load(&self.store, &head.tenant, &head.change, &head.dossier).await?;
        let public = self.proposal_keys.public_key().await?;
        let verified = dossier
            .signed
            .clone()
            .verify(&head.tenant, &head.change, |message, signature| public.verifies(message, signature));
        verified.map_err(|error| {
            ServiceError::new(Code::VerificationFailed, "the change to undo does not verify").because(error)
        })?;
        Ok(dossier)
    }

    /// Refuses if the present state is not the after capture.
    async fn unchanged(
        &self,
        caller: &Authenticated,
        proposal: &Proposal,
        step: &Step,
        after: &CaptureRef,
        vault: &Vault,
    ) -> Result<(), ServiceError> {
        let recipe = self.aws.recipe(step)?.filter(|recipe| recipe.hash() == step.recipe.hash);
        let recipe = recipe.ok_or_else(|| {
            let message =
                "the recipe of the change is not the one that planned its undo; propose the undo yourself";
            ServiceError::new(Code::UndoUnavailable, message)
        })?;
        let (tenant, change) = (proposal.tenant.as_str(), proposal.change.as_str());
        let reader = self.aws.reader(&step.reader_role, caller.config.external_id(), tenant, change).await?;
        let mut sealer = Sealer::new(self.fingerprints.fingerprint_key(&proposal.tenant).await?);
        let context = call_context(step, vault)?;
        let present = capture(&self.aws, &recipe, &context, &reader, &mut sealer).await?;
        if Recipe::is_undisturbed(after, &present)? {
            return Ok(());
        }
        let message =
            "somebody changed the resource since: the present state is not the one that the change left";
        Err(ServiceError::new(Code::UndoConflict, message))
    }
}

/// What was kept of AWS's answer to the change.
fn kept(record: &Record) -> &KeptOutput {
    const NOTHING: &KeptOutput = &KeptOutput::new();
    record.step(0).and_then(|step| step.attempt.as_ref()).map_or(NOTHING, |attempt| &attempt.output)
}

fn undoable<'a>(
    record: &'a Record,
    proposal: &'a Proposal,
) -> Result<(&'a Step, &'a CaptureRef), ServiceError> {
    let head = &record.head;
    match head.status {
        Status::Succeeded => {}
        Status::Executing | Status::Settling => {
            let message = format!("the change is `{}`; AWS has not finished what it accepted", head.status);
            return Err(ServiceError::new(Code::NotSettled, message));
        }
        other => {
            let message = format!("the change is `{other}`; only a change that succeeded can be undone");
            return Err(ServiceError::new(Code::StatusConflict, message));
        }
    }
    if let Some(by) = &head.undone_by {
        return Err(ServiceError::new(Code::StatusConflict, format!("the change was undone by {by}")));
    }
    let step = proposal.step(0).ok_or_else(|| ServiceError::internal("a change without a step"))?;
    let done = record.step(0).filter(|done| done.settled);
    let done = done.ok_or_else(|| {
        ServiceError::new(
            Code::NotSettled,
            "AWS did not finish the change in its time, or the state after it could not be read; look at the resource first",
        )
    })?;
    if step.before.truncated {
        let message = "the state before the change was not captured whole, so it cannot be restored";
        return Err(ServiceError::new(Code::UndoUnavailable, message));
    }
    if step.undo.class == UndoClass::None || step.undo.calls.is_empty() {
        let why = step.undo.caveats.first().map_or("it has none", String::as_str);
        return Err(ServiceError::new(Code::UndoUnavailable, format!("there is no undo: {why}")));
    }
    if step.undo.calls.len() > STEPS_MAX {
        let message = format!(
            "the undo takes {} calls, and a change has {STEPS_MAX} step; propose the calls of the plan one by one",
            step.undo.calls.len()
        );
        return Err(ServiceError::new(Code::UndoUnavailable, message));
    }
    let after = done.after.as_ref().filter(|after| !after.truncated);
    let after = after.ok_or_else(|| {
        ServiceError::new(Code::UndoUnavailable, "the state after the change was not captured whole")
    })?;
    Ok((step, after))
}

fn request(
    proposal: &Proposal,
    step: &Step,
    vault: &Vault,
    kept: &KeptOutput,
    now: jiff::Timestamp,
) -> Result<ProposalRequest, ServiceError> {
    let call = |call: &changegate_change::undo::PlannedCall| -> Result<StepRequest, ServiceError> {
        let parameters = vault.reveal(&call.parameters).map_err(ServiceError::internal)?;
        let parameters = resolve_output(&parameters, kept).map_err(|error| {
            let message = "the undo needs something of AWS's answer to the change, which is not known";
            ServiceError::new(Code::UndoUnavailable, message).because(error)
        })?;
        Ok(StepRequest {
            account: step.account.clone(),
            region: step.region.clone(),
            service: call.service.clone(),
            operation: call.operation.clone(),
            parameters,
            undo: vec![],
        })
    };
    Ok(ProposalRequest {
        title: format!("Undo: {}", proposal.title).chars().take(TITLE_MAX).collect(),
        reason: format!("Undo of {}, as it was planned when that change was proposed.", proposal.change),
        steps: step.undo.calls.iter().map(call).collect::<Result<_, _>>()?,
        decide_by: now + DECIDE_BY_DEFAULT,
        not_before: None,
        execute_before: None,
        incident: proposal.incident.clone(),
        narrative: None,
    })
}
