//! Whether parameters fit an operation's model.
//!
//! What botocore's own validation refuses is a violation here. Beyond it, and no warning either, are: integers that do not fit
//! their width, booleans for numbers, blobs that are shorter than the model's minimum or no base64, elements that are null, an
//! empty label of the path, and nesting that is deeper than anything a service takes. Upper limits, patterns and enums are
//! warnings: services raise, widen and extend them before models know it, and refuse what they do not take.

mod limits;
mod place;

use limits::Limits;
use place::Place;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    index::IndexError,
    json_form,
    model::{self, Kind, Location, Member, Span, Text},
    nearest::nearest,
    schemas::{Graph, Node, ROOT},
};

/// One difference between parameters and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// JSON pointer of the value, or of where it is missing.
    pub path: String,
    /// What is violated: `unknown`, `missing`, `type`, `enum`, `length`, `range`, `pattern`, `union`, or `model` when the
    /// index cannot be read.
    pub rule: &'static str,
    /// What is wrong, without the value itself.
    pub message: String,
    /// For an unknown name, the known one that is most like it.
    pub nearest: Option<String>,
    /// Whether the call may be good all the same: services learn new enum values, longer texts and larger numbers before models
    /// do, and check their patterns themselves.
    pub warning: bool,
}

impl Violation {
    /// A violation by the parameters as a whole.
    fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: String::new(), rule, message: message.into(), nearest: None, warning: false }
    }
}

/// The violation that stands for an index that cannot be read: nothing can be said about the parameters then.
pub(crate) fn unreadable_model(error: &IndexError) -> Violation {
    Violation::new("model", error.to_string())
}

/// Compares `parameters` with the input of `graph`.
pub(crate) fn validate(graph: Option<&Graph>, parameters: &Value) -> Vec<Violation> {
    let mut check = Check::default();
    let top = Place::TOP;
    match (graph.and_then(|graph| Some((graph, graph.node(ROOT)?))), parameters) {
        (Some((graph, root)), Value::Null) => check.value(graph, root, &top, &Value::Object(Map::new())),
        (Some((graph, root)), parameters) => check.value(graph, root, &top, parameters),
        (None, Value::Null) => {}
        (None, Value::Object(given)) => {
            for name in given.keys() {
                check.add(&top.member(name), "unknown", "the operation takes no parameters");
            }
        }
        (None, _) => check.add(&top, "type", "an object is wanted"),
    }
    check.found
}

/// Values nested deeper than this are refused as such.
const DEEPEST: usize = 64;

/// What has been told of one call: the violations that are warnings, or those that are none. They are counted apart, so that
/// no number of warnings hides what makes a call invalid.
#[derive(Default)]
struct Told {
    count: usize,
    /// Length of their paths, in bytes.
    length: usize,
}

impl Told {
    /// Most violations that are told.
    const MOST: usize = 1000;
    /// Length of all paths, in bytes, beyond which no further violation is told.
    const LONGEST: usize = 1 << 20;

    fn is_enough(&self) -> bool {
        self.count >= Self::MOST || self.length > Self::LONGEST
    }
}

#[derive(Default)]
struct Check {
    found: Vec<Violation>,
    errors: Told,
    warnings: Told,
    limits: Limits,
}

impl Check {
    fn add(&mut self, place: &Place<'_>, rule: &'static str, message: impl Into<String>) {
        self.tell(place, Violation::new(rule, message));
    }

    fn warn(&mut self, place: &Place<'_>, rule: &'static str, message: impl Into<String>) {
        self.tell(place, Violation { warning: true, ..Violation::new(rule, message) });
    }

    fn tell(&mut self, place: &Place<'_>, violation: Violation) {
        let told = if violation.warning { &mut self.warnings } else { &mut self.errors };
        if told.is_enough() {
            return;
        }
        let path = place.pointer();
        told.count += 1;
        told.length += path.len();
        self.found.push(Violation { path, ..violation });
    }

    fn value(&mut self, graph: &Graph, node: &Node, place: &Place<'_>, value: &Value) {
        if self.errors.is_enough() {
            return;
        }
        if place.depth() > DEEPEST {
            return self.add(place, "length", "the parameters are nested too deeply");
        }
        match &node.shape.kind {
            Kind::Structure(_) => self.structure(graph, node, place, value),
            Kind::Union(_) => {
                self.structure(graph, node, place, value);
                let set =
                    value.as_object().map(|given| given.values().filter(|value| !value.is_null()).count());
                if set.is_some_and(|set| set != 1) {
                    self.add(place, "union", "exactly one member must be given");
                }
            }
            Kind::List(list) => self.list(graph, node, list, place, value),
            Kind::Map(map) => self.map(graph, node, map, place, value),
            Kind::Text(text) => self.text(place, text, value),
            Kind::Blob(length) => match json_form::bytes(value) {
                Some(bytes) => self.span(place, "length", "bytes", *length, bytes.len()),
                None => self.add(place, "type", "base64 text is wanted"),
            },
            Kind::Boolean if !value.is_boolean() => self.add(place, "type", "true or false is wanted"),
            Kind::Integer { bits, range } => self.integer(place, *bits, *range, value),
            Kind::Float { range, .. } => match json_form::float(value) {
                Some(number) => self.range(place, *range, number),
                None => self.add(place, "type", "a number is wanted"),
            },
            Kind::Timestamp(_) if json_form::timestamp(value).is_none() => {
                self.add(place, "type", "a point in time is wanted, as RFC 3339 text or seconds since 1970");
            }
            Kind::Boolean | Kind::Timestamp(_) | Kind::Document => {}
        }
    }

    fn structure(&mut self, graph: &Graph, node: &Node, place: &Place<'_>, value: &Value) {
        let Some(given) = value.as_object() else { return self.add(place, "type", "an object is wanted") };
        for (name, value) in given {
            if self.errors.is_enough() {
                return;
            }
            let member = node.members.iter().find(|member| member.member.name == *name);
            let Some(member) = member else {
                let known = node.members.iter().map(|member| member.member.name.as_str());
                let nearest = nearest(name, known);
                let violation = Violation::new("unknown", "there is no such parameter");
                self.tell(&place.member(name), Violation { nearest, ..violation });
                continue;
            };
            let any_json = member.member.json_value && member.member.location == Location::Header;
            if value.is_null() || any_json {
                continue;
            }
            if let Some(target) = graph.node(member.node) {
                self.value(graph, target, &place.member(name), value);
            }
            if place.is_top()
                && is_part_of_address(member.member)
                && value.as_str().is_some_and(str::is_empty)
            {
                self.add(
                    &place.member(name),
                    "length",
                    "the parameter is a part of the URL and must not be empty",
                );
            }
        }
        let needed = |member: &&Member| member.required || (place.is_top() && is_part_of_address(member));
        for member in node.members.iter().map(|member| member.member).filter(needed) {
            if given.get(&member.name).is_none_or(Value::is_null) {
                self.add(&place.member(&member.name), "missing", "the parameter must be given");
            }
        }
    }

    fn list(&mut self, graph: &Graph, node: &Node, list: &model::List, place: &Place<'_>, value: &Value) {
        let Some(values) = value.as_array() else { return self.add(place, "type", "a list is wanted") };
        self.span(place, "length", "elements", list.length, values.len());
        for (position, value) in values.iter().enumerate() {
            self.element(graph, node, &place.element(position), value, list.sparse);
        }
    }

    fn map(&mut self, graph: &Graph, node: &Node, map: &model::Map, place: &Place<'_>, value: &Value) {
        let Some(values) = value.as_object() else { return self.add(place, "type", "an object is wanted") };
        self.span(place, "length", "entries", map.length, values.len());
        for (name, value) in values {
            self.element(graph, node, &place.member(name), value, map.sparse);
        }
    }

    fn element(&mut self, graph: &Graph, node: &Node, place: &Place<'_>, value: &Value, sparse: bool) {
        if value.is_null() {
            if !sparse {
                self.add(place, "type", "null is not allowed here");
            }
            return;
        }
        if let Some((_, target)) = graph.element(node) {
            self.value(graph, target, place, value);
        }
    }

    fn text(&mut self, place: &Place<'_>, text: &Text, value: &Value) {
        let Some(given) = value.as_str() else { return self.add(place, "type", "text is wanted") };
        self.span(place, "length", "characters", text.length, given.chars().count());
        let is_new = !text.values.is_empty() && !text.values.iter().any(|known| known == given);
        if is_new && !self.warnings.is_enough() {
            let nearest = nearest(given, text.values.iter().map(String::as_str));
            let violation = Violation::new("enum", "the value is not among those that the model knows");
            self.tell(place, Violation { nearest, warning: true, ..violation });
        }
        if let Some(pattern) = text.pattern.as_deref().filter(|pattern| self.limits.violates(pattern, given))
        {
            self.warn(place, "pattern", format!("the value does not match `{pattern}`"));
        }
    }

    fn integer(&mut self, place: &Place<'_>, bits: u8, range: Span, value: &Value) {
        let Some(integer) = json_form::integer(value) else {
            let message = if value.is_i64() || value.is_u64() {
                "an integer beyond ±2^53 must be given as text"
            } else {
                "an integer is wanted"
            };
            return self.add(place, "type", message);
        };
        let widest = if bits >= 64 { i64::MAX } else { (1_i64 << (bits - 1)) - 1 };
        if integer > widest || integer < -widest - 1 {
            return self.add(place, "range", format!("the value does not fit into {bits} bits"));
        }
        if let Some(min) = range.min.filter(|min| integer < *min) {
            self.add(place, "range", format!("the value is less than {min}"));
        }
        if let Some(max) = range.max.filter(|max| integer > *max) {
            self.warn(place, "range", format!("the value is greater than {max}"));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "limits of floats in the models are small")]
    fn range(&mut self, place: &Place<'_>, range: Span, number: f64) {
        if let Some(min) = range.min.filter(|min| number < *min as f64) {
            self.add(place, "range", format!("the value is less than {min}"));
        }
        if let Some(max) = range.max.filter(|max| number > *max as f64) {
            self.warn(place, "range", format!("the value is greater than {max}"));
        }
    }

    fn span(&mut self, place: &Place<'_>, rule: &'static str, of: &str, span: Span, length: usize) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if let Some(min) = span.min.filter(|min| length < *min) {
            self.add(place, rule, format!("there must be at least {min} {of}"));
        }
        if let Some(max) = span.max.filter(|max| length > *max) {
            self.warn(place, rule, format!("there must be at most {max} {of}"));
        }
    }
}

/// Whether a member is a label of the path or the host, without which there is no URL.
pub(crate) fn is_part_of_address(member: &Member) -> bool {
    member.host_label || matches!(member.location, Location::Uri | Location::Endpoint)
}
