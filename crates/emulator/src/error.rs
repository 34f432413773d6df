//! Why an emulator does not run.

use std::io;
use std::path::PathBuf;

/// Why an emulator was not started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The machine gives no port or no folder.
    #[error("this machine has no {what} for an emulator")]
    Machine {
        /// What it does not give.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program is not there or cannot be run.
    #[error("`{}` cannot be started", program.display())]
    Program {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended by itself.
    #[error("`{}` ended before it answered", program.display())]
    Ended {
        /// Which.
        program: PathBuf,
    },
    /// It took too long.
    #[error("`{}` did not answer within {seconds} s", program.display())]
    Silent {
        /// Which.
        program: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
}
