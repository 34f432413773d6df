//! The catalogue's entry for one operation.

use std::collections::BTreeSet;

use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::digest::Digest;
use changegate_change::id::ActionClass;
use changegate_change::json::StrictJsonError;
use changegate_change::tenant::AgentSees;
use changegate_change::undo::{PlannedCall, UndoClass, UndoPlan};
use serde::Serialize;
use serde_json::Value;

use crate::answers::{Answers, read_calls};
use crate::call::{CallContext, ReadAnswer, ReadCall};
use crate::capture_state;
use crate::definition::{Definition, Need, Proof, Witness};
use crate::diff::{self, DiffLine};
use crate::error::RecipeError;
use crate::expression::Scope;
use crate::output::wanted_output;
use crate::plan_undo;
use crate::sealer::Sealer;
use crate::settle::SettleTest;

/// The version of the engine that gives recipes their meaning; part of every recipe's hash.
const ENGINE: u32 = 2;

/// The catalogue's entry for one operation. Printed with `Display`, it reads as a person would tell it.
#[derive(Debug, Clone)]
pub struct Recipe {
    id: String,
    service: String,
    hash: Digest,
    settle: Option<SettleTest>,
    definition: Definition,
}

/// What a call needs to be allowed besides its own actions: a statement of its session policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyStatement {
    /// IAM actions.
    pub actions: Vec<String>,
    /// ARNs, possibly with `*`.
    pub resources: Vec<String>,
    /// The condition block; `null` if there is none.
    pub conditions: Value,
}

/// What the state says about whether a call happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The state is the one expected after the call, and was another one before.
    Happened,
    /// The state is still the one before, and the call would have changed it.
    DidNotHappen,
    /// The state tells nothing.
    Unclear,
}

#[derive(Serialize)]
struct Hashed<'a> {
    engine: u32,
    service: &'a str,
    recipe: &'a Definition,
}

impl Recipe {
    pub(crate) fn new(service: &str, definition: Definition) -> Result<Self, StrictJsonError> {
        let hash = Digest::of(&Hashed { engine: ENGINE, service, recipe: &definition })?;
        let settle = definition.settle.clone().map(|settle| SettleTest::new(service, settle));
        let id = format!("{service}/{}", definition.operation);
        Ok(Self { id, service: service.to_owned(), hash, settle, definition })
    }

    /// Service and operation: `ssm/PutParameter`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The service, as the models name it.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The operation.
    pub fn operation(&self) -> &str {
        &self.definition.operation
    }

    /// The digest of the recipe's content and of the engine's version. Comments and layout of the file do not count.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// What the operation does, in a sentence.
    pub fn says(&self) -> &str {
        &self.definition.says
    }

    /// The operations that a tenant opens or locks together with this one.
    pub fn action_class(&self) -> &ActionClass {
        &self.definition.action_class
    }

    /// What an approver should think of, in words.
    pub fn risk_notes(&self) -> &[String] {
        &self.definition.risks
    }

    /// The most that an agent may see of the states; a tenant can allow less.
    pub fn agent_may_see(&self) -> AgentSees {
        self.definition.agent_may_see
    }

    /// How the recipe was proven.
    pub fn proof(&self) -> Proof {
        self.definition.proof
    }

    /// The resource of a call, in words.
    pub fn resource(&self, call: &CallContext) -> String {
        let words = self.definition.resource.render_text(&Scope::of(call));
        words.unwrap_or_else(|_| format!("the resource of {}", self.id))
    }

    /// The reads that come next to capture the state, given the answers to all before them, in the order in which
    /// [`Recipe::capture`] wants the answers. Empty when nothing more is to be read.
    ///
    /// # Errors
    /// An expression that does not fit the call or the answers; as [`Recipe::capture`].
    pub fn reads(&self, call: &CallContext, answers: &[ReadAnswer]) -> Result<Vec<ReadCall>, RecipeError> {
        read_calls(&self.service, &self.definition.reads, call, answers, || self.resource(call))
    }

    /// The state that the answers show, as far as the call can change it, with secrets as marks.
    ///
    /// # Errors
    /// A refused read that does not mean absence, a resource that the operation needs and that does not exist, answers that
    /// cannot be read.
    pub fn capture(
        &self,
        call: &CallContext,
        answers: &[ReadAnswer],
        sealer: &mut Sealer,
    ) -> Result<Capture, RecipeError> {
        let resource = || self.resource(call);
        let answers = Answers::of(&self.service, &self.definition.reads, call, answers, resource)?;
        capture_state::capture(&self.definition, call, &answers, sealer)
    }

    /// The call's parameters, completed by those that the recipe takes from the answers to [`Recipe::reads`] where the call
    /// leaves them out: lock tokens and the like, so that AWS refuses the call if somebody was faster.
    ///
    /// # Errors
    /// As [`Recipe::capture`].
    pub fn fill(&self, call: &CallContext, answers: &[ReadAnswer]) -> Result<Value, RecipeError> {
        let answers =
            Answers::of(&self.service, &self.definition.reads, call, answers, || self.resource(call))?;
        capture_state::fill(&self.definition, call, &answers)
    }

    /// The names of the parameters that [`Recipe::fill`] can fill in, so that a call may leave them out.
    pub fn filled(&self) -> impl Iterator<Item = &str> {
        self.definition.fill.keys().map(String::as_str)
    }

    /// Calls that make the change safer if they are made before it, each with the reason in words. None are needed.
    ///
    /// # Errors
    /// An expression that does not fit the call or the state.
    pub fn safer(
        &self,
        call: &CallContext,
        before: &Capture,
    ) -> Result<Vec<(String, PlannedCall)>, RecipeError> {
        plan_undo::safer(&self.service, &self.definition, call, before)
    }

    /// Whether the present state is the one that a call left, so that its undo restores the state before it and nothing of
    /// anybody else's. Of a truncated state it cannot be told.
    ///
    /// # Errors
    /// A state that has no canonical form.
    pub fn is_undisturbed(after: &CaptureRef, now: &Capture) -> Result<bool, StrictJsonError> {
        Ok(!after.truncated && CaptureRef::to(now)? == *after)
    }

    /// Whether nobody has written the recipe: the models alone give it, nothing of it was proven, and it has no undo.
    pub fn is_best_effort(&self) -> bool {
        self.definition.proof == Proof::Models
    }

    /// The reads that show the state, as `service Operation`.
    pub fn readers(&self) -> Vec<String> {
        let service = |own: &Option<String>| own.clone().unwrap_or_else(|| self.service.clone());
        let reads = &self.definition.reads;
        reads.iter().map(|read| format!("{} {}", service(&read.service), read.operation)).collect()
    }

    /// Whether every part of the recipe was thought through.
    pub fn is_deep(&self) -> bool {
        self.definition.deep
    }

    /// How far the undo goes at most.
    pub fn undo_class(&self) -> UndoClass {
        self.definition.undo.class
    }

    /// Whether the state before allows the call. [`Recipe::undo`] asks this first.
    ///
    /// # Errors
    /// What is missing: the resource, or a precondition of the recipe.
    pub fn check(&self, call: &CallContext, before: &Capture) -> Result<(), RecipeError> {
        plan_undo::check(&self.definition, call, before, || self.resource(call))
    }

    /// The state expected after the call; `None` where it cannot be told.
    ///
    /// # Errors
    /// An expression that does not fit the call or the state.
    pub fn expected(
        &self,
        call: &CallContext,
        before: &Capture,
        sealer: &mut Sealer,
    ) -> Result<Option<Capture>, RecipeError> {
        capture_state::expected(&self.definition, call, before, sealer)
    }

    /// The calls that restore the state before, their secrets as marks. Nothing can be restored from a truncated capture.
    ///
    /// # Errors
    /// As [`Recipe::check`]; an expression that does not fit the call or the state.
    pub fn undo(&self, call: &CallContext, before: &Capture) -> Result<UndoPlan, RecipeError> {
        self.check(call, before)?;
        plan_undo::plan(&self.service, &self.definition, call, before)
    }

    /// The call's own parameters with every secret replaced by its mark.
    ///
    /// `sensitive_paths` are those that the models mark, as JSON pointers with `*` for every item. A path that the recipe
    /// names itself, or names a part of, is the recipe's to judge. Marks stay as they are, so parameters of an agent must
    /// have been searched for them before.
    pub fn seal_parameters(
        &self,
        parameters: &Value,
        sensitive_paths: &[String],
        sealer: &mut Sealer,
    ) -> Value {
        capture_state::seal_parameters(&self.definition, parameters, sensitive_paths, sealer)
    }

    /// What differs between two captures of this recipe; list items are matched by the identity that the recipe names.
    pub fn diff(&self, before: &Capture, after: &Capture) -> Vec<DiffLine> {
        diff::lines(before, after, &self.definition.state.lists)
    }

    /// The expressions of what must be kept of the call's output: what the undo and the settle test ask with.
    pub fn needed_output(&self, plan: &UndoPlan) -> BTreeSet<String> {
        let undo = plan.calls.iter().flat_map(|call| wanted_output(&call.parameters));
        let settle = self.definition.settle.iter().flat_map(|settle| &settle.reads);
        undo.chain(settle.flat_map(|read| wanted_output(&read.parameters.clone().into()))).collect()
    }

    /// The test by which it is known that AWS has finished; none if the answer is the end.
    pub fn settle(&self) -> Option<&SettleTest> {
        self.settle.as_ref()
    }

    /// What the call needs to be allowed besides its own actions. A need whose resource cannot be told is left out: the
    /// call is then refused by AWS, never allowed too much.
    pub fn needs(&self, call: &CallContext) -> Vec<PolicyStatement> {
        let scope = Scope::of(call);
        self.definition.needs.iter().filter_map(|need| statement(need, &scope)).collect()
    }

    /// Whether the service goes on working under the caller's credentials after it has answered, so that the session must
    /// not end early.
    pub fn continues_under_caller(&self) -> bool {
        self.definition.continues_under_caller
    }

    /// Whether the state can tell if the call happened.
    pub fn witness(&self) -> Witness {
        self.definition.witness.clone()
    }

    /// What the present state says about whether the call happened.
    pub fn evidence(&self, before: &Capture, expected: Option<&Capture>, now: &Capture) -> Evidence {
        let Some(expected) = expected else { return Evidence::Unclear };
        let complete = !before.truncated && !expected.truncated && !now.truncated;
        match &self.definition.witness {
            Witness::State if complete && before != expected && now == expected => Evidence::Happened,
            Witness::State if complete && before != expected && now == before => Evidence::DidNotHappen,
            Witness::State | Witness::Nothing(_) => Evidence::Unclear,
        }
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.definition
    }
}

fn statement(need: &Need, scope: &Scope) -> Option<PolicyStatement> {
    if !need.when.as_ref().map_or(Ok(true), |when| when.holds(scope)).ok()? {
        return None;
    }
    let resources: Vec<String> = match need.resources.render(scope).ok()? {
        Value::String(one) => vec![one],
        Value::Array(many) => {
            many.iter().map(|arn| arn.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    if resources.is_empty() {
        return None;
    }
    let conditions = match &need.conditions {
        Some(conditions) => conditions.render_complete(scope).ok()?,
        None => Value::Null,
    };
    Some(PolicyStatement { actions: need.actions.clone(), resources, conditions })
}
