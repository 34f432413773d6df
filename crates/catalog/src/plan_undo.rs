//! From a call and the state before it to the calls that restore that state.

use changegate_change::capture::Capture;
use changegate_change::sealed::mark;
use changegate_change::undo::{PlannedBy, PlannedCall, UndoClass, UndoPlan};
use serde_json::Value;

use crate::call::CallContext;
use crate::definition::{Definition, UndoCall};
use crate::error::RecipeError;
use crate::expression::{Scope, variable};
use crate::sealer::Sealer;

const TRUNCATED: &str =
    "The state before the call was too large to be read completely, so it cannot be restored.";
const NOTHING_TO_RESTORE: &str = "There is nothing to restore: the call changes nothing of the state before.";

/// Whether the state before allows the call.
pub(crate) fn check(
    definition: &Definition,
    call: &CallContext,
    before: &Capture,
    resource: impl Fn() -> String,
) -> Result<(), RecipeError> {
    if definition.must_exist && !before.present {
        return Err(RecipeError::NotFound { resource: resource() });
    }
    if before.truncated {
        return Ok(());
    }
    let scope = Scope::of(call).with("before", variable(&before.state));
    for requirement in &definition.requirements {
        if !requirement.that.holds(&scope)? {
            let (code, says) = (requirement.code.clone(), requirement.says.clone());
            return Err(RecipeError::Precondition { code, says });
        }
    }
    Ok(())
}

pub(crate) fn plan(
    service: &str,
    definition: &Definition,
    call: &CallContext,
    before: &Capture,
) -> Result<UndoPlan, RecipeError> {
    let undo = &definition.undo;
    if undo.class == UndoClass::None {
        return Ok(none(undo.caveats.clone()));
    }
    if before.truncated {
        return Ok(none(vec![TRUNCATED.to_owned()]));
    }
    let scope = Scope::of_parameters(call, &without_secrets(definition, &call.parameters))
        .with("before", variable(&before.state));
    let mut class = undo.class;
    let mut caveats = undo.caveats.clone();
    for limit in &undo.limits {
        if limit.when.holds(&scope)? {
            class = class.max(limit.class);
            caveats.push(limit.says.clone());
        }
    }
    if class == UndoClass::None {
        return Ok(none(caveats));
    }
    let calls = planned(service, if before.present { &undo.present } else { &undo.absent }, &scope)?;
    if calls.is_empty() {
        return Ok(none(vec![NOTHING_TO_RESTORE.to_owned()]));
    }
    Ok(UndoPlan { class, calls, caveats, planned_by: PlannedBy::Catalog })
}

/// The calls that make the change safer if they are made before it.
pub(crate) fn safer(
    service: &str,
    definition: &Definition,
    call: &CallContext,
    before: &Capture,
) -> Result<Vec<(String, PlannedCall)>, RecipeError> {
    if before.truncated {
        return Ok(vec![]);
    }
    let scope = Scope::of_parameters(call, &without_secrets(definition, &call.parameters))
        .with("before", variable(&before.state));
    let mut found = Vec::new();
    for safer in &definition.safer {
        if safer.when.as_ref().map_or(Ok(true), |when| when.holds(&scope))? {
            let service = safer.service.as_deref().unwrap_or(service).to_owned();
            let (operation, parameters) = (safer.operation.clone(), safer.parameters.render(&scope)?);
            found.push((safer.says.clone(), PlannedCall { service, operation, parameters }));
        }
    }
    Ok(found)
}

fn none(caveats: Vec<String>) -> UndoPlan {
    UndoPlan { class: UndoClass::None, calls: vec![], caveats, planned_by: PlannedBy::Catalog }
}

fn planned(service: &str, calls: &[UndoCall], scope: &Scope) -> Result<Vec<PlannedCall>, RecipeError> {
    let mut planned = Vec::new();
    for call in calls {
        let scopes = match &call.for_each {
            None => vec![scope.clone()],
            Some(items) => {
                let items = items.evaluate(scope)?;
                let items = items.as_array().cloned().unwrap_or_default();
                items.into_iter().map(|item| scope.clone().with("item", item)).collect()
            }
        };
        for scope in scopes {
            if call.when.as_ref().map_or(Ok(true), |when| when.holds(&scope))? {
                planned.push(PlannedCall {
                    service: call.service.as_deref().unwrap_or(service).to_owned(),
                    operation: call.operation.clone(),
                    parameters: call.parameters.render(&scope)?,
                });
            }
        }
    }
    Ok(planned)
}

/// The parameters without what is secret in them: a plan is stored and shown, and a secret that it needs is in the
/// state before, as a mark.
fn without_secrets(definition: &Definition, parameters: &Value) -> Value {
    let mut open = parameters.clone();
    // Under whatever key: the marks only show what is secret.
    let mut sealer = Sealer::new([0; 32]);
    for rule in &definition.secrets.parameters {
        sealer.apply(rule, &mut open);
    }
    for rule in &definition.secrets.parameters {
        rule.path.for_each(&mut open, |_| false, &mut |_, place| {
            if mark(place).is_some() {
                *place = Value::Null;
            }
        });
    }
    open
}
