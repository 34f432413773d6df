//! Whether parameters fit an operation's model.
//!
//! What botocore's own validation refuses is a violation here. Beyond it, and no warning either, are: integers that do not fit
//! their width, booleans for numbers, blobs that are shorter than the model's minimum or no base64, elements that are null, an
//! empty label of the path, and nesting that is deeper than anything a service takes. Upper limits, patterns and enums are
//! warnings: services raise, widen and extend them before models know it, and refuse what they do not take.

mod limits;

use limits::Limits;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    index::IndexError,
    json_form,
    model::{Kind, Location, Member, Span, Text},
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
    fn new(path: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), rule, message: message.into(), nearest: None, warning: false }
    }

    fn warning(path: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { warning: true, ..Self::new(path, rule, message) }
    }
}

/// The violation that stands for an index that cannot be read: nothing can be said about the parameters then.
pub(crate) fn unreadable_model(error: &IndexError) -> Violation {
    Violation::new("", "model", error.to_string())
}

/// Compares `parameters` with the input of `graph`.
pub(crate) fn validate(graph: Option<&Graph>, parameters: &Value) -> Vec<Violation> {
    let mut check = Check { found: Vec::new(), limits: Limits::default() };
    match (graph.and_then(|graph| Some((graph, graph.node(ROOT)?))), parameters) {
        (Some((graph, root)), Value::Null) => check.value(graph, root, "", &Value::Object(Map::new())),
        (Some((graph, root)), parameters) => check.value(graph, root, "", parameters),
        (None, Value::Null) => {}
        (None, Value::Object(given)) => {
            for name in given.keys() {
                check.add(&pointer("", name), "unknown", "the operation takes no parameters");
            }
        }
        (None, _) => check.add("", "type", "an object is wanted"),
    }
    check.found
}

/// Values nested deeper than this are refused as such.
const DEEPEST: usize = 64;

/// Most violations that are told of one call.
const MOST: usize = 1000;

struct Check {
    found: Vec<Violation>,
    limits: Limits,
}

impl Check {
    fn add(&mut self, path: &str, rule: &'static str, message: impl Into<String>) {
        self.push(Violation::new(path, rule, message));
    }

    fn push(&mut self, violation: Violation) {
        if self.found.len() < MOST {
            self.found.push(violation);
        }
    }

    fn value(&mut self, graph: &Graph, node: &Node, path: &str, value: &Value) {
        if self.found.len() >= MOST {
            return;
        }
        if path.matches('/').count() > DEEPEST {
            return self.add(path, "length", "the parameters are nested too deeply");
        }
        match &node.shape.kind {
            Kind::Structure(_) => self.structure(graph, node, path, value),
            Kind::Union(_) => {
                self.structure(graph, node, path, value);
                let set =
                    value.as_object().map(|given| given.values().filter(|value| !value.is_null()).count());
                if set.is_some_and(|set| set != 1) {
                    self.add(path, "union", "exactly one member must be given");
                }
            }
            Kind::List(list) => match value.as_array() {
                Some(values) => {
                    self.span(path, "length", "elements", list.length, values.len());
                    for (position, value) in values.iter().enumerate() {
                        self.element(graph, node, &format!("{path}/{position}"), value, list.sparse);
                    }
                }
                None => self.add(path, "type", "a list is wanted"),
            },
            Kind::Map(map) => match value.as_object() {
                Some(values) => {
                    self.span(path, "length", "entries", map.length, values.len());
                    for (name, value) in values {
                        self.element(graph, node, &pointer(path, name), value, map.sparse);
                    }
                }
                None => self.add(path, "type", "an object is wanted"),
            },
            Kind::Text(text) => self.text(path, text, value),
            Kind::Blob(length) => match json_form::bytes(value) {
                Some(bytes) => self.span(path, "length", "bytes", *length, bytes.len()),
                None => self.add(path, "type", "base64 text is wanted"),
            },
            Kind::Boolean if !value.is_boolean() => self.add(path, "type", "true or false is wanted"),
            Kind::Integer { bits, range } => self.integer(path, *bits, *range, value),
            Kind::Float { range, .. } => match json_form::float(value) {
                Some(number) => self.range(path, *range, number),
                None => self.add(path, "type", "a number is wanted"),
            },
            Kind::Timestamp(_) if json_form::timestamp(value).is_none() => {
                self.add(path, "type", "a point in time is wanted, as RFC 3339 text or seconds since 1970");
            }
            Kind::Boolean | Kind::Timestamp(_) | Kind::Document => {}
        }
    }

    fn structure(&mut self, graph: &Graph, node: &Node, path: &str, value: &Value) {
        let Some(given) = value.as_object() else { return self.add(path, "type", "an object is wanted") };
        for (name, value) in given {
            let member = node.members.iter().find(|member| member.member.name == *name);
            let Some(member) = member else {
                let known = node.members.iter().map(|member| member.member.name.as_str());
                let mut violation =
                    Violation::new(&pointer(path, name), "unknown", "there is no such parameter");
                violation.nearest = nearest(name, known);
                self.push(violation);
                continue;
            };
            let any_json = member.member.json_value && member.member.location == Location::Header;
            if value.is_null() || any_json {
                continue;
            }
            if let Some(target) = graph.node(member.node) {
                self.value(graph, target, &pointer(path, name), value);
            }
            if path.is_empty()
                && is_part_of_address(member.member)
                && value.as_str().is_some_and(str::is_empty)
            {
                self.add(
                    &pointer(path, name),
                    "length",
                    "the parameter is a part of the URL and must not be empty",
                );
            }
        }
        let needed = |member: &&Member| member.required || (path.is_empty() && is_part_of_address(member));
        for member in node.members.iter().map(|member| member.member).filter(needed) {
            if given.get(&member.name).is_none_or(Value::is_null) {
                self.add(&pointer(path, &member.name), "missing", "the parameter must be given");
            }
        }
    }

    fn element(&mut self, graph: &Graph, node: &Node, path: &str, value: &Value, sparse: bool) {
        if value.is_null() {
            if !sparse {
                self.add(path, "type", "null is not allowed here");
            }
            return;
        }
        if let Some(target) = node.element.and_then(|element| graph.node(element.node)) {
            self.value(graph, target, path, value);
        }
    }

    fn text(&mut self, path: &str, text: &Text, value: &Value) {
        let Some(given) = value.as_str() else { return self.add(path, "type", "text is wanted") };
        self.span(path, "length", "characters", text.length, given.chars().count());
        if !text.values.is_empty() && !text.values.iter().any(|known| known == given) {
            let mut violation =
                Violation::warning(path, "enum", "the value is not among those that the model knows");
            violation.nearest = nearest(given, text.values.iter().map(String::as_str));
            self.push(violation);
        }
        if let Some(pattern) = text.pattern.as_deref().filter(|pattern| self.limits.violates(pattern, given))
        {
            self.push(Violation::warning(path, "pattern", format!("the value does not match `{pattern}`")));
        }
    }

    fn integer(&mut self, path: &str, bits: u8, range: Span, value: &Value) {
        let Some(integer) = json_form::integer(value) else {
            let message = if value.is_i64() || value.is_u64() {
                "an integer beyond ±2^53 must be given as text"
            } else {
                "an integer is wanted"
            };
            return self.add(path, "type", message);
        };
        let widest = if bits >= 64 { i64::MAX } else { (1_i64 << (bits - 1)) - 1 };
        if integer > widest || integer < -widest - 1 {
            return self.add(path, "range", format!("the value does not fit into {bits} bits"));
        }
        if let Some(min) = range.min.filter(|min| integer < *min) {
            self.add(path, "range", format!("the value is less than {min}"));
        }
        if let Some(max) = range.max.filter(|max| integer > *max) {
            self.push(Violation::warning(path, "range", format!("the value is greater than {max}")));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "limits of floats in the models are small")]
    fn range(&mut self, path: &str, range: Span, number: f64) {
        if let Some(min) = range.min.filter(|min| number < *min as f64) {
            self.add(path, "range", format!("the value is less than {min}"));
        }
        if let Some(max) = range.max.filter(|max| number > *max as f64) {
            self.push(Violation::warning(path, "range", format!("the value is greater than {max}")));
        }
    }

    fn span(&mut self, path: &str, rule: &'static str, of: &str, span: Span, length: usize) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if let Some(min) = span.min.filter(|min| length < *min) {
            self.add(path, rule, format!("there must be at least {min} {of}"));
        }
        if let Some(max) = span.max.filter(|max| length > *max) {
            self.push(Violation::warning(path, rule, format!("there must be at most {max} {of}")));
        }
    }
}

/// Whether a member is a label of the path or the host, without which there is no URL.
fn is_part_of_address(member: &Member) -> bool {
    member.host_label || matches!(member.location, Location::Uri | Location::Endpoint)
}

fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
