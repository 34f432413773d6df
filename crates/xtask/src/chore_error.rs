//! Why a chore was not done.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::glibc::GlibcError;

/// Why packaging or measuring failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChoreError {
    /// A file, folder or program cannot be used.
    #[error("`{}` cannot be used", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Something that another command makes is not there.
    #[error("`{}` is missing; run `{remedy}`", path.display())]
    Missing { path: PathBuf, remedy: &'static str },
    /// A command ended without success.
    #[error("`{command}` failed ({status})")]
    Command { command: String, status: ExitStatus },
    /// Neither CARGO_HOME nor a home folder is known.
    #[error("it is not known where cargo keeps its files; set CARGO_HOME")]
    NoCargoHome,
    /// Cargo's answer is not what it should be.
    #[error("cargo's answer cannot be read")]
    Answer(#[from] serde_json::Error),
    /// The manifest of the workspace is not what it should be.
    #[error("the workspace's Cargo.toml cannot be read, or has no release profile")]
    Manifest(#[from] toml::de::Error),
    /// The release profile ends the process when something panics.
    #[error("the release profile has panic = `{0}`; a panic must reach the runtime as an error")]
    PanicStrategy(String),
    /// A function cannot run where functions run.
    #[error("the binary of `{function}` cannot be deployed")]
    Binary {
        function: String,
        #[source]
        source: GlibcError,
    },
    /// aws-call and the typed SDK write different requests.
    #[error("aws-call and the typed SDK write different requests for `{call}`")]
    Different { call: String },
    /// A function ended, or told the runtime of an error, before it asked for work.
    #[error("`{program}` did not get ready: {story}")]
    NotReady { program: String, story: String },
}

/// Says which file, folder or program an I/O error is about.
pub(crate) fn at(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> ChoreError {
    let path = path.as_ref().to_owned();
    |source| ChoreError::File { path, source }
}
