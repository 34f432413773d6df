//! Programs that others wrote and that stand in for AWS or for an OpenID provider, each run as a process of its own on a free
//! port of the loopback interface. For tests and for programs that hold something against an emulator.
//!
//! - [`Program`]: which one, and where it is installed
//! - [`Emulator`]: a running one; it ends with the value, also when a test panics
//! - [`NotStarted`]: why there is none
//!
//! ```no_run
//! let emulator = changegate_emulator::Program::installed_ministack().start()?;
//! println!("{}", emulator.endpoint());
//! # Ok::<(), changegate_emulator::NotStarted>(())
//! ```

mod emulator;
mod error;
mod program;

pub use emulator::Emulator;
pub use error::NotStarted;
pub use program::{Program, REGION};
