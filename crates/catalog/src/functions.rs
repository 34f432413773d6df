//! The functions that recipes may use besides those of JMESPath.
//!
//! JMESPath has no way to look from inside a list at what is outside of it; these do what recipes need of that, and of texts. A
//! `null` counts as an empty list or object everywhere, so that a member that was not set needs no guard.
//!
//! | function | gives |
//! |---|---|
//! | `only_keys(object, names)` | the object with no other members than these |
//! | `matching(items, patterns)` | the items that have all members of at least one pattern |
//! | `not_matching(items, patterns)` | the other ones |
//! | `merge_by(items, changes, names)` | the items, each overlaid by the change with the same members `names`; then the changes that met no item |
//! | `with_each(items, name, values)` | every item once per value, with the value as member `name` |
//! | `difference(values, others)` | the values that are not among the others |
//! | `without_keys(object, names)` | the object without these members |
//! | `entries(object, key, value)` | a list of objects, one per member: its name as member `key`, its value as member `value` |
//! | `object_of(items, key, value)` | the way back: one member per item, named by its member `key`, with its member `value` |
//! | `split(text, separator)` | the parts of a text |
//! | `from_json(text)` | the value that a JSON text holds; `null` for another text |
//! | `to_json(value)` | its text, without the members that are `null`; `null` for `null` |

use std::collections::BTreeMap;

use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Context, Rcvar, Runtime, Variable};

use crate::expression::{value_of, variable};

/// Registers them all.
pub(crate) fn register(runtime: &mut Runtime) {
    add(runtime, "only_keys", [object(), list()], |[subject, names]| {
        let names = items(names);
        let named = |name: &str| names.iter().any(|own| is_text(own, name));
        Variable::Object(members(subject).into_iter().filter(|(name, _)| named(name)).collect())
    });
    add(runtime, "without_keys", [object(), list()], |[subject, names]| {
        let names = items(names);
        let named = |name: &str| names.iter().any(|own| is_text(own, name));
        Variable::Object(members(subject).into_iter().filter(|(name, _)| !named(name)).collect())
    });
    add(runtime, "matching", [list(), list()], |[subject, patterns]| {
        let patterns = items(patterns);
        Variable::Array(items(subject).into_iter().filter(|item| matches_any(item, &patterns)).collect())
    });
    add(runtime, "not_matching", [list(), list()], |[subject, patterns]| {
        let patterns = items(patterns);
        Variable::Array(items(subject).into_iter().filter(|item| !matches_any(item, &patterns)).collect())
    });
    add(runtime, "merge_by", [list(), list(), list()], |[subject, changes, names]| {
        Variable::Array(merge_by(items(subject), &items(changes), &items(names)))
    });
    add(runtime, "with_each", [list(), ArgumentType::String, list()], |[subject, name, values]| {
        let name = own_text(name);
        let subject = items(subject);
        let pairs = items(values).into_iter().flat_map(|value| {
            subject.iter().map(|item| with_member(item, &name, &value)).collect::<Vec<_>>()
        });
        Variable::Array(pairs.collect())
    });
    add(runtime, "difference", [list(), list()], |[values, others]| {
        let others = items(others);
        Variable::Array(items(values).into_iter().filter(|value| !others.contains(value)).collect())
    });
    register_reshaping(runtime);
}

/// Maps as lists and back, and texts in parts.
fn register_reshaping(runtime: &mut Runtime) {
    let text = || ArgumentType::String;
    add(runtime, "entries", [object(), text(), text()], |[subject, key, value]| {
        let (key, value) = (own_text(key), own_text(value));
        let entry = |(name, own): (String, Rcvar)| {
            let name = Rcvar::new(Variable::String(name));
            Rcvar::new(Variable::Object(BTreeMap::from([(key.clone(), name), (value.clone(), own)])))
        };
        Variable::Array(members(subject).into_iter().map(entry).collect())
    });
    add(runtime, "object_of", [list(), text(), text()], |[subject, key, value]| {
        let (key, value) = (own_text(key), own_text(value));
        let member = |item: Rcvar| Some((item.get_field(&key).as_string()?.clone(), item.get_field(&value)));
        Variable::Object(items(subject).into_iter().filter_map(member).collect())
    });
    let text_or_null = ArgumentType::Union(vec![ArgumentType::String, ArgumentType::Null]);
    add(runtime, "split", [text_or_null, text()], |[subject, separator]| {
        let separator = own_text(separator);
        let part = |part: &str| Rcvar::new(Variable::String(part.to_owned()));
        let parts = subject.as_string().map(|subject| subject.split(separator.as_str()).map(part).collect());
        Variable::Array(parts.unwrap_or_default())
    });
    let text_or_null = ArgumentType::Union(vec![ArgumentType::String, ArgumentType::Null]);
    add(runtime, "from_json", [text_or_null], |[text]| {
        let parsed = text.as_string().and_then(|text| serde_json::from_str(text).ok());
        parsed.map_or(Variable::Null, |value: serde_json::Value| Variable::clone(&variable(&value)))
    });
    add(runtime, "to_json", [ArgumentType::Any], |[value]| match value_of(value) {
        serde_json::Value::Null => Variable::Null,
        value => Variable::String(value.to_string()),
    });
}

fn add<const N: usize>(
    runtime: &mut Runtime,
    name: &str,
    arguments: [ArgumentType; N],
    function: impl Fn([&Rcvar; N]) -> Variable + Send + Sync + 'static,
) {
    let signature = Signature::new(arguments.to_vec(), None);
    let null = Rcvar::new(Variable::Null);
    let evaluate = move |given: &[Rcvar], _: &mut Context<'_>| {
        let arguments = std::array::from_fn(|position| given.get(position).unwrap_or(&null));
        Ok(Rcvar::new(function(arguments)))
    };
    runtime.register_function(name, Box::new(CustomFunction::new(signature, Box::new(evaluate))));
}

fn list() -> ArgumentType {
    ArgumentType::Union(vec![ArgumentType::Array, ArgumentType::Null])
}

fn object() -> ArgumentType {
    ArgumentType::Union(vec![ArgumentType::Object, ArgumentType::Null])
}

fn items(value: &Rcvar) -> Vec<Rcvar> {
    value.as_array().cloned().unwrap_or_default()
}

fn members(value: &Rcvar) -> BTreeMap<String, Rcvar> {
    value.as_object().cloned().unwrap_or_default()
}

fn own_text(value: &Rcvar) -> String {
    value.as_string().cloned().unwrap_or_default()
}

fn is_text(value: &Rcvar, text: &str) -> bool {
    value.as_string().is_some_and(|own| own == text)
}

fn matches_any(item: &Rcvar, patterns: &[Rcvar]) -> bool {
    patterns.iter().any(|pattern| match pattern.as_object() {
        Some(wanted) => wanted.iter().all(|(name, value)| value.is_null() || item.get_field(name) == *value),
        None => item == pattern,
    })
}

fn same_identity(one: &Rcvar, other: &Rcvar, names: &[Rcvar]) -> bool {
    names.iter().filter_map(|name| name.as_string()).all(|name| one.get_field(name) == other.get_field(name))
}

fn merge_by(mut subject: Vec<Rcvar>, changes: &[Rcvar], names: &[Rcvar]) -> Vec<Rcvar> {
    for change in changes {
        match subject.iter_mut().find(|item| same_identity(item, change, names)) {
            Some(item) => {
                let mut merged = members(item);
                merged.extend(members(change).into_iter().filter(|(_, value)| !value.is_null()));
                *item = Rcvar::new(Variable::Object(merged));
            }
            None => subject.push(change.clone()),
        }
    }
    subject
}

fn with_member(item: &Rcvar, name: &str, value: &Rcvar) -> Rcvar {
    let mut merged = members(item);
    merged.insert(name.to_owned(), value.clone());
    Rcvar::new(Variable::Object(merged))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::expression::{Expression, Scope, value_of};

    fn given(expression: &str, scope: &Value) -> Value {
        value_of(Expression::parse(expression).unwrap().evaluate(&Scope::within(scope)).unwrap().as_ref())
    }

    #[test]
    fn a_map_becomes_a_list_and_a_map_again() {
        let scope = json!({"tags": {"a": "1", "b": "2"}});
        let items = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
        assert_eq!(given("entries(tags, 'Key', 'Value')", &scope), items);
        assert_eq!(given("object_of(items, 'Key', 'Value')", &json!({"items": items})), scope["tags"]);
        assert_eq!(given("entries(nothing, 'Key', 'Value')", &scope), json!([]));
    }

    #[test]
    fn members_are_taken_away_and_texts_are_split() {
        let scope = json!({"call": {"a": 1, "b": 2}, "arn": "arn:aws:sns:r:1:topic"});
        assert_eq!(given("without_keys(call, ['a', 'x'])", &scope), json!({"b": 2}));
        assert_eq!(given("split(arn, ':')[-1]", &scope), json!("topic"));
        assert_eq!(given("split(nothing, ':')", &scope), json!([]));
    }

    #[test]
    fn a_text_of_json_is_gone_into_and_written_again() {
        let scope = json!({"policy": r#"{"Statement": [{"Sid": "a"}]}"#, "plain": "x"});
        assert_eq!(given("from_json(policy).Statement[0].Sid", &scope), json!("a"));
        assert_eq!(given("to_json(from_json(policy))", &scope), json!(r#"{"Statement":[{"Sid":"a"}]}"#));
        assert_eq!(given("from_json(plain)", &scope), Value::Null);
        assert_eq!(given("to_json(from_json(nothing))", &scope), Value::Null);
    }
}
