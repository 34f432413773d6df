//! What is fuzzed: functions that take any bytes and must neither panic nor hang nor grow.
//!
//! `make fuzz` runs them under libFuzzer; the test of this package runs them over the committed seeds and some thousands
//! of mutations of these.
#![expect(clippy::panic, reason = "a broken promise is told by a panic, which is what the fuzzer looks for")]

mod answers;
mod command_line;
mod container;
mod index;
mod models;

pub use answers::{answer, load_operations};
pub use command_line::{command_line, load_commands};
pub use container::stored;
pub use index::{index, index_and_operations};
pub use models::small_indexes;
