//! The undo that an agent brings for an operation that nobody has written a recipe for.
//!
//! Its calls must fit the models, as those of a change must. Whether they restore anything is not known: the approver is told
//! so, and they run only through another proposal and another approval, if the state is still the one that the change left.

use aws_call::{Operation, Violation as ModelViolation};
use changegate_catalog::{Placeholder, Recipe, Sealer, placeholders};
use changegate_change::capture::Capture;
use changegate_change::request::Violation;
use changegate_change::undo::{PlannedBy, PlannedCall, UndoClass, UndoPlan};

use crate::error::{Code, ServiceError};
use crate::prepare::{lookup, of_proposal, refuse_unless_empty, supported};
use crate::tenant_aws::TenantAws;

/// The caveat of every undo that an agent brings.
const NOT_CHECKED: &str = "The agent supplied this undo. Its calls fit what AWS takes; whether they restore the state before, nobody has checked.";

/// The caveat where the state before is not known whole.
const STATE_UNKNOWN: &str = "The agent supplied an undo. It was left out, because the state before is not known whole: it could never be told whether it may run.";

/// The step that an undo was brought for.
pub(crate) struct At<'a> {
    /// Its place in the proposal, as a JSON pointer.
    pub(crate) place: &'a str,
    pub(crate) operation: &'a Operation,
    pub(crate) recipe: &'a Recipe,
}

/// Checks the calls, as far as that can be done before AWS has answered.
///
/// # Errors
/// An undo that the catalogue plans itself, or whose conditions could never be checked; unknown names, wrong parameters,
/// placeholders that the output cannot fill.
pub(crate) fn check(aws: &TenantAws, at: &At<'_>, calls: &[PlannedCall]) -> Result<(), ServiceError> {
    if calls.is_empty() {
        return Ok(());
    }
    takes_one(at)?;
    for (place, call) in calls.iter().enumerate() {
        let place = format!("{}/undo/{place}", at.place);
        let operation =
            aws.index().operation(&call.service, &call.operation).map_err(|error| lookup(&place, error))?;
        supported(&operation)?;
        fits(&place, at.operation, &operation, call)?;
    }
    Ok(())
}

fn takes_one(at: &At<'_>) -> Result<(), ServiceError> {
    let call = format!("{}:{}", at.operation.service(), at.operation.name());
    let (rule, message) = if !at.recipe.is_best_effort() {
        ("planned", format!("the catalogue says how {call} is undone, or why it is not; leave `undo` out"))
    } else if at.recipe.readers().is_empty() {
        let message = format!(
            "the models show no way to read what {call} changes, so it could not be told whether an undo may still run; \
             leave `undo` out, and propose its calls as a change when they are needed"
        );
        ("unchecked", message)
    } else {
        return Ok(());
    };
    let violation = Violation::new(format!("{}/undo", at.place), rule, message.clone());
    Err(ServiceError::violations(Code::InvalidProposal, message, vec![violation]))
}

/// Whether a call of the undo fits the models, but for what the output of the step's own call fills in.
fn fits(place: &str, of: &Operation, operation: &Operation, call: &PlannedCall) -> Result<(), ServiceError> {
    let open = placeholders(&call.parameters);
    let unfit = open.iter().filter_map(|own| {
        let message = own.unfit(of)?;
        Some(Violation::new(format!("{place}/parameters{}", own.path), "output", message))
    });
    let violations = operation.validate(&call.parameters).into_iter();
    let wrong = violations.filter(|own| !own.warning && !filled_later(&open, own));
    refuse_unless_empty(operation, unfit.chain(wrong.map(|own| of_proposal(place, own))).collect())
}

fn filled_later(open: &[Placeholder], violation: &ModelViolation) -> bool {
    open.iter().any(|own| {
        let below = violation.path.strip_prefix(&own.path);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    })
}

/// The plan, with every secret of the calls as a mark. If the state before is not known whole, there is none.
///
/// # Errors
/// Models or recipes that cannot be read.
pub(crate) fn plan(
    aws: &TenantAws,
    calls: &[PlannedCall],
    before: &Capture,
    sealer: &mut Sealer,
) -> Result<UndoPlan, ServiceError> {
    if before.truncated {
        let (class, caveats) = (UndoClass::None, vec![STATE_UNKNOWN.to_owned()]);
        return Ok(UndoPlan { class, calls: vec![], caveats, planned_by: PlannedBy::Agent });
    }
    let mut sealed = Vec::with_capacity(calls.len());
    for call in calls {
        let operation =
            aws.index().operation(&call.service, &call.operation).map_err(ServiceError::internal)?;
        let recipe = aws.recipe_for(&operation)?;
        let parameters = recipe.seal_parameters(&call.parameters, operation.sensitive_paths(), sealer);
        sealed.push(PlannedCall { parameters, ..call.clone() });
    }
    let caveats = vec![NOT_CHECKED.to_owned()];
    Ok(UndoPlan { class: UndoClass::Partial, calls: sealed, caveats, planned_by: PlannedBy::Agent })
}
