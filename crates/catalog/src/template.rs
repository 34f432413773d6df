//! Templates: JSON with expressions in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::RecipeError;
use crate::expression::{Expression, InvalidExpression, Scope, value_of};

/// The key of a placeholder that only the call's own output can fill.
pub const OUTPUT: &str = "$output";

/// A value that is no template.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidTemplate {
    #[error(transparent)]
    Expression(#[from] InvalidExpression),
    #[error("`{OUTPUT}` must be a text, and the only member of its object")]
    Output,
}

/// A value of which some parts are computed.
///
/// A text that begins with `=` is an expression; every other text, number and truth value stands for itself. A member
/// whose expression gives `null` is left out. An object `{ "$output" = "…" }` stays in place until the call's output is
/// known: see [`resolve_output`].
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub(crate) enum Template {
    Literal(Value),
    Expression(Expression),
    Output(Expression),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

impl Template {
    pub(crate) fn render(&self, scope: &Scope) -> Result<Value, RecipeError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => value_of(expression.evaluate(scope)?.as_ref()),
            Self::Output(expression) => json!({ OUTPUT: expression.as_str() }),
            Self::List(items) => {
                let rendered = items.iter().map(|item| item.render(scope)).collect::<Result<Vec<_>, _>>()?;
                Value::Array(rendered.into_iter().filter(|item| !item.is_null()).collect())
            }
            Self::Object(members) => {
                let mut map = Map::new();
                for (name, member) in members {
                    let value = member.render(scope)?;
                    if !value.is_null() {
                        map.insert(name.clone(), value);
                    }
                }
                Value::Object(map)
            }
        })
    }

    /// As [`Template::render`], but an expression that gives `null` is an error: where a missing member would mean more,
    /// not less.
    pub(crate) fn render_complete(&self, scope: &Scope) -> Result<Value, RecipeError> {
        for expression in self.expressions() {
            if expression.evaluate(scope)?.is_null() {
                let (expression, reason) = (expression.to_string(), "it gives nothing".to_owned());
                return Err(RecipeError::DoesNotFit { expression, reason });
            }
        }
        self.render(scope)
    }

    /// The text of a rendered template: of a string its content, of everything else its JSON.
    pub(crate) fn render_text(&self, scope: &Scope) -> Result<String, RecipeError> {
        Ok(match self.render(scope)? {
            Value::String(text) => text,
            other
            @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string()
            }
        })
    }

    /// All expressions in it.
    pub(crate) fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Literal(_) | Self::Output(_) => vec![],
            Self::Expression(expression) => vec![expression],
            Self::List(items) => items.iter().flat_map(Self::expressions).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, member)| member.expressions()).collect(),
        }
    }
}

/// A value with expressions in it, in the form of recipe files, for names of the caller's choice.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct ValueTemplate(Template);

impl ValueTemplate {
    /// The value that an expression alone gives, as recipe files write it after `=`.
    ///
    /// # Errors
    /// [`RecipeError::DoesNotFit`] for a text that is no expression.
    pub fn expression(text: &str) -> Result<Self, RecipeError> {
        let parsed = Expression::parse(text).map_err(|error| RecipeError::DoesNotFit {
            expression: text.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self(Template::Expression(parsed)))
    }

    /// The value, its expressions seeing the members of `names`.
    ///
    /// # Errors
    /// [`RecipeError::DoesNotFit`] for an expression that does not fit them.
    pub fn evaluate(&self, names: &Map<String, Value>) -> Result<Value, RecipeError> {
        self.0.render(&Scope::within(&Value::Object(names.clone())))
    }
}

impl TryFrom<Value> for Template {
    type Error = InvalidTemplate;

    fn try_from(value: Value) -> Result<Self, InvalidTemplate> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('=') {
                Some(expression) => Self::Expression(Expression::parse(expression)?),
                None => Self::Literal(Value::String(text)),
            },
            Value::Array(items) => {
                Self::List(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => match output_of(&map) {
                Some(expression) => Self::Output(Expression::parse(expression)?),
                None if map.contains_key(OUTPUT) => return Err(InvalidTemplate::Output),
                None => Self::Object(
                    map.into_iter()
                        .map(|(name, member)| Ok((name, Self::try_from(member)?)))
                        .collect::<Result<_, InvalidTemplate>>()?,
                ),
            },
            literal @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Self::Literal(literal),
        })
    }
}

impl From<Template> for Value {
    fn from(template: Template) -> Value {
        match template {
            Template::Literal(value) => value,
            Template::Expression(expression) => Value::String(format!("={expression}")),
            Template::Output(expression) => json!({ OUTPUT: expression.as_str() }),
            Template::List(items) => items.into_iter().map(Value::from).collect(),
            Template::Object(members) => {
                Value::Object(members.into_iter().map(|(name, member)| (name, member.into())).collect())
            }
        }
    }
}

fn output_of(map: &Map<String, Value>) -> Option<&str> {
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

/// The expressions of the placeholders `{"$output": "…"}` in a value.
pub(crate) fn placeholders(value: &Value) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    collect_placeholders(value, &mut wanted);
    wanted
}

fn collect_placeholders(value: &Value, wanted: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => match output_of(map) {
            Some(text) => {
                wanted.insert(text.to_owned());
            }
            None => map.values().for_each(|member| collect_placeholders(member, wanted)),
        },
        Value::Array(items) => items.iter().for_each(|item| collect_placeholders(item, wanted)),
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
    use super::*;

    #[test]
    fn a_member_without_a_value_is_left_out_and_literals_stay() {
        let template =
            Template::try_from(json!({"A": "=call.A", "B": "=call.B", "C": ["x", 1, "='=x'"]})).unwrap();
        let scope = Scope::within(&json!({"call": {"A": 5}}));
        assert_eq!(template.render(&scope).unwrap(), json!({"A": 5, "C": ["x", 1, "=x"]}));
    }

    #[test]
    fn an_output_placeholder_waits_for_the_output() {
        let template = Template::try_from(json!({"Ids": {"$output": "Rules[].Id"}})).unwrap();
        let planned = template.render(&Scope::default()).unwrap();
        assert_eq!(planned, json!({"Ids": {"$output": "Rules[].Id"}}));
        let output = json!({"Rules": [{"Id": "sgr-1"}, {"Id": "sgr-2"}]});
        let kept = keep_output(&placeholders(&planned), &output);
        assert_eq!(kept, BTreeMap::from([("Rules[].Id".to_owned(), json!(["sgr-1", "sgr-2"]))]));
        assert_eq!(resolve_output(&planned, &kept).unwrap(), json!({"Ids": ["sgr-1", "sgr-2"]}));
        assert!(resolve_output(&planned, &KeptOutput::new()).is_err());
    }

    #[test]
    fn a_placeholder_with_something_beside_it_is_refused() {
        for wrong in [json!({"$output": "Id", "Name": "a"}), json!({"$output": 5}), json!([{"$output": {}}])]
        {
            assert!(Template::try_from(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_template_is_written_as_it_was_read() {
        let source = json!({"A": "=call.A", "B": [{"C": 1}], "D": {"$output": "x"}, "E": null});
        assert_eq!(Value::from(Template::try_from(source.clone()).unwrap()), source);
    }
}
