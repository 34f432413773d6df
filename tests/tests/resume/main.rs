//! What no other test may run beside: the stack is stopped and started, everything is stopped, the queue is changed. Its
//! name sorts after the others, and its tests take turns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests: what does not hold ends the test"
)]

mod dead_letters;
mod restart;
mod stop_everything;

use tokio::sync::{Mutex, MutexGuard};

/// Waits for its turn.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
