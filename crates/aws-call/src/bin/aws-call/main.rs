//! `aws-call`: what the crate does, seen from a shell. JSON lines in, JSON lines out.

mod arguments;
mod build;
mod call;
mod cli;
mod describe;
mod line_error;
mod lines;
mod list;
mod parse;

use std::{io, process::ExitCode};

use aws_call::Index;
use clap::Parser as _;

use crate::{
    arguments::{Arguments, Command},
    line_error::LineError,
    lines::Ended,
};

/// Says why nothing could be done at all, as opposed to a line that could not be answered.
fn unusable(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("aws-call: {}", aws_call::one_line(error));
    ExitCode::from(2)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { index, command } = Arguments::parse();
    let index = match Index::open(&index) {
        Ok(index) => index,
        Err(error) => return unusable(&error),
    };
    match run(&index, &command).await {
        Ok(Ended::AllAnswered) => ExitCode::SUCCESS,
        Ok(Ended::SomeWereBad) => ExitCode::FAILURE,
        // A reader that went away, such as `head`, is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => unusable(&error),
    }
}

async fn run(index: &Index, command: &Command) -> io::Result<Ended> {
    match command {
        Command::Request(options) => {
            let signer = if options.sign { Some(options.keys.credentials()?) } else { None };
            lines::answer(async |line| build::request(index, options, signer.as_ref(), line)).await
        }
        Command::Parse => lines::answer(async |line| parse::parse(index, line)).await,
        Command::Endpoint(options) => lines::answer(async |line| build::endpoint(index, options, line)).await,
        Command::Validate => lines::answer(async |line| describe::validate(index, line)).await,
        Command::Describe(options) => {
            lines::answer(async |line| describe::describe(index, options, line)).await
        }
        Command::Call(options) => {
            let caller = call::Caller::new(options, options.keys.credentials()?);
            lines::answer(async |line| caller.call(index, line).await).await
        }
        Command::Cli(options) => lines::answer(async |line| cli::cli(index, options, line)).await,
        Command::Unsupported => list::unsupported(index),
        Command::Services => list::services(index),
        Command::Operations { service } => list::operations(index, service.as_deref()),
    }
}
