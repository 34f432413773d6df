//! Strict JSON in, canonical JSON out.
//!
//! RFC 8785 and the parsers behind it disagree on two things that would let two documents share a digest: equal keys
//! (the last one wins silently) and integers beyond ±2^53 (they lose their last digits). Both are refused here, before
//! anything is digested.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

/// The largest integer that RFC 8785 can tell from its neighbours: 2^53.
pub const LARGEST_INTEGER: u64 = 1 << 53;

/// A document that is not JSON, or that two readers could read differently.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StrictJsonError {
    message: String,
}

/// Reads a JSON document; refuses duplicate keys and integers beyond ±2^53.
///
/// # Errors
/// What is wrong, with line and column.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, StrictJsonError> {
    serde_json::from_slice::<Strict>(bytes)
        .map(|strict| strict.0)
        .map_err(|error| StrictJsonError { message: error.to_string() })
}

/// The RFC 8785 text of a value.
///
/// # Errors
/// A value that has no canonical form (a map with keys that are not strings, a number that is not finite).
pub fn canonical(value: &impl Serialize) -> Result<String, StrictJsonError> {
    serde_json_canonicalizer::to_string(value).map_err(|error| StrictJsonError { message: error.to_string() })
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StrictValue.deserialize(deserializer).map(Strict)
    }
}

struct StrictValue;

impl<'de> DeserializeSeed<'de> for StrictValue {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > LARGEST_INTEGER { Err(too_large(value)) } else { Ok(Value::from(value)) }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > LARGEST_INTEGER { Err(too_large(value)) } else { Ok(Value::from(value)) }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let whole = value.fract() == 0.0;
        if whole && value.abs() > 9_007_199_254_740_992.0 {
            return Err(too_large(value));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(StrictValue)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` occurs twice in one object")));
            }
            let value = access.next_value_seed(StrictValue)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

fn too_large<E: serde::de::Error>(value: impl fmt::Display) -> E {
    E::custom(format_args!("the integer {value} is beyond ±2^53; write it as a string"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn duplicate_keys_are_refused_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#, r#"{"a":1,"\u0061":2}"#] {
            let error = parse_strict(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("`a` occurs twice"), "{error}");
        }
    }

    #[test]
    fn integers_that_canonical_json_cannot_tell_apart_are_refused() {
        for text in ["9007199254740993", "-9007199254740993", "1e300", "123456789012345678901234567890"] {
            assert!(parse_strict(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse_strict(b"9007199254740992").unwrap(), Value::from(LARGEST_INTEGER));
        assert_eq!(parse_strict(b"0.25").unwrap(), Value::from(0.25));
    }

    #[test]
    fn trailing_text_and_deep_nesting_are_refused() {
        assert!(parse_strict(b"{} x").is_err());
        assert!(parse_strict("[".repeat(100_000).as_bytes()).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-1_000_000_i64..1_000_000).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,8}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_value(value in any_json()) {
            let text = canonical(&value).unwrap();
            prop_assert_eq!(parse_strict(text.as_bytes()).unwrap(), value);
        }
    }
}
