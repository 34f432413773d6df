//! From published models to the index: botocore's service models and endpoint rules, and the IAM data that says what an
//! operation does and to which resources.

mod documentation;
mod endpoint_rules;
mod iam;
mod json_model;
mod operation;
mod service;
mod shapes;
mod waiters;

pub use endpoint_rules::{read_partitions, read_rule_set};
pub use iam::{IamAction, IamData};
pub use service::{ServiceSources, read_service};

/// Why a model cannot be taken into the index.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The text is not JSON of the expected form.
    #[error("`{what}` is not a model that can be read")]
    Json {
        /// Which text.
        what: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The model uses something that this crate does not know.
    #[error("`{what}` has {problem}")]
    Model {
        /// Which model, operation or shape.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A part of the model cannot be encoded.
    #[error("`{what}` cannot be encoded")]
    Encode {
        /// Which model.
        what: String,
        /// Why.
        #[source]
        source: postcard::Error,
    },
}

impl SourceError {
    fn model(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Model { what: what.into(), problem: problem.into() }
    }
}
