//! Paths into JSON: RFC 6901 pointers in which `*` stands for every item and every member.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One segment of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Every item of a list, every member of a map.
    Each,
    /// The member of this name, or the item of this index.
    Name(String),
}

/// A pointer of at least one segment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Pointer(Vec<Segment>);

/// A text that is no pointer.
#[derive(Debug, thiserror::Error)]
#[error("`{input}` is not a path (`/Member/*/Member`)")]
pub(crate) struct InvalidPointer {
    input: String,
}

impl Pointer {
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether the pointer leads to something inside of what `other` leads to.
    pub(crate) fn is_under(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }

    /// Calls `change` with every place that the pointer leads to, and the object or list that holds it. Does not look
    /// into anything for which `closed` holds.
    pub(crate) fn for_each(
        &self,
        value: &mut Value,
        closed: fn(&Value) -> bool,
        change: &mut dyn FnMut(&Value, &mut Value),
    ) {
        visit(&self.0, value, closed, change);
    }

    /// Removes every place that the pointer leads to.
    pub(crate) fn remove(&self, value: &mut Value) {
        let Some((last, way)) = self.0.split_last() else { return };
        let take = |holder: &mut Value| match (last, holder) {
            (Segment::Each, Value::Array(items)) => items.clear(),
            (Segment::Each, Value::Object(members)) => members.clear(),
            (Segment::Name(name), Value::Object(members)) => {
                members.remove(name);
            }
            (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {}
        };
        if way.is_empty() {
            take(value);
        } else {
            visit(way, value, |_| false, &mut |_, place| take(place));
        }
    }
}

fn visit(
    segments: &[Segment],
    value: &mut Value,
    closed: fn(&Value) -> bool,
    change: &mut dyn FnMut(&Value, &mut Value),
) {
    let Some((first, rest)) = segments.split_first() else { return };
    if closed(value) {
        return;
    }
    if rest.is_empty() {
        let holder = value.clone();
        for place in places(first, value) {
            change(&holder, place);
        }
    } else {
        for place in places(first, value) {
            visit(rest, place, closed, change);
        }
    }
}

fn places<'a>(segment: &Segment, value: &'a mut Value) -> Vec<&'a mut Value> {
    match (segment, value) {
        (Segment::Each, Value::Array(items)) => items.iter_mut().collect(),
        (Segment::Each, Value::Object(map)) => map.values_mut().collect(),
        (Segment::Name(name), Value::Object(map)) => map.get_mut(name).into_iter().collect(),
        (Segment::Name(name), Value::Array(items)) => {
            name.parse::<usize>().ok().and_then(|index| items.get_mut(index)).into_iter().collect()
        }
        (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => vec![],
    }
}

impl FromStr for Pointer {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        let invalid = || InvalidPointer { input: text.to_owned() };
        let rest = text.strip_prefix('/').ok_or_else(invalid)?;
        let segments: Vec<_> = rest
            .split('/')
            .map(|part| match part {
                "*" => Segment::Each,
                name => Segment::Name(name.replace("~1", "/").replace("~0", "~")),
            })
            .collect();
        if segments.contains(&Segment::Name(String::new())) { Err(invalid()) } else { Ok(Self(segments)) }
    }
}

impl TryFrom<String> for Pointer {
    type Error = InvalidPointer;
    fn try_from(text: String) -> Result<Self, InvalidPointer> {
        text.parse()
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> String {
        pointer.to_string()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Each => f.write_str("/*")?,
                Segment::Name(name) => write!(f, "/{}", escaped(name))?,
            }
        }
        Ok(())
    }
}

/// A member's name as RFC 6901 writes it.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
