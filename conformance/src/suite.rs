//! The suites, in the order in which they run.

use std::time::Instant;

use crate::{
    command_lines, endpoints, failure::Failure, live, models::Models, protocols, requests, responses,
    signatures, validation, whole_index,
};

/// A suite: cases that somebody else wrote, or an oracle that somebody else wrote.
pub(crate) struct Suite {
    /// Name in figures and in `exceptions.toml`.
    pub(crate) name: &'static str,
    /// What it is, for the table.
    pub(crate) title: &'static str,
    /// Fewest cases with any models, so that a suite that is not found, or an oracle that says nothing, does not pass.
    fewest: usize,
    cases: fn(&Models) -> Result<Tally, Failure>,
}

/// What came out of a suite.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Number of cases.
    pub(crate) total: usize,
    /// Cases that failed, by name, with what went wrong.
    pub(crate) failed: Vec<(String, String)>,
    /// Other counts for the figures, by name.
    pub(crate) counts: Vec<(String, f64)>,
    /// Share of the cases that must pass, where not all can. The others need not be listed one by one.
    pub(crate) least: Option<f64>,
}

impl Tally {
    /// Counts a case.
    pub(crate) fn add(&mut self, name: impl Into<String>, result: Result<(), String>) {
        self.total += 1;
        if let Err(problem) = result {
            self.failed.push((name.into(), problem));
        }
    }
}

/// A suite's tally with its name and how long it took.
pub(crate) struct Ran {
    pub(crate) title: &'static str,
    pub(crate) fewest: usize,
    pub(crate) tally: Tally,
    pub(crate) seconds: f64,
}

impl Suite {
    /// Runs all cases.
    pub(crate) fn run(&self, models: &Models) -> Result<Ran, Failure> {
        let start = Instant::now();
        let tally = (self.cases)(models)?;
        Ok(Ran { title: self.title, fewest: self.fewest, tally, seconds: start.elapsed().as_secs_f64() })
    }
}

/// All suites.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "protocol_input",
        title: "botocore protocol suites, input",
        fewest: 367,
        cases: protocols::input,
    },
    Suite {
        name: "protocol_output",
        title: "botocore protocol suites, output",
        fewest: 365,
        cases: protocols::output,
    },
    Suite { name: "endpoint_rules", title: "endpoint rule tests", fewest: 13_000, cases: endpoints::rules },
    Suite { name: "responses", title: "recorded responses", fewest: 200, cases: responses::recorded },
    Suite { name: "answers", title: "answers read as botocore does", fewest: 16_000, cases: responses::made },
    Suite {
        name: "command_operations",
        title: "command lines for every operation",
        fewest: 18_000,
        cases: command_lines::operations,
    },
    Suite {
        name: "command_lines",
        title: "command lines in awscli's examples",
        fewest: 5_900,
        cases: command_lines::examples,
    },
    Suite { name: "sigv4", title: "SigV4 suite", fewest: 34, cases: signatures::suite },
    Suite {
        name: "signatures",
        title: "signatures equal to botocore's",
        fewest: 1_000,
        cases: signatures::botocore,
    },
    Suite { name: "requests", title: "requests equal to botocore's", fewest: 51_000, cases: requests::equal },
    Suite { name: "live", title: "steps on an emulator", fewest: 180, cases: live::scripts },
    Suite { name: "live_errors", title: "errors of an emulator", fewest: 30, cases: live::errors },
    Suite {
        name: "index",
        title: "operations in the index, and its size",
        fewest: 18_379,
        cases: whole_index::complete,
    },
    Suite {
        name: "validation",
        title: "botocore's validation, valid and invalid",
        fewest: 149_000,
        cases: validation::agrees,
    },
];
