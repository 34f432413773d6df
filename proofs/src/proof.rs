//! One scenario on one emulator with one seed.

use std::time::{Duration, Instant};

use aws_call::{Index, Output};
use changegate_catalog::{
    CallContext, Catalog, DiffLine, KeptOutput, ReadAnswer, Recipe, RecipeError, Sealer, Settled, Witness,
    keep_output, resolve_output,
};
use changegate_change::{
    capture::{Capture, CaptureRef},
    sealed::Vault,
    undo::{PlannedBy, UndoClass, UndoPlan},
};
use serde_json::{Map, Value, json};

use crate::{
    breach::{Breach, Fails},
    emulator::{Emulator, REGION},
    scenario::{Given, Scenario, Start},
    values,
};

/// Looks until something that AWS finishes later has settled.
const LOOKS: usize = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
const TENANT_KEY: [u8; 32] = [42; 32];

/// What a scenario is proven with.
pub(crate) struct Prover<'a> {
    pub(crate) index: &'a Index,
    pub(crate) catalog: &'a Catalog,
    pub(crate) emulator: &'a Emulator,
}

/// One way through a scenario, from its starting state on.
struct Run<'a> {
    prover: &'a Prover<'a>,
    recipe: &'a Recipe,
    scenario: &'a Scenario,
    names: Map<String, Value>,
    vault: Vault,
}

/// The call, and the captures around it.
struct Made {
    context: CallContext,
    kept: KeptOutput,
    answers: Vec<ReadAnswer>,
    before: Capture,
    after: Capture,
    plan: UndoPlan,
}

impl Prover<'_> {
    /// Captures, calls, captures, undoes and captures; then once more with somebody else's change instead of the undo. Gives
    /// how long capture, plan and diff take without the network.
    ///
    /// # Errors
    /// What is not as the recipe or the scenario says.
    pub(crate) async fn prove(&self, scenario: &Scenario, seed: usize) -> Result<Duration, Breach> {
        let recipe = self.catalog.recipe(&scenario.service, &scenario.operation);
        let recipe = recipe.ok_or_else(|| Breach::mistake("there is no such recipe"))?;
        let mut run = self.run(recipe, scenario, seed, "undo")?;
        let made = run.make().await?;
        run.undo(&made).await?;
        let worked = worked(recipe, &made)?;
        if made.plan.class == UndoClass::None {
            return Ok(worked);
        }
        if scenario.foreign.is_empty() {
            return Err(Breach::mistake("nobody else changes anything: `foreign` is missing"));
        }
        let mut run = self.run(recipe, scenario, seed, "foreign")?;
        let made = run.make().await?;
        for foreign in &scenario.foreign {
            run.prepare(foreign, Fails::Foreign).await?;
        }
        let now = run.capture(recipe, &made.context).await?;
        if undisturbed(&made, &now)? {
            let what = "somebody else's change was not seen, and the undo would run over it".to_owned();
            return Err(Breach { fails: Fails::Unseen, mark: String::new(), what });
        }
        Ok(worked)
    }

    fn run<'a>(
        &'a self,
        recipe: &'a Recipe,
        scenario: &'a Scenario,
        seed: usize,
        salt: &str,
    ) -> Result<Run<'a>, Breach> {
        let seed = format!("{}\n{}\n{seed}\n{salt}", scenario.name(), self.emulator.kind.name());
        let mut names = values::draw(&scenario.values, &seed).map_err(Breach::mistake)?;
        for (name, value) in
            [("account", self.emulator.kind.account()), ("region", REGION), ("partition", "aws")]
        {
            names.insert(name.to_owned(), value.into());
        }
        Ok(Run { prover: self, recipe, scenario, names, vault: Vault::default() })
    }
}

impl Run<'_> {
    /// Makes a call that is not the proven one; it fails as what it is for.
    async fn prepare(&mut self, given: &Given, fails: Fails) -> Result<(), Breach> {
        let parameters = given.parameters.evaluate(&self.names).map_err(Breach::mistake)?;
        let service = given.service.as_deref().unwrap_or(&self.scenario.service);
        let Prover { index, emulator, .. } = self.prover;
        let output = match emulator.call(index, service, &given.operation, &parameters).await {
            Ok(output) => output.output,
            Err(not_done) if given.unless_refused.iter().any(|code| code == not_done.code()) => return Ok(()),
            Err(not_done) => return Err(not_done.fails(fails)),
        };
        for (name, path) in &given.save {
            let names = output.as_object().cloned().unwrap_or_default();
            let value = changegate_catalog::ValueTemplate::expression(path)
                .and_then(|path| path.evaluate(&names))
                .map_err(Breach::mistake)?;
            if value.is_null() {
                let mark = format!("{service}:{} gives no `{path}`", given.operation);
                return Err(Breach { fails, what: format!("{mark}: {output}"), mark });
            }
            self.names.insert(name.clone(), value);
        }
        Ok(())
    }

    /// From nothing to the state after the call, each thing held against recipe and scenario.
    async fn make(&mut self) -> Result<Made, Breach> {
        let (recipe, scenario) = (self.recipe, self.scenario);
        for given in &scenario.given {
            self.prepare(given, Fails::Given).await?;
        }
        let parameters = scenario.call.evaluate(&self.names).map_err(Breach::mistake)?;
        let context = self.context(parameters);
        let answers = self.answers(recipe, &context).await?;
        let before = self.captured(recipe, &context, &answers)?;
        if before.present != (scenario.starts == Start::Present) {
            let mark = if before.present { "present" } else { "absent" }.to_owned();
            return Err(Breach {
                fails: Fails::Start,
                mark,
                what: format!("it starts with {}", told(&before)),
            });
        }
        if before.truncated {
            return Err(Breach::mistake("the state before is truncated"));
        }
        let plan = recipe.undo(&context, &before)?;
        recipe.safer(&context, &before)?;
        let expected = recipe.expected(&context, &before, &mut Sealer::new(TENANT_KEY))?;
        let (service, operation) = (recipe.service(), recipe.operation());
        let output = self.mutate(Fails::Call, service, operation, &context.parameters).await?.output;
        let kept = keep_output(&recipe.needed_output(&plan), &output);
        self.settle(recipe, &context, &kept).await?;
        let after = self.capture(recipe, &context).await?;
        if let Some(expected) = expected.filter(|expected| *expected != after) {
            let (lines, mark) = (paths(&recipe.diff(&expected, &after)), difference(&expected, &after));
            let (expected, after) = (told(&expected), told(&after));
            let what =
                format!("after the call it is not what was expected: {lines:?}: {after}, not {expected}");
            return Err(Breach { fails: Fails::After, mark, what });
        }
        // What the undo takes back without being seen in the state, the recipe says to be unwitnessed. What was absent is there.
        let seen = recipe.witness() == Witness::State || !before.present;
        if seen && before == after && plan.class != UndoClass::None {
            let what = "the call changes nothing of what the recipe keeps".to_owned();
            return Err(Breach { fails: Fails::Unchanged, mark: String::new(), what });
        }
        let made = Made { context, kept, answers, before, after, plan };
        self.changes(&made)?;
        Ok(made)
    }

    /// The diff names what the scenario says, and every member that differs.
    fn changes(&self, made: &Made) -> Result<(), Breach> {
        let Made { before, after, .. } = made;
        let mut found = paths(&self.recipe.diff(before, after));
        found.sort();
        let mut members: Vec<_> = found.iter().filter_map(|path| path.split('/').nth(1)).collect();
        members.dedup();
        let differing = differing_members(before, after);
        if members != differing {
            return Err(Breach::mistake(format!("the diff names {members:?}, and {differing:?} differ")));
        }
        let other = |what| Breach { fails: Fails::Diff, mark: difference(before, after), what };
        let Some(changes) = &self.scenario.changes else {
            let whole = before.present != after.present;
            return if whole { Ok(()) } else { Err(other(format!("`changes` is missing; it is {found:?}"))) };
        };
        let named = changes.iter().map(|path| path.evaluate(&self.names));
        let named: Vec<_> = named.collect::<Result<_, _>>().map_err(Breach::mistake)?;
        let mut named: Vec<_> = named.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        named.sort();
        if named == found { Ok(()) } else { Err(other(format!("the diff names {found:?}, not {named:?}"))) }
    }

    async fn undo(&mut self, made: &Made) -> Result<(), Breach> {
        let now = self.capture(self.recipe, &made.context).await?;
        if !undisturbed(made, &now)? {
            let what = format!("the state changes by itself: {} was {}", told(&now), told(&made.after));
            return Err(Breach { fails: Fails::Drift, mark: difference(&made.after, &now), what });
        }
        if made.plan.class == UndoClass::None {
            return Ok(());
        }
        for planned in &made.plan.calls {
            let revealed = self.vault.reveal(&planned.parameters).map_err(Breach::mistake)?;
            let parameters = resolve_output(&revealed, &made.kept).map_err(no_output)?;
            let context = self.context(parameters);
            let (service, operation) = (&planned.service, &planned.operation);
            let output = self.mutate(Fails::Undo, service, operation, &context.parameters).await?.output;
            if let Some(recipe) = self.prover.catalog.recipe(&planned.service, &planned.operation) {
                let (class, planned_by) = (UndoClass::None, PlannedBy::Catalog);
                let plan = UndoPlan { class, calls: vec![], caveats: vec![], planned_by };
                self.settle(recipe, &context, &keep_output(&recipe.needed_output(&plan), &output)).await?;
            }
        }
        let restored = self.capture(self.recipe, &made.context).await?;
        if restored == made.before {
            return Ok(());
        }
        let lines = paths(&self.recipe.diff(&made.before, &restored));
        let (is, was) = (told(&restored), told(&made.before));
        let what = format!("the undo does not restore {lines:?}: {is}, not {was}");
        Err(Breach { fails: Fails::Restore, mark: difference(&made.before, &restored), what })
    }

    /// Makes a call of a recipe, with what the recipe fills in; it fails as what it is for.
    async fn mutate(
        &mut self,
        fails: Fails,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Output, Breach> {
        let Prover { index, catalog, emulator } = self.prover;
        let mut parameters = parameters.clone();
        if let Some(recipe) = catalog.recipe(service, operation).filter(|own| own.filled().next().is_some()) {
            let context = self.context(parameters);
            let answers = emulator.answers(index, |answered| recipe.reads(&context, answered)).await?;
            parameters = recipe.fill(&context, &answers)?;
        }
        emulator.call(index, service, operation, &parameters).await.map_err(|not_done| not_done.fails(fails))
    }

    async fn capture(&mut self, recipe: &Recipe, context: &CallContext) -> Result<Capture, Breach> {
        let answers = self.answers(recipe, context).await?;
        self.captured(recipe, context, &answers)
    }

    async fn answers(&self, recipe: &Recipe, context: &CallContext) -> Result<Vec<ReadAnswer>, Breach> {
        let Prover { index, emulator, .. } = self.prover;
        emulator.answers(index, |answered| recipe.reads(context, answered)).await
    }

    fn captured(
        &mut self,
        recipe: &Recipe,
        context: &CallContext,
        answers: &[ReadAnswer],
    ) -> Result<Capture, Breach> {
        let mut sealer = Sealer::new(TENANT_KEY);
        let capture = recipe.capture(context, answers, &mut sealer)?;
        self.vault.absorb(sealer.vault());
        Ok(capture)
    }

    async fn settle(&self, recipe: &Recipe, context: &CallContext, kept: &KeptOutput) -> Result<(), Breach> {
        let Some(test) = recipe.settle() else { return Ok(()) };
        let Prover { index, emulator, .. } = self.prover;
        for _ in 0..LOOKS {
            let answers = emulator.answers(index, |answered| test.reads(context, kept, answered)).await?;
            match test.is_settled(context, &answers)? {
                Settled::Done => return Ok(()),
                Settled::Wait => tokio::time::sleep(BETWEEN_LOOKS).await,
                Settled::Failed { reason } => {
                    return Err(unsettled(format!("{} failed: {reason}", recipe.id())));
                }
            }
        }
        Err(unsettled(format!("{} does not settle", recipe.id())))
    }

    fn context(&self, parameters: Value) -> CallContext {
        CallContext {
            account: self.prover.emulator.kind.account().to_owned(),
            region: REGION.to_owned(),
            partition: "aws".to_owned(),
            parameters,
        }
    }
}

/// How long it takes to capture, plan the undo and compare with the state after.
fn worked(recipe: &Recipe, made: &Made) -> Result<Duration, Breach> {
    let start = Instant::now();
    let mut sealer = Sealer::new(TENANT_KEY);
    let before = recipe.capture(&made.context, &made.answers, &mut sealer)?;
    let plan = recipe.undo(&made.context, &before)?;
    let lines = recipe.diff(&before, &made.after);
    let worked = start.elapsed();
    // What was measured is what was proven.
    if before == made.before && plan == made.plan && !(lines.is_empty() && before != made.after) {
        Ok(worked)
    } else {
        Err(Breach::mistake("the same answers give another capture or plan"))
    }
}

/// Whether the undo may run.
fn undisturbed(made: &Made, now: &Capture) -> Result<bool, Breach> {
    let after = CaptureRef::to(&made.after).map_err(Breach::mistake)?;
    Recipe::is_undisturbed(&after, now).map_err(Breach::mistake)
}

fn unsettled(what: String) -> Breach {
    Breach { fails: Fails::Settle, mark: what.clone(), what }
}

fn no_output(error: RecipeError) -> Breach {
    let what = error.to_string();
    Breach { fails: Fails::Output, mark: what.clone(), what }
}

/// In which members two states differ, as the mark of a failure.
fn difference(one: &Capture, other: &Capture) -> String {
    match (one.present, other.present) {
        (true, false) => "it is absent".to_owned(),
        (false, true) => "it is present".to_owned(),
        (true, true) | (false, false) => differing_members(one, other).join(" "),
    }
}

fn paths(lines: &[DiffLine]) -> Vec<String> {
    lines.iter().map(|line| line.path.clone()).collect()
}

fn told(capture: &Capture) -> String {
    if capture.present { capture.state.to_string() } else { "nothing".to_owned() }
}

/// The members in which two states differ, told without the diff.
fn differing_members(before: &Capture, after: &Capture) -> Vec<String> {
    let state = |capture: &Capture| if capture.present { capture.state.clone() } else { json!({}) };
    let (one, other) = (state(before), state(after));
    let mut names: Vec<String> = Vec::new();
    for state in [&one, &other] {
        names.extend(state.as_object().into_iter().flat_map(Map::keys).cloned());
    }
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| one.get(name) != other.get(name)).collect()
}
