//! Measures cold starts: from the start of a function's process to its first request for work.
//!
//! What is measured is the packaged program, unpacked, on this machine, with the environment that a deployment gives
//! it and a runtime interface that never answers. Nothing is sent to AWS. The download of the archive and the start
//! of the micro-VM, which AWS adds, are not in it. All programs take turns, so that a machine that is busy for a
//! while is busy for all of them.

mod runtime_api;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::archive::{self, PROGRAM};
use crate::chore_error::{ChoreError, at};
use crate::figures::{Figures, Table};
use crate::package::{figures_folder, packages, rustc_version};
use crate::release::{NOOP, Workspace};
use runtime_api::{RuntimeApi, Told};

/// How long a function may take to get ready before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(20);
const PYTHON: &str = "python with boto3";

/// What every function finds in its environment. Each takes of it what it needs; none of it exists.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("AWS_SESSION_TOKEN", "example"),
    ("AWS_LAMBDA_FUNCTION_NAME", "changegate-bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/changegate-bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
    ("LANG", "en_US.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("RUST_LOG", "info"),
    ("CHANGES_TABLE", "changegate-changes"),
    ("APPROVALS_TABLE", "changegate-approvals"),
    ("CONFIG_TABLE", "changegate-config"),
    ("PROPOSAL_KEY", "arn:aws:kms:eu-central-1:111122223333:key/proposal"),
    ("DECISION_KEY", "arn:aws:kms:eu-central-1:111122223333:key/decision"),
    ("CONFIG_KEY", "arn:aws:kms:eu-central-1:111122223333:key/config"),
    ("SEAL_KEY", "arn:aws:kms:eu-central-1:111122223333:key/seal"),
    ("FINGERPRINT_KEY", "arn:aws:kms:eu-central-1:111122223333:key/fingerprint"),
    ("CURSOR_KEY", "arn:aws:kms:eu-central-1:111122223333:key/cursor"),
    ("WEBHOOK_KEY", "arn:aws:kms:eu-central-1:111122223333:key/webhook"),
    ("STATE_MACHINE_ARN", "arn:aws:states:eu-central-1:111122223333:stateMachine:changegate-change"),
    ("PROPOSE_FUNCTION", "changegate-propose"),
    ("OBSERVE_FUNCTION", "changegate-observe"),
    ("APPLY_STEP_FUNCTION", "changegate-apply-step"),
    ("RELAY_FUNCTION", "changegate-relay"),
    ("TOPIC_PREFIX", "arn:aws:sns:eu-central-1:111122223333:changegate-approvals-"),
    ("WEBHOOK_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/111122223333/changegate-webhooks"),
    ("PUBLIC_URL", "https://changegate.example.com"),
    ("EGRESS_ALLOW_LOOPBACK", "false"),
    ("OWN_ACCOUNT", "111122223333"),
    ("OWN_PREFIX", "changegate"),
    ("OWN_KEYS", "proposal,decision,config,seal,fingerprint,cursor,webhook"),
    ("OWN_API", "abcdef1234"),
];

/// What is started, and what came of it so far.
struct Program {
    name: String,
    command: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    samples: Vec<Sample>,
}

/// One start.
#[derive(Debug, Clone, Copy)]
struct Sample {
    ready: Duration,
    resident_kib: u64,
}

/// Measures every packaged function beside a Rust function that does nothing and, if there is an interpreter, a
/// Python function with three clients. Says what came of it.
///
/// # Errors
/// A program is missing or does not get ready.
pub(crate) fn cold_start(
    workspace: &Workspace,
    runs: usize,
    python: Option<&Path>,
) -> Result<String, ChoreError> {
    let api = RuntimeApi::start().map_err(at("127.0.0.1"))?;
    let mut programs = unpack_all(workspace)?;
    programs.extend(python.map(|interpreter| with_boto3(workspace, interpreter)));
    for program in &programs {
        // The first start reads the program from the disk, which is no property of the program.
        start(program, &api)?;
    }
    for _ in 0..runs {
        for program in &mut programs {
            let sample = start(program, &api)?;
            program.samples.push(sample);
        }
    }
    report(workspace, &programs, runs)
}

fn unpack_all(workspace: &Workspace) -> Result<Vec<Program>, ChoreError> {
    let unpacked = workspace.root().join("target/cold-start");
    let missing = |path: &Path| ChoreError::Missing { path: path.to_owned(), remedy: "make package" };
    let mut programs = Vec::new();
    let noop = workspace.binary(NOOP);
    let command = fs::canonicalize(&noop).map_err(|_| missing(&noop))?;
    programs.push(program(NOOP.to_owned(), command, Vec::new(), workspace.root().to_owned()));
    for name in workspace.functions()? {
        let zip = packages(workspace).join(format!("{name}.zip"));
        let bytes = fs::read(&zip).map_err(|_| missing(&zip))?;
        let folder = unpacked.join(&name);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        archive::unpack(&bytes, &folder).map_err(at(&folder))?;
        programs.push(program(name, folder.join(PROGRAM), Vec::new(), folder));
    }
    Ok(programs)
}

fn with_boto3(workspace: &Workspace, interpreter: &Path) -> Program {
    let arguments = ["-m", "awslambdaric", "handler.handle"].map(str::to_owned).to_vec();
    program(PYTHON.to_owned(), interpreter.to_owned(), arguments, workspace.root().join("bench/python"))
}

fn program(name: String, command: PathBuf, arguments: Vec<String>, folder: PathBuf) -> Program {
    Program { name, command, arguments, folder, samples: Vec::new() }
}

/// Starts a program, waits until it asks for work, and ends it.
fn start(program: &Program, api: &RuntimeApi) -> Result<Sample, ChoreError> {
    let mut command = Command::new(&program.command);
    command.args(&program.arguments).current_dir(&program.folder);
    command.env_clear().envs(ENVIRONMENT.iter().copied());
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("LAMBDA_TASK_ROOT", &program.folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let begin = Instant::now();
    let mut child = command.spawn().map_err(at(&program.command))?;
    let told = wait(&mut child, api, begin);
    let resident_kib = resident_kib(child.id()).unwrap_or(0);
    // Both fail only for a process that has ended already.
    let _ = child.kill();
    let ended = child.wait_with_output().map_err(at(&program.command))?;
    let not_ready = |story| ChoreError::NotReady { program: program.name.clone(), story };
    match told {
        Some(Told::Ready(ready)) => Ok(Sample { ready: ready.duration_since(begin), resident_kib }),
        Some(Told::Else(words)) => Err(not_ready(words)),
        None => Err(not_ready(String::from_utf8_lossy(&ended.stderr).trim().to_owned())),
    }
}

/// What a program tells the runtime interface, unless it ends or takes too long.
fn wait(child: &mut Child, api: &RuntimeApi, begin: Instant) -> Option<Told> {
    const LOOK: Duration = Duration::from_millis(200);
    while begin.elapsed() < PATIENCE {
        if let Some(told) = api.wait(LOOK) {
            return Some(told);
        }
        if !matches!(child.try_wait(), Ok(None)) {
            return api.wait(LOOK);
        }
    }
    None
}

/// The resident memory of a process, in KiB.
fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The value in the middle; of an even number, the lower one of the two.
pub(crate) fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

fn report(workspace: &Workspace, programs: &[Program], runs: usize) -> Result<String, ChoreError> {
    let mut table = Table::new(["program", "median ms", "of noop", "fastest ms", "slowest ms", "MiB"]);
    let mut figures = Figures::of_command("make bench-cold-start");
    figures.set("rustc", rustc_version()?);
    figures.set("runs", runs);
    figures.set("cpus", thread::available_parallelism().map_or(0, usize::from));
    let times = |program: &Program| median(program.samples.iter().map(|sample| sample.ready));
    let noop = programs.first().and_then(times).unwrap_or_default();
    for program in programs {
        let ready = || program.samples.iter().map(|sample| sample.ready);
        let middle = milliseconds(times(program).unwrap_or_default());
        let fastest = milliseconds(ready().min().unwrap_or_default());
        let slowest = milliseconds(ready().max().unwrap_or_default());
        let resident = median(program.samples.iter().map(|sample| sample.resident_kib)).unwrap_or(0);
        let of_noop = middle / milliseconds(noop);
        let name = program.name.replace(' ', "_");
        figures.set(format!("{name}.ready_ms_median"), middle);
        figures.set(format!("{name}.ready_ms_fastest"), fastest);
        figures.set(format!("{name}.ready_ms_slowest"), slowest);
        figures.set(format!("{name}.resident_kib_median"), resident);
        table.row([
            program.name.clone(),
            format!("{middle:.1}"),
            format!("{of_noop:.1}"),
            format!("{fastest:.1}"),
            format!("{slowest:.1}"),
            format!("{:.1}", f64::from(u32::try_from(resident).unwrap_or(u32::MAX)) / 1024.0),
        ]);
    }
    let folder = figures_folder(workspace);
    let path = figures.write(&folder, "cold-start").map_err(at(&folder))?;
    let path = path.strip_prefix(workspace.root()).unwrap_or(&path);
    Ok(format!(
        "{table}\nprocess start to first request for work, {runs} starts each; figures in {}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        program("test".to_owned(), "/bin/sh".into(), arguments, std::env::temp_dir())
    }

    #[test]
    fn a_program_that_ends_before_it_is_ready_is_told_with_its_words() {
        let api = RuntimeApi::start().unwrap();
        let error = start(&shell("echo no such table >&2; exit 3"), &api).unwrap_err();
        assert_eq!(error.to_string(), "`test` did not get ready: no such table");
    }

    #[test]
    fn a_program_sees_the_deployments_environment_and_nothing_else() {
        let api = RuntimeApi::start().unwrap();
        let error = start(&shell("env >&2"), &api).unwrap_err().to_string();
        assert!(error.contains("CHANGES_TABLE=changegate-changes") && !error.contains("CARGO"), "{error}");
    }

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        assert_eq!(median([3, 1, 2].into_iter()), Some(2));
        assert_eq!(median([4, 3, 1, 2].into_iter()), Some(2));
        assert_eq!(median(std::iter::empty::<u8>()), None);
    }

    #[test]
    fn this_process_has_memory() {
        assert!(resident_kib(std::process::id()).unwrap() > 100);
        assert_eq!(resident_kib(u32::MAX), None);
    }
}
