//! An error with all that lies behind it.

use std::error::Error;

/// An error's message and those of its sources, outermost first, with colons between: the `Display` of an error of this crate
/// leaves its sources out, so that whoever logs it decides how much is told.
#[must_use]
pub fn one_line(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |source| (*source).source());
    sources.fold(error.to_string(), |line, source| format!("{line}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("`{name}` failed")]
    struct Layer {
        name: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn every_source_is_told_once_and_outermost_first() {
        let layer = |name, source: Option<Layer>| Layer { name, source: source.map(Box::new) };
        let outer = |source| layer("a", source);
        assert_eq!(one_line(&outer(None)), "`a` failed");
        let three = outer(Some(layer("b", Some(layer("c", None)))));
        assert_eq!(one_line(&three), "`a` failed: `b` failed: `c` failed");
    }
}
