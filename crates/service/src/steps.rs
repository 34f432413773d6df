//! From a call to a step, and from a step back to the bytes that are sent.

use aws_call::{Operation, Request, Resource};
use aws_credential_types::Credentials;
use changegate_catalog::{CallContext, PolicyStatement, ReadAnswer, Recipe, RecipeError, Sealer};
use changegate_change::capture::Capture;
use changegate_change::digest::Digest;
use changegate_change::id::ChangeId;
use changegate_change::proposal::{RequestFingerprint, Step};
use changegate_change::sealed::{Vault, contains_mark};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::error::{Code, ServiceError};
use crate::tenant_aws::TenantAws;

/// The largest session policy that AWS takes, in characters.
pub const SESSION_POLICY_MAX: usize = 2_048;

/// A step's operation, its request, and what the digest holds of the request.
#[derive(Debug)]
pub struct Rendered {
    /// The operation.
    pub operation: Operation,
    /// The request, unsigned.
    pub request: Request,
    /// What must be the same when it is sent.
    pub fingerprint: RequestFingerprint,
}

/// Renders the request of a step. The same step gives the same bytes.
///
/// # Errors
/// A secret that is missing; an operation or parameters that the models no longer take.
pub fn render(
    aws: &TenantAws,
    step: &Step,
    vault: &Vault,
    fingerprint_key: Option<&[u8; 32]>,
) -> Result<Rendered, ServiceError> {
    let operation = aws.index().operation(&step.service, &step.operation).map_err(ServiceError::internal)?;
    let parameters = vault.reveal(&step.parameters).map_err(ServiceError::internal)?;
    render_call(aws, operation, &parameters, &step.parameters, &step.region, fingerprint_key)
}

/// Renders a call with its parameters in clear. If some of them are `sealed`, all of the request that can hold a secret or
/// tell of one is fingerprinted under the tenant's key: body, query, headers (checksums of the body among them), and host
/// and path if a secret is a part of them.
///
/// # Errors
/// Parameters that cannot be rendered; a secret without the key.
pub fn render_call(
    aws: &TenantAws,
    operation: Operation,
    parameters: &Value,
    sealed: &Value,
    region: &str,
    fingerprint_key: Option<&[u8; 32]>,
) -> Result<Rendered, ServiceError> {
    let request = operation.request(parameters, &aws.target(region)).map_err(|error| {
        ServiceError::new(Code::InvalidParameters, format!("the request cannot be built: {error}"))
    })?;
    let mut fingerprint = RequestFingerprint {
        method: request.method.clone(),
        host: request.host.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: Digest::of_bytes(&request.body).to_string(),
        signing_name: request.signing_name.clone(),
        signing_region: request.signing_region.clone(),
    };
    if contains_mark(sealed) {
        let key = fingerprint_key
            .ok_or_else(|| ServiceError::internal("a secret request needs the fingerprint key"))?;
        fingerprint.body = hmac_of(key, &request.body)?;
        hide(&mut fingerprint, key)?;
        if operation.address_members().iter().any(|name| sealed.get(name).is_some_and(contains_mark)) {
            fingerprint.host = hmac_of(key, request.host.as_bytes())?;
            fingerprint.path = hmac_of(key, request.path.as_bytes())?;
        }
    }
    Ok(Rendered { operation, request, fingerprint })
}

/// Headers that say nothing but what operation it is and in what form.
const PLAIN_HEADERS: [&str; 3] = ["content-type", "x-amz-target", "x-amzn-query-mode"];

fn hide(fingerprint: &mut RequestFingerprint, key: &[u8; 32]) -> Result<(), ServiceError> {
    if !fingerprint.query.is_empty() {
        fingerprint.query = hmac_of(key, fingerprint.query.as_bytes())?;
    }
    for (name, value) in &mut fingerprint.headers {
        if !PLAIN_HEADERS.contains(&name.as_str()) {
            *value = hmac_of(key, value.as_bytes())?;
        }
    }
    Ok(())
}

fn hmac_of(key: &[u8; 32], body: &[u8]) -> Result<String, ServiceError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(ServiceError::internal)?;
    mac.update(body);
    Ok(format!("hmac:{}", hex::encode(mac.finalize().into_bytes())))
}

/// What the recipe needs to know of a step's call, with its parameters in clear.
///
/// # Errors
/// A secret that is missing.
pub fn call_context(step: &Step, vault: &Vault) -> Result<CallContext, ServiceError> {
    let parameters = vault.reveal(&step.parameters).map_err(ServiceError::internal)?;
    Ok(CallContext {
        account: step.account.to_string(),
        region: step.region.clone(),
        partition: step.partition.clone(),
        parameters,
    })
}

/// Reads the state of what a call touches.
///
/// # Errors
/// The reads' errors; a state that does not allow the call.
pub async fn capture(
    aws: &TenantAws,
    recipe: &Recipe,
    context: &CallContext,
    credentials: &Credentials,
    sealer: &mut Sealer,
) -> Result<Capture, ServiceError> {
    let answers = answers(aws, recipe, context, credentials).await?;
    recipe.capture(context, &answers, sealer).map_err(recipe_error)
}

/// What AWS answers to the reads of a recipe.
///
/// # Errors
/// The reads' errors.
pub async fn answers(
    aws: &TenantAws,
    recipe: &Recipe,
    context: &CallContext,
    credentials: &Credentials,
) -> Result<Vec<ReadAnswer>, ServiceError> {
    aws.answers(credentials, &context.region, |answered| recipe.reads(context, answered)).await
}

/// A recipe's refusal as an error of the use case.
pub fn recipe_error(error: RecipeError) -> ServiceError {
    let code = match &error {
        RecipeError::NotFound { .. } => Code::ResourceNotFound,
        RecipeError::Precondition { code, .. } if code == Code::StackWithoutServiceRole.as_str() => {
            Code::StackWithoutServiceRole
        }
        RecipeError::Precondition { .. } => Code::PreconditionFailed,
        _ => Code::CaptureFailed,
    };
    ServiceError::new(code, error.to_string())
}

/// The idempotency token of a step: made from change and step, so that it is the same however often it is rendered.
/// A UUID, since that is the form that most services ask for.
pub fn idempotency_token(change: &ChangeId, step: usize) -> String {
    let hex = Digest::of_bytes(format!("changegate token v1 {change} {step}").as_bytes()).to_hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// The session policy of a call, and what it allows beyond the resource.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionPolicy {
    /// The policy document, without its early end.
    pub document: Value,
    /// What is wider than the resource, in words.
    pub wider: Vec<String>,
}

/// The narrowest session policy that IAM allows for a call: its actions on its resources in its region, and what its
/// recipe needs besides.
///
/// # Errors
/// An operation whose IAM actions cannot be told.
pub fn session_policy(
    operation: &Operation,
    resources: &[Resource],
    signing_region: &str,
    needs: &[PolicyStatement],
) -> Result<SessionPolicy, ServiceError> {
    let actions = operation.iam_actions();
    if actions.is_empty() {
        let message = format!("the IAM action of {}:{} is not known", operation.service(), operation.name());
        return Err(ServiceError::new(Code::OperationNotSupported, message));
    }
    let mut wider = Vec::new();
    let mut arns: Vec<_> = resources.iter().map(|resource| resource.arn.clone()).collect();
    if arns.is_empty() {
        arns.push("*".to_owned());
        wider.push(format!("{} on every resource: IAM knows none for it", actions.join(", ")));
    }
    for resource in resources.iter().filter(|resource| resource.wildcard) {
        wider.push(format!("{} on {}", actions.join(", "), resource.arn));
    }
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": arns,
        "Condition": { "StringEquals": { "aws:RequestedRegion": signing_region } },
    })];
    for need in needs {
        wider.push(format!("{} on {}", need.actions.join(", "), need.resources.join(", ")));
        let mut statement = json!({ "Effect": "Allow", "Action": need.actions, "Resource": need.resources });
        if let (Some(map), true) = (statement.as_object_mut(), need.conditions.is_object()) {
            map.insert("Condition".to_owned(), need.conditions.clone());
        }
        statements.push(statement);
    }
    Ok(SessionPolicy { document: json!({ "Version": "2012-10-17", "Statement": statements }), wider })
}

/// The session policy of a step as it is given to STS: with an end after which it allows nothing, if it gets one.
pub fn timed_policy(step: &Step, ends_at: Option<Timestamp>) -> String {
    let mut document = step.session_policy.clone();
    let statements = document.get_mut("Statement").and_then(Value::as_array_mut);
    if let (Some(statements), Some(end)) = (statements, ends_at) {
        for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
            let condition = statement.entry("Condition").or_insert_with(|| json!({}));
            if let Some(condition) = condition.as_object_mut() {
                let end = format!("{end:.0}");
                condition.insert("DateLessThan".to_owned(), json!({ "aws:CurrentTime": end }));
            }
        }
    }
    document.to_string()
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn what_a_recipe_requires_is_a_precondition_whatever_its_code() {
        let required = |code: &str| {
            recipe_error(RecipeError::Precondition { code: code.into(), says: "not so".into() }).code()
        };
        assert_eq!(required("precondition_failed"), Code::PreconditionFailed);
        assert_eq!(required("stack_without_service_role"), Code::StackWithoutServiceRole);
        assert_eq!(required("of_its_own"), Code::PreconditionFailed);
    }

    #[test]
    fn the_idempotency_token_is_a_uuid_of_its_change_and_step() {
        let change = ChangeId::new(Ulid::from_parts(1, 1));
        let token = idempotency_token(&change, 0);
        let lengths: Vec<_> = token.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(token, idempotency_token(&change, 0));
        assert_ne!(token, idempotency_token(&change, 1));
    }
}
