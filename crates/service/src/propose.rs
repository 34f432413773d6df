//! Propose a change: capture before, plan the undo, sign, store, start the workflow. Or preview all that.

use std::collections::BTreeMap;

use changegate_catalog::Sealer;
use changegate_change::digest::Digest;
use changegate_change::head::Head;
use changegate_change::id::ChangeId;
use changegate_change::json::parse_strict;
use changegate_change::ledger::{Actor, Entry};
use changegate_change::proposal::{FORMAT, Proposal, SignedProposal, Undoes, signed_bytes};
use changegate_change::request::{ProposalRequest, Violation};
use changegate_change::sealed::Vault;
use changegate_change::step_record::StepRecord;
use changegate_policy::{StepFacts, verdict};
use changegate_store::idempotency::Used;
use changegate_store::{Part, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::authenticate::Authenticated;
use crate::clock::Clock;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::keys::{DerivedKeys, Sealing, Signer, Verifier};
use crate::prepare::{Prepared, Understood, denial, prepare, understand};
use crate::protected::Protected;
use crate::tenant_aws::TenantAws;
use crate::view::{Shown, change_view};
use crate::workflow::Workflow;

/// The largest body of a proposal, in bytes.
pub const BODY_MAX: usize = 256 * 1024;
/// The longest `Idempotency-Key`, in characters.
pub const IDEMPOTENCY_KEY_MAX: usize = 128;

/// What proposing needs.
#[derive(Debug)]
pub struct Propose {
    /// The tables.
    pub store: Store,
    /// The tenants' accounts.
    pub aws: TenantAws,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// Who signs proposals.
    pub proposals: Signer,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// Who seals secrets.
    pub sealing: Sealing,
    /// The tenants' fingerprint keys.
    pub fingerprints: DerivedKeys,
    /// The executions.
    pub workflow: Workflow,
    /// Changegate's own resources.
    pub protected: Protected,
    /// Time and randomness.
    pub clock: Clock,
    /// How long until the sweep first looks at a new change, if no deadline is earlier.
    pub look_after: SignedDuration,
}

/// A proposal that is complete, and all that is stored of it.
pub(crate) struct Drafted {
    proposal: Proposal,
    captures: BTreeMap<String, changegate_change::capture::Capture>,
    vault: Vault,
    narrative: Option<Value>,
}

/// What came of a submission.
#[derive(Debug)]
pub struct Proposed {
    /// The change, as the agent sees it.
    pub change: Value,
    /// Whether it was made by an earlier submission with the same key.
    pub replayed: bool,
}

/// What an undo refers to.
pub(crate) struct Origin {
    pub(crate) undoes: Undoes,
}

impl Propose {
    /// Proposes a change.
    ///
    /// # Errors
    /// Whatever is wrong with the submission; nothing is left behind.
    pub async fn propose(
        &self,
        caller: &Authenticated,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Proposed, ServiceError> {
        let document = document(body)?;
        let key = idempotency_key(key)?;
        let secret = self.fingerprints.fingerprint_key(caller.tenant()).await?;
        let body = body_digest(&secret, &document)?;
        if let Some(earlier) = self.earlier(caller, key, &body).await? {
            return Ok(earlier);
        }
        self.running(caller).await?;
        let now = self.clock.now();
        let request = ProposalRequest::read(&document, now).map_err(invalid)?;
        let drafted = self.draft(caller, request, None, &secret, now).await?;
        self.submit(caller, drafted, key, body, now).await
    }

    /// Everything that proposing would do, without storing anything.
    ///
    /// # Errors
    /// Whatever is wrong with the submission.
    pub async fn preview(&self, caller: &Authenticated, body: &[u8]) -> Result<Value, ServiceError> {
        let now = self.clock.now();
        let request = ProposalRequest::read(&document(body)?, now).map_err(invalid)?;
        let secret = self.fingerprints.fingerprint_key(caller.tenant()).await?;
        let drafted = self.draft(caller, request, None, &secret, now).await?;
        let signed = SignedProposal { proposal: drafted.proposal, signature: String::new() };
        let moment = self.clock.moment(now, Actor::Agent(caller.agent_id().clone()));
        let (head, entry) = Head::first(&signed, Digest::of(&signed)?, moment)?;
        let dossier =
            Dossier { signed, captures: drafted.captures, sealed: None, narrative: drafted.narrative };
        let shown = Shown { head: &head, dossier: &dossier, ledger: &[entry], steps: &[], after: &[] };
        change_view(caller.config.config(), &shown)
    }

    /// Refuses while everything or the tenant is stopped.
    pub(crate) async fn running(&self, caller: &Authenticated) -> Result<(), ServiceError> {
        if self.store.stopped(caller.tenant()).await? {
            return Err(ServiceError::new(
                Code::Stopped,
                "Changegate is stopped for this tenant; propose again later",
            ));
        }
        Ok(())
    }

    pub(crate) async fn earlier(
        &self,
        caller: &Authenticated,
        key: &str,
        body: &Digest,
    ) -> Result<Option<Proposed>, ServiceError> {
        let Some(used) = self.store.used(caller.tenant(), caller.agent_id(), key).await? else {
            return Ok(None);
        };
        if used.body != *body {
            let message = "this Idempotency-Key was used with another body";
            return Err(ServiceError::new(Code::IdempotencyKeyReused, message));
        }
        let change = crate::view::show(&self.store, caller.config.config(), &used.change).await?;
        Ok(Some(Proposed { change, replayed: true }))
    }

    /// Understands the calls, asks the policy, reads the states, plans the undos. `secret` is the tenant's fingerprint key.
    pub(crate) async fn draft(
        &self,
        caller: &Authenticated,
        request: ProposalRequest,
        origin: Option<Origin>,
        secret: &[u8; 32],
        now: Timestamp,
    ) -> Result<Drafted, ServiceError> {
        let change = ChangeId::new(self.clock.ulid(now));
        let config = caller.config.config();
        let calls = request.steps.iter().enumerate();
        let calls: Vec<_> = calls
            .map(|(number, step)| understand(&self.aws, config, &self.protected, &change, number, step))
            .collect::<Result<_, _>>()?;
        let facts: Vec<_> = calls.iter().map(facts).collect();
        let verdict = verdict(config, &caller.agent, &facts).map_err(|d| denial(&d))?;
        let mut sealer = Sealer::new(*secret);
        let prepared = self.prepare_all(caller, &change, calls, &mut sealer, secret).await?;
        let captures =
            prepared.iter().map(|p| (p.step.before.digest.to_string(), p.before.clone())).collect();
        let proposal = Proposal {
            format: FORMAT,
            tenant: caller.tenant().clone(),
            change,
            undoes: origin.map(|origin| origin.undoes),
            title: request.title,
            reason: request.reason,
            incident: request.incident,
            narrative: request.narrative.as_ref().map(Digest::of).transpose()?,
            requester: caller.agent_id().clone(),
            on_behalf_of: caller.agent.on_behalf_of.clone(),
            created_at: now,
            decide_by: request.decide_by,
            not_before: request.not_before,
            execute_before: request.execute_before,
            policy: config.policy_digest()?,
            verdict: verdict.words,
            rule: verdict.rule,
            sealed: None,
            steps: prepared.into_iter().map(|prepared| prepared.step).collect(),
        };
        Ok(Drafted { proposal, captures, vault: sealer.vault(), narrative: request.narrative })
    }

    async fn prepare_all(
        &self,
        caller: &Authenticated,
        change: &ChangeId,
        calls: Vec<Understood<'_>>,
        sealer: &mut Sealer,
        key: &[u8; 32],
    ) -> Result<Vec<Prepared>, ServiceError> {
        let mut prepared = Vec::with_capacity(calls.len());
        for call in calls {
            let role = &call.account().reader_role;
            let external_id = caller.config.external_id();
            let reader =
                self.aws.reader(role, external_id, caller.tenant().as_str(), change.as_str()).await?;
            prepared.push(prepare(&self.aws, call, &reader, sealer, key).await?);
        }
        Ok(prepared)
    }

    /// Seals, signs, stores and starts.
    pub(crate) async fn submit(
        &self,
        caller: &Authenticated,
        drafted: Drafted,
        key: &str,
        body: Digest,
        now: Timestamp,
    ) -> Result<Proposed, ServiceError> {
        let dossier = self.seal_and_sign(drafted).await?;
        let proposal = &dossier.signed.proposal;
        let (tenant, change) = (&proposal.tenant, &proposal.change);
        let blob = self.store.put_blob(tenant, change, &serde_json::to_vec(&dossier)?, now).await?;
        let moment = self.clock.moment(now, Actor::Agent(caller.agent_id().clone()));
        let (head, entry) = Head::first(&dossier.signed, blob.digest, moment)?;
        let used = Used {
            tenant: tenant.clone(),
            agent: caller.agent_id().clone(),
            key: key.to_owned(),
            body,
            change: change.clone(),
        };
        let steps: Vec<_> =
            (0..).zip(&proposal.steps).map(|(n, s)| StepRecord::planned(n, s.before.digest)).collect();
        let look_at = (now + self.look_after).min(head.decide_by);
        let mut commit = self.store.commit().create(&head, &entry, look_at).keep(&blob);
        for step in &steps {
            commit = commit.step(tenant, change, step);
        }
        match commit.idempotency(&used, now).unless_stopped(tenant).run().await {
            Ok(()) => {}
            Err(error) if error.refused(Part::Idempotency) => {
                let earlier = self.earlier(caller, key, &body).await?;
                return earlier.ok_or_else(|| error.into());
            }
            Err(error) if error.refused(Part::Stop) => {
                return Err(
                    ServiceError::new(Code::Stopped, "Changegate was stopped meanwhile").because(error)
                );
            }
            Err(error) => return Err(error.into()),
        }
        self.start(&head).await;
        self.shown(caller, &head, &dossier, &entry, &steps)
    }

    async fn seal_and_sign(&self, drafted: Drafted) -> Result<Dossier, ServiceError> {
        let Drafted { mut proposal, captures, vault, narrative } = drafted;
        let sealed = if vault.is_empty() {
            None
        } else {
            Some(self.sealing.seal(&proposal.tenant, &proposal.change, &vault).await?)
        };
        proposal.sealed = sealed.as_ref().map(Digest::of).transpose()?;
        let message = signed_bytes(&proposal.tenant, &proposal.change, &proposal.digest()?)?;
        let signature = self.proposals.sign(&message).await?;
        Ok(Dossier { signed: SignedProposal { proposal, signature }, captures, sealed, narrative })
    }

    /// Starts the first execution. If that does not work the change is not lost: the sweep finds it without an execution.
    async fn start(&self, head: &Head) {
        if let Err(error) = self.workflow.start(&head.tenant, &head.change, head.generation).await {
            tracing::warn!(change = %head.change, error = error.story(), "the execution was not started; the sweep will");
        }
    }

    fn shown(
        &self,
        caller: &Authenticated,
        head: &Head,
        dossier: &Dossier,
        entry: &Entry,
        steps: &[StepRecord],
    ) -> Result<Proposed, ServiceError> {
        let shown = Shown { head, dossier, ledger: std::slice::from_ref(entry), steps, after: &[] };
        Ok(Proposed { change: change_view(caller.config.config(), &shown)?, replayed: false })
    }
}

fn facts<'a>(call: &'a Understood<'_>) -> StepFacts<'a> {
    StepFacts { account: &call.account().id, region: call.region(), class: call.recipe().action_class() }
}

fn document(body: &[u8]) -> Result<Value, ServiceError> {
    if body.len() > BODY_MAX {
        let message = format!("the body has {} bytes; at most {BODY_MAX} are taken", body.len());
        return Err(ServiceError::new(Code::BodyTooLarge, message));
    }
    parse_strict(body).map_err(|error| ServiceError::new(Code::MalformedJson, error.to_string()))
}

/// The digest that tells whether a submission is the same one again: under the tenant's key, since it is stored, and a plain
/// digest of a body with a short secret in it could be guessed.
fn body_digest(secret: &[u8; 32], document: &Value) -> Result<Digest, ServiceError> {
    Ok(Digest::of(&Sealer::new(*secret).fingerprint(document))?)
}

fn invalid(violations: Vec<Violation>) -> ServiceError {
    let message = format!("the proposal has {} violations", violations.len());
    ServiceError::violations(Code::InvalidProposal, message, violations)
}

/// The key that makes a submission safe to send again.
///
/// # Errors
/// It is missing, too long, or not printable ASCII.
pub fn idempotency_key(key: Option<&str>) -> Result<&str, ServiceError> {
    let key = key
        .ok_or_else(|| ServiceError::new(Code::InvalidRequest, "the header `Idempotency-Key` is required"))?;
    let fits = (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(key);
    }
    let message = format!("`Idempotency-Key` has 1 to {IDEMPOTENCY_KEY_MAX} printable ASCII characters");
    Err(ServiceError::new(Code::InvalidRequest, message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_of_a_body_is_the_same_for_the_same_body_and_cannot_be_made_without_the_key() {
        let digest = |key: u8, body: Value| body_digest(&[key; 32], &body).unwrap();
        assert_eq!(digest(1, json!({"a": 1, "b": 2})), digest(1, json!({"b": 2, "a": 1})));
        assert_ne!(digest(1, json!({"a": 1})), digest(1, json!({"a": 2})));
        assert_ne!(digest(1, json!({"a": 1})), digest(2, json!({"a": 1})));
        assert_ne!(digest(1, json!({"a": 1})), Digest::of(&json!({"a": 1})).unwrap());
    }
}
