//! What can be known of an operation that nobody has written a recipe for.
//!
//! The models alone say which read of the service shows the same thing and takes the same parameters. Its whole answer,
//! without what changes by itself, is the state. That is a guess, so nothing rests on it but what a person reads: there is no
//! undo, no expected state and no witness.

mod name;
mod reader;

use aws_call::{Index, Operation};
use serde_json::{Value, json};

use crate::catalog::consistent;
use crate::definition::{Definition, Proof};
use crate::error::CatalogError;
use crate::recipe::Recipe;
use reader::Reader;

/// The name of the read.
const READ: &str = "answer";

/// Codes of errors that mean that what is read is not there.
const ABSENT: &[&str] =
    &["*NotFound*", "*NoSuch*", "*NotExist*", "*NonExist*", "*UnknownResource*", "HTTP 404"];

/// Codes of errors that mean that the read did not fit: nothing is known of the state then. None of them is about
/// credentials or load: those say nothing of the read.
const UNCLEAR: &[&str] = &[
    "*Validation*",
    "*InvalidParameter*",
    "*InvalidRequest*",
    "*InvalidArgument*",
    "*InvalidInput*",
    "*BadRequest*",
    "*MissingParameter*",
    "*Malformed*",
    "*Unsupported*",
    "*NotSupported*",
    "*NotImplemented*",
    "*NotConfigured*",
    "*NotEnabled*",
];

/// The action class of a service's operations that have no recipe.
pub(crate) fn action_class(service: &str) -> String {
    format!("{service}-other")
}

/// The recipe that the models give.
pub(crate) fn derive(index: &Index, operation: &Operation) -> Result<Recipe, CatalogError> {
    let reader = Reader::of(index, operation);
    let definition = definition(operation, reader.as_ref());
    let id = format!("{}/{}", operation.service(), operation.name());
    let mut definition: Definition =
        serde_json::from_value(definition).map_err(|source| CatalogError::BuiltIn { id, source })?;
    // No file can say so of itself.
    definition.proof = Proof::Models;
    consistent(operation.service(), definition)
}

fn definition(operation: &Operation, reader: Option<&Reader>) -> Value {
    let (service, name) = (operation.service(), operation.name());
    let says = match operation.summary() {
        "" => format!("Calls {name} of {service}."),
        summary => summary.to_owned(),
    };
    let mut secrets = Vec::new();
    let mut reads = Vec::new();
    let mut volatile = Vec::new();
    if let Some(reader) = reader {
        let mut read = json!({
            "name": READ, "operation": reader.operation.name(), "parameters": reader.parameters,
            "pages": reader.operation.is_paginated(), "absent": ABSENT, "unclear": UNCLEAR,
        });
        if let (Some(read), Some(when)) = (read.as_object_mut(), &reader.when) {
            read.insert("when".to_owned(), when.as_str().into());
        }
        reads.push(read);
        volatile = reader.operation.output_timestamps();
        secrets = reader.operation.output_sensitive_paths().to_vec();
    }
    // An answer that is secret as a whole cannot be sealed member by member, so nothing of it is kept.
    let kept = !reads.is_empty() && !secrets.iter().any(String::is_empty);
    let keep = if kept { json!(format!("=read.{READ}")) } else { json!({}) };
    let secrets: Vec<_> =
        secrets.iter().filter(|path| !path.is_empty()).map(|path| json!({ "path": path })).collect();
    volatile.retain(|path| !path.is_empty());
    json!({
        "operation": name,
        "says": says,
        "resource": format!("what {service} {name} changes"),
        "action_class": action_class(service),
        "agent_may_see": "names",
        "proof": "documentation",
        "witness": { "nothing": "nobody has written down what the call changes" },
        "risks": risks(reader),
        "read": reads,
        "state": { "keep": keep, "volatile": volatile },
        "secrets": { "state": secrets },
        "undo": { "class": "none", "caveats": [NO_UNDO] },
    })
}

const NO_UNDO: &str = "The catalogue has no recipe for this operation, so no undo is planned.";

fn risks(reader: Option<&Reader>) -> Vec<String> {
    let shown = match reader {
        Some(reader) => format!(
            "The catalogue has no recipe for this operation. The state is what {} answers, chosen by its name and parameters: \
             the call may change more than that shows.",
            reader.operation.name()
        ),
        None => "The catalogue has no recipe for this operation, and the service has no read that takes what the call takes: \
                 Changegate sees neither the state before nor what the call changes."
            .to_owned(),
    };
    let permissions = "That the permissions of the session suffice was not proven. If the service goes on working with them after its answer, it is stopped after a minute.";
    vec![shown, permissions.to_owned()]
}
