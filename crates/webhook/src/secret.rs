//! The key that a tenant and its endpoint share.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "whsec_";

/// How many bytes Standard Webhooks 1.0.0 allows a symmetric key to have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A text or key that is not a webhook secret. Says nothing of what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

/// A symmetric signing key of Standard Webhooks 1.0.0: 24 to 64 random bytes, written as `whsec_` and their base64.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The secret with these bytes.
    ///
    /// # Errors
    /// There are fewer than 24 or more than 64 of them.
    pub fn from_bytes(key: impl Into<Vec<u8>>) -> Result<Self, InvalidSecret> {
        let key = key.into();
        if LENGTHS.contains(&key.len()) { Ok(Self(key)) } else { Err(InvalidSecret) }
    }

    /// The secret as its owner is shown it, once: `whsec_…`.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for WebhookSecret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        Self::from_bytes(STANDARD.decode(encoded).map_err(|_| InvalidSecret)?)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_as_it_was_revealed_and_debug_hides_it() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret: WebhookSecret = text.parse().unwrap();
        assert_eq!(secret.reveal(), text);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(redacted)");
    }

    #[test]
    fn secrets_of_another_form_or_length_are_refused() {
        let encoded = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_!", &encoded(23), &encoded(65)]
        {
            assert_eq!(text.parse::<WebhookSecret>().unwrap_err(), InvalidSecret, "{text}");
        }
        assert!(encoded(24).parse::<WebhookSecret>().is_ok());
        assert!(encoded(64).parse::<WebhookSecret>().is_ok());
    }
}
