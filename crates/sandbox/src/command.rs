//! Programs that run to their end.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::{Result, SandboxError};

/// How much of what a failed program printed is shown, in characters.
const SHOWN: usize = 4000;

/// Runs a program in a process group of its own and gives what it printed.
///
/// # Errors
/// It cannot be started, or ends with an error; then with the end of what it printed.
pub async fn run(mut command: Command) -> Result<String> {
    let shown = words(&command);
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(|error| SandboxError::unexpected(format!("`{shown}` runs"), error))?;
    let output = output.map_err(|source| SandboxError::NotStarted { program, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(SandboxError::Command { command: shown, output: end_of(&output) })
}

/// The command as it would be typed, its program by name only.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn end_of(output: &Output) -> String {
    let both = [&*output.stdout, &*output.stderr].concat();
    let text = String::from_utf8_lossy(&both);
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(SHOWN);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_says_what_was_run_and_what_it_printed() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo to-err >&2; exit 3"]);
        let error = run(command).await.unwrap_err().to_string();
        assert_eq!(error, "`sh -c echo to-err >&2; exit 3` failed: to-err");
    }
}
