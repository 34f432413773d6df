//! The form of the scenario files. `proofs/README.md` explains it to those who write one.

use std::{collections::BTreeMap, fs, path::Path};

use changegate_catalog::{ValueTemplate, toml_files};
use serde::Deserialize;

use crate::{breach::Exception, emulator::Kind, failure::Failure, values::Random};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    service: String,
    #[serde(rename = "scenario")]
    scenarios: Vec<Scenario>,
}

/// A starting state, a call, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The service of the file.
    #[serde(skip)]
    pub(crate) service: String,
    pub(crate) operation: String,
    /// What tells several scenarios of an operation apart.
    #[serde(default)]
    pub(crate) about: String,
    pub(crate) starts: Start,
    /// The paths of the diff; without it, every member has come or gone.
    #[serde(default)]
    pub(crate) changes: Option<Vec<ValueTemplate>>,
    /// Emulators that cannot run it, what goes wrong there, and why.
    #[serde(default)]
    pub(crate) except: BTreeMap<Kind, Exception>,
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Random>,
    #[serde(default)]
    pub(crate) given: Vec<Given>,
    pub(crate) call: ValueTemplate,
    #[serde(default)]
    pub(crate) foreign: Vec<Given>,
}

/// Whether the resource is there before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Start {
    Present,
    Absent,
}

/// A call that is not the proven one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(default)]
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    pub(crate) parameters: ValueTemplate,
    /// Names for parts of its output.
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
    /// Refusals that do not matter.
    #[serde(default)]
    pub(crate) unless_refused: Vec<String>,
}

impl Scenario {
    /// The recipe that it proves: `sqs/SetQueueAttributes`.
    pub(crate) fn recipe(&self) -> String {
        format!("{}/{}", self.service, self.operation)
    }

    /// What it is called in reports.
    pub(crate) fn name(&self) -> String {
        let start = match self.starts {
            Start::Present => "present",
            Start::Absent => "absent",
        };
        let about = if self.about.is_empty() { String::new() } else { format!(", {}", self.about) };
        format!("{} ({start}{about})", self.recipe())
    }
}

/// All scenarios of a folder and of the folders within, by path.
pub(crate) fn read(folder: &Path) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    for path in toml_files(folder).map_err(Failure::file(folder))? {
        let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
        let file: ScenarioFile = toml::from_str(&text)
            .map_err(|source| Failure::Form { path: path.clone(), source: Box::new(source) })?;
        let service = file.service;
        scenarios.extend(file.scenarios.into_iter().map(|own| Scenario { service: service.clone(), ..own }));
    }
    Ok(scenarios)
}
