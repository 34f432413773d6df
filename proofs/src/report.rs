//! What was proven of all recipes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
    time::Duration,
};

use aws_call::Index;
use changegate_catalog::{Catalog, Proof, Recipe};
use serde_json::json;

use crate::{
    breach::Breach,
    emulator::{Emulator, Kind, Programs},
    failure::Failure,
    pages::Counts,
    proof::Prover,
    scenario::{Scenario, Start},
};

/// The most of a finding that is printed, in characters.
const FINDING_MAX: usize = 1500;

/// What came of a scenario on an emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// How long capture, plan and diff took, once per seed.
    Proven(Vec<Duration>),
    /// The emulator cannot run it, as the scenario says.
    Excepted,
    Failed(Breach),
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

    fn count(&self, wanted: fn(&Verdict) -> bool) -> usize {
        self.results.iter().flat_map(|own| own.verdicts.values()).filter(|own| wanted(own)).count()
    }

    /// The median time of capture, plan and diff, in microseconds.
    fn median_work(&self) -> f64 {
        let times = |verdict: &Verdict| match verdict {
            Verdict::Proven(times) => times.clone(),
            Verdict::Excepted | Verdict::Failed(_) => vec![],
        };
        let mut times: Vec<_> =
            self.results.iter().flat_map(|own| own.verdicts.values()).flat_map(times).collect();
        times.sort();
        times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }

    /// Writes the figures, flat.
    pub(crate) fn write_figures(&self, path: &Path, index: &Index, catalog: &Catalog) -> Result<(), Failure> {
        let counts = Counts::of(catalog.recipes());
        let services: BTreeSet<_> = catalog.recipes().map(Recipe::service).collect();
        let figures = json!({
            "command": "make catalog-report",
            "index": index.hash(),
            "recipes": counts.recipes,
            "services": services.len(),
            "deep": counts.deep,
            "undo_full": counts.full,
            "undo_partial": counts.partial,
            "undo_none": counts.none,
            "two_emulators": counts.two_emulators,
            "one_emulator": counts.one_emulator,
            "documentation_or_recorded_answers": counts.less,
            "scenarios": self.results.len(),
            "seeds": self.seeds,
            "scenarios_proven": self.count(|own| matches!(own, Verdict::Proven(_))),
            "scenarios_excepted": self.count(|own| *own == Verdict::Excepted),
            "scenarios_failed": self.count(|own| matches!(own, Verdict::Failed(_))),
            "wrong_claims": self.claims.len(),
            "capture_plan_diff_median_us": (self.median_work() * 10.0).round() / 10.0,
        });
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
        fs::write(path, format!("{figures:#}\n")).map_err(Failure::file(path))
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
    let mut emulator = Emulator::start(kind, programs)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System(error.to_string()))?;
    let mut verdicts = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        let all_seeds = |emulator: &Emulator| {
            let prover = Prover { index, catalog, emulator };
            let one = |seed| {
                let proven = runtime.block_on(prover.prove(scenario, seed));
                proven.map_err(|breach| Breach { what: format!("seed {seed}: {breach}"), ..breach })
            };
            (0..seeds).map(one).collect::<Result<Vec<_>, _>>()
        };
        let mut worked = all_seeds(&emulator);
        // An emulator that ended says nothing about the recipe, nor that an exception is true.
        if worked.is_err() && !emulator.is_there() {
            emulator = Emulator::start(kind, programs)?;
            worked = all_seeds(&emulator);
            if !emulator.is_there() {
                let what = format!("ends whenever it runs {}", scenario.name());
                return Err(Failure::Emulator { emulator: kind.name(), what });
            }
        }
        verdicts.push(match (worked, scenario.except.get(&kind)) {
            (Err(breach), Some(exception)) if exception.expects(&breach) => Verdict::Excepted,
            (Err(breach), Some(exception)) => {
                let what = format!("it is excepted ({}), and fails otherwise: {breach}", exception.why);
                Verdict::Failed(Breach { what, ..breach })
            }
            (Ok(_), Some(_)) => {
                Verdict::Failed(Breach::mistake("it is excepted, and is proven nevertheless"))
            }
            (Err(error), None) => Verdict::Failed(error),
            (Ok(worked), None) => Verdict::Proven(worked),
        });
    }
    Ok(verdicts)
}

/// An emulator counts if it has proven a scenario of every starting state that the recipe has, and failed at none.
fn wrong_claims(catalog: &Catalog, results: &[Outcome]) -> Vec<String> {
    let mut proven: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in [Kind::Moto, Kind::Ministack] {
        let mut by_start: BTreeMap<(&str, Start), bool> = BTreeMap::new();
        for outcome in results {
            let own = matches!(outcome.verdicts.get(&kind), Some(Verdict::Proven(_)));
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
                Verdict::Proven(_) => format!("{} proven", kind.name()),
                Verdict::Excepted => format!("{} excepted", kind.name()),
                Verdict::Failed(_) => format!("{} FAILED", kind.name()),
            });
            writeln!(f, "{name}: {}", told.collect::<Vec<_>>().join(", "))?;
            for (kind, result) in verdicts {
                if let Verdict::Failed(breach) = result {
                    let short: String = breach.what.chars().take(FINDING_MAX).collect();
                    writeln!(f, "    {}: {short}\n        {}", kind.name(), breach.as_exception())?;
                }
            }
        }
        for claim in &self.claims {
            writeln!(f, "{claim}")?;
        }
        writeln!(
            f,
            "{} scenarios on two emulators, {} seeds: {} proven, {} excepted, {} failed; {} wrong claims; \
             capture, plan and diff {:.0} µs (median)",
            self.results.len(),
            self.seeds,
            self.count(|own| matches!(own, Verdict::Proven(_))),
            self.count(|own| *own == Verdict::Excepted),
            self.count(|own| matches!(own, Verdict::Failed(_))),
            self.claims.len(),
            self.median_work(),
        )
    }
}
