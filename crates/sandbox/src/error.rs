//! What can go wrong around a sandbox.

use std::path::PathBuf;

/// Why a sandbox, or something that uses it, failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Something that must be installed or built is not there.
    #[error("`{what}` is missing; {remedy}")]
    Missing {
        /// The tool or file.
        what: String,
        /// How to get it.
        remedy: String,
    },
    /// A file could not be read or written.
    #[error("`{}` could not be read or written", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("`{program}` could not be started")]
    NotStarted {
        /// The program.
        program: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A program ended with an error.
    #[error("`{command}` failed: {output}")]
    Command {
        /// The program and its arguments.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// A service did not become ready in time.
    #[error("{service} did not become ready; see `{}`", log.display())]
    NotReady {
        /// The service.
        service: String,
        /// Its log.
        log: PathBuf,
    },
    /// Nothing answered at an address.
    #[error("no answer from `{url}`")]
    NoAnswer {
        /// The address.
        url: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer was not the expected one.
    #[error("{what}: {found}")]
    Unexpected {
        /// What was expected.
        what: String,
        /// What came instead.
        found: String,
    },
    /// AWS refuses a call.
    #[error("`{call}` is refused: {code} {message}")]
    Refused {
        /// The service and the operation.
        call: String,
        /// AWS's code.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// Something that was waited for did not happen.
    #[error("{what} did not happen within {seconds} s")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// No sandbox of this name is running.
    #[error("no sandbox `{name}` is running; start it with `sandbox up`")]
    NotRunning {
        /// Its name.
        name: String,
    },
    /// The sandbox was told to stop.
    #[error("interrupted")]
    Interrupted,
}

impl SandboxError {
    /// An error about a file.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// An answer that was not the expected one.
    pub fn unexpected(what: impl Into<String>, found: impl std::fmt::Display) -> Self {
        Self::Unexpected { what: what.into(), found: found.to_string() }
    }
}

impl SandboxError {
    /// AWS's code, if AWS refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        if let Self::Refused { code, .. } = self { Some(code) } else { None }
    }

    /// Whether AWS refused for want of permission; services have different words for it.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        let denials =
            ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"];
        self.refusal().is_some_and(|code| denials.contains(&code))
    }
}

/// The result of everything that a sandbox does.
pub type Result<T> = std::result::Result<T, SandboxError>;
