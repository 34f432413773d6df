//! Who Changegate is to a provider.

use std::fmt;

use serde::Deserialize;

/// Changegate's registration at a provider: a public client, protected by PKCE, unless the provider gave a secret.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret, where the provider insists on one.
    pub secret: Option<ClientSecret>,
    /// Where the provider sends people back to: exactly as registered there.
    pub redirect_uri: String,
}

/// A client secret, read from a JSON string. Debug hides it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret with this text.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(redacted)")
    }
}
