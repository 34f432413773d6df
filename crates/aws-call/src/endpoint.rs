//! Runs a service's endpoint rules.
//!
//! Source: Smithy endpoint rules engine, version 1.0, with the AWS functions.

mod functions;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    model::Literal,
    rules::{Call, Condition, Expression, Function, Partition, Rule, RuleSet, Then},
};

/// Where a request goes and how it is signed, as a service's endpoint rules say.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Absolute URL, perhaps with a path.
    pub url: String,
    /// Among others `authSchemes`.
    pub properties: Value,
    /// Headers to add.
    pub headers: Vec<(String, Vec<String>)>,
}

/// Names and their values, as an inner rule sees them.
struct Scope<'a> {
    outer: Option<&'a Scope<'a>>,
    values: Vec<(&'a str, Cow<'a, Value>)>,
}

impl Scope<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        let here = self.values.iter().rfind(|(known, _)| *known == name).map(|(_, value)| &**value);
        here.or_else(|| self.outer?.get(name))
    }
}

/// Works out the endpoint for `parameters`; the error is the rules' own message.
pub(crate) fn resolve(
    rules: &RuleSet,
    partitions: &[Partition],
    parameters: &Map<String, Value>,
) -> Result<Endpoint, String> {
    let mut scope = Scope { outer: None, values: Vec::with_capacity(rules.parameters.len()) };
    for parameter in &rules.parameters {
        let given = parameters.get(&parameter.name).filter(|value| !value.is_null()).map(Cow::Borrowed);
        match given.or_else(|| parameter.default.as_ref().map(literal_value).map(Cow::Owned)) {
            Some(value) => scope.values.push((&parameter.name, value)),
            None if parameter.required => {
                return Err(format!("the endpoint parameter `{}` is missing", parameter.name));
            }
            None => {}
        }
    }
    let run = Run { partitions };
    run.first_match(&rules.rules, &scope).unwrap_or_else(|| Err("no endpoint rule matches".to_owned()))
}

/// Name of the partition that a region is in.
pub(crate) fn partition_name(partitions: &[Partition], region: &str) -> String {
    let found = functions::partition(partitions, region);
    found.get("name").and_then(Value::as_str).unwrap_or("aws").to_owned()
}

pub(crate) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Boolean(boolean) => Value::Bool(*boolean),
        Literal::Text(text) => Value::String(text.clone()),
    }
}

struct Run<'a> {
    partitions: &'a [Partition],
}

impl Run<'_> {
    fn first_match(&self, rules: &[Rule], scope: &Scope<'_>) -> Option<Result<Endpoint, String>> {
        for rule in rules {
            let Some(scope) = self.all_hold(&rule.conditions, scope) else { continue };
            return Some(match &rule.then {
                Then::Endpoint { url, properties, headers } => {
                    self.endpoint(url, properties, headers, &scope)
                }
                Then::Error(message) => Err(text(&self.evaluate(message, &scope)).into_owned()),
                Then::Rules(rules) => self
                    .first_match(rules, &scope)
                    .unwrap_or_else(|| Err("the endpoint rules are exhausted".to_owned())),
            });
        }
        None
    }

    /// The scope with what the conditions assign, if all of them hold.
    fn all_hold<'s>(&self, conditions: &'s [Condition], outer: &'s Scope<'s>) -> Option<Scope<'s>> {
        let mut scope = Scope { outer: Some(outer), values: Vec::new() };
        for condition in conditions {
            let value = self.call(&condition.call, &scope);
            if value.is_null() || value == false {
                return None;
            }
            if let Some(name) = &condition.assign {
                scope.values.push((name, Cow::Owned(value)));
            }
        }
        Some(scope)
    }

    fn endpoint(
        &self,
        url: &Expression,
        properties: &str,
        headers: &[(String, Vec<Expression>)],
        scope: &Scope<'_>,
    ) -> Result<Endpoint, String> {
        let properties: Value = serde_json::from_str(properties).map_err(|error| error.to_string())?;
        Ok(Endpoint {
            url: text(&self.evaluate(url, scope)).into_owned(),
            properties: fill_all(&properties, scope),
            headers: headers
                .iter()
                .map(|(name, values)| {
                    let value = |value| text(&self.evaluate(value, scope)).into_owned();
                    (name.clone(), values.iter().map(value).collect())
                })
                .collect(),
        })
    }

    fn evaluate<'s>(&self, expression: &Expression, scope: &'s Scope<'s>) -> Cow<'s, Value> {
        match expression {
            Expression::Reference(name) => Cow::Borrowed(scope.get(name).unwrap_or(&Value::Null)),
            Expression::Template(template) => Cow::Owned(Value::String(fill(template, scope))),
            Expression::Boolean(boolean) => Cow::Owned(Value::Bool(*boolean)),
            Expression::Integer(integer) => Cow::Owned(Value::from(*integer)),
            Expression::Call(call) => Cow::Owned(self.call(call, scope)),
        }
    }

    fn call(&self, call: &Call, scope: &Scope<'_>) -> Value {
        let argument = |position: usize| {
            let argument = call.arguments.get(position);
            argument.map_or(Cow::Borrowed(&Value::Null), |argument| self.evaluate(argument, scope))
        };
        let first = argument(0);
        match call.function {
            Function::IsSet => Value::Bool(!first.is_null()),
            Function::Not => Value::Bool(*first != true),
            Function::BooleanEquals | Function::StringEquals => {
                Value::Bool(!first.is_null() && first == argument(1))
            }
            Function::GetAttribute => functions::attribute(&first, &text(&argument(1))),
            Function::Partition => functions::partition(self.partitions, &text(&first)),
            Function::ParseArn => functions::parse_arn(&text(&first)),
            Function::ParseUrl => functions::parse_url(&text(&first)),
            Function::UriEncode => Value::String(functions::uri_encode(&text(&first))),
            Function::IsValidHostLabel => {
                Value::Bool(functions::is_valid_host_label(&text(&first), *argument(1) == true))
            }
            Function::IsVirtualHostableS3Bucket => {
                Value::Bool(functions::is_virtual_hostable_bucket(&text(&first), *argument(1) == true))
            }
            Function::Substring => {
                functions::substring(&first, argument(1).as_u64(), argument(2).as_u64(), *argument(3) == true)
            }
        }
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Cow::Owned(value.to_string())
        }
    }
}

/// Fills `{name}` and `{name#path}` in a template.
fn fill(template: &str, scope: &Scope<'_>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match name.split_once('#') {
            Some((name, path)) => {
                let found = scope.get(name).map(|value| functions::attribute(value, path));
                filled.push_str(&text(&found.unwrap_or(Value::Null)));
            }
            None => filled.push_str(&text(scope.get(name).unwrap_or(&Value::Null))),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn fill_all(value: &Value, scope: &Scope<'_>) -> Value {
    match value {
        Value::String(template) => Value::String(fill(template, scope)),
        Value::Array(values) => values.iter().map(|value| fill_all(value, scope)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), fill_all(value, scope)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
