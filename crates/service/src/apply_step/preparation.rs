//! What must still be as it was approved: models, recipe, request, roles, state.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aws_call::Request;
use aws_credential_types::Credentials;
use changegate_catalog::{CallContext, Recipe, Sealer};
use changegate_change::capture::Capture;
use changegate_change::proposal::Step;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{ApplyStep, Cleared};
use crate::error::{Code, ServiceError};
use crate::prepare::untouched;
use crate::refusal::{Halt, Refusal};
use crate::steps::{SESSION_POLICY_MAX, call_context, capture, render, timed_policy};
use crate::tenant_aws::{AssumeError, AssumeRole};
use crate::verify::open;

/// How long the executor's session allows the call, unless the service goes on under the caller's credentials.
const ALLOWED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How many paths of a drift the ledger names.
const PATHS_MAX: usize = 50;

/// A call that is ready to be sent.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) operation: aws_call::Operation,
    pub(super) request: Request,
    pub(super) credentials: Credentials,
    pub(super) ends_at: Option<Timestamp>,
    /// Whether the call holds a secret, so that AWS's words about it may repeat it.
    pub(super) secret: bool,
    /// What of the output must be kept for undo and settle test.
    pub(super) needed_output: BTreeSet<String>,
}

impl ApplyStep {
    /// Prepares the call: renders it again, assumes the roles, reads for drift.
    pub(super) async fn prepare(&self, number: u32, cleared: &Cleared<'_>) -> Result<Ready, Halt> {
        let proposal = cleared.approved.get();
        let step = proposal
            .step(number)
            .ok_or_else(|| Refusal::refused("no_such_step", "the proposal has no step of that number"))?;
        open(step, cleared.config.config())?;
        let recipe = self.approved_recipe(step)?;
        let key = self.fingerprints.fingerprint_key(&proposal.tenant).await?;
        let vault = cleared.dossier.vault(&self.sealing, &proposal.tenant, &proposal.change).await?;
        let context = call_context(step, &vault).map_err(|error| not_rendered(&error))?;
        let rendered = render(&self.aws, step, &vault, Some(&key)).map_err(|error| not_rendered(&error))?;
        if rendered.fingerprint != step.request {
            let message = "the request that would be sent is not the one that was approved";
            return Err(Refusal::stale("request_changed", message).into());
        }
        untouched(&self.protected, cleared.config.config(), &rendered.operation, &context)
            .map_err(|error| Refusal::refused(error.code().as_str(), error.message()))?;
        let external_id = cleared.config.external_id();
        let (tenant, change) = (proposal.tenant.as_str(), proposal.change.as_str());
        let reader = self.aws.reader(&step.reader_role, external_id, tenant, change).await;
        let reader = reader.map_err(not_read)?;
        let (credentials, ends_at) = self.executor(step, external_id, tenant, change).await?;
        self.undrifted(cleared, step, &recipe, &context, &reader, key).await?;
        let secret = rendered.fingerprint.body.starts_with("hmac:");
        let (operation, request) = (rendered.operation, rendered.request);
        let needed_output = recipe.needed_output(&step.undo);
        Ok(Ready { operation, request, credentials, ends_at, secret, needed_output })
    }

    /// The recipe that planned the step, if models and recipe are still those.
    fn approved_recipe(&self, step: &Step) -> Result<Cow<'_, Recipe>, Halt> {
        if self.aws.index().hash() != step.index {
            return Err(Refusal::stale("index_changed", "the models changed after the proposal").into());
        }
        let recipe = self.aws.recipe(step)?;
        recipe
            .filter(|recipe| recipe.id() == step.recipe.id && recipe.hash() == step.recipe.hash)
            .ok_or_else(|| Refusal::stale("recipe_changed", "the recipe changed after the proposal").into())
    }

    /// The executor session: for this step only, and for a minute if the step allows that.
    async fn executor(
        &self,
        step: &Step,
        external_id: &str,
        tenant: &str,
        change: &str,
    ) -> Result<(Credentials, Option<Timestamp>), Halt> {
        let ends_at = step.ends_early.then(|| self.clock.now() + ALLOWED_FOR);
        let policy = timed_policy(step, ends_at);
        let length = policy.chars().count();
        if length > SESSION_POLICY_MAX {
            let message =
                format!("the session policy has {length} characters, more than {SESSION_POLICY_MAX}");
            return Err(Refusal::refused("session_policy_too_large", message).into());
        }
        let wanted = AssumeRole {
            role_arn: &step.executor_role,
            external_id: Some(external_id),
            session_name: change,
            source_identity: Some(change),
            tags: &[("tenant", tenant), ("change", change)],
            policy: Some(&policy),
        };
        let assumed =
            self.aws.assume(wanted).await.map_err(|error| not_assumed(&step.executor_role, error))?;
        Ok((assumed, ends_at))
    }

    /// Checks that the state is still the one that was approved.
    async fn undrifted(
        &self,
        cleared: &Cleared<'_>,
        step: &Step,
        recipe: &Recipe,
        context: &CallContext,
        reader: &Credentials,
        key: [u8; 32],
    ) -> Result<(), Halt> {
        let before = cleared.dossier.before(step)?;
        let mut sealer = Sealer::new(key);
        let present = capture(&self.aws, recipe, context, reader, &mut sealer).await.map_err(not_read)?;
        if present.digest().map_err(ServiceError::from)? == step.before.digest {
            return Ok(());
        }
        Err(drifted(recipe, before, &present).into())
    }
}

fn drifted(recipe: &Recipe, before: &Capture, present: &Capture) -> Refusal {
    let lines = recipe.diff(before, present);
    let paths: Vec<_> = lines.iter().take(PATHS_MAX).map(|line| line.path.as_str()).collect();
    let message = format!("the state is not the approved one any more: {} differences", lines.len());
    Refusal::stale("drift", message).with(json!({ "paths": paths }))
}

fn not_rendered(error: &ServiceError) -> Refusal {
    // The words of the error may quote a parameter, and a parameter may be a secret.
    let message = format!("the approved request cannot be rendered ({})", error.code());
    Refusal::refused("request_not_rendered", message)
}

/// What a state that could not be read means before a call.
fn not_read(error: ServiceError) -> Halt {
    let code = error.code();
    if [Code::ResourceNotFound, Code::PreconditionFailed, Code::StackWithoutServiceRole].contains(&code) {
        return Refusal::stale(code.as_str(), error.message()).into();
    }
    if code == Code::ReaderNotPermitted {
        return Refusal::refused(code.as_str(), error.message()).into();
    }
    error.into()
}

fn not_assumed(role: &str, error: AssumeError) -> Halt {
    match error {
        AssumeError::Denied(_) => {
            let message = format!("the executor role `{role}` cannot be assumed");
            Refusal::refused("executor_not_permitted", message).into()
        }
        AssumeError::TooLarge(_) => {
            let message = "the session policy and tags are larger than STS takes";
            Refusal::refused("session_policy_too_large", message).into()
        }
        AssumeError::Unavailable(_) => {
            ServiceError::new(Code::Unavailable, "sts did not answer; try again").because(error).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Ending;

    fn ending(halt: Halt) -> Option<Ending> {
        match halt {
            Halt::Refused(refusal) => Some(refusal.ending()),
            Halt::Held(_) | Halt::Failed(_) => None,
        }
    }

    #[test]
    fn a_state_that_cannot_be_read_is_drift_a_refusal_or_tried_again() {
        let stale = [Code::ResourceNotFound, Code::PreconditionFailed, Code::StackWithoutServiceRole];
        let refused = [Code::ReaderNotPermitted, Code::VerificationFailed];
        for code in Code::ALL {
            let expected = if stale.contains(code) {
                Some(Ending::Stale)
            } else {
                refused.contains(code).then_some(Ending::Refused)
            };
            assert_eq!(ending(not_read(ServiceError::new(*code, "words"))), expected, "{code}");
        }
    }

    #[test]
    fn only_an_sts_that_did_not_answer_is_asked_again() {
        let role = "arn:aws:iam::111111111111:role/changegate-executor";
        assert_eq!(ending(not_assumed(role, AssumeError::Denied("no".into()))), Some(Ending::Refused));
        assert_eq!(ending(not_assumed(role, AssumeError::TooLarge("big".into()))), Some(Ending::Refused));
        assert_eq!(ending(not_assumed(role, AssumeError::Unavailable("?".into()))), None);
    }

    #[test]
    fn a_request_that_cannot_be_rendered_is_refused_without_repeating_a_parameter() {
        let refusal = not_rendered(&ServiceError::new(Code::InvalidParameters, "`hunter2` is too short"));
        assert_eq!(refusal.ending(), Ending::Refused);
        assert!(!refusal.why().message.contains("hunter2"));
    }
}
