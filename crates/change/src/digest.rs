//! SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::json::{StrictJsonError, canonical};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of the RFC 8785 text of a value.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn of(value: &impl Serialize) -> Result<Self, StrictJsonError> {
        Ok(Self::of_bytes(canonical(value)?.as_bytes()))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits without the prefix, for keys.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a digest (`sha256:` and 64 hexadecimal digits)")]
pub struct InvalidDigest {
    input: String,
}

impl FromStr for Digest {
    type Err = InvalidDigest;
    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let digest = text
            .strip_prefix("sha256:")
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
            .and_then(|digits| <[u8; 32]>::try_from(hex::decode(digits).ok()?).ok());
        digest.map(Self).ok_or_else(|| InvalidDigest { input: text.chars().take(80).collect() })
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;
    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_value_does_not_depend_on_the_order_of_its_keys() {
        let one: serde_json::Value = serde_json::from_str(r#"{"a":1,"b":[true,"ü"]}"#).unwrap();
        let other: serde_json::Value = serde_json::from_str(r#"{ "b":[true,"\u00fc"], "a":1.0 }"#).unwrap();
        assert_eq!(Digest::of(&one).unwrap(), Digest::of(&other).unwrap());
    }

    #[test]
    fn the_empty_input_has_the_published_digest() {
        // FIPS 180-4, the digest of the empty message.
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of_bytes(b"").to_string(), text);
        assert_eq!(text.parse::<Digest>().unwrap(), Digest::of_bytes(b""));
    }

    #[test]
    fn upper_case_short_and_unprefixed_digests_are_refused() {
        let text = Digest::of_bytes(b"x").to_string();
        for wrong in [text.to_uppercase(), text.replace("sha256:", ""), text.chars().take(70).collect()] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }
}
