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

const fn suite(
    name: &'static str,
    title: &'static str,
    fewest: usize,
    cases: fn(&Models) -> Result<Tally, Failure>,
) -> Suite {
    Suite { name, title, fewest, cases }
}

/// All suites.
pub(crate) const SUITES: &[Suite] = &[
    suite("protocol_input", "botocore protocol suites, input", 367, protocols::input),
    suite("protocol_output", "botocore protocol suites, output", 365, protocols::output),
    suite("endpoint_rules", "endpoint rule tests", 13_000, endpoints::rules),
    suite("responses", "recorded responses", 200, responses::recorded),
    suite("answers", "answers read as botocore does", 16_000, responses::made),
    suite("command_operations", "command lines for every operation", 18_000, command_lines::operations),
    suite("command_lines", "command lines in awscli's examples", 5_900, command_lines::examples),
    suite("sigv4", "SigV4 suite", 34, signatures::suite),
    suite("signatures", "signatures equal to botocore's", 1_000, signatures::botocore),
    suite("requests", "requests equal to botocore's", 51_000, requests::equal),
    suite("live", "steps on an emulator", 180, live::scripts),
    suite("live_errors", "errors of an emulator", 30, live::errors),
    suite("index", "operations in the index, and its size", 18_379, whole_index::complete),
    suite("validation", "botocore's validation, valid and invalid", 149_000, validation::agrees),
];
