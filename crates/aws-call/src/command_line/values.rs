//! Values of options, read as the model wants them: scalars, lists, JSON, shorthand syntax.

use serde_json::{Map, Value};

use super::{
    Command,
    error::{CommandError, bad_value},
    local_file, names_file, shorthand,
};
use crate::{
    json_form,
    model::{Kind, Location},
    schemas::{Graph, MemberSchema, Node},
};

/// Where awscli still takes a list of one-member structures as a list of that member's values: service, command, option.
const LISTS_OF_ONE_MEMBER: &[(&str, &str, &str)] = &[
    ("firehose", "put-record-batch", "records"),
    ("workspaces", "reboot-workspaces", "reboot-workspace-requests"),
    ("workspaces", "rebuild-workspaces", "rebuild-workspace-requests"),
    ("workspaces", "terminate-workspaces", "terminate-workspace-requests"),
    ("elb", "remove-tags", "tags"),
    ("elb", "describe-instance-health", "instances"),
    ("elb", "deregister-instances-from-load-balancer", "instances"),
    ("elb", "register-instances-with-load-balancer", "instances"),
];

/// The value of a member, from what stands after its option.
pub(super) fn of_member(
    command: &Command<'_>,
    option: &str,
    schema: &MemberSchema,
    values: &[String],
) -> Result<Value, CommandError> {
    let node = command.graph.and_then(|graph| Some((graph, graph.node(schema.node)?)));
    let (graph, node) = node.ok_or_else(|| bad_value(option, "the model does not say what it takes"))?;
    let reader = Reader { graph, option };
    let is_stream = schema.member.streaming && matches!(node.shape.kind, Kind::Blob(_));
    if is_stream || values.iter().any(|value| names_file(value)) {
        return Err(local_file(option));
    }
    let first = values.first().map(String::as_str).unwrap_or_default();
    if schema.member.json_value && schema.member.location == Location::Header {
        return reader.json(first);
    }
    match &node.shape.kind {
        Kind::List(_) => {
            let old_form = LISTS_OF_ONE_MEMBER.iter().any(|(service, name, listed)| {
                *service == command.service && *name == command.name && option == format!("--{listed}")
            });
            reader.list(node, values, old_form)
        }
        _ => reader.single(node, first),
    }
}

/// Reads the value of a nested structure or map given to an option of its own.
pub(super) fn nested(graph: &Graph, node: &Node, option: &str, text: &str) -> Result<Value, CommandError> {
    if names_file(text) {
        return Err(local_file(option));
    }
    Reader { graph, option }.single(node, text)
}

/// A structure given as JSON or in shorthand, where no model describes it.
pub(super) fn unmodelled(option: &str, text: &str) -> Result<Map<String, Value>, CommandError> {
    if names_file(text) {
        return Err(local_file(option));
    }
    if looks_like_json(text) {
        json_object(option, text)
    } else {
        shorthand::parse(text).map_err(|error| of_shorthand(option, &error))
    }
}

/// A JSON object.
pub(super) fn json_object(option: &str, text: &str) -> Result<Map<String, Value>, CommandError> {
    match json(option, text)? {
        Value::Object(entries) => Ok(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(bad_value(option, "a JSON object is wanted"))
        }
    }
}

/// Any JSON value. Read as anything narrower, the error would repeat the value that does not fit.
fn json(option: &str, text: &str) -> Result<Value, CommandError> {
    serde_json::from_str(text).map_err(|error| bad_value(option, format!("this is not JSON: {error}")))
}

/// An integer as Python's `int` reads it.
pub(super) fn integer(option: &str, text: &str) -> Result<i64, CommandError> {
    text.trim().parse().map_err(|_| bad_value(option, "an integer is wanted"))
}

/// A floating-point number.
pub(super) fn float(option: &str, text: &str) -> Result<Value, CommandError> {
    let number: f64 = text.trim().parse().map_err(|_| bad_value(option, "a number is wanted"))?;
    Ok(json_form::float_value(number))
}

fn of_shorthand(option: &str, error: &shorthand::ShorthandError) -> CommandError {
    match error {
        shorthand::ShorthandError::File => local_file(option),
        shorthand::ShorthandError::TooDeep => {
            CommandError::new(super::CommandFault::TooLarge, format!("`{option}`: {error}"))
        }
        other => bad_value(option, format!("this is not shorthand syntax: {other}"))
            .instead("write `Key=a,Other=b`, or JSON in single quotes"),
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

struct Reader<'a> {
    graph: &'a Graph,
    option: &'a str,
}

impl Reader<'_> {
    fn json(&self, text: &str) -> Result<Value, CommandError> {
        json(self.option, text)
    }

    fn element<'n>(&'n self, node: &Node) -> Result<&'n Node, CommandError> {
        let element = self.graph.element(node).map(|(_, element)| element);
        element.ok_or_else(|| bad_value(self.option, "the model does not say what it takes"))
    }

    /// A value that stands in one word.
    fn single(&self, node: &Node, text: &str) -> Result<Value, CommandError> {
        match &node.shape.kind {
            Kind::Structure(structure) | Kind::Union(structure) => {
                if looks_like_json(text) {
                    return self.object(text);
                }
                if let [only] = structure.members.as_slice()
                    && only.name == "Value"
                    && !text.contains('=')
                    && self.first_member_is_text(node)
                {
                    return Ok(serde_json::json!({ "Value": text }));
                }
                self.shorthand(node, text)
            }
            Kind::Map(_) if looks_like_json(text) || self.holds_documents(node) => self.object(text),
            Kind::Map(_) => self.shorthand(node, text),
            Kind::Document => self.json(text),
            Kind::List(_) => self.list(node, &[text.to_owned()], false),
            Kind::Text(_) | Kind::Blob(_) | Kind::Timestamp(_) => Ok(Value::from(text)),
            Kind::Boolean => Ok(Value::from(!text.eq_ignore_ascii_case("false"))),
            Kind::Integer { .. } => Ok(json_form::integer_value(integer(self.option, text)?)),
            Kind::Float { .. } => float(self.option, text),
        }
    }

    fn object(&self, text: &str) -> Result<Value, CommandError> {
        if text.trim_start().starts_with('{') {
            self.json(text)
        } else {
            Err(bad_value(self.option, "a JSON object or shorthand syntax is wanted"))
        }
    }

    fn first_member_is_text(&self, node: &Node) -> bool {
        let first = node.members.first().and_then(|member| self.graph.node(member.node));
        first.is_some_and(|first| matches!(first.shape.kind, Kind::Text(_)))
    }

    /// A value that stands in several words, or as a JSON array in one.
    fn list(&self, node: &Node, values: &[String], old_form: bool) -> Result<Value, CommandError> {
        if let [only] = values
            && only.trim_start().starts_with('[')
        {
            return self.json(only);
        }
        let element = self.element(node)?;
        let complex =
            matches!(element.shape.kind, Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map(_));
        let json = values.first().is_some_and(|first| looks_like_json(first));
        if !complex || self.holds_documents(element) {
            return values.iter().map(|value| self.single(element, value)).collect();
        }
        if json {
            return values
                .iter()
                .map(|value| match &element.shape.kind {
                    Kind::List(_) if value.trim_start().starts_with('[') => self.json(value),
                    _ => self.object(value),
                })
                .collect();
        }
        if let ([only], true) = (element.members.as_slice(), old_form) {
            let wrap = |value: &String| serde_json::json!({ only.member.name.as_str(): value });
            return Ok(values.iter().map(wrap).collect());
        }
        values.iter().map(|value| self.shorthand(element, value)).collect()
    }

    /// Whether a map or list holds nothing but documents, which have no shorthand syntax.
    fn holds_documents(&self, node: &Node) -> bool {
        /// Lists and maps within each other; those that hold themselves end here.
        const DEEPEST: usize = 16;
        let mut node = node;
        for _ in 0..DEEPEST {
            match (&node.shape.kind, self.element(node)) {
                (Kind::Document, _) => return true,
                (_, Ok(element)) => node = element,
                (_, Err(_)) => return false,
            }
        }
        false
    }

    fn shorthand(&self, node: &Node, text: &str) -> Result<Value, CommandError> {
        let parsed = shorthand::parse(text).map_err(|error| of_shorthand(self.option, &error))?;
        self.coerced(node, Value::Object(parsed))
    }

    /// Gives the texts of shorthand syntax the types of the model. A single value where a list is wanted becomes a list.
    fn coerced(&self, node: &Node, value: Value) -> Result<Value, CommandError> {
        match (&node.shape.kind, value) {
            (Kind::Structure(_) | Kind::Union(_), Value::Object(mut entries)) => {
                for member in &node.members {
                    let Some(value) = entries.get_mut(&member.member.name) else { continue };
                    if let Some(target) = self.graph.node(member.node) {
                        *value = self.coerced(target, value.take())?;
                    }
                }
                Ok(Value::Object(entries))
            }
            (Kind::Map(_), Value::Object(mut entries)) => {
                let element = self.element(node)?;
                for value in entries.values_mut() {
                    *value = self.coerced(element, value.take())?;
                }
                Ok(Value::Object(entries))
            }
            (Kind::List(_), Value::Array(values)) => {
                let element = self.element(node)?;
                values.into_iter().map(|value| self.coerced(element, value)).collect()
            }
            (Kind::List(_), single) => Ok(Value::Array(vec![single])),
            (Kind::Document, _) => {
                Err(bad_value(self.option, "shorthand syntax cannot say what a document holds")
                    .instead("write JSON in single quotes"))
            }
            (Kind::Integer { .. }, Value::String(text)) => {
                Ok(json_form::integer_value(integer(self.option, &text)?))
            }
            (Kind::Float { .. }, Value::String(text)) => float(self.option, &text),
            (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
                Ok(Value::from(true))
            }
            (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
                Ok(Value::from(false))
            }
            (_, other) => Ok(other),
        }
    }
}
