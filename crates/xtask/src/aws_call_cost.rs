//! Measures aws-call beside botocore and the typed Rust SDK: what a request takes to build and sign, what the first use of a
//! service takes in a fresh process, and whether the typed SDK writes the same bytes.
//!
//! Everything runs on this machine, one after the other; nothing is sent.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::chore_error::{ChoreError, at};
use crate::cold_start::median;
use crate::figures::{Figures, Table};
use crate::package::{figures_folder, rustc_version};
use crate::release::Workspace;

/// Services whose first use is measured.
const FIRST_USED: [&str; 3] = ["ssm", "ec2", "s3"];

/// What is measured, and with what.
pub(crate) struct Sides {
    /// The index that is used.
    pub(crate) index: PathBuf,
    /// A Python with botocore.
    pub(crate) python: PathBuf,
    /// Folder of botocore's source distribution.
    pub(crate) botocore: PathBuf,
    /// The program of bench/typed.
    pub(crate) typed: PathBuf,
    /// Fresh processes for the first use of a service.
    pub(crate) runs: usize,
}

#[derive(Deserialize)]
struct FirstUse {
    nanoseconds: u64,
}

#[derive(Deserialize)]
struct Memory {
    resident_kib: u64,
}

#[derive(Deserialize)]
struct Cost {
    service: String,
    operation: String,
    nanoseconds: f64,
}

#[derive(Deserialize)]
struct OfBotocore {
    botocore: String,
    python: String,
    calls: Vec<Cost>,
}

#[derive(Deserialize)]
struct OfTyped {
    protocols: Vec<Equality>,
    cost: Vec<BesideTyped>,
}

#[derive(Deserialize)]
struct Equality {
    protocol: String,
    service: String,
    operation: String,
    compared: u64,
    equal: u64,
    first_difference: Option<String>,
}

#[derive(Deserialize)]
struct BesideTyped {
    operation: String,
    typed_nanoseconds: f64,
    aws_call_nanoseconds: f64,
}

/// Measures everything and says what came of it.
///
/// # Errors
/// A program is missing or fails, or the typed SDK writes other bytes.
pub(crate) fn aws_call_cost(workspace: &Workspace, sides: &Sides) -> Result<String, ChoreError> {
    let mut figures = Figures::of_command("make bench-aws-call");
    figures.set("rustc", rustc_version()?);
    let requests = requests(workspace, sides, &mut figures)?;
    let locked = workspace.root().join("bench/typed/Cargo.lock");
    let locked = fs::read_to_string(&locked).map_err(at(&locked))?;
    figures.set("aws_sdk_ssm", version(&locked, "aws-sdk-ssm").unwrap_or_default());
    let (typed, equal, different) = typed(sides, &mut figures)?;
    let first_use = first_use(workspace, sides, &mut figures)?;
    let folder = figures_folder(workspace);
    let path = figures.write(&folder, "bench-aws-call").map_err(at(&folder))?;
    if let Some(call) = different {
        return Err(ChoreError::Different { call });
    }
    let path = path.strip_prefix(workspace.root()).unwrap_or(&path);
    Ok(format!("{requests}\n\n{typed}\n\n{equal}\n\n{first_use}\n\nfigures in {}", path.display()))
}

/// aws-call and botocore, operation by operation.
fn requests(workspace: &Workspace, sides: &Sides, figures: &mut Figures) -> Result<String, ChoreError> {
    let bench = bench(workspace);
    let ours: Vec<Cost> = ask(&bench, &[sides.index.as_os_str(), OsStr::new("requests")])?;
    let script = workspace.root().join("bench/aws-call/with_botocore.py");
    let theirs: OfBotocore = ask(&sides.python, &[script.as_os_str()])?;
    figures.set("botocore", theirs.botocore);
    figures.set("python", theirs.python);
    let mut table = Table::new(["build and sign", "aws-call µs", "botocore µs", "times faster"]);
    let mut ratios = Vec::new();
    for (ours, theirs) in ours.iter().zip(&theirs.calls) {
        let ratio = theirs.nanoseconds / ours.nanoseconds;
        ratios.push(ratio);
        let name = format!("{}.{}", ours.service, ours.operation);
        figures.set(format!("request.{name}.aws_call_us"), tenths(ours.nanoseconds / 1e3));
        figures.set(format!("request.{name}.botocore_us"), tenths(theirs.nanoseconds / 1e3));
        table.row([name, micro(ours.nanoseconds), micro(theirs.nanoseconds), format!("{ratio:.1}")]);
    }
    let middle = |costs: &[Cost]| middle(costs.iter().map(|cost| cost.nanoseconds));
    let (ours, theirs, ratio) = (middle(&ours), middle(&theirs.calls), middle_of(&ratios));
    figures.set("request.operations", ratios.len());
    figures.set("request.aws_call_us_median", tenths(ours / 1e3));
    figures.set("request.botocore_us_median", tenths(theirs / 1e3));
    figures.set("request.times_faster_than_botocore_median", tenths(ratio));
    table.row(["median".to_owned(), micro(ours), micro(theirs), format!("{ratio:.1}")]);
    Ok(table.to_string())
}

/// The version of a package in a lock file.
fn version(locked: &str, package: &str) -> Option<String> {
    let (_, after) = locked.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version.to_owned())
}

/// The typed SDK: its cost, whether it writes the same, and the first call for which it does not.
fn typed(sides: &Sides, figures: &mut Figures) -> Result<(String, String, Option<String>), ChoreError> {
    let typed: OfTyped = ask(&sides.typed, &[sides.index.as_os_str(), sides.botocore.as_os_str()])?;
    let mut costs = Table::new(["build and sign", "aws-call µs", "typed SDK µs", "of typed"]);
    let mut ratios = Vec::new();
    for cost in &typed.cost {
        let ratio = cost.aws_call_nanoseconds / cost.typed_nanoseconds;
        ratios.push(ratio);
        let name = format!("ssm.{}", cost.operation);
        figures.set(format!("typed.{name}.aws_call_us"), tenths(cost.aws_call_nanoseconds / 1e3));
        figures.set(format!("typed.{name}.typed_us"), tenths(cost.typed_nanoseconds / 1e3));
        let (ours, theirs) = (micro(cost.aws_call_nanoseconds), micro(cost.typed_nanoseconds));
        costs.row([name, ours, theirs, format!("{ratio:.2}")]);
    }
    figures.set("typed.of_typed_median", (middle_of(&ratios) * 100.0).round() / 100.0);
    let mut different = None;
    let mut equal = Table::new(["same bytes as the typed SDK", "call", "compared", "equal"]);
    for tally in &typed.protocols {
        let call = format!("{}.{}", tally.service, tally.operation);
        figures.set(format!("typed.{}.compared", tally.protocol), tally.compared);
        figures.set(format!("typed.{}.equal", tally.protocol), tally.equal);
        if let Some(difference) = &tally.first_difference {
            eprintln!("{call}: {difference}");
            different = different.or_else(|| Some(call.clone()));
        }
        equal.row([tally.protocol.clone(), call, tally.compared.to_string(), tally.equal.to_string()]);
    }
    Ok((costs.to_string(), equal.to_string(), different))
}

/// Fresh processes, which take turns.
fn first_use(workspace: &Workspace, sides: &Sides, figures: &mut Figures) -> Result<String, ChoreError> {
    let bench = bench(workspace);
    let mut samples = FIRST_USED.map(|_| Vec::with_capacity(sides.runs));
    for _ in 0..sides.runs {
        for (service, samples) in FIRST_USED.iter().zip(&mut samples) {
            let arguments = [sides.index.as_os_str(), OsStr::new("first-use"), OsStr::new(service)];
            let first: FirstUse = ask(&bench, &arguments)?;
            samples.push(first.nanoseconds);
        }
    }
    let mut table = Table::new(["in a fresh process", "median", "fastest", "slowest"]);
    figures.set("first_use.runs", sides.runs);
    for (service, samples) in FIRST_USED.iter().zip(&samples) {
        let milli = |nanoseconds: Option<u64>| thousandths(nanoseconds.unwrap_or(0));
        let middle = milli(median(samples.iter().copied()));
        let (fastest, slowest) = (milli(samples.iter().min().copied()), milli(samples.iter().max().copied()));
        figures.set(format!("first_use.{service}_ms_median"), middle);
        figures.set(format!("first_use.{service}_ms_slowest"), slowest);
        let shown = [middle, fastest, slowest].map(|value| format!("{value:.2} ms"));
        let [middle, fastest, slowest] = shown;
        table.row([format!("first use of {service}"), middle, fastest, slowest]);
    }
    let mut resident = Vec::new();
    for _ in 0..5 {
        let memory: Memory = ask(&bench, &[sides.index.as_os_str(), OsStr::new("memory")])?;
        resident.push(memory.resident_kib);
    }
    let resident = median(resident.into_iter()).unwrap_or(0);
    figures.set("memory.ssm_ecs_ec2_kib", resident);
    let resident = format!("{:.1} MiB", f64::from(u32::try_from(resident).unwrap_or(u32::MAX)) / 1024.0);
    table.row(["memory with ssm, ecs, ec2".to_owned(), resident, String::new(), String::new()]);
    Ok(table.to_string())
}

fn bench(workspace: &Workspace) -> PathBuf {
    workspace.binary("bench-aws-call")
}

/// Runs a program that prints one JSON value.
fn ask<T: DeserializeOwned>(program: &Path, arguments: &[&OsStr]) -> Result<T, ChoreError> {
    let mut command = Command::new(program);
    // Nothing of this machine's settings has a say.
    command.args(arguments).env_clear().env("AWS_CONFIG_FILE", "/dev/null");
    command.env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(at(program))?;
    if !output.status.success() {
        return Err(ChoreError::Command { command: program.display().to_string(), status: output.status });
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    middle_of(&values.collect::<Vec<_>>())
}

/// The value in the middle; of an even number, the lower one of the two.
fn middle_of(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn micro(nanoseconds: f64) -> String {
    format!("{:.1}", nanoseconds / 1e3)
}

/// Nanoseconds as milliseconds with three digits.
fn thousandths(nanoseconds: u64) -> f64 {
    f64::from(u32::try_from(nanoseconds / 1000).unwrap_or(u32::MAX)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_package() {
        let locked = "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.1.0\"\n";
        assert_eq!(version(locked, "a").as_deref(), Some("2.1.0"));
        assert_eq!(version(locked, "b"), None);
    }

    #[test]
    fn the_middle_is_a_value_that_was_measured() {
        assert_eq!(middle_of(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(middle_of(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(middle_of(&[]).is_nan());
    }
}
