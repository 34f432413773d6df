//! The table and the figures.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{failure::Failure, models::Models};

/// What a suite says of one version of the models.
pub(crate) struct Verdict {
    pub(crate) suite: &'static str,
    pub(crate) title: &'static str,
    pub(crate) models: &'static str,
    pub(crate) passed: usize,
    pub(crate) total: usize,
    /// Failed and listed.
    pub(crate) excepted: usize,
    /// Failed and not listed, or listed and not failed.
    pub(crate) wrong: Vec<(String, String)>,
    /// Failed where a share of the cases may.
    pub(crate) tolerated: Vec<(String, String)>,
    pub(crate) counts: Vec<(String, f64)>,
    pub(crate) seconds: f64,
}

/// Longest list of failed cases that is printed.
const MOST_SHOWN: usize = 40;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, models, passed, total, excepted, seconds, .. } = self;
        write!(f, "{title} ({models}): {passed} of {total}, {excepted} listed exceptions, {seconds:.1} s")?;
        for (name, count) in self.counts.iter().filter(|_| !self.tolerated.is_empty()) {
            write!(f, "\n  {name}: {count}")?;
        }
        for failed in [&self.wrong, &self.tolerated] {
            for (case, problem) in failed.iter().take(MOST_SHOWN) {
                write!(f, "\n  {case}: {problem}")?;
            }
            if let Some(more) = failed.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
                write!(f, "\n  and {more} more")?;
            }
        }
        Ok(())
    }
}

/// All verdicts.
#[derive(Default)]
pub(crate) struct Report(Vec<Verdict>);

impl Report {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        self.0.push(verdict);
    }

    /// Whether every case passed or is a listed exception.
    pub(crate) fn is_good(&self) -> bool {
        self.0.iter().all(|verdict| verdict.wrong.is_empty())
    }

    /// Writes the figures, one flat object.
    pub(crate) fn write(&self, path: &Path, all: &[Models]) -> Result<PathBuf, Failure> {
        let mut figures: BTreeMap<String, Value> = BTreeMap::new();
        figures.insert("command".to_owned(), json!("make conformance"));
        for models in all {
            figures.insert(format!("{}.sources", models.label), json!(models.index.sources().join(", ")));
        }
        for verdict in &self.0 {
            let name = |what: &str| format!("{}.{}.{what}", verdict.models, verdict.suite);
            figures.insert(name("passed"), json!(verdict.passed));
            figures.insert(name("total"), json!(verdict.total));
            figures.insert(name("exceptions"), json!(verdict.excepted));
            for (count, value) in &verdict.counts {
                figures.insert(name(count), json!(value));
            }
        }
        let unwritable = |source| Failure::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let text = serde_json::to_string_pretty(&figures).map_err(Failure::json("the figures"))?;
        fs::write(path, format!("{text}\n")).map_err(unwritable)?;
        Ok(path.to_owned())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|verdict| verdict.title.len()).max().unwrap_or(0);
        write!(f, "{:<width$}  models   passed      of  exceptions", "suite")?;
        for Verdict { title, models, passed, total, excepted, .. } in &self.0 {
            write!(f, "\n{title:<width$}  {models:<6}  {passed:>7} {total:>7}  {excepted:>10}")?;
        }
        Ok(())
    }
}
