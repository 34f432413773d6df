//! What was proven of all recipes.

use std::{collections::BTreeMap, fmt};

use aws_call::Index;
use changegate_catalog::{Catalog, Proof};

use crate::{
    emulator::{Emulator, Kind, Programs},
    failure::Failure,
    proof::Prover,
    scenario::{Scenario, Start},
};

/// The most of a finding that is printed, in characters.
const FINDING_MAX: usize = 1500;

/// What came of a scenario on an emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Proven,
    /// The emulator cannot run it, as the scenario says.
    Excepted,
    Failed(String),
}

/// What came of a scenario.
struct Outcome {
    recipe: String,
    name: String,
    starts: Start,
    verdicts: BTreeMap<Kind, Verdict>,
}

/// What was proven.
pub(crate) struct Report {
    /// By scenario, in their order.
    results: Vec<Outcome>,
    /// Recipes whose claim is not what was proven.
    claims: Vec<String>,
    seeds: usize,
}

impl Report {
    /// Runs scenarios on both emulators at once.
    pub(crate) fn of(
        index: &Index,
        catalog: &Catalog,
        scenarios: &[Scenario],
        programs: &Programs,
        seeds: usize,
    ) -> Result<Self, Failure> {
        let on = |kind| run_on(kind, index, catalog, scenarios, programs, seeds);
        let (moto, ministack) = std::thread::scope(|scope| {
            let other = scope.spawn(|| on(Kind::Ministack));
            let own = on(Kind::Moto);
            let other = other.join().unwrap_or_else(|_| Err(Failure::System("a thread panicked".to_owned())));
            (own, other)
        });
        let pairs = moto?.into_iter().zip(ministack?);
        let results: Vec<_> = scenarios
            .iter()
            .zip(pairs)
            .map(|(scenario, (moto, ministack))| Outcome {
                recipe: scenario.recipe(),
                name: scenario.name(),
                starts: scenario.starts,
                verdicts: BTreeMap::from([(Kind::Moto, moto), (Kind::Ministack, ministack)]),
            })
            .collect();
        let claims = wrong_claims(catalog, &results);
        Ok(Self { results, claims, seeds })
    }

    /// Whether everything was proven that was to be, and every claim is true.
    pub(crate) fn is_sound(&self) -> bool {
        let failed = |own: &Outcome| own.verdicts.values().any(|own| matches!(own, Verdict::Failed(_)));
        self.claims.is_empty() && !self.results.iter().any(failed)
    }
}

fn run_on(
    kind: Kind,
    index: &Index,
    catalog: &Catalog,
    scenarios: &[Scenario],
    programs: &Programs,
    seeds: usize,
) -> Result<Vec<Verdict>, Failure> {
    let emulator = Emulator::start(kind, programs)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System(error.to_string()))?;
    let prover = Prover { index, catalog, emulator: &emulator };
    let result = |scenario: &Scenario| {
        let mut failed = None;
        for seed in 0..seeds {
            if let Err(error) = runtime.block_on(prover.prove(scenario, seed)) {
                failed = Some(format!("seed {seed}: {error}"));
                break;
            }
        }
        match (failed, scenario.except.get(&kind)) {
            (Some(_), Some(_)) => Verdict::Excepted,
            (None, Some(_)) => Verdict::Failed("it is excepted, and is proven nevertheless".to_owned()),
            (Some(error), None) => Verdict::Failed(error),
            (None, None) => Verdict::Proven,
        }
    };
    Ok(scenarios.iter().map(result).collect())
}

/// An emulator counts if it has proven a scenario of every starting state that the recipe has, and failed at none.
fn wrong_claims(catalog: &Catalog, results: &[Outcome]) -> Vec<String> {
    let mut proven: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in [Kind::Moto, Kind::Ministack] {
        let mut by_start: BTreeMap<(&str, Start), bool> = BTreeMap::new();
        for outcome in results {
            let own = outcome.verdicts.get(&kind) == Some(&Verdict::Proven);
            *by_start.entry((&outcome.recipe, outcome.starts)).or_default() |= own;
        }
        let mut by_recipe: BTreeMap<&str, bool> = BTreeMap::new();
        for ((recipe, _), own) in by_start {
            *by_recipe.entry(recipe).or_insert(true) &= own;
        }
        for (recipe, own) in by_recipe {
            *proven.entry(recipe).or_default() += usize::from(own);
        }
    }
    let wrong = |(id, count): (&str, usize)| {
        let (service, operation) = id.split_once('/')?;
        let claimed = catalog.recipe(service, operation)?.proof();
        let right = match count {
            0 => claimed <= Proof::RecordedAnswers,
            1 => claimed == Proof::OneEmulator,
            _ => claimed == Proof::TwoEmulators,
        };
        (!right).then(|| format!("{id}: it claims {claimed:?}, and was proven on {count} emulators"))
    };
    proven.into_iter().filter_map(wrong).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { name, verdicts, .. } in &self.results {
            let told = verdicts.iter().map(|(kind, result)| match result {
                Verdict::Proven => format!("{} proven", kind.name()),
                Verdict::Excepted => format!("{} excepted", kind.name()),
                Verdict::Failed(_) => format!("{} FAILED", kind.name()),
            });
            writeln!(f, "{name}: {}", told.collect::<Vec<_>>().join(", "))?;
            for (kind, result) in verdicts {
                if let Verdict::Failed(error) = result {
                    let short: String = error.chars().take(FINDING_MAX).collect();
                    writeln!(f, "    {}: {short}", kind.name())?;
                }
            }
        }
        for claim in &self.claims {
            writeln!(f, "{claim}")?;
        }
        let count = |wanted: fn(&Verdict) -> bool| {
            self.results.iter().flat_map(|own| own.verdicts.values()).filter(|own| wanted(own)).count()
        };
        writeln!(
            f,
            "{} scenarios, {} seeds: {} proven, {} excepted, {} failed; {} wrong claims",
            self.results.len(),
            self.seeds,
            count(|own| *own == Verdict::Proven),
            count(|own| *own == Verdict::Excepted),
            count(|own| matches!(own, Verdict::Failed(_))),
            self.claims.len(),
        )
    }
}
