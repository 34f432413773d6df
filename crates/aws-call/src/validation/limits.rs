//! Patterns within limits: no pattern and no text makes a check long.

use std::collections::HashMap;

use regex_lite::{Regex, RegexBuilder};

/// Longest text that is held against a pattern, in bytes.
const LONGEST: usize = 4096;

/// Largest compiled pattern, in bytes. The time of a match grows with this and the length of the text.
const LARGEST: usize = 64 << 10;

/// Most bytes of text that are held against patterns in one call.
const BUDGET: usize = 64 << 10;

/// Compiled patterns of one check, and what has been spent on them.
#[derive(Default)]
pub(super) struct Limits {
    patterns: HashMap<String, Option<Regex>>,
    spent: usize,
}

impl Limits {
    /// Whether the text matches the pattern nowhere. A pattern that this engine cannot read or that is too large, a text that
    /// is too long, and everything when the budget is spent, is left to the service.
    pub(super) fn violates(&mut self, pattern: &str, text: &str) -> bool {
        if text.len() > LONGEST || self.spent > BUDGET {
            return false;
        }
        self.spent += text.len().max(16);
        if !self.patterns.contains_key(pattern) {
            let compiled = RegexBuilder::new(pattern).size_limit(LARGEST).build().ok();
            self.patterns.insert(pattern.to_owned(), compiled);
        }
        self.patterns.get(pattern).and_then(Option::as_ref).is_some_and(|pattern| !pattern.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_may_match_anywhere() {
        let mut limits = Limits::default();
        assert!(!limits.violates("[0-9]{12}", "arn:123456789012:x"));
        assert!(limits.violates("^[0-9]{12}$", "arn:123456789012:x"));
        assert!(limits.violates("^[0-9]{12}$", "again"));
    }

    #[test]
    fn what_would_take_long_is_left_to_the_service() {
        let mut limits = Limits::default();
        assert!(!limits.violates("^((a{0,1000}){0,1000}){0,1000}$", "b"));
        assert!(!limits.violates("^b$", &"a".repeat(LONGEST + 1)));
        for _ in 0..=BUDGET / LONGEST {
            limits.violates("^(a+)+$", &"a".repeat(LONGEST));
        }
        assert!(!limits.violates("^b$", "a"));
    }

    #[test]
    fn no_pattern_of_the_models_takes_long() {
        let index = crate::Index::built();
        let text = "a-".repeat(LONGEST / 2);
        let mut seen = std::collections::HashSet::new();
        for service in index.services() {
            for pattern in index.patterns(service).unwrap() {
                if !seen.insert(pattern.clone()) {
                    continue;
                }
                let start = std::time::Instant::now();
                Limits::default().violates(&pattern, &text);
                let took = start.elapsed();
                assert!(took.as_secs() < 5, "{service}: `{pattern}` took {took:?}");
            }
        }
        assert!(seen.len() > 1000, "{}", seen.len());
    }
}
