//! The form of a recipe file. `recipes/README.md` explains it to those who write one.

use std::collections::BTreeMap;

use changegate_change::id::ActionClass;
use changegate_change::tenant::AgentSees;
use changegate_change::undo::UndoClass;
use serde::{Deserialize, Serialize};

use crate::expression::Expression;
use crate::pointer::Pointer;
use crate::template::Template;

/// A recipe file: the recipes of one service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFile {
    pub(crate) service: String,
    #[serde(rename = "recipe")]
    pub(crate) recipes: Vec<Definition>,
}

/// One recipe, as it is written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub(crate) operation: String,
    pub(crate) says: String,
    pub(crate) resource: Template,
    pub(crate) action_class: ActionClass,
    pub(crate) agent_may_see: AgentSees,
    pub(crate) proof: Proof,
    /// Whether every part of the recipe was thought through.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) deep: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) risks: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) must_exist: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) continues_under_caller: bool,
    pub(crate) witness: Witness,
    #[serde(rename = "read")]
    pub(crate) reads: Vec<Read>,
    #[serde(default, rename = "unreadable", skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreadable: Vec<Unreadable>,
    pub(crate) state: State,
    /// Parameters that are taken from the reads where the call leaves them out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fill: BTreeMap<String, Template>,
    #[serde(default, rename = "require", skip_serializing_if = "Vec::is_empty")]
    pub(crate) requirements: Vec<Requirement>,
    #[serde(default, skip_serializing_if = "Secrets::is_empty")]
    pub(crate) secrets: Secrets,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<Expected>,
    pub(crate) undo: Undo,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) safer: Vec<Safer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settle: Option<Settle>,
    #[serde(default, rename = "needs", skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<Need>,
}

/// How a recipe was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// From the documentation only.
    Documentation,
    /// On recorded or written-down answers.
    RecordedAnswers,
    /// Capture, call, undo and capture again on one emulator.
    OneEmulator,
    /// The same on two emulators.
    TwoEmulators,
}

/// Whether the state can tell if the call happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// It can, where the state expected after the call differs from the one before.
    State,
    /// It cannot, for this reason.
    Nothing(String),
}

/// A read, for the capture or for the settle test.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    pub(crate) parameters: Template,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// One read per item, which its parameters see as `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) for_each: Option<Expression>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) pages: bool,
    /// The part of the answer that the read is about; all of it unless said. Nothing there means absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) take: Option<Expression>,
    /// Errors that mean that what is read is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<ErrorPattern>,
    /// Errors that mean that the resource itself does not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_found: Vec<ErrorPattern>,
}

/// An error code, or `Code: words that the message contains`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub(crate) struct ErrorPattern {
    code: String,
    message: Option<String>,
}

impl ErrorPattern {
    pub(crate) fn matches(&self, code: &str, message: &str) -> bool {
        self.code == code && self.message.as_ref().is_none_or(|words| message.contains(words))
    }
}

impl From<String> for ErrorPattern {
    fn from(text: String) -> Self {
        match text.split_once(": ") {
            Some((code, message)) => Self { code: code.to_owned(), message: Some(message.to_owned()) },
            None => Self { code: text, message: None },
        }
    }
}

impl From<ErrorPattern> for String {
    fn from(pattern: ErrorPattern) -> String {
        match pattern.message {
            Some(message) => format!("{}: {message}", pattern.code),
            None => pattern.code,
        }
    }
}

/// Answers that cannot be trusted, though AWS gave them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unreadable {
    pub(crate) when: Expression,
    pub(crate) says: String,
}

/// The projection.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Whether the resource is there; by the first read unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) present: Option<Expression>,
    pub(crate) keep: Template,
    /// The names of the members to keep of it; all unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) only: Option<Expression>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lists: Vec<ListIdentity>,
    /// Texts that hold JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) documents: Vec<Pointer>,
}

/// What tells the items of a list apart. Such a list has no order.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListIdentity {
    pub(crate) at: Pointer,
    /// The members that name an item; none if the item is its own name.
    pub(crate) by: Vec<String>,
}

/// What must hold of the call and the state before it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    pub(crate) that: Expression,
    #[serde(default = "precondition_failed")]
    pub(crate) code: String,
    pub(crate) says: String,
}

/// Where secrets are.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) state: Vec<SecretRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<SecretRule>,
    /// Why nothing of the state is secret, though an answer holds something that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) none: Option<String>,
}

/// A path that leads to secrets. The conditions are asked of the object or list that holds what the path leads to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRule {
    pub(crate) path: Pointer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unless: Option<Expression>,
}

/// The state after the call, as far as it can be told before.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// When it can be told; always unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// The state; none if the resource is gone after the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Template>,
}

/// The undo.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    pub(crate) class: UndoClass,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) caveats: Vec<String>,
    /// The calls if the resource was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) present: Vec<UndoCall>,
    /// The calls if it was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<UndoCall>,
    #[serde(default, rename = "limit", skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<Limit>,
}

/// One call of an undo, or one per item.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoCall {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) for_each: Option<Expression>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    pub(crate) parameters: Template,
}

/// What makes an undo less than its recipe's class.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) when: Expression,
    pub(crate) class: UndoClass,
    pub(crate) says: String,
}

/// A call that makes the change safer if it is made before it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Safer {
    pub(crate) says: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    pub(crate) parameters: Template,
}

/// How it is known that AWS has finished.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settle {
    pub(crate) says: String,
    /// Seconds.
    pub(crate) first_wait: u32,
    /// The factor from wait to wait.
    pub(crate) growth: f64,
    /// Seconds.
    pub(crate) max_wait: u32,
    /// Seconds.
    pub(crate) deadline: u32,
    #[serde(rename = "read")]
    pub(crate) reads: Vec<Read>,
    pub(crate) done: Expression,
    #[serde(default, rename = "failed", skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<Failure>,
}

/// A state in which AWS has given up.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) when: Expression,
    pub(crate) says: Template,
}

/// What the call needs to be allowed besides its own actions.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Need {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    pub(crate) why: String,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Template,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conditions: Option<Template>,
}

impl Secrets {
    fn is_empty(&self) -> bool {
        self.state.is_empty() && self.parameters.is_empty() && self.none.is_none()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

fn precondition_failed() -> String {
    "precondition_failed".to_owned()
}
