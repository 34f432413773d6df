//! Holds `aws-call` against suites that others wrote, and against botocore and awscli as oracles.
//!
//! Prints one line a suite and writes the counts to `target/figures/aws-call.json`. It fails if a case fails that
//! `exceptions.toml` does not list, or if a listed one passes; where a share of the cases must pass, if fewer do.

mod checksums;
mod command_lines;
mod difference;
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a body that cannot be read is a panic, which the suite counts as a failure"
)]
mod documents;
mod endpoints;
mod exceptions;
mod failure;
mod live;
mod models;
mod oracle;
#[expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a case that is not of the known form is a panic, which counts as a failure"
)]
mod protocols;
mod report;
mod requests;
mod responses;
mod signatures;
mod suite;
mod validation;
mod whole_index;

use std::{path::PathBuf, process::ExitCode, thread};

use clap::Parser;
use exceptions::Exceptions;
use failure::Failure;
use models::{Models, PINNED};
use report::Report;
use suite::{Ran, SUITES};

#[derive(Parser)]
#[command(about = "Holds aws-call against suites written elsewhere")]
struct Arguments {
    /// Unpacked source distribution of the pinned botocore
    #[arg(long)]
    botocore: PathBuf,
    /// Index built from it
    #[arg(long)]
    index: PathBuf,
    /// Python interpreter that has this botocore, the awscli that belongs to it, and moto
    #[arg(long)]
    python: PathBuf,
    /// Unpacked source distribution of a newer botocore
    #[arg(long, requires_all = ["newer_index", "newer_python"])]
    newer_botocore: Option<PathBuf>,
    /// Index built from the newer one
    #[arg(long)]
    newer_index: Option<PathBuf>,
    /// Python interpreter that has the newer botocore and its awscli
    #[arg(long)]
    newer_python: Option<PathBuf>,
    /// Run only this suite (repeatable); writes no figures
    #[arg(long)]
    only: Vec<String>,
    /// Where the figures go
    #[arg(long, default_value = "target/figures/aws-call.json")]
    figures: PathBuf,
}

fn run(arguments: Arguments) -> Result<bool, Failure> {
    let Arguments { botocore, index, python, only, .. } = arguments;
    let mut all = vec![Models::open(PINNED, botocore, &index, python.clone(), python.clone())?];
    if let (Some(botocore), Some(index), Some(newer_python)) =
        (arguments.newer_botocore, arguments.newer_index, arguments.newer_python)
    {
        all.push(Models::open("newer", botocore, &index, newer_python, python)?);
    }
    let exceptions = Exceptions::read()?;
    if let Some(name) = only.iter().chain(exceptions.suites()).find(|name| !is_suite(name)) {
        return Err(Failure::Other(format!("there is no suite `{name}`")));
    }
    let mut report = Report::default();
    for suite in SUITES.iter().filter(|suite| only.is_empty() || only.iter().any(|name| name == suite.name)) {
        // Most suites wait for one Python process, so those of all models run at once.
        let ran: Vec<Result<Ran, Failure>> = thread::scope(|scope| {
            let running: Vec<_> = all.iter().map(|models| scope.spawn(|| suite.run(models))).collect();
            let panicked = || Err(Failure::Other(format!("the suite `{}` panicked", suite.name)));
            running.into_iter().map(|run| run.join().unwrap_or_else(|_| panicked())).collect()
        });
        for (models, ran) in all.iter().zip(ran) {
            let verdict = exceptions.judge(suite.name, models.label, ran?);
            println!("{verdict}");
            report.add(verdict);
        }
    }
    println!("\n{report}");
    if only.is_empty() {
        println!("figures: {}", report.write(&arguments.figures, &all)?.display());
    }
    Ok(report.is_good())
}

fn is_suite(name: &str) -> bool {
    SUITES.iter().any(|suite| suite.name == name)
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("conformance: {}", aws_call::one_line(&failure));
            ExitCode::FAILURE
        }
    }
}
