//! `sandbox`: the whole of Changegate on this machine.

use std::process::{Command, ExitCode};
use std::time::Duration;

use changegate_sandbox::description::VARIABLE;
use changegate_sandbox::error::Result;
use changegate_sandbox::interrupt::{catch_signals, is_interrupted, unless_interrupted};
use changegate_sandbox::lifecycle::{self, Options, Running};
use changegate_sandbox::seed::{self, DEMO, DEMO_ACCOUNT, Plan};
use changegate_sandbox::{Layout, SandboxError, cost, receiver, service, walk};
use clap::{Parser, Subcommand};

/// The exit code of a process that was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug, Parser)]
#[command(about = "The whole of Changegate on this machine")]
struct Arguments {
    /// The name of the sandbox; those with different names run side by side.
    #[arg(long, global = true, default_value = "sandbox")]
    name: String,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Args)]
struct Chosen {
    /// Port of the emulator.
    #[arg(long)]
    gateway_port: Option<u16>,
    /// Port of the OpenID provider.
    #[arg(long)]
    issuer_port: Option<u16>,
    /// Port of the receiver of webhooks.
    #[arg(long)]
    receiver_port: Option<u16>,
    /// Deploy only; leave out the tenant and what its agents may change.
    #[arg(long)]
    bare: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start everything and leave it running.
    Up(Chosen),
    /// Stop everything.
    Down,
    /// Say what runs.
    Status,
    /// Stop and start the emulator, keeping its state.
    Restart,
    /// Start everything, run a command, stop everything, and end as the command ended.
    With {
        #[command(flatten)]
        chosen: Chosen,
        /// The command.
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
    /// Propose the sample change and wait for someone to decide.
    Run(Chosen),
    /// Propose the sample change, decide it, undo it, and say whether all of it is true.
    Demo(Chosen),
    /// Run the sample change and count what it costs.
    Cost(Chosen),
    /// Receive webhooks until told to stop.
    #[command(hide = true)]
    Receive {
        #[arg(long)]
        port: u16,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(SandboxError::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            eprintln!("sandbox: {}", aws_call::one_line(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    if let Verb::Receive { port } = arguments.verb {
        return receiver::serve(port).await.map(|()| ExitCode::SUCCESS);
    }
    catch_signals()?;
    let layout = Layout::find(&arguments.name)?;
    match arguments.verb {
        Verb::Receive { .. } => Ok(ExitCode::SUCCESS),
        Verb::Up(chosen) => {
            let running = started(&layout, &chosen).await?;
            println!("{}", layout.description().display());
            running.leave_running();
            Ok(ExitCode::SUCCESS)
        }
        Verb::Down => lifecycle::down(&layout).map(|()| ExitCode::SUCCESS),
        Verb::Status => {
            for (service, runs) in lifecycle::status(&layout) {
                println!("{service}: {}", if runs { "running" } else { "stopped" });
            }
            let runs = lifecycle::running(&layout).is_ok();
            Ok(if runs { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Verb::Restart => unless_interrupted(lifecycle::restart(&layout)).await.map(|()| ExitCode::SUCCESS),
        Verb::With { chosen, command } => {
            let _running = started(&layout, &chosen).await?;
            execute(&layout, &command).await
        }
        Verb::Run(chosen) => {
            let running = started(&layout, &chosen).await?;
            unless_interrupted(walk::by_hand(&running.sandbox, layout.root())).await?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Cost(chosen) => {
            let running = started(&layout, &chosen).await?;
            unless_interrupted(cost::measure(&running.sandbox, layout.root())).await?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Demo(chosen) => {
            let running = started(&layout, &chosen).await?;
            let proof = unless_interrupted(walk::by_script(&running.sandbox, layout.root())).await?;
            println!("{}", proof.line());
            Ok(if proof.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

async fn started(layout: &Layout, chosen: &Chosen) -> Result<Running> {
    let options =
        Options { gateway: chosen.gateway_port, issuer: chosen.issuer_port, receiver: chosen.receiver_port };
    let start = async {
        let mut running = lifecycle::up(layout, options).await?;
        if !chosen.bare {
            seed::tenant(&mut running.sandbox, layout.root(), &Plan::of(DEMO, DEMO_ACCOUNT)).await?;
            seed::staging(&running.sandbox, layout.root(), DEMO_ACCOUNT).await?;
            running.describe()?;
        }
        Ok(running)
    };
    unless_interrupted(start).await
}

/// Runs a command that finds the sandbox in its environment, and ends as it ended.
async fn execute(layout: &Layout, command: &[String]) -> Result<ExitCode> {
    let Some((program, arguments)) = command.split_first() else { return Ok(ExitCode::SUCCESS) };
    let path = layout.description();
    let not_started = |source| SandboxError::NotStarted { program: program.clone(), source };
    let mut child = Command::new(program);
    child.args(arguments).env(VARIABLE, path);
    let mut child = child.spawn().map_err(not_started)?;
    loop {
        if let Some(status) = child.try_wait().map_err(not_started)? {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
        if is_interrupted() {
            service::terminate(child.id());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
