//! Keys of agents.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use changegate_change::digest::Digest;

use crate::error::CliError;

const PREFIX: &str = "cgk_";
const SECRET_BYTES: usize = 32;
/// The shortest key: 256 bits in base64url without padding.
const LENGTH_MIN: usize = PREFIX.len() + 43;

/// The key of an agent. Whoever has it can propose in the agent's name.
#[derive(Clone)]
pub(crate) struct AgentKey(String);

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentKey(…)")
    }
}

impl AgentKey {
    /// A new key of 256 random bits.
    pub(crate) fn generate() -> Result<Self, CliError> {
        let mut secret = [0; SECRET_BYTES];
        aws_lc_rs::rand::fill(&mut secret).map_err(|_| CliError::NoRandomness)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The key in CHANGEGATE_KEY.
    pub(crate) fn from_environment() -> Result<Self, CliError> {
        let text = std::env::var("CHANGEGATE_KEY").map_err(|_| CliError::NoKey)?;
        Self::parse(text.trim())
    }

    fn parse(text: &str) -> Result<Self, CliError> {
        let whole = text.starts_with(PREFIX)
            && text.len() >= LENGTH_MIN
            && text.bytes().all(|b| b.is_ascii_graphic());
        if whole { Ok(Self(text.to_owned())) } else { Err(CliError::WrongKey) }
    }

    /// The key itself, for its owner and for the `Authorization` header.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What `tenant.toml` holds of it.
    pub(crate) fn sha256(&self) -> String {
        Digest::of_bytes(self.0.as_bytes()).to_hex()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_reads_back_and_no_two_are_equal() {
        let (one, other) = (AgentKey::generate().unwrap(), AgentKey::generate().unwrap());
        assert_ne!(one.sha256(), other.sha256());
        assert_eq!(AgentKey::parse(one.reveal()).unwrap().sha256(), one.sha256());
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn the_hash_is_of_the_whole_key() {
        let key = AgentKey::parse(&format!("cgk_{}", "a".repeat(43))).unwrap();
        assert_eq!(key.sha256(), Digest::of_bytes(format!("cgk_{}", "a".repeat(43)).as_bytes()).to_hex());
        for wrong in ["", "cgk_short", &"a".repeat(60), &format!("cgk_{} x", "a".repeat(43))] {
            assert!(AgentKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
