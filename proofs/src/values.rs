//! Random values, the same for the same seed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

const WORD: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const TEXT: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:=@/+-_";
/// Tries to draw a value that is not another one.
const TRIES: usize = 100;

/// How a value is drawn.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Random {
    #[serde(flatten)]
    kind: Kind,
    /// The name of a value that it must not equal.
    #[serde(default)]
    not: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// This, and twelve letters and digits that nothing else has.
    Name(String),
    /// Letters, digits, spaces and signs; how many, at least and at most.
    Text(usize, usize),
    /// Lower-case letters and digits.
    Word(usize, usize),
    Integer(i64, i64),
    OneOf(Vec<Value>),
    SomeOf(Vec<Value>),
}

/// Draws from a seed.
struct Source {
    seed: String,
    drawn: u64,
}

impl Source {
    fn next(&mut self) -> u64 {
        self.drawn += 1;
        let hash = Sha256::digest(format!("{}\n{}", self.seed, self.drawn));
        hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// From 0 up to and without `end`, which is at least 1.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        let spread = (most.saturating_sub(least) as u64).saturating_add(1);
        least.saturating_add(usize::try_from(self.below(spread)).unwrap_or_default())
    }

    fn characters(&mut self, alphabet: &[u8], count: usize) -> String {
        let character = |_| {
            let at = usize::try_from(self.below(alphabet.len() as u64)).unwrap_or_default();
            alphabet.get(at).map_or('a', |byte| char::from(*byte))
        };
        (0..count).map(character).collect()
    }
}

/// Draws all values of a scenario. Equal seeds give equal values.
///
/// # Errors
/// A value that must differ from another one and cannot.
pub(crate) fn draw(values: &BTreeMap<String, Random>, seed: &str) -> Result<Map<String, Value>, String> {
    let mut drawn = Map::new();
    // Those that look at others come after them.
    let (free, bound): (Vec<_>, Vec<_>) = values.iter().partition(|(_, random)| random.not.is_none());
    for (name, random) in free.into_iter().chain(bound) {
        let mut source = Source { seed: format!("{seed}\n{name}"), drawn: 0 };
        let other = random.not.as_ref().and_then(|other| drawn.get(other)).cloned();
        let value =
            (0..TRIES).map(|_| one(&random.kind, &mut source)).find(|value| Some(value) != other.as_ref());
        let value = value.ok_or_else(|| format!("`{name}` cannot be another value than {other:?}"))?;
        drawn.insert(name.clone(), value);
    }
    Ok(drawn)
}

fn one(kind: &Kind, source: &mut Source) -> Value {
    match kind {
        Kind::Name(prefix) => format!("{prefix}-{}", source.characters(WORD, 12)).into(),
        Kind::Text(least, most) => {
            let count = source.between(*least, *most);
            let text = source.characters(TEXT, count);
            // Services trim texts, so neither end is a space.
            let inner = text.trim();
            let missing = count - inner.len();
            format!("{inner}{}", "x".repeat(missing)).into()
        }
        Kind::Word(least, most) => {
            let count = source.between(*least, *most);
            source.characters(WORD, count).into()
        }
        Kind::Integer(least, most) => {
            let spread = most.abs_diff(*least).saturating_add(1);
            least.saturating_add_unsigned(source.below(spread)).into()
        }
        Kind::OneOf(values) => {
            values.get(source.between(0, values.len().saturating_sub(1))).cloned().unwrap_or_default()
        }
        Kind::SomeOf(values) => {
            let certain = source.between(0, values.len().saturating_sub(1));
            let kept = values.iter().enumerate().filter(|(at, _)| *at == certain || source.below(2) == 1);
            kept.map(|(_, value)| value.clone()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(text: &str) -> BTreeMap<String, Random> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_seed_gives_the_same_values_and_another_one_others() {
        let values = random("a = { name = 'queue' }\nb = { integer = [5, 9] }\nc = { some_of = [1, 2, 3] }");
        let one = draw(&values, "1").unwrap();
        assert_eq!(one, draw(&values, "1").unwrap());
        assert_ne!(one["a"], draw(&values, "2").unwrap()["a"]);
        assert!((5..=9).contains(&one["b"].as_i64().unwrap()));
        assert!(!one["c"].as_array().unwrap().is_empty());
    }

    #[test]
    fn a_value_is_not_the_one_that_it_must_not_be() {
        let values = random("old = { one_of = ['a', 'b'] }\nnew = { one_of = ['a', 'b'], not = 'old' }");
        for seed in 0..20 {
            let drawn = draw(&values, &seed.to_string()).unwrap();
            assert_ne!(drawn["old"], drawn["new"]);
        }
        assert!(draw(&random("old = { one_of = [1] }\nnew = { one_of = [1], not = 'old' }"), "1").is_err());
    }

    #[test]
    fn a_text_has_the_length_that_was_asked_for() {
        let values = random("a = { text = [1, 2] }\nb = { word = [3, 3] }");
        for seed in 0..50 {
            let drawn = draw(&values, &seed.to_string()).unwrap();
            assert!((1..=2).contains(&drawn["a"].as_str().unwrap().len()));
            assert_eq!(drawn["b"].as_str().unwrap().len(), 3);
        }
    }
}
