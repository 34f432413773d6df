//! From the answers of the readers to a capture, and from a call to the capture expected after it.

use changegate_change::capture::Capture;
use changegate_change::json::canonical;
use changegate_change::sealed::contains_mark;
use serde_json::{Map, Value, json};

use crate::answers::Answers;
use crate::call::CallContext;
use crate::definition::{Definition, Proof};
use crate::document::one_text;
use crate::error::RecipeError;
use crate::expression::{Scope, value_of, variable};
use crate::pointer::Pointer;
use crate::sealer::Sealer;

/// The largest state that is kept, in bytes of canonical JSON. Of a larger one only its size and fingerprint are kept,
/// so that drift is still seen, and the capture is truncated.
pub const STATE_MAX: usize = 1 << 20;

pub(crate) fn capture(
    definition: &Definition,
    call: &CallContext,
    answers: &Answers,
    sealer: &mut Sealer,
) -> Result<Capture, RecipeError> {
    let scope = answers.scope(call);
    for unreadable in &definition.unreadable {
        if unreadable.when.holds(&scope)? {
            return Err(RecipeError::AnswerUnreadable { reason: unreadable.says.clone() });
        }
    }
    if answers.unclear || (answers.nothing_read && definition.proof == Proof::Models) {
        return Ok(Capture { present: true, state: Value::Null, truncated: true });
    }
    let present = match &definition.state.present {
        Some(present) => present.holds(&scope)?,
        None => answers.first_present,
    };
    if !present {
        return Ok(Capture { present, state: Value::Null, truncated: answers.truncated });
    }
    let state = projected(definition, &scope)?;
    if contains_mark(&state) {
        let reason = "the state holds the key that is reserved for marks".to_owned();
        return Err(RecipeError::AnswerUnreadable { reason });
    }
    let mut state = in_one_form(definition, state);
    for path in &definition.state.volatile {
        path.remove(&mut state);
    }
    seal(definition, &mut state, sealer);
    Ok(within_limit(Capture { present, state, truncated: answers.truncated }, sealer))
}

/// The parameters with those that the recipe takes from the reads, where the call leaves them out.
pub(crate) fn fill(
    definition: &Definition,
    call: &CallContext,
    answers: &Answers,
) -> Result<Value, RecipeError> {
    let mut parameters = call.parameters.clone();
    let scope = answers.scope(call);
    for (name, template) in &definition.fill {
        let Some(map) = parameters.as_object_mut().filter(|map| !map.contains_key(name)) else { continue };
        let value = template.render(&scope)?;
        if !value.is_null() {
            map.insert(name.clone(), value);
        }
    }
    Ok(parameters)
}

/// The state expected after the call; `None` where the recipe cannot tell.
pub(crate) fn expected(
    definition: &Definition,
    call: &CallContext,
    before: &Capture,
    sealer: &mut Sealer,
) -> Result<Option<Capture>, RecipeError> {
    let Some(expected) = &definition.expected else { return Ok(None) };
    // A mark in a call's parameters is not the agent's to write, and after this its origin could no longer be told.
    if before.truncated || contains_mark(&call.parameters) {
        return Ok(None);
    }
    let scope = Scope::of(call).with("before", variable(&before.state));
    if !expected.when.as_ref().map_or(Ok(true), |when| when.holds(&scope))? {
        return Ok(None);
    }
    let Some(template) = &expected.state else {
        return Ok(Some(Capture { present: false, state: Value::Null, truncated: false }));
    };
    let mut state = in_one_form(definition, template.render(&scope)?);
    seal(definition, &mut state, sealer);
    Ok(Some(within_limit(Capture { present: true, state, truncated: false }, sealer)))
}

fn projected(definition: &Definition, scope: &Scope) -> Result<Value, RecipeError> {
    let state = definition.state.keep.render(scope)?;
    let Some(only) = &definition.state.only else { return Ok(state) };
    let names = value_of(only.evaluate(scope)?.as_ref());
    let named = |name: &str| names.as_array().is_some_and(|names| names.iter().any(|own| own == name));
    Ok(match state {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(name, _)| named(name)).collect::<Map<_, _>>())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    })
}

/// Writes numbers and documents in one way and puts lists without order into one order, so that the digest depends on none
/// of that.
fn in_one_form(definition: &Definition, mut state: Value) -> Value {
    numbers_in_one_form(&mut state);
    for path in &definition.state.documents {
        path.for_each(&mut state, |_| false, &mut |_, place| {
            if let Some(text) = place.as_str().and_then(one_text) {
                *place = Value::String(text);
            }
        });
    }
    for list in &definition.state.lists {
        list.at.for_each(&mut state, |_| false, &mut |_, place| {
            if let Value::Array(items) = place {
                items.sort_by_cached_key(|item| identity(item, &list.by));
            }
        });
    }
    state
}

/// A call says `64` where an answer says `64.0`.
fn numbers_in_one_form(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|own| number.is_f64() && own.fract() == 0.0);
            // Only as far as every whole number has a float of its own (2^53).
            #[expect(clippy::cast_possible_truncation, reason = "far inside of what an i64 can be")]
            let whole = whole.filter(|own| own.abs() < 9_007_199_254_740_992.0).map(|own| own as i64);
            if let Some(whole) = whole {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers_in_one_form),
        Value::Object(members) => members.values_mut().for_each(numbers_in_one_form),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The text that tells an item of a list from the others.
pub(crate) fn identity(item: &Value, by: &[String]) -> String {
    if by.is_empty() {
        return item.to_string();
    }
    by.iter().map(|name| item.get(name).unwrap_or(&Value::Null).to_string()).collect::<Vec<_>>().join(",")
}

fn seal(definition: &Definition, state: &mut Value, sealer: &mut Sealer) {
    for rule in &definition.secrets.state {
        sealer.apply(rule, state);
    }
}

fn within_limit(capture: Capture, sealer: &Sealer) -> Capture {
    let size = canonical(&capture.state).map_or(usize::MAX, |text| text.len());
    if size <= STATE_MAX {
        return capture;
    }
    let fingerprint = sealer.fingerprint(&capture.state);
    let state = json!({ "bytes": size, "fingerprint": fingerprint.as_str() });
    Capture { present: capture.present, state, truncated: true }
}

/// The parameters with every secret replaced by its mark.
pub(crate) fn seal_parameters(
    definition: &Definition,
    parameters: &Value,
    sensitive_paths: &[String],
    sealer: &mut Sealer,
) -> Value {
    let rules = &definition.secrets.parameters;
    let mut sealed = parameters.clone();
    for text in sensitive_paths {
        match text.parse::<Pointer>() {
            // The recipe knows better than the model what of this is secret, and when.
            Ok(path) if rules.iter().any(|rule| rule.path == path) => {}
            Ok(path) if rules.iter().any(|rule| rule.path.is_under(&path)) => {
                sealer.apply_path(&path, &mut sealed, |place| !place.is_object() && !place.is_array());
            }
            Ok(path) => sealer.apply_path(&path, &mut sealed, |_| true),
            Err(_) => return sealer.seal(parameters),
        }
    }
    for rule in rules {
        sealer.apply(rule, &mut sealed);
    }
    sealed
}
