//! `changegate`: the command line of operators and agents, an HTTP client of a deployment.

mod agent_key;
mod arguments;
mod catalog;
mod deployment;
mod error;
mod print_change;
mod print_tenant;
mod run;
mod sign;
mod terminal;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run::run(&arguments).await {
        // A reader that went away, such as `head`, is no failure of the command.
        Ok(text) => drop(writeln!(std::io::stdout(), "{text}")),
        Err(error) => {
            let text = if arguments.json { error.to_json() } else { error.to_text() };
            drop(writeln!(std::io::stderr(), "{text}"));
            return error.exit_code();
        }
    }
    ExitCode::SUCCESS
}
