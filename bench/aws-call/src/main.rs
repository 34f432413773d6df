//! What `make bench-aws-call` starts to measure aws-call in processes of its own. Prints one JSON object.
//!
//! `bench-aws-call INDEX first-use SERVICE`: nanoseconds from a closed index to the first request of the service.
//! `bench-aws-call INDEX memory`: resident KiB with ssm, ecs and ec2 in use.
//! `bench-aws-call INDEX requests`: nanoseconds that each operation of operations.json takes to build and sign.

use std::{
    env,
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use aws_call::{Credentials, Index, Operation, Target};
use serde::Deserialize;
use serde_json::{Value, json};

/// A call that is measured.
#[derive(Deserialize)]
struct Call {
    service: String,
    operation: String,
    parameters: Value,
}

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let usage = "bench-aws-call INDEX (first-use SERVICE | memory | requests)";
    let mut arguments = env::args().skip(1);
    let index = arguments.next().map(PathBuf::from).ok_or(usage)?;
    let figures = match (arguments.next().as_deref(), arguments.next()) {
        (Some("first-use"), Some(service)) => first_use(&index, &service)?,
        (Some("memory"), None) => memory(&index)?,
        (Some("requests"), None) => requests(&index)?,
        _ => return Err(usage.into()),
    };
    println!("{figures}");
    Ok(())
}

fn calls() -> Result<Vec<Call>, Failure> {
    Ok(serde_json::from_str(include_str!("../operations.json"))?)
}

fn target() -> Target {
    Target { region: "eu-west-1".to_owned(), endpoint: None }
}

fn first_use(index: &Path, service: &str) -> Result<Value, Failure> {
    let calls = calls()?;
    let call =
        calls.iter().find(|call| call.service == service).ok_or("no operation of this service is listed")?;
    let target = target();
    let start = Instant::now();
    let operation = Index::open(index)?.operation(&call.service, &call.operation)?;
    black_box(operation.request(&call.parameters, &target)?);
    Ok(json!({"nanoseconds": nanoseconds(start.elapsed())?, "resident_kib": resident_kib()?}))
}

fn memory(index: &Path) -> Result<Value, Failure> {
    let before = resident_kib()?;
    let index = Index::open(index)?;
    for call in calls()?.iter().filter(|call| ["ssm", "ecs", "ec2"].contains(&call.service.as_str())) {
        let operation = index.operation(&call.service, &call.operation)?;
        black_box(operation.validate(&call.parameters));
        black_box(operation.request(&call.parameters, &target())?);
        black_box(operation.parse(200, &[], b"{}"));
    }
    Ok(json!({"before_kib": before, "resident_kib": resident_kib()?}))
}

fn requests(index: &Path) -> Result<Value, Failure> {
    const WARM_UP: usize = 200;
    const SAMPLES: usize = 1000;
    let index = Index::open(index)?;
    let target = target();
    let mut figures = Vec::new();
    for call in calls()? {
        let operation = index.operation(&call.service, &call.operation)?;
        let mut samples = Vec::with_capacity(SAMPLES);
        for round in 0..WARM_UP + SAMPLES {
            let start = Instant::now();
            black_box(build_and_sign(&operation, &call.parameters, &target)?);
            if round >= WARM_UP {
                samples.push(nanoseconds(start.elapsed())?);
            }
        }
        samples.sort_unstable();
        let median = samples.get(SAMPLES / 2).copied();
        figures.push(json!({"service": call.service, "operation": call.operation, "nanoseconds": median}));
    }
    Ok(Value::Array(figures))
}

/// With credentials made anew, as a caller that fetches them has them.
fn build_and_sign(
    operation: &Operation,
    parameters: &Value,
    target: &Target,
) -> Result<Vec<(String, String)>, Failure> {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "example", None, None, "bench");
    let request = operation.request(parameters, target)?;
    Ok(request.signed_headers(&credentials, SystemTime::now())?)
}

fn nanoseconds(duration: Duration) -> Result<u64, Failure> {
    Ok(u64::try_from(duration.as_nanos())?)
}

fn resident_kib() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
