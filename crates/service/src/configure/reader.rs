//! Reading a document and collecting everything that is wrong with it, each with its path.

use std::fmt::Display;
use std::str::FromStr;

use changegate_change::request::Violation;
use serde_json::{Map, Value};

/// A place in a document, as a JSON pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place(String);

impl Place {
    /// The whole document.
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    /// A member of this place.
    pub(super) fn at(&self, part: impl Display) -> Self {
        Self(format!("{}/{}", self.0, part.to_string().replace('~', "~0").replace('/', "~1")))
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    /// What is wrong.
    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    /// Notes that a name means nothing, and the one that may have been meant.
    pub(super) fn wrong_name(&mut self, place: &Place, rule: &str, message: String, nearest: Option<&str>) {
        let mut violation = Violation::new(place.0.clone(), rule, message);
        violation.nearest = nearest.map(str::to_owned);
        self.violations.push(violation);
    }

    /// Notes that something is wrong.
    pub(super) fn wrong(&mut self, place: &Place, rule: &str, message: impl Into<String>) {
        self.violations.push(Violation::new(place.0.clone(), rule, message));
    }

    /// An object with no keys but these.
    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        place: &Place,
        keys: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(map) = value.as_object() else {
            self.wrong(place, "type", "this is a table (a JSON object)");
            return None;
        };
        for key in map.keys().filter(|key| !keys.contains(&key.as_str())) {
            let message = format!("`{key}` is not known here; known are {}", keys.join(", "));
            self.wrong(&place.at(key), "unknown", message);
        }
        Some(map)
    }

    /// A member that must be there.
    pub(super) fn member<'v>(
        &mut self,
        map: &'v Map<String, Value>,
        place: &Place,
        key: &str,
    ) -> Option<&'v Value> {
        let found = map.get(key);
        if found.is_none() {
            self.wrong(&place.at(key), "missing", format!("`{key}` is missing"));
        }
        found
    }

    /// A list that must be there, its items with their places.
    pub(super) fn list<'v>(
        &mut self,
        map: &'v Map<String, Value>,
        place: &Place,
        key: &str,
    ) -> Vec<(Place, &'v Value)> {
        let Some(value) = self.member(map, place, key) else { return Vec::new() };
        self.items(value, &place.at(key))
    }

    /// The items of a list with their places.
    pub(super) fn items<'v>(&mut self, value: &'v Value, place: &Place) -> Vec<(Place, &'v Value)> {
        let Some(items) = value.as_array() else {
            self.wrong(place, "type", "this is a list");
            return Vec::new();
        };
        items.iter().enumerate().map(|(position, item)| (place.at(position), item)).collect()
    }

    /// A text that must be there, with 1 to `max` characters and no control characters.
    pub(super) fn text(
        &mut self,
        map: &Map<String, Value>,
        place: &Place,
        key: &str,
        max: usize,
    ) -> Option<String> {
        let value = self.member(map, place, key)?;
        let place = place.at(key);
        let Some(text) = value.as_str() else {
            self.wrong(&place, "type", format!("`{key}` is a text"));
            return None;
        };
        let fits = (1..=max).contains(&text.chars().count()) && text.trim() == text;
        if !fits || text.chars().any(char::is_control) {
            let message =
                format!("`{key}` has 1 to {max} characters, no control characters and no space around it");
            self.wrong(&place, "length", message);
            return None;
        }
        Some(text.to_owned())
    }

    /// A text that must be there and reads as a `T`.
    pub(super) fn parsed<T>(&mut self, map: &Map<String, Value>, place: &Place, key: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let value = self.member(map, place, key)?;
        self.parse(value, &place.at(key))
    }

    /// A text that reads as a `T`.
    pub(super) fn parse<T>(&mut self, value: &Value, place: &Place) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = value.as_str() else {
            self.wrong(place, "type", "this is a text");
            return None;
        };
        text.parse().map_err(|error: T::Err| self.wrong(place, "form", error.to_string())).ok()
    }

    /// Notes every value that was there before, by the places where they are.
    pub(super) fn unique<T: Ord>(&mut self, what: &str, values: impl IntoIterator<Item = (Place, T)>) {
        let mut seen = std::collections::BTreeSet::new();
        for (place, value) in values {
            if !seen.insert(value) {
                self.wrong(&place, "duplicate", format!("this {what} occurs twice"));
            }
        }
    }
}
