//! Waiting until something is so.

use std::time::{Duration, Instant};

const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// Polls until `look` gives something, and gives that.
///
/// # Panics
/// It does not within `seconds`; then with `what` did not happen.
pub async fn until<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(since.elapsed() < Duration::from_secs(seconds), "not within {seconds} s: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Polls until `holds`.
///
/// # Panics
/// As [`until`].
pub async fn until_true(what: &str, seconds: u64, mut holds: impl AsyncFnMut() -> bool) {
    until(what, seconds, async || holds().await.then_some(())).await;
}

/// Waits for a moment, which must be less than two minutes away.
///
/// # Panics
/// It is further away.
pub async fn until_moment(moment: jiff::Timestamp) {
    until_true("a moment passes", 120, async || jiff::Timestamp::now() > moment).await;
}
