//! What must be installed.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Result, SandboxError};
use crate::layout::Layout;

/// The programs that a sandbox starts.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The emulator of AWS.
    pub ministack: PathBuf,
    /// The OpenID provider.
    pub oidc_provider: PathBuf,
    /// The AWS command line.
    pub aws: PathBuf,
    /// Takes debug symbols out of binaries; without it they are packed as they are.
    pub strip: Option<PathBuf>,
}

impl Tools {
    /// Finds all of them.
    ///
    /// # Errors
    /// The first one that is missing, with the way to install it.
    pub fn find(layout: &Layout) -> Result<Self> {
        for (program, remedy) in [
            ("cargo", "install Rust from https://rustup.rs"),
            (
                "python3",
                "install Python 3.11 or later (apt-get install python3 python3-venv, brew install python)",
            ),
        ] {
            on_path(program).ok_or_else(|| missing(program, remedy))?;
        }
        let programs = layout.venv().join("bin");
        let installed = |program: &str| {
            let path = programs.join(program);
            if path.is_file() { Ok(path) } else { Err(missing(program, "run `make setup`")) }
        };
        Ok(Self {
            ministack: installed("ministack")?,
            oidc_provider: installed("oidc-provider-mock")?,
            aws: installed("aws")?,
            strip: on_path("strip"),
        })
    }
}

fn missing(what: &str, remedy: &str) -> SandboxError {
    SandboxError::Missing { what: what.to_owned(), remedy: remedy.to_owned() }
}

/// Where a program lies on the `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named_with_the_way_to_install_it() {
        let empty = tempfile::tempdir().unwrap();
        let layout = Layout::within(empty.path(), "test").unwrap();
        let error = Tools::find(&layout).unwrap_err().to_string();
        assert_eq!(error, "`ministack` is missing; run `make setup`");
    }

    #[test]
    fn a_file_that_cannot_be_run_is_no_program() {
        assert!(on_path("cargo").is_some());
        assert!(on_path("no-such-program-anywhere").is_none());
    }
}
