//! Builds a graph: decodes what is reachable, then makes schemas, members before the structures that hold them.

use std::collections::{HashMap, hash_map::Entry};

use aws_smithy_schema::{Schema, intern_header_name, traits::TimestampFormat};

use super::{
    Direction, Element, Lasting, MemberSchema, Node, ROOT, leak, leak_text, shape_id, shape_type,
    structure_schema, with_namespace,
};
use crate::{
    index::{IndexError, LoadedService},
    model::{self, Kind, Location, Protocol, Reference, Shape},
};

/// What is known of a graph while it is built.
pub(super) struct Builder<'a> {
    service: &'a LoadedService,
    direction: Direction,
    shapes: Vec<&'static Shape>,
    numbers: HashMap<u32, usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(service: &'a LoadedService, direction: Direction) -> Self {
        Self { service, direction, shapes: Vec::new(), numbers: HashMap::new() }
    }

    /// Everything that `root` reaches, `root` first.
    pub(super) fn build(mut self, root: u32) -> Result<Vec<Node>, IndexError> {
        self.reach(root)?;
        self.nodes()
    }

    fn corrupt(&self) -> IndexError {
        IndexError::Corrupt { section: self.service.model.name.clone() }
    }

    /// Decodes everything that `root` reaches and numbers it, `root` first.
    fn reach(&mut self, root: u32) -> Result<(), IndexError> {
        let mut waiting = vec![root];
        self.numbers.insert(root, ROOT);
        let mut next = 0;
        while let Some(number) = waiting.get(next).copied() {
            next += 1;
            let shape: Shape =
                self.service.model.shapes.get(number as usize).ok_or_else(|| self.corrupt())?;
            let shape: &'static Shape = leak(shape);
            self.shapes.push(shape);
            for target in targets(shape) {
                if let Entry::Vacant(number) = self.numbers.entry(target) {
                    number.insert(waiting.len());
                    waiting.push(target);
                }
            }
        }
        Ok(())
    }

    fn number(&self, reference: &Reference) -> Result<usize, IndexError> {
        self.numbers.get(&reference.target).copied().ok_or_else(|| self.corrupt())
    }

    fn shape(&self, reference: &Reference) -> Result<&'static Shape, IndexError> {
        self.shapes.get(self.number(reference)?).copied().ok_or_else(|| self.corrupt())
    }

    /// Members first, then structures, then the elements and payloads that refer to structures.
    fn nodes(&self) -> Result<Vec<Node>, IndexError> {
        let mut nodes = Vec::with_capacity(self.shapes.len());
        for shape in &self.shapes {
            nodes.push(self.node(shape)?);
        }
        let structures: Vec<Option<Lasting>> =
            nodes.iter().map(|node: &Node| node.structure().map(|_| node.schema)).collect();
        let structure = |number: usize| structures.get(number).copied().flatten();
        let mut payloads = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            for (position, member) in node.members.iter().enumerate() {
                let target = nodes.get(member.node).filter(|target| target.structure().is_some());
                if let Some(target) = target.filter(|_| member.schema.http_payload().is_some()) {
                    payloads.push((number, position, self.payload_schema(member.member, target)));
                }
            }
        }
        for (number, position, payload) in payloads {
            if let Some(member) = nodes.get_mut(number).and_then(|node| node.members.get_mut(position)) {
                member.payload = Some(payload);
            }
        }
        for element in nodes.iter_mut().filter_map(|node| node.element.as_mut()) {
            if let Some(schema) = structure(element.node).filter(|schema| !schema.members().is_empty()) {
                element.schema = schema;
            }
        }
        Ok(nodes)
    }

    fn node(&self, shape: &'static Shape) -> Result<Node, IndexError> {
        let structure = shape.kind.structure();
        let members = structure.map(|structure| self.members(structure)).transpose()?.unwrap_or_default();
        let element = shape.kind.element().map(|element| self.element(element)).transpose()?;
        let schema = match structure {
            Some(_) => structure_schema(&shape.name, shape_type(shape), &members, structure),
            None => Schema::new(shape_id(&shape.name), shape_type(shape)),
        };
        Ok(Node { shape, schema: leak(schema), members, element })
    }

    fn members(&self, structure: &'static model::Structure) -> Result<Vec<MemberSchema>, IndexError> {
        let member = |(position, member): (usize, &'static model::Member)| {
            let payload = structure.payload.is_some_and(|payload| payload as usize == position);
            Ok(MemberSchema {
                schema: leak(self.member_schema(member, position, payload)?),
                node: self.number(&member.reference)?,
                member,
                payload: None,
            })
        };
        structure.members.iter().enumerate().map(member).collect()
    }

    fn element(&self, reference: &'static Reference) -> Result<Element, IndexError> {
        let target = self.shape(reference)?;
        let schema = Schema::new(shape_id(&target.name), shape_type(target));
        Ok(Element {
            schema: leak(self.with_reference(schema, reference, 0)?),
            node: self.number(reference)?,
        })
    }

    fn member_schema(
        &self,
        member: &'static model::Member,
        position: usize,
        payload: bool,
    ) -> Result<Schema<'static>, IndexError> {
        let target = self.shape(&member.reference)?;
        let mut schema =
            Schema::new_member(shape_id(&target.name), shape_type(target), member.name.as_str(), position);
        let wire_name = member.reference.wire_name.as_deref();
        let name = wire_name.unwrap_or(&member.name);
        schema = match member.location {
            Location::Header => schema.with_http_header(intern_header_name(name)),
            Location::PrefixHeaders => schema.with_http_prefix_headers(wire_name.unwrap_or("")),
            Location::Query if matches!(target.kind, Kind::Map(_)) => schema.with_http_query_params(),
            Location::Query => schema.with_http_query(name),
            Location::Uri => schema.with_http_label(),
            Location::StatusCode => schema.with_http_response_code(),
            Location::Body if payload && !names_payload(member) => schema,
            Location::Body | Location::Endpoint => self.with_body_name(schema, member, target),
        };
        if payload {
            schema = schema.with_http_payload();
        }
        if member.json_value && member.location == Location::Header {
            schema = schema.with_media_type("application/json");
        }
        if member.host_label {
            schema = schema.with_host_label();
        }
        if member.xml_attribute {
            schema = schema.with_xml_attribute();
        }
        self.with_reference(schema, &member.reference, 0)
    }

    fn with_body_name(
        &self,
        mut schema: Schema<'static>,
        member: &'static model::Member,
        target: &'static Shape,
    ) -> Schema<'static> {
        let wire_name = member.reference.wire_name.as_deref();
        match self.service.model.protocol {
            Protocol::Ec2Query if self.direction == Direction::Request => {
                let name = member.query_name.as_deref();
                schema = schema
                    .with_xml_name(name.unwrap_or_else(|| capitalised(wire_name.unwrap_or(&member.name))));
                if matches!(target.kind, Kind::List(_)) {
                    schema = schema.with_xml_flattened();
                }
            }
            Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
                if let Some(name) = self.name_in_xml(member, target) {
                    schema = schema.with_xml_name(name);
                }
                if member.flattened {
                    schema = schema.with_xml_flattened();
                }
            }
            Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RpcV2Cbor => {
                if let Some(name) = wire_name {
                    schema = schema.with_json_name(name);
                }
            }
        }
        schema
    }

    /// The name of a member in XML, if it is not its own. A list whose elements have no element around them is written under
    /// its elements' name: in answers if the list itself is like that, in awsQuery's requests if it has no name of its own.
    fn name_in_xml(&self, member: &'static model::Member, target: &'static Shape) -> Option<&'static str> {
        let own = member.reference.wire_name.as_deref();
        let Kind::List(list) = &target.kind else { return own };
        let of_elements = list.member.wire_name.as_deref();
        match (self.direction, self.service.model.protocol) {
            (Direction::Answer, _) if list.flattened => of_elements.or(own),
            (Direction::Request, Protocol::AwsQuery) if member.flattened => own.or(of_elements),
            (Direction::Answer | Direction::Request, _) => own,
        }
    }

    /// Adds what a reference and its target say about timestamps, namespaces and the names of elements.
    fn with_reference(
        &self,
        mut schema: Schema<'static>,
        reference: &'static Reference,
        depth: usize,
    ) -> Result<Schema<'static>, IndexError> {
        /// Lists within lists whose element names a codec may ask for; recursive lists end here.
        const DEEPEST: usize = 6;
        let target = self.shape(reference)?;
        let of_target = if let Kind::Timestamp(format) = &target.kind { *format } else { None };
        if let Some(format) = reference.timestamp.or(of_target) {
            schema = schema.with_timestamp_format(match format {
                model::TimestampFormat::EpochSeconds => TimestampFormat::EpochSeconds,
                model::TimestampFormat::DateTime => TimestampFormat::DateTime,
                model::TimestampFormat::HttpDate => TimestampFormat::HttpDate,
            });
        }
        let namespace = target.kind.structure().and_then(|structure| structure.xml_namespace.as_ref());
        schema = with_namespace(schema, reference.xml_namespace.as_ref().or(namespace));
        if depth >= DEEPEST {
            return Ok(schema);
        }
        if let Kind::List(list) = &target.kind {
            schema = schema.with_list_member(leak(self.element_schema(&list.member, "member", depth)?));
        }
        if let Kind::Map(map) = &target.kind {
            schema = schema.with_map_members(
                leak(self.element_schema(&map.key, "key", depth)?),
                leak(self.element_schema(&map.value, "value", depth)?),
            );
        }
        Ok(schema)
    }

    fn element_schema(
        &self,
        reference: &'static Reference,
        name: &'static str,
        depth: usize,
    ) -> Result<Schema<'static>, IndexError> {
        let target = self.shape(reference)?;
        let position = usize::from(name == "value");
        let mut schema = Schema::new_member(shape_id(&target.name), shape_type(target), name, position);
        if let Some(name) = &reference.wire_name {
            schema = schema.with_xml_name(name);
        }
        self.with_reference(schema, reference, depth + 1)
    }

    /// The schema of a structure that is the whole body: its own, with the member's element name and namespace.
    fn payload_schema(&self, member: &'static model::Member, target: &Node) -> Lasting {
        let mut schema = structure_schema(
            &target.shape.name,
            shape_type(target.shape),
            &target.members,
            target.structure(),
        );
        if let Some(name) = member.reference.wire_name.as_deref().filter(|_| names_payload(member)) {
            schema = schema.with_xml_name(name);
        }
        schema = with_namespace(schema, member.reference.xml_namespace.as_ref());
        leak(schema)
    }
}

/// Whether a member's wire name is the root element's name. botocore's models repeat the member's own name where there is
/// none; only with a namespace does that one count, too.
fn names_payload(member: &model::Member) -> bool {
    let Reference { wire_name, xml_namespace, .. } = &member.reference;
    wire_name.as_ref().is_some_and(|name| xml_namespace.is_some() || *name != member.name)
}

/// Numbers of the shapes that a shape refers to.
pub(crate) fn targets(shape: &Shape) -> Vec<u32> {
    let members = shape.kind.structure().map(|structure| structure.members.as_slice()).unwrap_or_default();
    let key = if let Kind::Map(map) = &shape.kind { Some(&map.key) } else { None };
    let references = members.iter().map(|member| &member.reference);
    references.chain(key).chain(shape.kind.element()).map(|reference| reference.target).collect()
}

/// The name with an upper-case first letter, as ec2Query writes it.
fn capitalised(name: &'static str) -> &'static str {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() => {
            leak_text(&format!("{}{}", first.to_uppercase(), letters.as_str()))
        }
        _ => name,
    }
}
