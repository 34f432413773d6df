//! Endpoint rules and partitions from their JSON form.

use serde_json::Value;

use super::SourceError;
use crate::{
    model::Literal,
    rules::{Call, Condition, Expression, Function, Parameter, Partition, Rule, RuleSet, Then},
};

/// Reads `endpoint-rule-set-1.json`.
///
/// # Errors
/// When it is not JSON or uses a function or form that is not known.
pub fn read_rule_set(what: &str, json: &[u8]) -> Result<RuleSet, SourceError> {
    let value: Value =
        serde_json::from_slice(json).map_err(|source| SourceError::Json { what: what.to_owned(), source })?;
    let reader = Reader { what };
    let parameters = value
        .get("parameters")
        .and_then(Value::as_object)
        .ok_or_else(|| reader.problem("no parameters"))?
        .iter()
        .map(|(name, parameter)| reader.parameter(name, parameter))
        .collect::<Result<_, _>>()?;
    Ok(RuleSet { parameters, rules: reader.rules(value.get("rules"))? })
}

/// Reads `partitions.json`.
///
/// # Errors
/// When it is not JSON, or a region has attributes of its own, which the rules' interpreter does not know.
pub fn read_partitions(json: &[u8]) -> Result<Vec<Partition>, SourceError> {
    let what = "partitions.json";
    let value: Value =
        serde_json::from_slice(json).map_err(|source| SourceError::Json { what: what.to_owned(), source })?;
    let list = value.get("partitions").and_then(Value::as_array);
    list.ok_or_else(|| SourceError::model(what, "no partitions"))?.iter().map(partition).collect()
}

fn partition(value: &Value) -> Result<Partition, SourceError> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("id").ok_or_else(|| SourceError::model("partitions.json", "a partition without id"))?;
    let problem = |problem: &str| SourceError::model(&id, problem);
    let regions = value.get("regions").and_then(Value::as_object).ok_or_else(|| problem("no regions"))?;
    if regions
        .values()
        .filter_map(Value::as_object)
        .any(|region| region.keys().any(|key| key != "description"))
    {
        return Err(problem("a region with attributes of its own"));
    }
    let outputs = value.get("outputs").and_then(Value::as_object).ok_or_else(|| problem("no outputs"))?;
    Ok(Partition {
        region_pattern: text("regionRegex").ok_or_else(|| problem("no pattern for regions"))?,
        regions: regions.keys().cloned().collect(),
        outputs: outputs.iter().filter_map(|(name, value)| Some((name.clone(), literal(value)?))).collect(),
        id,
    })
}

/// A boolean or string constant.
pub(super) fn literal(value: &Value) -> Option<Literal> {
    value
        .as_bool()
        .map(Literal::Boolean)
        .or_else(|| value.as_str().map(|text| Literal::Text(text.to_owned())))
}

struct Reader<'a> {
    what: &'a str,
}

impl Reader<'_> {
    fn problem(&self, problem: &str) -> SourceError {
        SourceError::model(self.what, problem)
    }

    fn parameter(&self, name: &str, value: &Value) -> Result<Parameter, SourceError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let kind = text("type").unwrap_or_default();
        if !["string", "String", "boolean", "Boolean", "stringArray"].contains(&kind) {
            return Err(self.problem(&format!("a parameter of the unknown type `{kind}`")));
        }
        Ok(Parameter {
            name: name.to_owned(),
            built_in: text("builtIn").map(str::to_owned),
            default: value.get("default").and_then(literal),
            required: value.get("required").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    fn rules(&self, value: Option<&Value>) -> Result<Vec<Rule>, SourceError> {
        let list = value.and_then(Value::as_array).ok_or_else(|| self.problem("no list of rules"))?;
        list.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&self, value: &Value) -> Result<Rule, SourceError> {
        let conditions =
            value.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let conditions =
            conditions.iter().map(|condition| self.condition(condition)).collect::<Result<_, _>>()?;
        let then = match value.get("type").and_then(Value::as_str) {
            Some("endpoint") => self.endpoint(value.get("endpoint").unwrap_or(&Value::Null))?,
            Some("error") => Then::Error(self.expression(value.get("error").unwrap_or(&Value::Null))?),
            Some("tree") => Then::Rules(self.rules(value.get("rules"))?),
            _ => return Err(self.problem("a rule of an unknown type")),
        };
        Ok(Rule { conditions, then })
    }

    fn endpoint(&self, value: &Value) -> Result<Then, SourceError> {
        let mut headers = Vec::new();
        for (name, values) in value.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
            let values = values.iter().map(|value| self.expression(value)).collect::<Result<_, _>>()?;
            headers.push((name.clone(), values));
        }
        Ok(Then::Endpoint {
            url: self.expression(value.get("url").unwrap_or(&Value::Null))?,
            properties: value.get("properties").map(Value::to_string).unwrap_or_else(|| "{}".to_owned()),
            headers,
        })
    }

    fn condition(&self, value: &Value) -> Result<Condition, SourceError> {
        Ok(Condition {
            call: self.call(value)?,
            assign: value.get("assign").and_then(Value::as_str).map(str::to_owned),
        })
    }

    fn call(&self, value: &Value) -> Result<Call, SourceError> {
        let name = value
            .get("fn")
            .and_then(Value::as_str)
            .ok_or_else(|| self.problem("a condition without call"))?;
        let function =
            Function::named(name).ok_or_else(|| self.problem(&format!("the unknown function `{name}`")))?;
        let arguments = value.get("argv").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let arguments =
            arguments.iter().map(|argument| self.expression(argument)).collect::<Result<_, _>>()?;
        Ok(Call { function, arguments })
    }

    fn expression(&self, value: &Value) -> Result<Expression, SourceError> {
        if let Some(name) = value.get("ref").and_then(Value::as_str) {
            return Ok(Expression::Reference(name.to_owned()));
        }
        if value.get("fn").is_some() {
            return Ok(Expression::Call(self.call(value)?));
        }
        if let Some(text) = value.as_str() {
            return Ok(Expression::Template(text.to_owned()));
        }
        if let Some(boolean) = value.as_bool() {
            return Ok(Expression::Boolean(boolean));
        }
        value
            .as_i64()
            .map(Expression::Integer)
            .ok_or_else(|| self.problem("an expression of an unknown form"))
    }
}
