//! The calls that restore a before capture.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far an undo goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoClass {
    /// Everything the call can change comes back.
    Full,
    /// Something does not come back; the caveats say what.
    Partial,
    /// There is no undo.
    None,
}

impl UndoClass {
    /// The name in JSON and in text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

/// One call of an undo plan. Secrets in its parameters are marks, but for what an agent has just submitted: its Debug does not
/// show them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCall {
    /// The service, as the models name it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Its parameters.
    pub parameters: Value,
}

impl fmt::Debug for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlannedCall")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// The planned undo of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoPlan {
    /// How far it goes.
    pub class: UndoClass,
    /// The calls, in their order; empty when the class is `none`.
    pub calls: Vec<PlannedCall>,
    /// What a person should know before relying on it, in words.
    pub caveats: Vec<String>,
    /// Who planned it.
    #[serde(default, skip_serializing_if = "PlannedBy::is_catalog")]
    pub planned_by: PlannedBy,
}

/// Who planned an undo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedBy {
    /// A recipe of the catalogue, from the state before.
    #[default]
    Catalog,
    /// The agent that proposed the change: its calls fit the models, and nothing more is known of them.
    Agent,
}

impl PlannedBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    fn is_catalog(&self) -> bool {
        *self == Self::Catalog
    }
}
