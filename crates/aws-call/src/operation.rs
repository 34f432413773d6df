//! One operation of one service: what it is, what it takes, how to call it.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::{
    access::Access,
    answer,
    describe::{
        Description, Leaf, Parameter, Place, Resource, example, parameters, resources_of_call,
        sensitive_paths, timestamp_paths,
    },
    index::{IndexError, LoadedService},
    model::{self, Kind, Location, Member},
    outcome::Outcome,
    request::{self, BuildError, Request, Target},
    schemas::{Direction, Graph, Lasting, MemberSchema, ROOT, request_schema},
    validation::{self, Violation},
    wire::Wire,
};

/// An operation of the index. Cloning is cheap; its schemas are built on first use and then kept.
#[derive(Clone)]
pub struct Operation {
    inner: Arc<Inner>,
}

struct Inner {
    service: Arc<LoadedService>,
    model: model::Operation,
    wire: Wire,
    input: OnceLock<Input>,
    output: OnceLock<Option<Graph>>,
    token: Option<String>,
    sensitive_input: OnceLock<Vec<String>>,
    sensitive_output: OnceLock<Vec<String>>,
}

/// What a request is written with.
pub(crate) struct Input {
    /// None if the operation takes no parameters.
    pub(crate) graph: Option<Graph>,
    pub(crate) schema: Lasting,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operation({}:{})", self.service(), self.name())
    }
}

impl Operation {
    pub(crate) fn load(service: Arc<LoadedService>, model: model::Operation) -> Result<Self, IndexError> {
        let wire = Wire::new(&service.model, &model.name);
        let token = members(&service, model.input)?
            .into_iter()
            .find(|member| member.idempotency_token)
            .map(|member| member.name);
        Ok(Self {
            inner: Arc::new(Inner {
                service,
                model,
                wire,
                input: OnceLock::new(),
                output: OnceLock::new(),
                token,
                sensitive_input: OnceLock::new(),
                sensitive_output: OnceLock::new(),
            }),
        })
    }

    /// Name of the service's botocore folder (`ssm`, `elbv2`).
    #[must_use]
    pub fn service(&self) -> &str {
        &self.inner.service.model.name
    }

    /// Name of the operation (`PutParameter`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.model.name
    }

    /// What calling it does.
    #[must_use]
    pub fn access(&self) -> Access {
        self.inner.model.access
    }

    /// IAM actions that it needs (`ssm:PutParameter`); none when it cannot be told.
    #[must_use]
    pub fn iam_actions(&self) -> &[String] {
        &self.inner.model.iam_actions
    }

    /// What a call with these parameters touches, as the IAM actions name it.
    #[must_use]
    pub fn resources(
        &self,
        parameters: &Value,
        partition: &str,
        account: &str,
        region: &str,
    ) -> Vec<Resource> {
        let place = Place { partition, account, region };
        resources_of_call(self.service(), &self.inner.model, parameters, &place)
    }

    /// Everything that is known of it, with what a call with these parameters touches.
    #[must_use]
    pub fn describe(&self, parameters: &Value, place: &Place<'_>) -> Description {
        Description::of(self, parameters, place)
    }

    /// How its requests and answers are written.
    #[must_use]
    pub fn protocol(&self) -> model::Protocol {
        self.inner.service.model.protocol
    }

    /// The top-level member that makes a repeated call harmless, if there is one.
    #[must_use]
    pub fn idempotency_token(&self) -> Option<&str> {
        self.inner.token.as_deref()
    }

    /// Names of the top-level parameters that are a part of a request's host or path.
    #[must_use]
    pub fn address_members(&self) -> Vec<&str> {
        let members = self.input_members().unwrap_or_default().into_iter();
        members
            .filter(|member| validation::is_part_of_address(member))
            .map(|member| member.name.as_str())
            .collect()
    }

    /// JSON pointers of the parameters that are marked sensitive, or known to hold secrets all the same; `*` stands for every
    /// element of a list or map. Where a structure contains itself, the pointer stops at the first repetition.
    #[must_use]
    pub fn sensitive_paths(&self) -> &[String] {
        self.inner.sensitive_input.get_or_init(|| {
            let graph = self.input().ok().and_then(|input| input.graph.as_ref());
            graph.map(|graph| sensitive_paths(self.service(), graph)).unwrap_or_default()
        })
    }

    /// JSON pointers of what is sensitive in the output, in the form of [`Operation::sensitive_paths`].
    #[must_use]
    pub fn output_sensitive_paths(&self) -> &[String] {
        self.inner.sensitive_output.get_or_init(|| {
            let graph = self.output().ok().flatten();
            graph.map(|graph| sensitive_paths(self.service(), graph)).unwrap_or_default()
        })
    }

    /// Parameters in which every member is set, filled by `leaf`: one element in every list and map, all members of a union.
    /// What contains itself ends where it repeats. `null` if the operation takes none.
    pub fn example_input(&self, leaf: &mut dyn FnMut(&Leaf<'_>) -> Value) -> Value {
        let graph = self.input().ok().and_then(|input| input.graph.as_ref());
        graph.map(|graph| example(graph, leaf)).unwrap_or_default()
    }

    /// An output in the form of [`Operation::example_input`].
    pub fn example_output(&self, leaf: &mut dyn FnMut(&Leaf<'_>) -> Value) -> Value {
        let graph = self.output().ok().flatten();
        graph.map(|graph| example(graph, leaf)).unwrap_or_default()
    }

    /// JSON pointers of the points in time in the output, in the form of [`Operation::sensitive_paths`].
    #[must_use]
    pub fn output_timestamps(&self) -> Vec<String> {
        self.output().ok().flatten().map(timestamp_paths).unwrap_or_default()
    }

    /// Whether its output comes in pages.
    #[must_use]
    pub fn is_paginated(&self) -> bool {
        self.inner.model.paginator.is_some()
    }

    /// Its top-level parameters, in the model's order.
    ///
    /// # Errors
    /// A part of the index that cannot be read.
    pub fn parameters(&self) -> Result<Vec<Parameter>, IndexError> {
        let service = &self.inner.service;
        Ok(parameters(service, &members(service, self.inner.model.input)?))
    }

    /// First sentence of its documentation, without markup.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.inner.model.summary
    }

    /// Why it cannot be called, if it cannot.
    #[must_use]
    pub fn unsupported(&self) -> Option<&str> {
        self.inner.model.unsupported.as_deref()
    }

    /// Everything in which `parameters` differ from the model, in the order of the parameters. What counts is how they are
    /// sent: Route 53 takes an id with `/hostedzone/` before it, which the model takes for too long.
    #[must_use]
    pub fn validate(&self, parameters: &Value) -> Vec<Violation> {
        let checked = || {
            let graph = self.input()?.graph.as_ref();
            Ok::<_, IndexError>(match request::as_sent(self, parameters)? {
                Some(changed) => validation::validate(graph, &changed),
                None => validation::validate(graph, parameters),
            })
        };
        checked().unwrap_or_else(|error| vec![validation::unreadable_model(&error)])
    }

    /// Renders the request of a call, without signature. Equal arguments give equal requests; idempotency tokens are part of
    /// `parameters`, none is made up here.
    ///
    /// # Errors
    /// When the operation is not supported, the parameters do not fit the model, or there is no endpoint for them.
    pub fn request(&self, parameters: &Value, target: &Target) -> Result<Request, BuildError> {
        request::build(self, parameters, target)
    }

    /// As [`Operation::request`], but also of operations that are not supported, so that their requests can be looked at.
    /// Such a request is never to be sent: its signature or the way it is sent would be wrong.
    ///
    /// # Errors
    /// When the parameters do not fit the model, or there is no endpoint for them.
    pub fn render(&self, parameters: &Value, target: &Target) -> Result<Request, BuildError> {
        request::render(self, parameters, target)
    }

    /// Reads an answer: output or error, and what an error means.
    #[must_use]
    pub fn parse(&self, status: u16, headers: &[(String, String)], body: &[u8]) -> Outcome {
        answer::parse(self, status, headers, body)
    }

    pub(crate) fn model(&self) -> &model::Operation {
        &self.inner.model
    }

    pub(crate) fn loaded(&self) -> &LoadedService {
        &self.inner.service
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.inner.wire
    }

    pub(crate) fn input(&self) -> Result<&Input, IndexError> {
        if let Some(input) = self.inner.input.get() {
            return Ok(input);
        }
        let model = &self.inner.model;
        let graph = model
            .input
            .map(|root| Graph::build(&self.inner.service, root, Direction::Request))
            .transpose()?;
        let schema = request_schema(graph.as_ref(), model);
        Ok(self.inner.input.get_or_init(|| Input { graph, schema }))
    }

    pub(crate) fn output(&self) -> Result<Option<&Graph>, IndexError> {
        if let Some(output) = self.inner.output.get() {
            return Ok(output.as_ref());
        }
        let root = self.inner.model.output;
        let graph =
            root.map(|root| Graph::build(&self.inner.service, root, Direction::Answer)).transpose()?;
        Ok(self.inner.output.get_or_init(|| graph).as_ref())
    }

    /// Whether the body of an answer is a document of the protocol: not if all of the output stands in headers, nor if the body
    /// is bytes or text as they are.
    pub(crate) fn answers_with_document(&self) -> bool {
        let Ok(Some(graph)) = self.output() else { return false };
        let Some(root) = graph.node(ROOT) else { return false };
        let is_raw = |member: &MemberSchema| {
            graph
                .node(member.node)
                .is_some_and(|node| matches!(node.shape.kind, Kind::Blob(_) | Kind::Text(_)))
        };
        match root.members.iter().find(|member| member.schema.http_payload().is_some()) {
            Some(payload) => !is_raw(payload),
            None => root.members.iter().any(|member| member.member.location == Location::Body),
        }
    }

    pub(crate) fn input_members(&self) -> Result<Vec<&'static Member>, IndexError> {
        let root = self.input()?.graph.as_ref().and_then(|graph| graph.node(ROOT));
        Ok(root.map(|root| root.members.iter().map(|member| member.member).collect()).unwrap_or_default())
    }

    /// The input member that is the whole body, and what it holds.
    pub(crate) fn payload(&self) -> Result<Option<(&'static Member, &'static Kind)>, IndexError> {
        let Some(graph) = &self.input()?.graph else { return Ok(None) };
        let member = graph
            .node(ROOT)
            .and_then(|root| root.members.iter().find(|member| member.schema.http_payload().is_some()));
        Ok(member.and_then(|member| Some((member.member, &graph.node(member.node)?.shape.kind))))
    }
}

fn members(service: &LoadedService, shape: Option<u32>) -> Result<Vec<Member>, IndexError> {
    let Some(number) = shape else { return Ok(Vec::new()) };
    let shape: Option<model::Shape> = service.model.shapes.get(number as usize);
    match shape.map(|shape| shape.kind) {
        Some(Kind::Structure(structure) | Kind::Union(structure)) => Ok(structure.members),
        _ => Err(IndexError::Corrupt { section: service.model.name.clone() }),
    }
}
