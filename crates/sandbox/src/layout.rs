//! Where everything lies.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Result, SandboxError};

/// The folders of the repository and of one sandbox in it.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    name: String,
}

impl Layout {
    /// The sandbox with this name in the repository that holds the current folder.
    ///
    /// # Errors
    /// The current folder lies in no checkout of the repository, or the name is no plain word.
    pub fn find(name: &str) -> Result<Self> {
        let here = env::current_dir().map_err(SandboxError::file("."))?;
        let root = here.ancestors().find(|folder| folder.join("infra/template.yaml").is_file());
        let root = root.ok_or_else(|| SandboxError::Missing {
            what: "infra/template.yaml".to_owned(),
            remedy: "run this inside a checkout of the repository".to_owned(),
        })?;
        Self::within(root, name)
    }

    /// The sandbox with this name in this repository.
    ///
    /// # Errors
    /// The name is no plain word.
    pub fn within(root: &Path, name: &str) -> Result<Self> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !plain {
            return Err(SandboxError::unexpected("a sandbox is named with letters, digits and dashes", name));
        }
        Ok(Self { root: root.to_owned(), name: name.to_owned() })
    }

    /// The name of the sandbox.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything that the sandbox keeps.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.join(".local").join(&self.name)
    }

    /// What a running sandbox is made of, for tests.
    #[must_use]
    pub fn description(&self) -> PathBuf {
        self.folder().join("sandbox.json")
    }

    /// The state of the emulator.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// Where the template and the functions are put together for deployment.
    #[must_use]
    pub fn stage(&self) -> PathBuf {
        self.folder().join("stage")
    }

    /// Where processes of the sandbox keep what they unpack.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.folder().join("tmp")
    }

    /// The log of a service.
    #[must_use]
    pub fn log(&self, service: &str) -> PathBuf {
        self.folder().join(format!("{service}.log"))
    }

    /// The file with the process id of a service.
    #[must_use]
    pub fn pid_file(&self, service: &str) -> PathBuf {
        self.folder().join(format!("{service}.pid"))
    }

    /// The virtual environment: `CHANGEGATE_VENV`, or `.venv` in the repository.
    #[must_use]
    pub fn venv(&self) -> PathBuf {
        env::var_os("CHANGEGATE_VENV").map_or_else(|| self.root.join(".venv"), PathBuf::from)
    }

    /// Where cargo puts binaries of the dev profile.
    #[must_use]
    pub fn binaries(&self) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from);
        self.root.join(target).join("debug")
    }

    /// The index of AWS operations: `AWS_CALL_INDEX`, or where `make index` puts it.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        let built = || self.root.join("target/index/aws-call.index");
        env::var_os("AWS_CALL_INDEX").map_or_else(built, PathBuf::from)
    }

    /// The names of the functions: the folders of `functions/`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn functions(&self) -> Result<Vec<String>> {
        let folder = self.root.join("functions");
        let entries = fs::read_dir(&folder).map_err(SandboxError::file(&folder))?;
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(SandboxError::file(&folder))?.path();
            if path.join("Cargo.toml").is_file() {
                names.extend(path.file_name().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leaves_the_folder_is_refused() {
        for name in ["", "..", "a/b", "a b"] {
            assert!(Layout::within(Path::new("/repository"), name).is_err(), "{name}");
        }
        let layout = Layout::within(Path::new("/repository"), "demo-1").unwrap();
        assert_eq!(layout.folder(), Path::new("/repository/.local/demo-1"));
    }
}
