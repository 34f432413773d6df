//! The form of the scripts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Steps that belong together, and the service that they call unless they say otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) service: String,
    pub(super) steps: Vec<Step>,
}

/// One step. Texts in `parameters` and `expect` may name what was saved before: `${name}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    /// One call.
    Call {
        call: String,
        #[serde(flatten)]
        common: Common,
        /// The code with which the service refuses.
        refused: Option<String>,
    },
    /// A listing, read in pages.
    Pages {
        pages: String,
        #[serde(flatten)]
        common: Common,
        /// Largest number of pages.
        limit: usize,
        /// Whether more pages are left.
        truncated: Option<bool>,
    },
    /// A waiter.
    Wait {
        wait: String,
        #[serde(flatten)]
        common: Common,
        #[serde(default = "patience")]
        deadline_seconds: u64,
        #[serde(default)]
        ends: Ends,
    },
}

/// What all steps have.
#[derive(Debug, Deserialize)]
pub(super) struct Common {
    /// Another service than the script's.
    #[serde(rename = "in")]
    pub(super) service: Option<String>,
    #[serde(default)]
    pub(super) parameters: Value,
    /// By a JMESPath expression over the output, what it gives.
    #[serde(default)]
    pub(super) expect: BTreeMap<String, Value>,
    /// By a name, the JMESPath expression whose value later steps use.
    #[serde(default)]
    pub(super) save: BTreeMap<String, String>,
}

/// How waiting ends.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ends {
    #[default]
    Success,
    Failure,
    Deadline,
}

fn patience() -> u64 {
    60
}

impl Step {
    /// Operation or waiter.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Call { call, .. } => call,
            Self::Pages { pages, .. } => pages,
            Self::Wait { wait, .. } => wait,
        }
    }

    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Call { common, .. } | Self::Pages { common, .. } | Self::Wait { common, .. } => common,
        }
    }

    pub(super) fn service<'a>(&'a self, script: &'a Script) -> &'a str {
        self.common().service.as_deref().unwrap_or(&script.service)
    }
}
