//! The table and the figures.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::check::{Caught, Step, Verdict};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("`{path}` cannot be written: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the figures have no JSON form: {0}")]
    Json(#[from] serde_json::Error),
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) seeded: Vec<Caught>,
}

impl Report {
    /// Unique states of all parts.
    pub(crate) fn states(&self) -> usize {
        self.verdicts.iter().map(|verdict| verdict.unique).sum()
    }

    /// Claims that do not hold, in all parts.
    pub(crate) fn violations(&self) -> usize {
        self.verdicts.iter().map(|verdict| verdict.violated.len()).sum()
    }

    /// Seeded faults that broke what they should break.
    pub(crate) fn caught(&self) -> usize {
        self.seeded.iter().filter(|caught| caught.history.is_some()).count()
    }

    /// Whether every claim holds, everything is reached that should be, and every seeded fault was caught.
    pub(crate) fn is_good(&self) -> bool {
        let reached = self.verdicts.iter().all(|verdict| verdict.not_reached.is_empty());
        self.violations() == 0 && reached && self.caught() == self.seeded.len()
    }

    /// Prints what was found.
    pub(crate) fn print(&self) {
        println!(
            "{:<11} {:<13} {:>10} {:>11} {:>6} {:>7} {:>11} {:>8}",
            "part", "after", "states", "transitions", "depth", "claims", "violations", "seconds"
        );
        for verdict in &self.verdicts {
            let Verdict { part, unique, generated, depth, claims, violated, took, .. } = verdict;
            println!(
                "{:<11} {:<13} {unique:>10} {generated:>11} {depth:>6} {claims:>7} {:>11} {:>8.1}",
                part.name(),
                part.after(),
                violated.len(),
                took.as_secs_f64()
            );
        }
        println!();
        for Caught { fault, history, .. } in &self.seeded {
            let steps =
                history.as_ref().map_or("NOT CAUGHT".to_owned(), |steps| format!("{} steps", steps.len()));
            println!("{:<24} {steps:>11}  {}", fault.name(), fault.breaks().words());
        }
        for verdict in &self.verdicts {
            for (claim, history) in &verdict.violated {
                println!("\n{}: it does not hold that {claim}", verdict.part.name());
                print_history(history, false);
            }
            for name in &verdict.not_reached {
                println!("\n{}: never reached: {name}", verdict.part.name());
            }
        }
        println!(
            "\n{} unique states, {} violations; {} of {} seeded faults caught",
            self.states(),
            self.violations(),
            self.caught(),
            self.seeded.len()
        );
    }

    /// Writes the figures, one flat object.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, path: &Path, command: &str) -> Result<(), Failure> {
        let mut figures: BTreeMap<String, Value> = BTreeMap::new();
        figures.insert("command".to_owned(), json!(command));
        figures.insert("version".to_owned(), json!(env!("CARGO_PKG_VERSION")));
        figures.insert("states".to_owned(), json!(self.states()));
        figures.insert("violations".to_owned(), json!(self.violations()));
        figures.insert("faults.seeded".to_owned(), json!(self.seeded.len()));
        figures.insert("faults.caught".to_owned(), json!(self.caught()));
        for verdict in &self.verdicts {
            let mut put = |what: &str, value: Value| {
                figures.insert(format!("{}.{what}", verdict.part.name()), value);
            };
            put("states", json!(verdict.unique));
            put("transitions", json!(verdict.generated));
            put("depth", json!(verdict.depth));
            put("claims", json!(verdict.claims));
            put("violations", json!(verdict.violated.len()));
            put("seconds", json!((verdict.took.as_secs_f64() * 10.0).round() / 10.0));
        }
        for Caught { fault, history, .. } in &self.seeded {
            let steps = history.as_ref().map(Vec::len);
            figures.insert(format!("fault.{}.steps", fault.name()), json!(steps));
            figures.insert(format!("fault.{}.breaks", fault.name()), json!(fault.breaks().key()));
        }
        let unwritable = |source| Failure::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        fs::write(path, format!("{}\n", serde_json::to_string_pretty(&figures)?)).map_err(unwritable)
    }
}

/// Prints a history, one step a line, with the code that a step stands for if that is asked for.
pub(crate) fn print_history(history: &[Step], code: bool) {
    for (number, step) in (1..).zip(history) {
        println!("{number:>4}  {}", step.words);
        if let Some((file, text)) = step.code.filter(|_| code) {
            println!("        {file}: {}", text.trim_end_matches(['(', '{', ':', ' ']));
        }
    }
}
