//! Runs a service's endpoint rules.
//!
//! Source: Smithy endpoint rules engine, version 1.0, with the AWS functions.

mod functions;

use std::collections::HashMap;

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

type Scope = HashMap<String, Value>;

/// Works out the endpoint for `parameters`; the error is the rules' own message.
pub(crate) fn resolve(
    rules: &RuleSet,
    partitions: &[Partition],
    parameters: &Map<String, Value>,
) -> Result<Endpoint, String> {
    let mut scope = Scope::new();
    for parameter in &rules.parameters {
        let given = parameters.get(&parameter.name).filter(|value| !value.is_null()).cloned();
        match given.or_else(|| parameter.default.as_ref().map(literal_value)) {
            Some(value) => {
                scope.insert(parameter.name.clone(), value);
            }
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
    fn first_match(&self, rules: &[Rule], scope: &Scope) -> Option<Result<Endpoint, String>> {
        for rule in rules {
            let mut assigned = None;
            if !self.all_hold(&rule.conditions, scope, &mut assigned) {
                continue;
            }
            let scope = assigned.as_ref().unwrap_or(scope);
            return Some(match &rule.then {
                Then::Endpoint { url, properties, headers } => self.endpoint(url, properties, headers, scope),
                Then::Error(message) => Err(text(&self.evaluate(message, scope))),
                Then::Rules(rules) => self
                    .first_match(rules, scope)
                    .unwrap_or_else(|| Err("the endpoint rules are exhausted".to_owned())),
            });
        }
        None
    }

    fn all_hold(&self, conditions: &[Condition], scope: &Scope, assigned: &mut Option<Scope>) -> bool {
        conditions.iter().all(|condition| {
            let value = self.call(&condition.call, assigned.as_ref().unwrap_or(scope));
            if value.is_null() || value == false {
                return false;
            }
            if let Some(name) = &condition.assign {
                assigned.get_or_insert_with(|| scope.clone()).insert(name.clone(), value);
            }
            true
        })
    }

    fn endpoint(
        &self,
        url: &Expression,
        properties: &str,
        headers: &[(String, Vec<Expression>)],
        scope: &Scope,
    ) -> Result<Endpoint, String> {
        let properties: Value = serde_json::from_str(properties).map_err(|error| error.to_string())?;
        Ok(Endpoint {
            url: text(&self.evaluate(url, scope)),
            properties: fill_all(&properties, scope),
            headers: headers
                .iter()
                .map(|(name, values)| {
                    (name.clone(), values.iter().map(|value| text(&self.evaluate(value, scope))).collect())
                })
                .collect(),
        })
    }

    fn evaluate(&self, expression: &Expression, scope: &Scope) -> Value {
        match expression {
            Expression::Reference(name) => scope.get(name).cloned().unwrap_or(Value::Null),
            Expression::Template(template) => Value::String(fill(template, scope)),
            Expression::Boolean(boolean) => Value::Bool(*boolean),
            Expression::Integer(integer) => Value::from(*integer),
            Expression::Call(call) => self.call(call, scope),
        }
    }

    fn call(&self, call: &Call, scope: &Scope) -> Value {
        let argument = |position: usize| {
            call.arguments.get(position).map_or(Value::Null, |argument| self.evaluate(argument, scope))
        };
        let first = argument(0);
        match call.function {
            Function::IsSet => Value::Bool(!first.is_null()),
            Function::Not => Value::Bool(first != true),
            Function::BooleanEquals | Function::StringEquals => {
                Value::Bool(!first.is_null() && first == argument(1))
            }
            Function::GetAttribute => functions::attribute(&first, &text(&argument(1))),
            Function::Partition => functions::partition(self.partitions, &text(&first)),
            Function::ParseArn => functions::parse_arn(&text(&first)),
            Function::ParseUrl => functions::parse_url(&text(&first)),
            Function::UriEncode => Value::String(functions::uri_encode(&text(&first))),
            Function::IsValidHostLabel => {
                Value::Bool(functions::is_valid_host_label(&text(&first), argument(1) == true))
            }
            Function::IsVirtualHostableS3Bucket => {
                Value::Bool(functions::is_virtual_hostable_bucket(&text(&first), argument(1) == true))
            }
            Function::Substring => {
                functions::substring(&first, argument(1).as_u64(), argument(2).as_u64(), argument(3) == true)
            }
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Fills `{name}` and `{name#path}` in a template.
fn fill(template: &str, scope: &Scope) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let value = match name.split_once('#') {
            Some((name, path)) => {
                scope.get(name).map_or(Value::Null, |value| functions::attribute(value, path))
            }
            None => scope.get(name).cloned().unwrap_or(Value::Null),
        };
        filled.push_str(&text(&value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn fill_all(value: &Value, scope: &Scope) -> Value {
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
