//! Templates: JSON with expressions in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::RecipeError;
use crate::expression::{Expression, InvalidExpression, Scope, value_of};
use crate::output::{OUTPUT, output_of};

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
/// known: see [`crate::resolve_output`].
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
