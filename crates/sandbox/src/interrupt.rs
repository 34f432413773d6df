//! Being told to stop.

use std::sync::OnceLock;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

use crate::error::{Result, SandboxError};

static SIGNALLED: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// From now on an interrupt (Ctrl-C), a hang-up or a request to terminate does not end the process: [`interrupted`]
/// returns instead, so that the owner of services can end them.
///
/// # Errors
/// The signals cannot be handled.
pub fn catch_signals() -> Result<()> {
    let sender = SIGNALLED.get_or_init(|| watch::channel(false).0);
    let signals = Signals::new([SIGHUP, SIGINT, SIGTERM]);
    let mut signals = signals.map_err(|error| SandboxError::unexpected("signals can be handled", error))?;
    thread::spawn(move || {
        for _ in signals.forever() {
            sender.send_replace(true);
        }
    });
    Ok(())
}

/// Returns when the process was told to stop; never if [`catch_signals`] was not called.
pub async fn interrupted() {
    let Some(sender) = SIGNALLED.get() else { return std::future::pending().await };
    // The sender is static, so it cannot be gone.
    let _ = sender.subscribe().wait_for(|signalled| *signalled).await;
}

/// Whether the process was told to stop.
#[must_use]
pub fn is_interrupted() -> bool {
    SIGNALLED.get().is_some_and(|sender| *sender.borrow())
}

/// Does the work unless the process is told to stop before it ends.
///
/// # Errors
/// Those of the work, or [`SandboxError::Interrupted`].
pub async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        result = work => result,
        () = interrupted() => Err(SandboxError::Interrupted),
    }
}
