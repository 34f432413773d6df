//! JSON documents inside of strings, above all IAM policies, made comparable.
//!
//! IAM takes one statement for a list of one, one action for a list of one, and does not look at the order of either
//! (IAM User Guide, "IAM JSON policy elements reference"). Two policies that differ only in that are the same policy.

use changegate_change::json::canonical;
use serde_json::{Map, Value};

/// A document found in a string.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    /// A policy, in the one form that this module gives to equal policies: every list has no order.
    Policy(Value),
    /// Any other JSON object or list.
    Json(Value),
}

/// The document that a string holds, if it holds one.
pub(crate) fn document(text: &str) -> Option<Document> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    Some(if value.get("Statement").is_some() {
        Document::Policy(policy(value))
    } else {
        Document::Json(value)
    })
}

/// The one text of all documents that mean the same as this one; `None` if it is none.
pub(crate) fn one_text(text: &str) -> Option<String> {
    let (Document::Policy(value) | Document::Json(value)) = document(text)?;
    Some(canonical(&value).unwrap_or_else(|_| value.to_string()))
}

fn policy(value: Value) -> Value {
    map_members(value, |name, member| match name {
        "Statement" => Value::Array(as_list(member).into_iter().map(statement).collect()),
        _ => member,
    })
}

fn statement(value: Value) -> Value {
    map_members(value, |name, member| match name {
        "Action" | "NotAction" | "Resource" | "NotResource" => set(member),
        "Principal" | "NotPrincipal" if member.is_object() => map_members(member, |_, names| set(names)),
        "Condition" => map_members(member, |_, operator| map_members(operator, |_, values| set(values))),
        _ => member,
    })
}

fn set(value: Value) -> Value {
    let mut items = as_list(value);
    items.sort_by_cached_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}

fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![one]
        }
    }
}

fn map_members(value: Value, change: impl Fn(&str, Value) -> Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(name, member)| {
                    let changed = change(&name, member);
                    (name, changed)
                })
                .collect::<Map<_, _>>(),
        ),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_mean_the_same_have_one_text() {
        let one = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["b", "a"], "Resource": "*"}}"#;
        let other = r#"{"Statement":[{"Resource":["*"],"Action":["a","b"],"Effect":"Allow"}],"Version":"2012-10-17"}"#;
        assert_eq!(one_text(one), one_text(other));
        assert_eq!(one_text(r#"{"b": [2, 1], "a": 1}"#).unwrap(), r#"{"a":1,"b":[2,1]}"#);
        assert_eq!(one_text("plain text"), None);
    }
}
