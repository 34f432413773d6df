//! From what an agent names to a step: understand the call, ask the policy, read the state, plan the undo, render the bytes.

use std::borrow::Cow;

use aws_call::{LookupError, Operation};
use changegate_catalog::{CallContext, ReadAnswer, Recipe, Sealer};
use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::id::ChangeId;
use changegate_change::proposal::{BestEffort, RecipeRef, SaferCall, Step};
use changegate_change::request::{StepRequest, Violation};
use changegate_change::tenant::{Account, TenantConfig};
use changegate_change::undo::PlannedCall;
use changegate_policy::{Denial, open_account};
use serde_json::Value;

use crate::error::{Code, ServiceError};
use crate::protected::Protected;
use crate::steps::{answers, idempotency_token, recipe_error, render_call, session_policy};
use crate::supplied_undo::{self, At};
use crate::tenant_aws::TenantAws;

/// A call that was understood: it exists, may be called through Changegate, and its parameters fit.
#[derive(Debug)]
pub struct Understood<'a> {
    operation: Operation,
    recipe: Cow<'a, Recipe>,
    account: &'a Account,
    context: CallContext,
    number: usize,
    /// The undo that the agent brought.
    supplied: Vec<PlannedCall>,
}

/// A step with the capture that it names.
#[derive(Debug)]
pub struct Prepared {
    /// The step.
    pub step: Step,
    /// Its before capture.
    pub before: Capture,
}

impl Understood<'_> {
    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The account.
    pub fn account(&self) -> &Account {
        self.account
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.context.region
    }

    /// What the recipe is applied to.
    pub fn context(&self) -> &CallContext {
        &self.context
    }
}

/// Understands a call without asking AWS anything.
///
/// # Errors
/// Why it is refused: unknown names with the nearest ones, every wrong parameter at once.
pub fn understand<'a>(
    aws: &'a TenantAws,
    config: &'a TenantConfig,
    protected: &Protected,
    change: &ChangeId,
    number: usize,
    request: &StepRequest,
) -> Result<Understood<'a>, ServiceError> {
    let at = format!("/steps/{number}");
    let operation =
        aws.index().operation(&request.service, &request.operation).map_err(|e| lookup(&at, e))?;
    supported(&operation)?;
    let account = open_account(config, &request.account, &request.region).map_err(|d| denial(&d))?;
    let recipe = aws.recipe_for(&operation)?;
    let mut parameters = request.parameters.clone();
    let filled: Vec<_> = recipe.filled().collect();
    violations(&at, &operation, &parameters, &filled)?;
    resolve_token(&operation, &mut parameters, change, number);
    let partition = account.reader_role.split(':').nth(1).unwrap_or("aws").to_owned();
    let context = CallContext {
        account: account.id.to_string(),
        region: request.region.clone(),
        partition,
        parameters,
    };
    untouched(protected, config, &operation, &context)?;
    let supplied = request.undo.clone();
    supplied_undo::check(aws, &At { place: &at, operation: &operation, recipe: &recipe }, &supplied)?;
    for call in &supplied {
        let operation =
            aws.index().operation(&call.service, &call.operation).map_err(ServiceError::internal)?;
        let context = CallContext { parameters: call.parameters.clone(), ..context.clone() };
        untouched(protected, config, &operation, &context)?;
    }
    Ok(Understood { operation, recipe, account, context, number, supplied })
}

/// Reads the state before, plans the undo and renders the request.
///
/// # Errors
/// The reads' errors; a state that does not allow the call.
pub async fn prepare(
    aws: &TenantAws,
    call: Understood<'_>,
    credentials: &aws_credential_types::Credentials,
    sealer: &mut Sealer,
    fingerprint_key: &[u8; 32],
) -> Result<Prepared, ServiceError> {
    let answers = answers(aws, &call.recipe, &call.context, credentials).await?;
    plan(aws, call, &answers, sealer, fingerprint_key)
}

/// The step of a call, given what AWS answers to the reads of its recipe.
///
/// # Errors
/// A state that does not allow the call.
pub fn plan(
    aws: &TenantAws,
    call: Understood<'_>,
    answers: &[ReadAnswer],
    sealer: &mut Sealer,
    fingerprint_key: &[u8; 32],
) -> Result<Prepared, ServiceError> {
    let Understood { operation, recipe, account, mut context, number, supplied } = call;
    context.parameters = recipe.fill(&context, answers).map_err(recipe_error)?;
    violations(&format!("/steps/{number}"), &operation, &context.parameters, &[])?;
    let before = recipe.capture(&context, answers, sealer).map_err(recipe_error)?;
    recipe.check(&context, &before).map_err(recipe_error)?;
    let undo = match supplied.as_slice() {
        [] => recipe.undo(&context, &before).map_err(recipe_error)?,
        calls => supplied_undo::plan(aws, calls, &before, sealer)?,
    };
    let safer = recipe.safer(&context, &before).map_err(recipe_error)?;
    let expected = recipe.expected(&context, &before, sealer).unwrap_or_else(|error| {
        // Without it the approver sees no difference in advance; all else is as safe as with it.
        tracing::warn!(recipe = recipe.id(), %error, "what to expect cannot be told");
        None
    });
    let diff = expected.map(|expected| recipe.diff(&before, &expected)).unwrap_or_default();
    let parameters = recipe.seal_parameters(&context.parameters, operation.sensitive_paths(), sealer);
    let (plain, region) = (&context.parameters, &context.region);
    let rendered = render_call(aws, operation, plain, &parameters, region, Some(fingerprint_key))?;
    let operation = rendered.operation;
    // Of the sealed parameters: the ARNs are stored and shown, and what is secret in them must stay a wildcard.
    let resources = operation.resources(&parameters, &context.partition, &context.account, &context.region);
    let signing_region = &rendered.fingerprint.signing_region;
    let policy = session_policy(&operation, &resources, signing_region, &recipe.needs(&context))?;
    let step = Step {
        account: account.id.clone(),
        account_name: account.name.clone(),
        partition: context.partition.clone(),
        region: context.region.clone(),
        service: operation.service().to_owned(),
        operation: operation.name().to_owned(),
        parameters,
        access: operation.access().as_str().to_owned(),
        action_class: recipe.action_class().clone(),
        request: rendered.fingerprint,
        reader_role: account.reader_role.clone(),
        executor_role: account.executor_role.clone(),
        session_policy: policy.document,
        ends_early: !recipe.continues_under_caller(),
        wider: policy.wider,
        before: CaptureRef::to(&before)?,
        diff: serde_json::to_value(diff)?,
        recipe: recipe_ref(&recipe),
        index: aws.index().hash().to_owned(),
        undo,
        settle: recipe.settle().map(|settle| settle.describe().to_owned()),
        risks: recipe.risk_notes().to_vec(),
        agent_may_see: recipe.agent_may_see(),
        safer: safer.into_iter().map(|(says, call)| SaferCall { says, call }).collect(),
    };
    Ok(Prepared { step, before })
}

fn recipe_ref(recipe: &Recipe) -> RecipeRef {
    let best_effort = recipe.is_best_effort().then(|| BestEffort { readers: recipe.readers() });
    RecipeRef { id: recipe.id().to_owned(), hash: recipe.hash(), best_effort }
}

/// A name that the models do not have, at `at` of the proposal.
pub(crate) fn lookup(at: &str, error: LookupError) -> ServiceError {
    let (code, field, nearest) = match &error {
        LookupError::UnknownService { nearest, .. } => (Code::UnknownService, "service", nearest.clone()),
        LookupError::UnknownOperation { nearest, .. } => {
            (Code::UnknownOperation, "operation", nearest.clone())
        }
        LookupError::UnknownWaiter { .. } | LookupError::Index(_) => return ServiceError::internal(error),
    };
    let message = error.to_string();
    let mut violation = Violation::new(format!("{at}/{field}"), "unknown", message.clone());
    violation.nearest = nearest.into_iter().next();
    ServiceError::violations(code, message, vec![violation])
}

/// Refuses what is no change, or cannot be called.
pub(crate) fn supported(operation: &Operation) -> Result<(), ServiceError> {
    let call = format!("{}:{}", operation.service(), operation.name());
    if let Some(reason) = operation.unsupported() {
        let message = format!("{call} cannot be called through Changegate: {reason}");
        return Err(ServiceError::new(Code::OperationNotSupported, message));
    }
    if operation.access() == aws_call::Access::Credentials {
        let message = format!("{call} hands out credentials; no approval makes that safe");
        return Err(ServiceError::new(Code::CredentialsOperation, message));
    }
    if !operation.access().is_mutating() {
        let message = format!("{call} only reads; call it yourself, it needs no approval");
        return Err(ServiceError::new(Code::ReadOperation, message));
    }
    Ok(())
}

/// A policy's denial as an error of the use case.
pub fn denial(denial: &Denial) -> ServiceError {
    let code = match denial {
        Denial::UnknownAccount(_) => Code::UnknownAccount,
        Denial::RegionNotAllowed { .. } => Code::RegionNotAllowed,
        Denial::ClassNotOpen { .. } | Denial::NobodyCanApprove { .. } => Code::ClassNotOpen,
    };
    ServiceError::new(code, denial.to_string())
}

/// What is wrong with the parameters. Those of `filled` are filled in later.
fn violations(
    at: &str,
    operation: &Operation,
    parameters: &Value,
    filled: &[&str],
) -> Result<(), ServiceError> {
    let filled_in = |violation: &aws_call::Violation| {
        let name = violation.path.strip_prefix('/').unwrap_or_default();
        violation.rule == "missing" && filled.contains(&name)
    };
    let found: Vec<_> = operation
        .validate(parameters)
        .into_iter()
        .filter(|violation| !violation.warning && !filled_in(violation))
        .map(|violation| of_proposal(at, violation))
        .collect();
    refuse_unless_empty(operation, found)
}

/// A violation of the models as one of the proposal.
pub(crate) fn of_proposal(at: &str, violation: aws_call::Violation) -> Violation {
    Violation {
        path: format!("{at}/parameters{}", violation.path),
        rule: violation.rule.to_owned(),
        message: violation.message,
        nearest: violation.nearest,
    }
}

pub(crate) fn refuse_unless_empty(operation: &Operation, found: Vec<Violation>) -> Result<(), ServiceError> {
    if found.is_empty() {
        return Ok(());
    }
    let message = format!("the parameters are not what {}:{} takes", operation.service(), operation.name());
    Err(ServiceError::violations(Code::InvalidParameters, message, found))
}

fn resolve_token(operation: &Operation, parameters: &mut Value, change: &ChangeId, number: usize) {
    if let (Some(member), Some(map)) = (operation.idempotency_token(), parameters.as_object_mut()) {
        map.entry(member.to_owned()).or_insert_with(|| Value::String(idempotency_token(change, number)));
    }
}

/// Refuses a call that touches Changegate itself.
///
/// # Errors
/// `protected_resource`.
pub fn untouched(
    protected: &Protected,
    config: &TenantConfig,
    operation: &Operation,
    context: &CallContext,
) -> Result<(), ServiceError> {
    let roles = config.accounts.iter().flat_map(|a| [a.reader_role.clone(), a.executor_role.clone()]);
    let protected = protected.with(roles);
    let resources =
        operation.resources(&context.parameters, &context.partition, &context.account, &context.region);
    let arns: Vec<_> = resources.into_iter().map(|resource| resource.arn).collect();
    match protected.touched(&arns, &context.parameters) {
        None => Ok(()),
        Some(what) => {
            let message = format!("`{what}` belongs to Changegate; no change may touch it");
            Err(ServiceError::new(Code::ProtectedResource, message))
        }
    }
}
