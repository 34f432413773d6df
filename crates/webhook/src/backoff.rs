//! When to try again.

use std::time::Duration;

/// The longest that a queue hides a message (Amazon SQS: twelve hours), so the longest wait there can be.
pub const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// Waits after the first, second, … failed try, in seconds; every later one waits [`LONGEST`].
const SCHEDULE: [u64; 7] = [5, 30, 5 * 60, 30 * 60, 2 * 60 * 60, 5 * 60 * 60, 10 * 60 * 60];

/// How long to wait after the failed try number `attempt` (from 1): the schedule, lengthened by up to a fifth so
/// that endpoints which failed together are not tried together.
///
/// `jitter` is a random number in 0..=1, outside of which it is clamped. `retry_after` is what the endpoint asked
/// for: the wait is never shorter, unless the queue cannot hide a message that long.
#[must_use]
pub fn wait_after(attempt: u32, jitter: f64, retry_after: Option<Duration>) -> Duration {
    let position = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let base = SCHEDULE.get(position).map_or(LONGEST, |seconds| Duration::from_secs(*seconds));
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
    let wait = base.mul_f64(1.0 + jitter / 5.0);
    wait.max(retry_after.unwrap_or_default()).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_jitter_the_waits_are_the_schedule() {
        let waits: Vec<u64> = (0..=9).map(|attempt| wait_after(attempt, 0.0, None).as_secs()).collect();
        assert_eq!(waits, [5, 5, 30, 300, 1800, 7200, 18000, 36000, 43200, 43200]);
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_but_not_for_less_or_for_ever() {
        let asked = |seconds| wait_after(3, 0.0, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!((asked(1), asked(301), asked(u64::MAX)), (300, 301, 43200));
    }

    proptest! {
        #[test]
        fn jitter_lengthens_a_wait_by_at_most_a_fifth(attempt in any::<u32>(), jitter in any::<f64>()) {
            let plain = wait_after(attempt, 0.0, None);
            let wait = wait_after(attempt, jitter, None);
            prop_assert!(wait >= plain && wait <= plain.mul_f64(1.2).min(LONGEST));
        }
    }
}
