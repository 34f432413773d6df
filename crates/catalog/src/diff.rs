//! What differs between two captures, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use changegate_change::capture::Capture;
use changegate_change::sealed::mark;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capture_state::identity;
use crate::definition::ListIdentity;
use crate::document::{Document, document};
use crate::pointer::{Segment, escaped};

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffLine {
    /// Where: a JSON pointer (RFC 6901) into the state. A list item that has an identity is named by it
    /// (`/Tags/[Key=team]/Value`); a document in a string is gone into (`/PolicyDocument/Statement/…`). Empty for the
    /// state as a whole.
    pub path: String,
    /// What happened there.
    pub change: DiffChange,
    /// The value before; a secret is a mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; a secret is a mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What a diff line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffChange {
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
    /// It has another value.
    Changed,
}

/// What differs between two captures, for which no recipe says how to match list items: lists are compared by position.
pub fn diff(before: &Capture, after: &Capture) -> Vec<DiffLine> {
    lines(before, after, &[])
}

pub(crate) fn lines(before: &Capture, after: &Capture, lists: &[ListIdentity]) -> Vec<DiffLine> {
    let mut comparison = Comparison { lists, lines: Vec::new() };
    let nothing = Value::Object(Map::new());
    let state = |capture: &Capture| {
        if capture.present && !capture.state.is_null() { capture.state.clone() } else { nothing.clone() }
    };
    let (one, other) = (state(before), state(after));
    if before.present != after.present && one == other {
        // A resource without any state of its own came or went.
        let (whole_before, whole_after) =
            (before.present.then_some(&before.state), after.present.then_some(&after.state));
        comparison.line(&Place::default(), whole_before, whole_after);
    }
    comparison.values(&Place::default(), &one, &other);
    comparison.lines
}

/// Where the comparison is: as a person reads it, and as recipes write it.
#[derive(Clone, Default)]
struct Place {
    path: String,
    pattern: Vec<Segment>,
    in_policy: bool,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        self.below(&escaped(name), Segment::Name(name.to_owned()))
    }

    fn item(&self, label: &str) -> Self {
        self.below(label, Segment::Each)
    }

    fn below(&self, label: &str, segment: Segment) -> Self {
        let mut below = self.clone();
        let _infallible = write!(below.path, "/{label}");
        below.pattern.push(segment);
        below
    }

    fn ends_in(&self, name: &str) -> bool {
        self.pattern.last().is_some_and(|last| *last == Segment::Name(name.to_owned()))
    }
}

struct Comparison<'a> {
    lists: &'a [ListIdentity],
    lines: Vec<DiffLine>,
}

impl Comparison<'_> {
    fn line(&mut self, place: &Place, before: Option<&Value>, after: Option<&Value>) {
        let change = match (before, after) {
            (None, Some(_)) => DiffChange::Added,
            (Some(_), None) => DiffChange::Removed,
            (Some(_), Some(_)) => DiffChange::Changed,
            (None, None) => return,
        };
        let (before, after) = (before.cloned(), after.cloned());
        self.lines.push(DiffLine { path: place.path.clone(), change, before, after });
    }

    fn values(&mut self, place: &Place, before: &Value, after: &Value) {
        if before == after {
            return;
        }
        let secret = mark(before).is_some() || mark(after).is_some();
        match (before, after) {
            (Value::Object(one), Value::Object(other)) if !secret => self.objects(place, one, other),
            (Value::Array(one), Value::Array(other)) => self.arrays(place, one, other),
            (Value::String(one), Value::String(other)) => match (document(one), document(other)) {
                (Some(Document::Policy(one)), Some(Document::Policy(other))) => {
                    let place = Place { in_policy: true, ..place.clone() };
                    self.values(&place, &one, &other);
                }
                (Some(Document::Json(one)), Some(Document::Json(other))) => self.values(place, &one, &other),
                (_, _) => self.line(place, Some(before), Some(after)),
            },
            (_, _) => self.line(place, Some(before), Some(after)),
        }
    }

    fn objects(&mut self, place: &Place, before: &Map<String, Value>, after: &Map<String, Value>) {
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for name in names {
            let place = place.member(name);
            match (before.get(name), after.get(name)) {
                (Some(one), Some(other)) => self.values(&place, one, other),
                (one, other) => self.line(&place, one, other),
            }
        }
    }

    fn arrays(&mut self, place: &Place, before: &[Value], after: &[Value]) {
        let sid = vec!["Sid".to_owned()];
        let declared = self.lists.iter().find(|list| list.at.segments() == place.pattern);
        let by =
            declared.map(|list| &list.by).or((place.in_policy && place.ends_in("Statement")).then_some(&sid));
        let named = by.and_then(|by| Some((by, by_identity(before, by)?, by_identity(after, by)?)));
        match named {
            Some((by, one, other)) => self.named_items(place, by, &one, &other),
            None if declared.is_some() || place.in_policy => self.unordered_items(place, before, after),
            None if before.iter().chain(after).any(|item| item.is_object() || item.is_array()) => {
                self.positions(place, before, after);
            }
            None => self.line(place, Some(&before.into()), Some(&after.into())),
        }
    }

    fn named_items(
        &mut self,
        place: &Place,
        by: &[String],
        before: &BTreeMap<String, &Value>,
        after: &BTreeMap<String, &Value>,
    ) {
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (one, other) = (before.get(name).copied(), after.get(name).copied());
            let place = place.item(&one.or(other).map_or_else(String::new, |item| label(item, by)));
            match (one, other) {
                (Some(one), Some(other)) => self.values(&place, one, other),
                (one, other) => self.line(&place, one, other),
            }
        }
    }

    fn unordered_items(&mut self, place: &Place, before: &[Value], after: &[Value]) {
        let mut added: Vec<_> = after.iter().collect();
        let mut removed = Vec::new();
        for item in before {
            match added.iter().position(|other| *other == item) {
                Some(position) => {
                    added.swap_remove(position);
                }
                None => removed.push(item),
            }
        }
        // One item that went and one that came are the same item, changed.
        if let ([one @ Value::Object(_)], [other @ Value::Object(_)]) = (removed.as_slice(), added.as_slice())
        {
            return self.values(&place.item("*"), one, other);
        }
        for item in removed {
            self.line(&place.item("*"), Some(item), None);
        }
        for item in added {
            self.line(&place.item("*"), None, Some(item));
        }
    }

    fn positions(&mut self, place: &Place, before: &[Value], after: &[Value]) {
        for position in 0..before.len().max(after.len()) {
            let place = place.item(&position.to_string());
            match (before.get(position), after.get(position)) {
                (Some(one), Some(other)) => self.values(&place, one, other),
                (one, other) => self.line(&place, one, other),
            }
        }
    }
}

/// The items by their identity; `None` if two share one, or one has none.
fn by_identity<'a>(items: &'a [Value], by: &[String]) -> Option<BTreeMap<String, &'a Value>> {
    let mut named = BTreeMap::new();
    for item in items {
        let complete = by.iter().all(|name| item.get(name).is_some());
        if !complete || named.insert(identity(item, by), item).is_some() {
            return None;
        }
    }
    Some(named)
}

fn label(item: &Value, by: &[String]) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let label = match by {
        [] => text(item),
        names => names
            .iter()
            .map(|name| format!("{name}={}", item.get(name).map(text).unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(","),
    };
    format!("[{}]", escaped(&label))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn captured(state: Value) -> Capture {
        Capture { present: !state.is_null(), state, truncated: false }
    }

    fn told(before: Value, after: Value, lists: &[ListIdentity]) -> Vec<(String, DiffChange)> {
        let lines = lines(&captured(before), &captured(after), lists);
        lines.into_iter().map(|line| (line.path, line.change)).collect()
    }

    fn by(at: &str, names: &[&str]) -> ListIdentity {
        ListIdentity { at: at.parse().unwrap(), by: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn members_are_added_removed_and_changed_by_path() {
        let lines = told(
            json!({"a": 1, "b": {"c": 2, "d/e": 3}, "same": [1]}),
            json!({"b": {"c": 5, "d/e": 3, "f": 1}, "same": [1]}),
            &[],
        );
        let expected =
            [("/a", DiffChange::Removed), ("/b/c", DiffChange::Changed), ("/b/f", DiffChange::Added)];
        assert_eq!(lines, expected.map(|(path, change)| (path.to_owned(), change)));
    }

    #[test]
    fn items_are_matched_by_identity_and_not_by_position() {
        let lines = told(
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "3"}, {"Key": "c/d", "Value": "4"}]}),
            &[by("/Tags", &["Key"])],
        );
        let expected = [
            ("/Tags/[Key=a]", DiffChange::Removed),
            ("/Tags/[Key=b]/Value", DiffChange::Changed),
            ("/Tags/[Key=c~1d]", DiffChange::Added),
        ];
        assert_eq!(lines, expected.map(|(path, change)| (path.to_owned(), change)));
    }

    #[test]
    fn a_set_of_names_has_no_order() {
        let lists = [by("/Groups", &[])];
        assert_eq!(told(json!({"Groups": ["x", "y"]}), json!({"Groups": ["y", "x"]}), &lists), []);
        let lines = told(json!({"Groups": ["x"]}), json!({"Groups": ["y", "x"]}), &lists);
        assert_eq!(lines, [("/Groups/[y]".to_owned(), DiffChange::Added)]);
    }

    #[test]
    fn a_list_without_identity_keeps_its_order() {
        let lines = told(json!({"Command": ["a", "b"]}), json!({"Command": ["b", "a"]}), &[]);
        assert_eq!(lines, [("/Command".to_owned(), DiffChange::Changed)]);
    }

    #[test]
    fn policies_that_mean_the_same_do_not_differ() {
        let one = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":["b","a"]}}"#;
        let other = r#"{ "Statement": [ {"Resource": ["a","b"], "Action": ["s3:Get*"], "Effect":"Allow"} ],
            "Version": "2012-10-17"}"#;
        assert_eq!(told(json!({"PolicyDocument": one}), json!({"PolicyDocument": other}), &[]), []);
    }

    #[test]
    fn a_policy_is_compared_statement_by_statement() {
        let policy = |action: &str| {
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": action, "Resource": "*"},
                {"Sid": "Keep", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
            ]})
            .to_string()
        };
        let lines = lines(
            &captured(json!({"PolicyDocument": policy("s3:Get*")})),
            &captured(json!({"PolicyDocument": policy("s3:*")})),
            &[],
        );
        let paths: Vec<_> = lines.iter().map(|line| line.path.as_str()).collect();
        assert_eq!(paths, ["/PolicyDocument/Statement/[Sid=Read]/Action/*"; 2]);
        assert_eq!(lines[0].before, Some(json!("s3:Get*")));
        assert_eq!(lines[1].after, Some(json!("s3:*")));
    }

    #[test]
    fn the_only_statement_that_changed_is_gone_into_without_a_sid() {
        let policy = |action: &str| {
            let statements = [action, "ec2:*"].map(|action| json!({"Effect": "Allow", "Action": action}));
            json!({"P": json!({"Statement": statements}).to_string()})
        };
        let lines = told(policy("s3:Get*"), policy("s3:*"), &[]);
        let action = "/P/Statement/*/Action/*".to_owned();
        assert_eq!(lines, [(action.clone(), DiffChange::Removed), (action, DiffChange::Added)]);
    }

    #[test]
    fn a_secret_is_one_line_and_stays_a_mark() {
        let (one, other) = (json!({"$sealed": "hmac:1"}), json!({"$sealed": "hmac:2"}));
        let lines = lines(&captured(json!({"Value": one})), &captured(json!({"Value": other})), &[]);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].path.as_str(), &lines[0].after), ("/Value", &Some(other)));
    }

    #[test]
    fn a_resource_that_came_or_went_is_told_member_by_member() {
        let lines = told(Value::Null, json!({"Value": "x", "Type": "String"}), &[]);
        let added = ["/Type", "/Value"].map(|path| (path.to_owned(), DiffChange::Added));
        assert_eq!(lines, added);
        assert_eq!(told(json!({}), Value::Null, &[]), [(String::new(), DiffChange::Removed)]);
    }
}
