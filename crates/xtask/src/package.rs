//! Packages the functions: one archive each, built with the release profile and looked at before it is deployed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::archive::archive;
use crate::chore_error::{ChoreError, at};
use crate::figures::{Figures, Table, megabytes};
use crate::glibc::{AMAZON_LINUX_2023, newest_glibc};
use crate::release::Workspace;

/// The functions that describe operations and so carry the index.
const WITH_INDEX: [&str; 4] = ["api", "apply-step", "observe", "propose"];
/// Where archives are kept, below the workspace.
const PACKAGES: &str = "target/package";
/// Where the template looks for archives, below the workspace.
const DEPLOYED: &str = "target/functions";

/// A function's archive.
struct Packaged {
    name: String,
    binary_bytes: usize,
    zip: Vec<u8>,
    glibc: String,
}

/// The folder of the archives.
pub(crate) fn packages(workspace: &Workspace) -> PathBuf {
    workspace.root().join(PACKAGES)
}

/// The folder of the figures.
pub(crate) fn figures_folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/figures")
}

/// Builds and packages every function, with `beside` built by the same command, and says what came of it.
///
/// # Errors
/// The build fails, the index is missing, or a binary cannot be deployed.
pub(crate) fn package(workspace: &Workspace, index: &Path, beside: &[&str]) -> Result<String, ChoreError> {
    let index =
        fs::read(index).map_err(|_| ChoreError::Missing { path: index.to_owned(), remedy: "make index" })?;
    let functions = workspace.functions()?;
    let mut selection = functions.clone();
    selection.extend(beside.iter().map(|package| (*package).to_owned()));
    workspace.build(&selection)?;
    let packaged = functions
        .into_iter()
        .map(|name| package_one(workspace, name, &index))
        .collect::<Result<Vec<_>, _>>()?;
    report(workspace, &packaged, index.len())
}

fn package_one(workspace: &Workspace, name: String, index: &[u8]) -> Result<Packaged, ChoreError> {
    let path = workspace.binary(&name);
    let binary = fs::read(&path).map_err(at(&path))?;
    let glibc = newest_glibc(&binary, AMAZON_LINUX_2023)
        .map_err(|source| ChoreError::Binary { function: name.clone(), source })?
        .map_or_else(|| "none".to_owned(), |version| version.to_string());
    let index = WITH_INDEX.contains(&name.as_str()).then_some(index);
    let file = format!("{name}.zip");
    let zip = archive(&binary, index).map_err(at(&file))?;
    let kept = put(&packages(workspace), &file, &zip)?;
    let deployed = workspace.root().join(DEPLOYED);
    fs::create_dir_all(&deployed).map_err(at(&deployed))?;
    fs::copy(&kept, deployed.join(&file)).map_err(at(&deployed))?;
    Ok(Packaged { name, binary_bytes: binary.len(), zip, glibc })
}

fn put(folder: &Path, file: &str, bytes: &[u8]) -> Result<PathBuf, ChoreError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let path = folder.join(file);
    let unfinished = folder.join(format!("{file}.part"));
    fs::write(&unfinished, bytes).map_err(at(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(at(&path))?;
    Ok(path)
}

fn report(workspace: &Workspace, packaged: &[Packaged], index_bytes: usize) -> Result<String, ChoreError> {
    let mut table = Table::new(["function", "zip MB", "program MB", "glibc", "sha256 of the zip"]);
    let mut figures = Figures::of_command("make package");
    figures.set("rustc", rustc_version()?);
    figures.set("architecture", std::env::consts::ARCH);
    figures.set("glibc_limit", AMAZON_LINUX_2023.to_string());
    figures.set("index_bytes", index_bytes);
    for function in packaged {
        let Packaged { name, binary_bytes, zip, glibc } = function;
        let hash = hex::encode(Sha256::digest(zip));
        figures.set(format!("{name}.zip_bytes"), zip.len());
        figures.set(format!("{name}.program_bytes"), *binary_bytes);
        figures.set(format!("{name}.glibc"), glibc.clone());
        figures.set(format!("{name}.zip_sha256"), hash.clone());
        let short = hash.chars().take(16).collect();
        table.row([name.clone(), megabytes(zip.len()), megabytes(*binary_bytes), glibc.clone(), short]);
    }
    let folder = figures_folder(workspace);
    let path = figures.write(&folder, "package").map_err(at(&folder))?;
    let (count, index_size) = (packaged.len(), megabytes(index_bytes));
    Ok(format!(
        "{table}\n{count} archives in {PACKAGES}, {} with the index of {index_size} MB; figures in {}",
        WITH_INDEX.len(),
        path.strip_prefix(workspace.root()).unwrap_or(&path).display(),
    ))
}

/// What the compiler calls itself.
pub(crate) fn rustc_version() -> Result<String, ChoreError> {
    let output = Command::new("rustc").arg("--version").output().map_err(at("rustc"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_that_open_the_index_are_those_that_carry_it() {
        let workspace = Workspace::find().unwrap();
        let opens = |name: &String| {
            let main = workspace.root().join("functions").join(name).join("src/main.rs");
            let text = fs::read_to_string(main).unwrap();
            text.contains("open_index(") || text.contains("tenant_aws(")
        };
        let opening: Vec<_> = workspace.functions().unwrap().into_iter().filter(opens).collect();
        assert_eq!(opening, WITH_INDEX);
    }

    #[test]
    fn a_missing_index_is_named_with_the_way_to_build_it() {
        let workspace = Workspace::find().unwrap();
        let error = package(&workspace, Path::new("never/built.index"), &[]).unwrap_err();
        assert_eq!(error.to_string(), "`never/built.index` is missing; run `make index`");
    }

    #[test]
    fn an_archive_replaces_the_one_before_it() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "api.zip", b"old").unwrap();
        let path = put(folder.path(), "api.zip", b"new").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
