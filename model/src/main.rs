//! A model of the life of a change, checked exhaustively: no double call, no unapproved call, no lost change, every change ends.
//!
//! `model check` goes through every state of every part and through every seeded design fault; `model trace FAULT` tells the
//! shortest history in which a fault does harm. What each part rests on is in the README beside this program.

mod change_set;
mod check;
mod claims;
mod fault;
mod life;
mod parts;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::claims::Claim;
use crate::fault::Fault;
use crate::parts::Part;
use crate::report::{Failure, Report, print_history};

#[derive(Parser)]
#[command(about = "Checks a model of the life of a change")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks every part, and that every seeded fault is caught
    Check {
        /// Goes further: more faults at once
        #[arg(long)]
        long: bool,
        /// Only this part, without seeded faults
        #[arg(long)]
        part: Option<String>,
        /// How many threads
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Where the figures go
        #[arg(long)]
        figures: Option<PathBuf>,
    },
    /// Tells the shortest history in which a seeded fault does harm
    Trace {
        /// Its name
        fault: String,
        /// Names the code that each step stands for
        #[arg(long)]
        code: bool,
    },
    /// Lists the faults that can be seeded
    Faults,
}

fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Check { long, part, threads, figures } => {
            let mut report = Report::default();
            let chosen = |one: &Part| part.as_deref().is_none_or(|name| name == one.name());
            for one in Part::ALL.into_iter().filter(chosen) {
                report.verdicts.push(check::check(one, long, threads));
            }
            if part.is_none() {
                report.seeded = check::seed_all(threads);
            }
            report.print();
            if let Some(path) = figures {
                report.write(&path, if long { "make soak" } else { "make model" })?;
                println!("figures: {}", path.display());
            }
            Ok(report.is_good() && !report.verdicts.is_empty())
        }
        Command::Trace { fault, code } => Ok(trace(&fault, code)),
        Command::Faults => {
            for fault in Fault::ALL {
                println!("{:<24} {:<11} {}", fault.name(), fault.part(), fault.words());
            }
            Ok(true)
        }
    }
}

fn trace(name: &str, code: bool) -> bool {
    let Some(fault) = Fault::ALL.iter().find(|known| known.name() == name) else {
        eprintln!("there is no fault `{name}`; `model faults` lists them");
        return false;
    };
    let caught = check::seed(*fault);
    let claim = fault.breaks();
    println!("{}\n{}\nIt breaks the claim: {}.\n", fault.name(), fault.words(), claim.words());
    print_history(caught.history.as_deref().unwrap_or_default(), code);
    match (&caught.history, claim) {
        (None, _) => println!("It was not caught."),
        (Some(_), Claim::EveryChangeEnds | Claim::ApprovedNotLost) => {
            println!("      From here nothing more goes wrong, and yet it does not come to that.");
        }
        (Some(_), _) => {}
    }
    caught.history.is_some()
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
