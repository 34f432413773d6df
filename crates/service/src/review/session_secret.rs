//! What a signed-in browser holds.

use changegate_change::digest::Digest;

/// The secret of a session, as the browser's cookie has it.
#[derive(Clone)]
pub struct SessionSecret(String);

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl SessionSecret {
    /// The secret in a cookie.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the session is stored under.
    pub fn hash(&self) -> Digest {
        Digest::of_bytes(self.0.as_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
