//! Why a suite cannot be run at all; a case that fails is no such failure.

use std::path::{Path, PathBuf};

/// A suite cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("`{path}` cannot be read", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{path}` cannot be written", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{what}` is not of the expected form")]
    Json { what: String, source: serde_json::Error },
    #[error("the index cannot be used")]
    Index(#[from] aws_call::IndexError),
    #[error("an operation of the models is not in the index")]
    Lookup(#[from] aws_call::LookupError),
    #[error(transparent)]
    NotStarted(#[from] changegate_emulator::NotStarted),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    pub(crate) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }
}
