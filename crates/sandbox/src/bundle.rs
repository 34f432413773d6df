//! What is deployed: the template, the state machine and one archive per function, put together in one folder that has the
//! shape of the repository.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::command;
use crate::error::{Result, SandboxError};
use crate::layout::Layout;
use crate::prerequisites::Tools;

/// The functions that describe operations and so carry the index.
const WITH_INDEX: [&str; 4] = ["api", "propose", "apply-step", "observe"];
/// The index in the archive, beside the program.
const INDEX: &str = "aws-call.index";
const PROGRAM: &str = "bootstrap";

/// Puts everything together and gives the path of the template. Archives that are newer than what they are made of are
/// left as they are.
///
/// # Errors
/// A binary or the index was not built; a file cannot be read or written.
pub async fn assemble(layout: &Layout, tools: &Tools) -> Result<PathBuf> {
    let (root, stage) = (layout.root(), layout.stage());
    let archives = stage.join("target/functions");
    fs::create_dir_all(&archives).map_err(SandboxError::file(&archives))?;
    for part in ["infra", "statemachines"] {
        copy_folder(&root.join(part), &stage.join(part))?;
    }
    for function in layout.functions()? {
        let parts = parts(layout, &function)?;
        let archive = archives.join(format!("{function}.zip"));
        if !is_newer(&archive, &parts) {
            pack(tools, &parts, &archive).await?;
        }
    }
    Ok(stage.join("infra/template.yaml"))
}

/// What an archive is made of.
#[derive(Debug)]
struct Parts {
    binary: PathBuf,
    index: Option<PathBuf>,
}

fn parts(layout: &Layout, function: &str) -> Result<Parts> {
    let binary = built(layout.binaries().join(function), "run `make build`")?;
    let index =
        WITH_INDEX.contains(&function).then(|| built(layout.index(), "run `make index`")).transpose()?;
    Ok(Parts { binary, index })
}

fn built(path: PathBuf, remedy: &str) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path);
    }
    Err(SandboxError::Missing { what: path.display().to_string(), remedy: remedy.to_owned() })
}

fn is_newer(archive: &Path, parts: &Parts) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let Some(packed) = changed(archive) else { return false };
    let sources = std::iter::once(&parts.binary).chain(&parts.index);
    sources.map(|path| changed(path)).all(|source| source.is_some_and(|source| source < packed))
}

async fn pack(tools: &Tools, parts: &Parts, archive: &Path) -> Result<()> {
    let stripped = archive.with_extension("bin");
    match &tools.strip {
        Some(strip) => {
            let mut command = Command::new(strip);
            command.arg("-o").arg(&stripped).arg(&parts.binary);
            command::run(command).await?;
        }
        None => {
            fs::copy(&parts.binary, &stripped).map_err(SandboxError::file(&parts.binary))?;
        }
    }
    let unfinished = archive.with_extension("part");
    write_archive(&stripped, parts.index.as_deref(), &unfinished).map_err(SandboxError::file(&unfinished))?;
    fs::remove_file(&stripped).map_err(SandboxError::file(&stripped))?;
    fs::rename(&unfinished, archive).map_err(SandboxError::file(archive))
}

fn write_archive(binary: &Path, index: Option<&Path>, archive: &Path) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(archive)?));
    let quick = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(PROGRAM, quick.unix_permissions(0o755))?;
    io::copy(&mut File::open(binary)?, &mut zip)?;
    if let Some(index) = index {
        zip.start_file(INDEX, quick.unix_permissions(0o644))?;
        io::copy(&mut File::open(index)?, &mut zip)?;
    }
    zip.finish()?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(SandboxError::file(to))?;
    for entry in fs::read_dir(from).map_err(SandboxError::file(from))? {
        let source = entry.map_err(SandboxError::file(from))?.path();
        if let (true, Some(name)) = (source.is_file(), source.file_name()) {
            fs::copy(&source, to.join(name)).map_err(SandboxError::file(&source))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_holds_the_program_and_the_index_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("binary"), b"\x7fELF program").unwrap();
        fs::write(path("index"), b"operations").unwrap();
        write_archive(&path("binary"), Some(&path("index")), &path("out.zip")).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(path("out.zip")).unwrap()).unwrap();
        let mut program = zip.by_name(PROGRAM).unwrap();
        assert_eq!(program.unix_mode().unwrap() & 0o777, 0o755);
        let mut bytes = Vec::new();
        program.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\x7fELF program");
        drop(program);
        assert_eq!(zip.by_name(INDEX).unwrap().size(), 10);
        assert_eq!(zip.len(), 2);
    }

    #[tokio::test]
    async fn a_function_that_was_not_built_is_named_with_the_way_to_build_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("functions/never-built")).unwrap();
        fs::write(folder.path().join("functions/never-built/Cargo.toml"), "").unwrap();
        fs::create_dir_all(folder.path().join("infra")).unwrap();
        fs::create_dir_all(folder.path().join("statemachines")).unwrap();
        let layout = Layout::within(folder.path(), "test").unwrap();
        let nothing = PathBuf::new();
        let tools =
            Tools { ministack: nothing.clone(), oidc_provider: nothing.clone(), aws: nothing, strip: None };
        let error = assemble(&layout, &tools).await.unwrap_err().to_string();
        assert!(error.ends_with("is missing; run `make build`"), "{error}");
    }
}
