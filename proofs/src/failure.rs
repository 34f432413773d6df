//! What keeps the program from proving anything at all.

use std::path::{Path, PathBuf};

/// Why the program cannot go on. What is wrong with a single recipe is no failure but a finding.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file cannot be read or written.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file of scenarios has another form.
    #[error("`{}` does not have its form", path.display())]
    Form {
        path: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A recipe file cannot be used.
    #[error("{0}")]
    Catalog(String),
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] aws_call::IndexError),
    /// An emulator cannot be started.
    #[error(transparent)]
    NotStarted(#[from] changegate_emulator::NotStarted),
    /// An emulator cannot be used.
    #[error("{emulator} {what}")]
    Emulator { emulator: &'static str, what: String },
    /// Something that the operating system refuses.
    #[error("{0}")]
    System(String),
}

impl Failure {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
