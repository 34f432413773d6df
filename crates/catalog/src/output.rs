//! What planned calls take from the output of the call that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use aws_call::Operation;
use serde_json::{Map, Value};

use crate::error::RecipeError;
use crate::expression::{Expression, Scope, value_of};
use crate::pointer::escaped;

/// The key of a placeholder that only the call's own output can fill.
pub const OUTPUT: &str = "$output";

pub(crate) fn output_of(map: &Map<String, Value>) -> Option<&str> {
    map.get(OUTPUT).filter(|_| map.len() == 1)?.as_str()
}

/// What was kept of an output: the values of expressions, by their text.
pub type KeptOutput = BTreeMap<String, Value>;

/// The values that expressions have in an output. What the output does not have is left out. It is all that is kept of it.
#[must_use]
pub fn keep_output(expressions: &BTreeSet<String>, output: &Value) -> KeptOutput {
    let scope = Scope::within(output);
    let found = |text: &String| {
        let found = value_of(Expression::parse(text).ok()?.evaluate(&scope).ok()?.as_ref());
        (!found.is_null()).then(|| (text.clone(), found))
    };
    expressions.iter().filter_map(found).collect()
}

/// A place in the parameters of a planned call that only the output of another call can fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Where, as a JSON pointer.
    pub path: String,
    /// What of the output, as an expression.
    pub expression: String,
}

impl Placeholder {
    /// Why an output cannot fill the place, if it cannot: the expression is none, or would keep what is sensitive.
    #[must_use]
    pub fn unfit(&self, operation: &Operation) -> Option<String> {
        if let Err(error) = Expression::parse(&self.expression) {
            return Some(error.to_string());
        }
        let sensitive = sensitive_in_output(operation, &self.expression)?;
        Some(format!("`{sensitive}` of the output is sensitive, so it is not kept"))
    }
}

/// The sensitive path of an output that an expression leads to, into, or around.
pub(crate) fn sensitive_in_output<'a>(operation: &'a Operation, expression: &str) -> Option<&'a str> {
    let asked = plain_names(expression);
    let paths = operation.output_sensitive_paths().iter();
    paths.map(String::as_str).find(|path| {
        let sensitive: Vec<_> = path.split('/').filter(|name| !matches!(*name, "" | "*")).collect();
        asked.starts_with(&sensitive) || sensitive.starts_with(&asked)
    })
}

/// The names that a path through an output goes along: `Rules[0].Id` gives `Rules`, `Id`.
fn plain_names(expression: &str) -> Vec<&str> {
    expression
        .split(['.', '[', ']'])
        .filter(|part| part.starts_with(|first: char| first.is_alphabetic()))
        .collect()
}

/// The placeholders `{"$output": "…"}` in a value.
#[must_use]
pub fn placeholders(value: &Value) -> Vec<Placeholder> {
    let mut found = Vec::new();
    collect_placeholders(value, "", &mut found);
    found
}

/// Their expressions, each once.
pub(crate) fn wanted_output(value: &Value) -> BTreeSet<String> {
    placeholders(value).into_iter().map(|own| own.expression).collect()
}

fn collect_placeholders(value: &Value, path: &str, found: &mut Vec<Placeholder>) {
    match value {
        Value::Object(map) => match output_of(map) {
            Some(expression) => {
                found.push(Placeholder { path: path.to_owned(), expression: expression.to_owned() });
            }
            None => {
                for (name, member) in map {
                    collect_placeholders(member, &format!("{path}/{}", escaped(name)), found);
                }
            }
        },
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                collect_placeholders(item, &format!("{path}/{place}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fills the placeholders `{"$output": "…"}` of an undo call, or of a read of a settle test, from what was kept of the
/// output of the call.
///
/// # Errors
/// [`RecipeError::DoesNotFit`] if the output did not have it: nothing is asked with a parameter missing.
pub fn resolve_output(parameters: &Value, kept: &KeptOutput) -> Result<Value, RecipeError> {
    match parameters {
        Value::Object(map) => match output_of(map) {
            Some(text) => kept.get(text).cloned().ok_or_else(|| RecipeError::DoesNotFit {
                expression: text.to_owned(),
                reason: "the output does not have it".to_owned(),
            }),
            None => map
                .iter()
                .map(|(name, item)| Ok((name.clone(), resolve_output(item, kept)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
        },
        Value::Array(items) => items.iter().map(|item| resolve_output(item, kept)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(parameters.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Template;

    #[test]
    fn an_output_placeholder_waits_for_the_output() {
        let template = Template::try_from(json!({"Ids": {"$output": "Rules[].Id"}})).unwrap();
        let planned = template.render(&Scope::default()).unwrap();
        assert_eq!(planned, json!({"Ids": {"$output": "Rules[].Id"}}));
        let output = json!({"Rules": [{"Id": "sgr-1"}, {"Id": "sgr-2"}]});
        let kept = keep_output(&wanted_output(&planned), &output);
        assert_eq!(kept, BTreeMap::from([("Rules[].Id".to_owned(), json!(["sgr-1", "sgr-2"]))]));
        assert_eq!(resolve_output(&planned, &kept).unwrap(), json!({"Ids": ["sgr-1", "sgr-2"]}));
        assert!(resolve_output(&planned, &KeptOutput::new()).is_err());
    }

    #[test]
    fn a_placeholder_has_a_place() {
        let value = json!({"A": [{"b/c": {"$output": "Id"}}, 1], "D": {"$output": "Id", "E": 1}});
        let place = Placeholder { path: "/A/0/b~1c".to_owned(), expression: "Id".to_owned() };
        assert_eq!(placeholders(&value), [place]);
    }
}
