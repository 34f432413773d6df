//! Everything that is known of an operation, in one value.

use serde::Serialize;
use serde_json::Value;

use super::{Place, Resource};
use crate::{
    access::Access,
    model::{self, Protocol},
    operation::Operation,
};

/// What an operation is, and what a call of it with certain parameters touches.
///
/// Serialised, it is what the tool's `describe` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Name of the service's botocore folder.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    /// First sentence of its documentation, without markup; empty where it has none.
    pub summary: String,
    /// What calling it does.
    pub access: Access,
    /// Whether a call may change something or hands out credentials.
    pub mutating: bool,
    /// IAM actions that it needs; none where it cannot be told.
    pub iam_actions: Vec<String>,
    /// ARN templates of what the actions apply to; none where they apply to no single resource.
    pub arn_templates: Vec<String>,
    /// What the call touches, the templates filled from the parameters.
    pub resources: Vec<Resource>,
    /// JSON pointers of sensitive parameters; see [`Operation::sensitive_paths`].
    pub sensitive_parameters: Vec<String>,
    /// JSON pointers of what is sensitive in the output.
    pub sensitive_output: Vec<String>,
    /// The member that makes a repeated call harmless, if there is one.
    pub idempotency_token: Option<String>,
    /// Whether its output comes in pages.
    pub paginated: bool,
    /// Names of the waiters that ask it until something has happened.
    pub waiters: Vec<String>,
    /// How requests and answers are written.
    pub protocol: Protocol,
    /// Whether it can be called.
    pub supported: bool,
    /// Why it cannot be called, if it cannot.
    pub unsupported: Option<String>,
}

impl Description {
    pub(crate) fn of(operation: &Operation, parameters: &Value, place: &Place<'_>) -> Self {
        let model = operation.model();
        Self {
            service: operation.service().to_owned(),
            operation: operation.name().to_owned(),
            summary: operation.summary().to_owned(),
            access: operation.access(),
            mutating: operation.access().is_mutating(),
            iam_actions: operation.iam_actions().to_vec(),
            arn_templates: model.arn_templates.iter().map(|template| template.template.clone()).collect(),
            resources: operation.resources(parameters, place.partition, place.account, place.region),
            sensitive_parameters: operation.sensitive_paths().to_vec(),
            sensitive_output: operation.output_sensitive_paths().to_vec(),
            idempotency_token: operation.idempotency_token().map(str::to_owned),
            paginated: operation.is_paginated(),
            waiters: waiters(operation),
            protocol: operation.protocol(),
            supported: operation.unsupported().is_none(),
            unsupported: operation.unsupported().map(str::to_owned),
        }
    }
}

fn waiters(operation: &Operation) -> Vec<String> {
    let service = &operation.loaded().model;
    (0..service.waiters.len())
        .filter_map(|position| service.waiters.get::<model::Waiter>(position))
        .filter(|waiter| waiter.operation == operation.name())
        .map(|waiter| waiter.name)
        .collect()
}
