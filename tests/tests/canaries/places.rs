//! Paths into JSON with `*` for every element, and what stands there.

use serde_json::Value;

/// The key of the entry that the example of a map has.
pub(crate) const KEY: &str = "key";

/// The names of a pointer on its way.
fn segments(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}

/// Everything that a path leads to.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for name in segments(path) {
        found = found.into_iter().flat_map(|value| below(value, &name)).collect();
    }
    found
}

fn below<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    match (value, name) {
        (Value::Array(items), "*") => items.iter().collect(),
        (Value::Object(map), "*") => map.values().collect(),
        (Value::Object(map), name) => map.get(name).into_iter().collect(),
        (Value::Array(items), name) => {
            name.parse().ok().and_then(|at: usize| items.get(at)).into_iter().collect()
        }
        _ => vec![],
    }
}

/// Whether `inner` is `outer` or something in it.
pub(crate) fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a place of an example, in which an entry of a map is `*`, is what a path leads to or in it.
pub(crate) fn leads_into(path: &str, example: &str) -> bool {
    let (wanted, there) = (segments(path), segments(example));
    wanted.len() <= there.len() && wanted.iter().zip(&there).all(|(one, other)| one == other || other == "*")
}

/// Whether a path of an answer goes along a path of the state: states keep the names of the answers, leave out the first
/// ones, or put one before them. A single name says too little of what stands in a list.
pub(crate) fn goes_along(answer: &str, state: &str) -> bool {
    let along = |state: &str| {
        let Some(at) = format!("{answer}/").find(&format!("{state}/")) else { return false };
        !answer[..at].contains('*') || state.matches('/').count() > 1
    };
    let rest = state.get(1..).and_then(|names| names.find('/')).map(|at| &state[at + 1..]);
    along(state) || rest.is_some_and(|rest| rest.matches('/').count() > 1 && along(rest))
}

/// Puts `example`'s value at a path into `target`, into the first element of a list that is there already. Nothing else of
/// the example is taken over.
pub(crate) fn put(target: &mut Value, example: &Value, path: &str) -> bool {
    put_along(target, example, &segments(path))
}

fn put_along(target: &mut Value, example: &Value, path: &[String]) -> bool {
    let Some((name, rest)) = path.split_first() else {
        *target = example.clone();
        return true;
    };
    match example {
        Value::Object(members) => {
            // The example of a map has one entry, which stands for that of every name.
            let of_map = members.get_key_value(KEY).filter(|_| members.len() == 1);
            let own = members.iter().find(|(key, _)| name == "*" || *key == name);
            let Some((_, inner)) = own.or(of_map) else { return false };
            if !target.is_object() {
                *target = Value::Object(serde_json::Map::new());
            }
            let map = target.as_object_mut().unwrap();
            let key =
                if name == "*" { map.keys().next().map_or(KEY, String::as_str) } else { name }.to_owned();
            put_along(map.entry(key).or_insert(Value::Null), inner, rest)
        }
        Value::Array(items) => {
            let Some(inner) = items.first() else { return false };
            if !target.is_array() {
                *target = Value::Array(vec![]);
            }
            let list = target.as_array_mut().unwrap();
            if list.is_empty() {
                list.push(Value::Null);
            }
            put_along(&mut list[0], inner, rest)
        }
        _ => false,
    }
}
