//! Every recipe that meets a secret, tried once.

use std::collections::{BTreeMap, BTreeSet};

use aws_call::{Access, Operation};
use changegate_catalog::Recipe;
use changegate_change::sealed::contains_mark;
use serde_json::Value;

use crate::catalogue::{self, Call, Scenario, Written};
use crate::exceptions::{Exceptions, Where};
use crate::filling::{Calling, each_place, holds_secret};
use crate::gate::{ACCOUNT, Gate, REGION};
use crate::places::{at, goes_along, within};
use crate::sinks::Sinks;
use crate::walk::{Start, Walk, Walked};
use changegate_tests::canary::{Canaries, all_in};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Recipes that meet a secret.
    pub(crate) recipes: BTreeSet<String>,
    /// Recipes with a canary that went all the way.
    pub(crate) tried: BTreeSet<String>,
    /// What stands in the way of the others, and of single places of their calls.
    pub(crate) not_tried: BTreeMap<String, String>,
    /// Where a canary came out.
    pub(crate) leaks: BTreeSet<String>,
    /// Values that are not sealed where the models say that they are secret, and secrets that are lost.
    pub(crate) wrong: BTreeSet<String>,
    /// Recipe and path of every place where a canary was.
    pub(crate) places: BTreeSet<String>,
    /// The canaries that were in calls and answers.
    pub(crate) given: BTreeSet<String>,
    /// Those of them that were sealed.
    pub(crate) sealed: BTreeSet<String>,
    /// Those of the sealed ones that an undo would put back.
    pub(crate) restored: BTreeSet<String>,
    /// Rules of recipes for the state that no capture met.
    pub(crate) unmet: BTreeSet<String>,
    /// What came out of the first call, to plant a leak into.
    pub(crate) sample: Sinks,
    /// Names of the places that were searched.
    pub(crate) sinks: BTreeSet<&'static str>,
}

/// A recipe that is being tried.
struct Trial<'a> {
    gate: &'a Gate,
    recipe: &'a Recipe,
    written: &'a Written,
    exceptions: &'a Exceptions,
    canaries: &'a mut Canaries,
    report: &'a mut Report,
    unmet: BTreeSet<String>,
}

/// Tries every recipe that meets a secret with every call that it is proven with.
pub(crate) fn all(gate: &Gate, exceptions: &Exceptions) -> Report {
    let (mut report, mut canaries) = (Report::default(), Canaries::default());
    let written = catalogue::written();
    let scenarios = catalogue::scenarios(ACCOUNT, REGION);
    for recipe in gate.aws.catalog().recipes() {
        let written = &written[recipe.id()];
        let unmet = written.secrets.state.iter().map(|rule| rule.path.clone()).collect();
        let (report, canaries) = (&mut report, &mut canaries);
        let mut trial = Trial { gate, recipe, written, exceptions, canaries, report, unmet };
        if trial.meets_a_secret() {
            let unproven = [Scenario::unproven(recipe.id())];
            trial.run(scenarios.get(recipe.id()).map_or(&unproven, Vec::as_slice));
        }
    }
    report
}

/// Tries of each service the first operation without a recipe that meets a secret and that something can be read of, with an
/// undo that the agent brings: the call itself.
pub(crate) fn best_effort(gate: &Gate) -> Report {
    let (mut report, mut canaries, exceptions) =
        (Report::default(), Canaries::default(), Exceptions::default());
    let index = gate.aws.index();
    for service in index.services() {
        for name in index.operations(service).unwrap() {
            let operation = index.operation(service, &name).unwrap();
            let callable = operation.access().is_mutating()
                && operation.access() != Access::Credentials
                && operation.unsupported().is_none();
            if !callable || gate.aws.catalog().recipe(service, &name).is_some() {
                continue;
            }
            let recipe = gate.aws.recipe_for(&operation).unwrap();
            let written = Written::derived(&recipe);
            let (report, canaries) = (&mut report, &mut canaries);
            let (recipe, unmet) = (recipe.as_ref(), BTreeSet::new());
            let mut trial =
                Trial { gate, recipe, written: &written, exceptions: &exceptions, canaries, report, unmet };
            if recipe.readers().is_empty() || operation.sensitive_paths().is_empty() {
                continue;
            }
            trial.run(&[Scenario::unproven(recipe.id())]);
            break;
        }
    }
    report
}

impl Trial<'_> {
    fn operation(&self, call: &Call) -> Operation {
        let service = call.service.as_deref().unwrap_or(self.recipe.service());
        self.gate.aws.index().operation(service, &call.operation).unwrap()
    }

    fn own(&self) -> Operation {
        self.gate.aws.index().operation(self.recipe.service(), self.recipe.operation()).unwrap()
    }

    /// Whether a rule of the recipe, or the models of what it calls, name something secret.
    fn meets_a_secret(&self) -> bool {
        let secrets = &self.written.secrets;
        let settle = self.written.settle.iter().flat_map(|settle| &settle.reads);
        let own = self.own();
        !secrets.state.is_empty()
            || !secrets.parameters.is_empty()
            || !own.sensitive_paths().is_empty()
            || !own.output_sensitive_paths().is_empty()
            || self
                .written
                .reads
                .iter()
                .chain(settle)
                .any(|r| !self.operation(r).output_sensitive_paths().is_empty())
            || self.written.undo_calls().any(|call| !self.operation(call).sensitive_paths().is_empty())
    }

    /// The places of the call that must not be seen.
    fn inputs(&self) -> Vec<String> {
        let mut places: Vec<String> = self.own().sensitive_paths().to_vec();
        places.extend(self.written.secrets.parameters.iter().map(|rule| rule.path.clone()));
        places.retain(|path| !self.exceptions.allow(self.recipe.id(), Where::Call, path));
        places.sort();
        places.dedup();
        places
    }

    fn is_secret(&self, read: &Operation, path: &str) -> bool {
        let marked = read.output_sensitive_paths().iter().any(|secret| within(path, secret));
        let ruled = self.written.secrets.state.iter().any(|rule| goes_along(path, &rule.path));
        (marked || ruled) && !self.exceptions.allow(self.recipe.id(), Where::Answer(read), path)
    }

    fn run(&mut self, scenarios: &[Scenario]) {
        self.report.recipes.insert(self.recipe.id().to_owned());
        let (operation, places) = (self.own(), self.inputs());
        let mut left: BTreeMap<String, String> =
            places.iter().map(|place| (place.clone(), "no canary fits there".to_owned())).collect();
        let (mut went, mut why) = (false, String::new());
        for scenario in scenarios {
            let mut canaries = std::mem::take(self.canaries);
            let mut calling = Calling {
                recipe: self.recipe.id(),
                operation: &operation,
                is_open: &|path| self.exceptions.allow(self.recipe.id(), Where::Call, path),
                canaries: &mut canaries,
            };
            let base = calling.base(&scenario.parameters);
            let (mut calls, _) = calling.together(&base, &places);
            // Where places exclude each other, each is tried alone, and without what the scenario has besides.
            let bare = calling.base(&Value::Object(serde_json::Map::new()));
            for place in &places {
                calls.extend(calling.with(&bare, place));
                calls.extend(calling.with(&base, place));
            }
            *self.canaries = canaries;
            for call in calls {
                let here: Vec<_> =
                    places.iter().filter(|place| has_secret_at(&call, place)).cloned().collect();
                if went && here.iter().all(|place| !left.contains_key(place)) {
                    continue;
                }
                match self.call(scenario, &call, &places) {
                    Ok(()) => {
                        went = true;
                        here.iter().for_each(|place| {
                            left.remove(place);
                        });
                    }
                    Err(error) => {
                        for place in here {
                            left.entry(place).and_modify(|why| why.clone_from(&error));
                        }
                        why = error;
                    }
                }
            }
        }
        if !went {
            self.report.not_tried.insert(self.recipe.id().to_owned(), why);
        }
        for (place, why) in left {
            self.report.not_tried.insert(format!("{} {place}", self.recipe.id()), why);
        }
        for path in std::mem::take(&mut self.unmet) {
            if !self.exceptions.allow(self.recipe.id(), Where::State, &path) {
                self.report.unmet.insert(format!("{}: {path}", self.recipe.id()));
            }
        }
    }

    /// Tries a call in the ways in which the resource may be found, until one goes through.
    fn call(&mut self, scenario: &Scenario, call: &Value, places: &[String]) -> Result<(), String> {
        let starts: &[Start] = if scenario.present {
            &[Start::Present]
        } else {
            &[Start::FirstAbsent, Start::Absent, Start::Present]
        };
        let mut why = String::new();
        for variant in 0..4 {
            for start in starts {
                let mut sinks = Sinks::default();
                let walked = self.walk(call, *start, variant, &mut sinks);
                self.search(scenario, &sinks);
                match walked {
                    Ok(walked) => {
                        self.passed(scenario, call, places, &walked, sinks);
                        return Ok(());
                    }
                    Err(error) => why = error,
                }
            }
        }
        Err(why)
    }

    fn walk(
        &mut self,
        call: &Value,
        start: Start,
        variant: usize,
        sinks: &mut Sinks,
    ) -> Result<Walked, String> {
        let mut canaries = std::mem::take(self.canaries);
        let walk = Walk {
            gate: self.gate,
            recipe: self.recipe,
            written: self.written,
            start,
            variant,
            is_secret: &|read, path| self.is_secret(read, path),
            canaries: &mut canaries,
            sinks,
            answered: vec![],
        };
        let walked = walk.through(call);
        *self.canaries = canaries;
        walked
    }

    fn search(&mut self, scenario: &Scenario, sinks: &Sinks) {
        self.report.sinks.extend(sinks.places());
        for leak in sinks.leaks() {
            self.report.leaks.insert(format!("{}: {leak}", scenario.name));
        }
    }

    fn passed(
        &mut self,
        scenario: &Scenario,
        call: &Value,
        places: &[String],
        walked: &Walked,
        sinks: Sinks,
    ) {
        let id = self.recipe.id();
        let vault = serde_json::to_value(&walked.vault).unwrap();
        let sealed = canaries_of(&vault);
        let in_call = canaries_of(call);
        for place in places.iter().filter(|place| has_secret_at(call, place)) {
            self.report.places.insert(format!("{id} call {place}"));
        }
        for lost in in_call.difference(&sealed) {
            self.report.wrong.insert(format!("{}: {lost} of the call is not sealed", scenario.name));
        }
        if !in_call.is_empty() && !walked.prepared.step.request.body.starts_with("hmac:") {
            self.report.wrong.insert(format!("{}: the plain hash of its body can be guessed", scenario.name));
        }
        self.report.given.extend(in_call.iter().cloned());
        for (read, answer) in &walked.answered {
            self.report.given.extend(canaries_of(answer));
            each_place(answer, "", &mut |path| {
                self.report.places.insert(format!("{id} answer {read} {path}"));
            });
        }
        self.state_is_sealed(scenario, walked);
        self.undo_is_sealed(scenario, walked);
        self.report.sealed.extend(sealed);
        self.report.tried.insert(id.to_owned());
        if self.report.sample.is_empty() {
            self.report.sample = sinks;
        }
    }

    /// Every rule of the recipe for the state is met, and its secrets are kept.
    fn state_is_sealed(&mut self, scenario: &Scenario, walked: &Walked) {
        let captures = [Some(&walked.prepared.before), walked.after.as_ref(), walked.expected.as_ref()];
        for capture in captures.into_iter().flatten() {
            let Ok(revealed) = walked.vault.reveal(&capture.state) else {
                self.report.wrong.insert(format!("{}: a secret of the state is lost", scenario.name));
                continue;
            };
            for rule in &self.written.secrets.state {
                if !at(&capture.state, &rule.path).into_iter().any(contains_mark) {
                    continue;
                }
                self.unmet.remove(&rule.path);
                if has_secret_at(&revealed, &rule.path) {
                    self.report.places.insert(format!("{} state {}", self.recipe.id(), rule.path));
                }
            }
        }
    }

    /// What an undo needs is sealed, and nothing stands open in it where the models say that it is secret.
    fn undo_is_sealed(&mut self, scenario: &Scenario, walked: &Walked) {
        for planned in walked.planned() {
            match walked.vault.reveal(&planned.parameters) {
                Ok(revealed) => self.report.restored.extend(canaries_of(&revealed)),
                Err(_) => {
                    self.report.wrong.insert(format!("{}: a secret of the undo is lost", scenario.name));
                }
            }
            let operation = self.gate.aws.index().operation(&planned.service, &planned.operation).unwrap();
            let undone_by = format!("{}/{}", planned.service, planned.operation);
            for path in operation.sensitive_paths() {
                let open = at(&planned.parameters, path).into_iter().any(is_open);
                if open && !self.exceptions.allow(&undone_by, Where::Call, path) {
                    let name = &scenario.name;
                    self.report.wrong.insert(format!("{name}: its undo {undone_by} has {path} in clear"));
                }
            }
        }
    }
}

fn has_secret_at(value: &Value, path: &str) -> bool {
    at(value, path).into_iter().any(holds_secret)
}

/// Whether a text stands in a value that is no mark.
fn is_open(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Object(map) => changegate_change::sealed::mark(value).is_none() && map.values().any(is_open),
        Value::Array(items) => items.iter().any(is_open),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The canaries in a value, also those in bytes.
fn canaries_of(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    crate::filling::each_text(value, &mut |text| found.extend(all_in(text)));
    found
}

/// How many places each recipe has.
pub(crate) fn by_recipe(places: &BTreeSet<String>) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for place in places {
        *counts.entry(place.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    counts
}
