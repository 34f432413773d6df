//! The form of an undo, and of calls that make one possible.

use changegate_change::undo::UndoClass;
use serde::{Deserialize, Serialize};

use crate::expression::Expression;
use crate::template::Template;

/// The calls that put the state before back.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::undo_fits_its_class))]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    /// How far the undo goes: everything comes back, something does not, or there is none.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::undo_class"))]
    pub(crate) class: UndoClass,
    /// What does not come back, and what a person should know before relying on the undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) caveats: Vec<String>,
    /// The calls if the resource was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) present: Vec<UndoCall>,
    /// The calls if it was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<UndoCall>,
    /// When the undo is less than its class.
    #[serde(default, rename = "limit", skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<Limit>,
}

/// One call of an undo, or one per item.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoCall {
    /// The service, as the models name it; that of the file unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    /// The operation. It needs a recipe too: an undo is proposed as a change of its own.
    pub(crate) operation: String,
    /// One call per item of this list, which `when` and the parameters see as `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) for_each: Option<Expression>,
    /// When the call is made; always unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// Its parameters, of `call`, `before` and `item`; `{ "$output" = "…" }` stands for a part of the output of the call
    /// that is undone.
    pub(crate) parameters: Template,
}

/// What makes an undo less than its recipe's class.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// When it is less. Sees `call` and `before`.
    pub(crate) when: Expression,
    /// How far it goes then.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::undo_class"))]
    pub(crate) class: UndoClass,
    /// What does not come back then, in a sentence.
    pub(crate) says: String,
}

/// A call that makes the change safer if it is made before it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Safer {
    /// What it is good for, in a sentence.
    pub(crate) says: String,
    /// When it helps; always unless said. Sees `call` and `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// The service, as the models name it; that of the file unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    /// The operation.
    pub(crate) operation: String,
    /// Its parameters, of `call` and `before`.
    pub(crate) parameters: Template,
}
