//! The form of a settle test.

use serde::{Deserialize, Serialize};

use super::read::Read;
use crate::expression::Expression;
use crate::template::Template;

/// How it is known that AWS has finished.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Settle {
    /// What is waited for, in a sentence.
    pub(crate) says: String,
    /// The wait before the first look, in seconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub(crate) first_wait: u32,
    /// The factor from one wait to the next.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub(crate) growth: f64,
    /// The longest wait between two looks, in seconds; not shorter than `first_wait`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub(crate) max_wait: u32,
    /// When it is given up, in seconds after the call; not shorter than `max_wait`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub(crate) deadline: u32,
    /// What is looked at.
    #[serde(rename = "read")]
    pub(crate) reads: Vec<Read>,
    /// When AWS has finished. Sees `call` and `read`.
    pub(crate) done: Expression,
    /// When AWS has given up.
    #[serde(default, rename = "failed", skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<Failure>,
}

/// A state in which AWS has given up.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// When it has. Sees `call` and `read`.
    pub(crate) when: Expression,
    /// What is said then.
    pub(crate) says: Template,
}
