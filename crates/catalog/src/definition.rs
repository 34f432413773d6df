//! The form of a recipe file. `recipes/README.md` explains it to those who write one.
//!
//! What is said here of types and keys is what editors show beside a recipe: the schema takes it over.

mod read;
mod settle;
mod undo;

use std::collections::BTreeMap;

use changegate_change::id::ActionClass;
use changegate_change::tenant::AgentSees;
use serde::{Deserialize, Serialize};

pub(crate) use self::read::{ErrorPattern, ListIdentity, Read, State, Unreadable};
pub(crate) use self::settle::Settle;
pub(crate) use self::undo::{Safer, Undo, UndoCall};
use crate::expression::Expression;
use crate::pointer::Pointer;
use crate::template::Template;

/// Recipes of one AWS service: for each operation, which reads show the state that a call touches, what of it the call
/// can change, and which calls put it back.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(title = "A recipe file of Changegate"))]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFile {
    /// The service, as the models name it: `ssm`, `ec2`.
    pub(crate) service: String,
    /// The recipes, one per operation.
    #[serde(rename = "recipe")]
    pub(crate) recipes: Vec<Definition>,
}

/// What Changegate must know of one operation.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Recipe"))]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    /// The operation, as the models name it: `PutParameter`.
    pub(crate) operation: String,
    /// What the operation does, in a sentence.
    pub(crate) says: String,
    /// What an error calls the resource: `=join(' ', ['the parameter', call.Name])`.
    pub(crate) resource: Template,
    /// What a tenant opens or locks together with this operation.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::action_class"))]
    pub(crate) action_class: ActionClass,
    /// The most that agents may see of the states: everything, the paths of a difference without values, or nothing.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::agent_sees"))]
    pub(crate) agent_may_see: AgentSees,
    /// How the recipe was proven. Never more than is true.
    pub(crate) proof: Proof,
    /// Whether every part of the recipe was thought through: risks, needs, settle test, secrets, witness, expected state,
    /// and proofs for each starting state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) deep: bool,
    /// What an approver should think of, each in a sentence or two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) risks: Vec<String>,
    /// Whether AWS refuses the call if the resource is absent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) must_exist: bool,
    /// Whether the service goes on under the caller's credentials after it has answered.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) continues_under_caller: bool,
    /// Whether the state tells if the call happened.
    pub(crate) witness: Witness,
    /// The reads that show the state, in their order. A read sees what those before it gave.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    #[serde(rename = "read")]
    pub(crate) reads: Vec<Read>,
    /// When the answers of the reads cannot be trusted.
    #[serde(default, rename = "unreadable", skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreadable: Vec<Unreadable>,
    /// What of the answers is the state.
    pub(crate) state: State,
    /// Parameters that are taken from the reads where the call leaves them out: lock tokens, ETags, revisions. An undo
    /// leaves them out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fill: BTreeMap<String, Template>,
    /// What must hold of the call and of the state before it.
    #[serde(default, rename = "require", skip_serializing_if = "Vec::is_empty")]
    pub(crate) requirements: Vec<Requirement>,
    /// Where secrets are.
    #[serde(default, skip_serializing_if = "Secrets::is_empty")]
    pub(crate) secrets: Secrets,
    /// The state after the call, as far as it can be told before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<Expected>,
    /// The calls that put the state before back.
    pub(crate) undo: Undo,
    /// Calls to propose first, so that less can be lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) safer: Vec<Safer>,
    /// How it is known that AWS has finished; without it, the answer to the call is the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settle: Option<Settle>,
    /// What the call must be allowed besides its own IAM actions.
    #[serde(default, rename = "needs", skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<Need>,
}

/// How a recipe was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Derived from the models, not written by anybody.
    #[serde(skip_deserializing)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Models,
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// It can, where the state expected after the call differs from the one before.
    State,
    /// It cannot, for this reason.
    Nothing(String),
}

/// What must hold of the call and the state before it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    /// The condition. Sees `call` and `before`, which is `null` if the resource was absent.
    pub(crate) that: Expression,
    /// The error code if it does not hold. Only codes that have a page in `docs/errors`.
    #[serde(default = "precondition_failed")]
    pub(crate) code: String,
    /// What is said if it does not hold, in a sentence.
    pub(crate) says: String,
}

/// Where secrets are. What the models mark in the parameters is sealed anyway, unless a path here is the same or finer:
/// then the recipe decides.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::none_or_some))]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    /// Secrets in the state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) state: Vec<SecretRule>,
    /// Secrets in the parameters of the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<SecretRule>,
    /// Why nothing of the state is secret, though the models mark something in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) none: Option<String>,
}

/// A path that leads to secrets. The conditions are asked of the object or list that holds what the path leads to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRule {
    /// Where the secrets are.
    pub(crate) path: Pointer,
    /// Only where this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// Only where this does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unless: Option<Expression>,
}

/// The state after the call, as far as it can be told before.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// When it can be told; always unless said. Sees `call` and `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// The state, of `call` and `before`; none if the resource is gone after the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Template>,
}

/// What the call needs to be allowed besides its own IAM actions.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Need {
    /// Only for calls for which this holds; for all unless said. Sees `call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// Why it is needed, in a sentence.
    pub(crate) why: String,
    /// The actions, as IAM names them: `iam:PassRole`.
    pub(crate) actions: Vec<String>,
    /// The ARNs of what they are allowed on.
    pub(crate) resources: Template,
    /// Conditions as in a policy: operator, key, values.
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
