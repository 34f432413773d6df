//! Release builds of the functions.
//!
//! All are built by one command: another selection of packages would unify the features of their dependencies
//! differently and build those again. Paths of this machine are left out of the binaries.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use serde::Deserialize;

use crate::chore_error::{ChoreError, at};

/// A function that does nothing, to measure the others against.
pub(crate) const NOOP: &str = "noop";

/// Where the workspace is and where its builds go.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo about the workspace that the current folder is in.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn find() -> Result<Self, ChoreError> {
        let mut cargo = Command::new(cargo());
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = cargo.output().map_err(at("cargo"))?;
        if !output.status.success() {
            return Err(ChoreError::Command { command: "cargo metadata".to_owned(), status: output.status });
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The folder of the workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.workspace_root
    }

    /// A release binary, whether it was built or not.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target_directory.join("release").join(name)
    }

    /// The functions of the deployment, by name: the packages in `functions/`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn functions(&self) -> Result<Vec<String>, ChoreError> {
        let folder = self.workspace_root.join("functions");
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            if let (true, Some(name)) = (path.join("Cargo.toml").is_file(), path.file_name()) {
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Builds packages with the release profile. The versions are those of `Cargo.lock`.
    ///
    /// # Errors
    /// The profile would turn a panic into an end of the process, or the build fails.
    pub(crate) fn build(&self, packages: &[String]) -> Result<(), ChoreError> {
        let manifest = self.workspace_root.join("Cargo.toml");
        check_panics(&fs::read_to_string(&manifest).map_err(at(&manifest))?)?;
        let mut fetch = Command::new(cargo());
        fetch.args(["fetch", "--locked"]);
        run(&mut fetch, "cargo fetch --locked")?;
        let mut build = Command::new(cargo());
        build.args(["build", "--release", "--locked"]);
        build.args(packages.iter().flat_map(|package| ["--package", package]));
        build.current_dir(&self.workspace_root).env("CARGO_ENCODED_RUSTFLAGS", self.flags()?);
        run(&mut build, "cargo build --release")
    }

    /// Compiler flags that give the same binary wherever the workspace, the registry and the builds are.
    fn flags(&self) -> Result<OsString, ChoreError> {
        let mut flags = Vec::new();
        let sources = cargo_home()?.join("registry/src");
        let mut registries = match fs::read_dir(&sources) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
        .map_err(at(&sources))?;
        registries.sort();
        for registry in registries {
            flags.push(remap(&registry, "/crates"));
        }
        flags.push(remap(&self.workspace_root, "/changegate"));
        flags.push(remap(&self.target_directory, "/target"));
        // The separator that cargo reads this variable with.
        Ok(flags.join(OsStr::new("\u{1f}")))
    }
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

fn cargo_home() -> Result<PathBuf, ChoreError> {
    let home = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).ok_or(ChoreError::NoCargoHome)
}

fn remap(path: &Path, name: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(path);
    flag.push("=");
    flag.push(name);
    flag
}

fn run(command: &mut Command, name: &str) -> Result<(), ChoreError> {
    let status = command.status().map_err(at(name))?;
    if status.success() {
        return Ok(());
    }
    Err(ChoreError::Command { command: name.to_owned(), status })
}

/// A panic must reach the runtime as an error of one invocation; with `abort` it would end the process.
fn check_panics(manifest: &str) -> Result<(), ChoreError> {
    #[derive(Deserialize)]
    struct Manifest {
        profile: Profiles,
    }
    #[derive(Deserialize)]
    struct Profiles {
        release: Profile,
    }
    #[derive(Deserialize)]
    struct Profile {
        panic: Option<String>,
    }
    let manifest: Manifest = toml::from_str(manifest)?;
    let by_variable = env::var("CARGO_PROFILE_RELEASE_PANIC").ok();
    match by_variable.or(manifest.profile.release.panic).as_deref() {
        None | Some("unwind") => Ok(()),
        Some(other) => Err(ChoreError::PanicStrategy(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_which_a_panic_ends_the_process_is_refused() {
        assert!(check_panics("[profile.release]\nlto = \"fat\"").is_ok());
        assert!(check_panics("[profile.release]\npanic = \"unwind\"").is_ok());
        let error = check_panics("[profile.release]\npanic = \"abort\"").unwrap_err();
        assert!(matches!(error, ChoreError::PanicStrategy(_)), "{error}");
        assert!(check_panics("[profile.dev]").is_err(), "without a release profile nothing is known");
    }

    #[test]
    fn the_workspace_and_its_functions_are_found() {
        let workspace = Workspace::find().unwrap();
        let functions = workspace.functions().unwrap();
        assert!(workspace.root().join("Cargo.lock").is_file());
        assert!(functions.iter().any(|name| name == "apply-step") && functions.is_sorted());
        assert!(!functions.iter().any(|name| name == NOOP));
    }

    #[test]
    fn a_path_is_replaced_by_a_name() {
        let flag = remap(Path::new("/somewhere/workspace"), "/changegate");
        assert_eq!(flag, "--remap-path-prefix=/somewhere/workspace=/changegate");
    }
}
