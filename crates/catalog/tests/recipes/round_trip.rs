//! Capture, call, capture, undo, capture on a model of a service: what every recipe must stand.

use std::sync::LazyLock;

use changegate_catalog::{CallContext, Catalog, DiffLine, ReadAnswer, ReadCall, Recipe, RecipeError, Sealer};
use changegate_change::capture::Capture;
use changegate_change::sealed::Vault;
use changegate_change::undo::UndoPlan;
use serde_json::{Value, json};

pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

pub(crate) const KEY: [u8; 32] = [42; 32];

/// A model of a service.
pub(crate) trait Service {
    /// Answers a read.
    fn answer(&self, read: &ReadCall) -> ReadAnswer;
    /// Does what a mutating call does.
    fn apply(&mut self, operation: &str, parameters: &Value);
}

pub(crate) fn recipe(id: &str) -> &'static Recipe {
    let (service, operation) = id.split_once('/').unwrap();
    CATALOG.recipe(service, operation).unwrap_or_else(|| panic!("no recipe {id}"))
}

pub(crate) fn call(parameters: Value) -> CallContext {
    CallContext {
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        parameters,
    }
}

pub(crate) fn output(value: Value) -> ReadAnswer {
    ReadAnswer::Output { value, truncated: false }
}

pub(crate) fn refused(code: &str, message: &str) -> ReadAnswer {
    ReadAnswer::Error { code: code.to_owned(), message: message.to_owned() }
}

pub(crate) fn capture(recipe: &Recipe, call: &CallContext, answers: &[ReadAnswer]) -> Capture {
    try_capture(recipe, call, answers).unwrap()
}

pub(crate) fn try_capture(
    recipe: &Recipe,
    call: &CallContext,
    answers: &[ReadAnswer],
) -> Result<Capture, RecipeError> {
    recipe.capture(call, answers, &mut Sealer::new(KEY))
}

pub(crate) fn mark_of(secret: &Value) -> Value {
    Sealer::new(KEY).seal(secret)
}

/// All that came of one call and its undo.
#[derive(Debug)]
pub(crate) struct Trip {
    pub(crate) before: Capture,
    pub(crate) expected: Option<Capture>,
    pub(crate) after: Capture,
    pub(crate) diff: Vec<DiffLine>,
    pub(crate) plan: UndoPlan,
    pub(crate) restored: Capture,
}

fn captured(recipe: &Recipe, call: &CallContext, service: &impl Service, vault: &mut Vault) -> Capture {
    let mut answers = Vec::new();
    while let Some(next) = Some(recipe.reads(call, &answers).unwrap()).filter(|next| !next.is_empty()) {
        answers.extend(next.iter().map(|read| service.answer(read)));
    }
    let mut sealer = Sealer::new(KEY);
    let capture = recipe.capture(call, &answers, &mut sealer).unwrap();
    vault.absorb(sealer.vault());
    capture
}

/// Captures, calls, captures, undoes and captures again. The undo runs from what is stored: the plan and the vault.
pub(crate) fn round_trip(id: &str, parameters: Value, service: &mut impl Service) -> Trip {
    let recipe = recipe(id);
    let call = call(parameters);
    let mut vault = Vault::default();
    let before = captured(recipe, &call, service, &mut vault);
    let expected = recipe.expected(&call, &before, &mut Sealer::new(KEY)).unwrap();
    let plan = recipe.undo(&call, &before).unwrap();
    service.apply(recipe.operation(), &call.parameters);
    let after = captured(recipe, &call, service, &mut vault);
    let diff = recipe.diff(&before, &after);
    let stored: UndoPlan = serde_json::from_value(serde_json::to_value(&plan).unwrap()).unwrap();
    for planned in &stored.calls {
        let undoes = CATALOG.recipe(&planned.service, &planned.operation);
        assert!(undoes.is_some(), "{}/{} has no recipe", planned.service, planned.operation);
        service.apply(&planned.operation, &vault.reveal(&planned.parameters).unwrap());
    }
    let restored = captured(recipe, &call, service, &mut vault);
    Trip { before, expected, after, diff, plan, restored }
}

/// The paths of a diff.
pub(crate) fn paths(diff: &[DiffLine]) -> Vec<&str> {
    diff.iter().map(|line| line.path.as_str()).collect()
}

/// The top-level members in which two captures differ, told without the diff.
pub(crate) fn changed_members(before: &Capture, after: &Capture) -> Vec<String> {
    let empty = json!({});
    let state = |capture: &Capture| if capture.present { capture.state.clone() } else { empty.clone() };
    let (one, other) = (state(before), state(after));
    let mut names: Vec<String> = one.as_object().unwrap().keys().cloned().collect();
    names.extend(other.as_object().unwrap().keys().cloned());
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| one.get(name) != other.get(name)).collect()
}
