//! Programs in Python that ask botocore or awscli and print one JSON object a line.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{failure::Failure, models::Models};

/// Runs `oracles/SCRIPT` with `arguments` and hands over its answers as they come.
pub(crate) fn ask(
    models: &Models,
    script: &str,
    arguments: &[&str],
    each: impl FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    run(models, &models.python, script, arguments, each)
}

/// The same with the interpreter that has moto, and with it the code of the pinned botocore.
pub(crate) fn ask_with_moto(
    models: &Models,
    script: &str,
    arguments: &[&str],
    each: impl FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    run(models, &models.emulator, script, arguments, each)
}

fn run(
    models: &Models,
    python: &Path,
    script: &str,
    arguments: &[&str],
    mut each: impl FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles").join(script);
    let failed = |what: String| Failure::Other(format!("{script}: {what}"));
    let mut child = Command::new(python)
        .arg(&path)
        .args(arguments)
        // The oracle's data are the models under test, and nothing of this machine's settings.
        .env_clear()
        .env("AWS_DATA_PATH", models.botocore.join("botocore/data"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("`{}` cannot be started: {error}", python.display())))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(|error| failed(error.to_string()))?;
            each(serde_json::from_str(&line).map_err(Failure::json(script))?)?;
        }
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"))) }
}
