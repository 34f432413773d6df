//! Times in words: when, and how far from now.

use std::fmt;

use jiff::Timestamp;

/// A time on a page, in UTC, with its distance from when the page was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub at: Timestamp,
    /// When the page was made.
    pub now: Timestamp,
}

impl Moment {
    /// `at`, seen from `now`.
    #[must_use]
    pub const fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now }
    }

    /// The time for machines, to the second.
    #[must_use]
    pub fn machine(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `in 3 h 10 min`, `2 d ago`, `now`.
    #[must_use]
    pub fn distance(&self) -> String {
        let seconds = self.at.as_second().saturating_sub(self.now.as_second());
        let length = length(seconds.unsigned_abs());
        match seconds {
            -59..=59 => "now".to_owned(),
            60.. => format!("in {length}"),
            _ => format!("{length} ago"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.strftime("%a %-d %b %Y, %H:%M UTC"))
    }
}

fn length(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let two = |large: u64, unit: &str, small: u64, part: &str| {
        if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {part}") }
    };
    match (days, hours) {
        (1.., _) => two(days, "d", hours, "h"),
        (0, 1..) => two(hours, "h", minutes, "min"),
        (0, 0) => format!("{minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        Moment::new(Timestamp::from_second(1_800_000_000 + seconds).unwrap(), now)
    }

    #[test]
    fn a_time_is_in_utc_and_to_the_minute() {
        assert_eq!(at(0).to_string(), "Fri 15 Jan 2027, 08:00 UTC");
        assert_eq!(at(1).machine(), "2027-01-15T08:00:01Z");
    }

    #[test]
    fn the_distance_is_in_the_two_largest_units() {
        for (seconds, words) in [
            (0, "now"),
            (59, "now"),
            (-59, "now"),
            (60, "in 1 min"),
            (-61, "1 min ago"),
            (3600, "in 1 h"),
            (11_400, "in 3 h 10 min"),
            (86_400, "in 1 d"),
            (-180_000, "2 d 2 h ago"),
        ] {
            assert_eq!(at(seconds).distance(), words);
        }
    }
}
