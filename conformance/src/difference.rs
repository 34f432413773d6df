//! Where two JSON values differ.

use serde_json::Value;

/// The first place where two values differ, as a JSON pointer, with what stands there. Numbers of which one is a float are
/// equal if their values are. In `expected`, `{"$json": value}` stands for text that holds this value as JSON.
pub(crate) fn difference(actual: &Value, expected: &Value) -> Option<String> {
    below("", actual, expected)
}

/// The same with a name for what is compared, as an error.
pub(crate) fn same(what: &str, actual: &Value, expected: &Value) -> Result<(), String> {
    below(what, actual, expected).map_or(Ok(()), Err)
}

fn below(path: &str, actual: &Value, expected: &Value) -> Option<String> {
    if let (Some(text), Some(expected)) = (actual.as_str(), expected.get("$json")) {
        return match serde_json::from_str(text) {
            Ok(actual) => below(path, &actual, expected),
            Err(_) => Some(format!("{path}: {text} is no JSON")),
        };
    }
    match (actual, expected) {
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(at, (left, right))| below(&format!("{path}/{at}"), left, right)),
        (Value::Object(left), Value::Object(right)) => {
            left.keys().chain(right.keys()).find_map(|name| match (left.get(name), right.get(name)) {
                (Some(left), Some(right)) => below(&format!("{path}/{name}"), left, right),
                (left, right) => Some(format!("{path}/{name}: {left:?} is not {right:?}")),
            })
        }
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            (left.as_f64() != right.as_f64()).then(|| format!("{path}: {left} is not {right}"))
        }
        _ => (actual != expected).then(|| format!("{path}: {actual} is not {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_the_same_is_no_difference() {
        for (actual, expected) in [
            (json!({"a": [1, null], "b": "x"}), json!({"b": "x", "a": [1.0, null]})),
            (json!({"policy": r#"{ "a": 1 }"#}), json!({"policy": {"$json": {"a": 1}}})),
        ] {
            assert_eq!(difference(&actual, &expected), None);
        }
    }

    #[test]
    fn the_place_of_a_difference_is_told() {
        for (actual, expected, place) in [
            (json!({"a": [1, 2]}), json!({"a": [1, 3]}), "/a/1: 2 is not 3"),
            (json!({"a": [1]}), json!({"a": []}), "/a: [1] is not []"),
            (json!({"a": 1}), json!({}), "/a: Some(Number(1)) is not None"),
            (json!({}), json!({"a": null}), "/a: None is not Some(Null)"),
            (json!("1"), json!(1), ": \"1\" is not 1"),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
                ": 9007199254740993 is not 9007199254740992",
            ),
            (json!("{"), json!({"$json": {}}), ": { is no JSON"),
        ] {
            assert_eq!(difference(&actual, &expected).as_deref(), Some(place));
        }
    }
}
