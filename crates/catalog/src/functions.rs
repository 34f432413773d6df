//! The functions that recipes may use besides those of JMESPath.
//!
//! JMESPath has no way to look from inside a list at what is outside of it; these six do what recipes need of that. A
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

use std::collections::BTreeMap;

use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Context, Rcvar, Runtime, Variable};

/// Registers all six.
pub(crate) fn register(runtime: &mut Runtime) {
    add(runtime, "only_keys", [object(), list()], |[subject, names]| {
        let names = items(names);
        let kept = members(subject).into_iter().filter(|(name, _)| names.iter().any(|n| is_text(n, name)));
        Variable::Object(kept.collect())
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
        let name = name.as_string().cloned().unwrap_or_default();
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
