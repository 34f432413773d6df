//! 256 random bits: state, nonce, PKCE verifier, cookies.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use changegate_change::digest::Digest;

/// A text that is not a token. Says nothing of what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of 256 bits")]
pub struct InvalidToken;

/// The system gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random numbers")]
pub struct NoRandomness;

/// 256 bits that only one party knows, written as 43 characters of base64url. Debug hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A new token from the system's randomness.
    ///
    /// # Errors
    /// The system gave none.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self::from_bytes(bytes))
    }

    /// The token as it travels.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of_bytes(self.0.as_bytes())
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidToken)?;
        <[u8; 32]>::try_from(bytes).map(Self::from_bytes).map_err(|_| InvalidToken)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_as_it_travelled_and_debug_hides_it() {
        let token = Token::from_bytes([7; 32]);
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(token.reveal().parse::<Token>().unwrap(), token);
        assert_eq!(format!("{token:?}"), "Token(redacted)");
    }

    #[test]
    fn two_random_tokens_differ() {
        assert_ne!(Token::random().unwrap(), Token::random().unwrap());
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "short", &"A".repeat(42), &"A".repeat(44), &format!("{}=", "A".repeat(43))] {
            assert_eq!(text.parse::<Token>(), Err(InvalidToken), "{text}");
        }
    }
}
