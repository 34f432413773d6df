//! Proves recipes on emulators of AWS that others wrote. `proofs/README.md` says how.

mod breach;
mod emulator;
mod failure;
mod pages;
mod proof;
mod report;
mod scenario;
mod values;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use aws_call::{Index, one_line};
use changegate_catalog::{Catalog, Recipe, toml_files};
use changegate_emulator::Program;
use clap::{Parser, Subcommand};

use crate::{emulator::Programs, failure::Failure, report::Report, scenario::Scenario};

/// Proves recipes on emulators of AWS.
#[derive(Parser)]
struct Arguments {
    /// The index of operations.
    #[arg(long, default_value = "target/index/aws-call.index")]
    index: PathBuf,
    /// The folder of recipe files.
    #[arg(long, default_value = "crates/catalog/recipes")]
    recipes: PathBuf,
    /// The folder of scenario files.
    #[arg(long, default_value = "proofs/scenarios")]
    scenarios: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare recipes and scenarios with the models of the services.
    Lint {
        /// Only of these services.
        services: Vec<String>,
    },
    /// Run scenarios.
    Run {
        /// A Python that has moto.
        #[arg(long, default_value = ".local/oracles/pinned/bin/python")]
        moto: PathBuf,
        /// MiniStack's program.
        #[arg(long, default_value = ".venv/bin/ministack")]
        ministack: PathBuf,
        /// Only of these services or recipes: `sqs`, `sqs/SetQueueAttributes`.
        #[arg(long)]
        only: Vec<String>,
        /// Only of deep recipes.
        #[arg(long)]
        deep: bool,
        /// How often each scenario runs, with other values every time.
        #[arg(long, default_value_t = 5)]
        seeds: usize,
        /// Where to write the figures.
        #[arg(long)]
        figures: Option<PathBuf>,
    },
    /// Write the pages of the documentation that recipes and scenarios give.
    Pages {
        /// Write nothing; name the pages that are not as they should be.
        #[arg(long)]
        check: bool,
    },
}

/// All that the program works on.
struct Catalogue {
    index: Index,
    catalog: Catalog,
    scenarios: Vec<Scenario>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {}", one_line(&failure));
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is as it should be.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let mut all = read(arguments)?;
    match &arguments.command {
        Command::Lint { services } => Ok(lint(&all, services)),
        Command::Pages { check } => {
            let changed = pages::write(Path::new("."), &all.catalog, &all.scenarios, *check)?;
            let say =
                if *check { "is not what the recipes say: run `make catalog-report`" } else { "written" };
            changed.iter().for_each(|page| println!("{page}: {say}"));
            Ok(!check || changed.is_empty())
        }
        Command::Run { moto, ministack, only, deep, seeds, figures } => {
            let catalog = &all.catalog;
            let is_deep =
                |own: &Scenario| catalog.recipe(&own.service, &own.operation).is_some_and(Recipe::is_deep);
            let named = |own: &Scenario| {
                only.is_empty() || only.iter().any(|one| *one == own.service || *one == own.recipe())
            };
            all.scenarios.retain(|own| named(own) && (!deep || is_deep(own)));
            let (moto, ministack) = (Program::Moto(moto.clone()), Program::Ministack(ministack.clone()));
            let programs = Programs { moto, ministack };
            let report = Report::of(&all.index, &all.catalog, &all.scenarios, &programs, *seeds)?;
            print!("{report}");
            if let Some(path) = figures {
                report.write_figures(path, &all.index, &all.catalog)?;
            }
            Ok(report.is_sound())
        }
    }
}

fn read(arguments: &Arguments) -> Result<Catalogue, Failure> {
    let mut catalog = Catalog::default();
    for path in toml_files(&arguments.recipes).map_err(Failure::file(&arguments.recipes))? {
        let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
        let added = catalog.add_file(&path.display().to_string(), &text);
        added.map_err(|error| Failure::Catalog(one_line(&error)))?;
    }
    let index = Index::open(&arguments.index)?;
    Ok(Catalogue { index, catalog, scenarios: scenario::read(&arguments.scenarios)? })
}

fn lint(all: &Catalogue, services: &[String]) -> bool {
    let wanted = |service: &str| services.is_empty() || services.iter().any(|own| own == service);
    let mut findings: Vec<String> = Vec::new();
    for finding in all.catalog.lint(&all.index) {
        if finding.recipe.split('/').next().is_some_and(wanted) {
            findings.push(finding.to_string());
        }
    }
    let proven: BTreeSet<String> = all.scenarios.iter().map(Scenario::recipe).collect();
    for scenario in all.scenarios.iter().filter(|own| wanted(&own.service)) {
        findings.extend(scenario_finding(all, scenario));
    }
    let claims = |recipe: &&Recipe| {
        wanted(recipe.service()) && recipe.proof() >= changegate_catalog::Proof::OneEmulator
    };
    for recipe in all.catalog.recipes().filter(claims).filter(|recipe| !proven.contains(recipe.id())) {
        findings.push(format!("{}: it claims a proof on an emulator, and there is no scenario", recipe.id()));
    }
    for finding in &findings {
        println!("{finding}");
    }
    let recipes = all.catalog.recipes().filter(|recipe| wanted(recipe.service())).count();
    println!("{recipes} recipes, {} findings", findings.len());
    findings.is_empty()
}

fn scenario_finding(all: &Catalogue, scenario: &Scenario) -> Vec<String> {
    let name = scenario.name();
    let mut findings = Vec::new();
    if all.catalog.recipe(&scenario.service, &scenario.operation).is_none() {
        findings.push(format!("{name}: there is no such recipe"));
    }
    for (kind, exception) in &scenario.except {
        if exception.is_vague() {
            let kind = kind.name();
            findings
                .push(format!("{name}: any failure of the kind on {kind} is excepted: `with` is missing"));
        }
    }
    for given in scenario.given.iter().chain(&scenario.foreign) {
        let service = given.service.as_deref().unwrap_or(&scenario.service);
        if let Err(error) = all.index.operation(service, &given.operation) {
            findings.push(format!("{name}: {error}"));
        }
    }
    findings
}
