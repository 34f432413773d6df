//! Shapes of a service model, numbered in the order in which operations reach them.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    SourceError,
    json_model::{ReferenceJson, ShapeJson},
};
use crate::model::{
    Kind, List, Location, Map, Member, Reference, Shape, Span, Structure, Text, TimestampFormat, XmlNamespace,
};

/// Takes shapes over as operations reach them.
pub(super) struct ShapeReader<'a> {
    source: &'a HashMap<String, ShapeJson>,
    numbers: HashMap<String, u32>,
    waiting: Vec<String>,
}

impl<'a> ShapeReader<'a> {
    pub(super) fn new(source: &'a HashMap<String, ShapeJson>) -> Self {
        Self { source, numbers: HashMap::new(), waiting: Vec::new() }
    }

    /// The number of the shape called `name`, which will be among [`ShapeReader::finish`]'s.
    pub(super) fn number(&mut self, name: &str) -> Result<u32, SourceError> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number = u32::try_from(self.numbers.len())
            .map_err(|_| SourceError::model(name, "a number that does not fit"))?;
        self.numbers.insert(name.to_owned(), number);
        self.waiting.push(name.to_owned());
        Ok(number)
    }

    /// All shapes reached, each at the position of its number.
    pub(super) fn finish(mut self) -> Result<Vec<Shape>, SourceError> {
        let mut shapes = Vec::new();
        while let Some(name) = self.waiting.get(shapes.len()).cloned() {
            let source = self
                .source
                .get(&name)
                .ok_or_else(|| SourceError::model(&name, "no definition in its model"))?;
            let kind = self.kind(&name, source)?;
            shapes.push(Shape { name, sensitive: source.sensitive, kind });
        }
        Ok(shapes)
    }

    fn kind(&mut self, name: &str, source: &ShapeJson) -> Result<Kind, SourceError> {
        if source.document {
            return Ok(Kind::Document);
        }
        let span = Span { min: source.min.map(floor), max: source.max.map(ceil) };
        Ok(match source.kind.as_str() {
            "structure" if source.union => Kind::Union(self.structure(source)?),
            "structure" => Kind::Structure(self.structure(source)?),
            "list" => Kind::List(List {
                member: self.reference(name, source.member.as_ref())?,
                length: span,
                flattened: source.flattened,
                sparse: source.sparse,
            }),
            "map" => Kind::Map(Map {
                key: self.reference(name, source.key.as_ref())?,
                value: self.reference(name, source.value.as_ref())?,
                length: span,
                flattened: source.flattened,
                sparse: source.sparse,
            }),
            "string" | "character" => Kind::Text(Text {
                length: span,
                pattern: source.pattern.clone(),
                values: source.values.clone(),
            }),
            "blob" => Kind::Blob(span),
            "boolean" => Kind::Boolean,
            "byte" => Kind::Integer { bits: 8, range: span },
            "short" => Kind::Integer { bits: 16, range: span },
            "integer" => Kind::Integer { bits: 32, range: span },
            "long" | "biginteger" => Kind::Integer { bits: 64, range: span },
            "float" => Kind::Float { bits: 32, range: span },
            "double" | "bigdecimal" => Kind::Float { bits: 64, range: span },
            "timestamp" => Kind::Timestamp(timestamp_format(source.timestamp_format.as_deref())),
            other => return Err(SourceError::model(name, format!("the unknown type `{other}`"))),
        })
    }

    fn structure(&mut self, source: &ShapeJson) -> Result<Structure, SourceError> {
        let mut members = Vec::with_capacity(source.members.len());
        for (name, reference) in &source.members {
            members.push(self.member(name, reference, source)?);
        }
        let payload = source.payload.as_deref().and_then(|payload| {
            source.members.iter().position(|(name, _)| name == payload).and_then(|at| u32::try_from(at).ok())
        });
        Ok(Structure {
            members,
            payload,
            xml_name: source.location_name.clone(),
            xml_namespace: xml_namespace(&source.xml_namespace),
        })
    }

    fn member(
        &mut self,
        name: &str,
        source: &ReferenceJson,
        owner: &ShapeJson,
    ) -> Result<Member, SourceError> {
        let target = self.source.get(&source.shape);
        Ok(Member {
            name: name.to_owned(),
            reference: self.reference(name, Some(source))?,
            required: owner.required.iter().any(|required| required == name),
            location: location(name, source.location.as_deref())?,
            query_name: source.query_name.clone(),
            context_parameter: source.context_param.as_ref().map(|parameter| parameter.name.clone()),
            flattened: source.flattened || target.is_some_and(|target| target.flattened),
            xml_attribute: source.xml_attribute,
            // A body of bytes that happens to be JSON is sent as it is.
            json_value: source.jsonvalue && target.is_some_and(|target| target.kind == "string"),
            idempotency_token: source.idempotency_token,
            host_label: source.host_label,
            streaming: source.streaming
                || target.is_some_and(|target| target.streaming || target.eventstream),
        })
    }

    /// A list that gives its own name on the wire, for members that do not give it another.
    fn own_name(&self, shape: &str) -> Option<String> {
        self.source
            .get(shape)
            .filter(|shape| shape.kind == "list")
            .and_then(|shape| shape.location_name.clone())
    }

    fn reference(&mut self, owner: &str, source: Option<&ReferenceJson>) -> Result<Reference, SourceError> {
        let source = source.ok_or_else(|| SourceError::model(owner, "no member, key or value"))?;
        Ok(Reference {
            target: self.number(&source.shape)?,
            wire_name: source.location_name.clone().or_else(|| self.own_name(&source.shape)),
            timestamp: timestamp_format(source.timestamp_format.as_deref()),
            xml_namespace: xml_namespace(&source.xml_namespace),
        })
    }
}

fn location(member: &str, name: Option<&str>) -> Result<Location, SourceError> {
    Ok(match name {
        None => Location::Body,
        Some("header") => Location::Header,
        Some("headers") => Location::PrefixHeaders,
        Some("querystring") => Location::Query,
        Some("uri") => Location::Uri,
        Some("statusCode") => Location::StatusCode,
        Some(other) => return Err(SourceError::model(member, format!("the unknown location `{other}`"))),
    })
}

fn timestamp_format(name: Option<&str>) -> Option<TimestampFormat> {
    match name? {
        "iso8601" => Some(TimestampFormat::DateTime),
        "rfc822" => Some(TimestampFormat::HttpDate),
        "unixTimestamp" => Some(TimestampFormat::EpochSeconds),
        _ => None,
    }
}

/// A namespace given as a URI or as an object with `uri` and `prefix`.
pub(super) fn xml_namespace(value: &Value) -> Option<XmlNamespace> {
    if let Some(uri) = value.as_str() {
        return Some(XmlNamespace { uri: uri.to_owned(), prefix: None });
    }
    let uri = value.get("uri")?.as_str()?.to_owned();
    let prefix = value.get("prefix").and_then(Value::as_str).map(str::to_owned);
    Some(XmlNamespace { uri, prefix })
}

#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate, which a limit may")]
fn floor(limit: f64) -> i64 {
    limit.floor() as i64
}

#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate, which a limit may")]
fn ceil(limit: f64) -> i64 {
    limit.ceil() as i64
}
