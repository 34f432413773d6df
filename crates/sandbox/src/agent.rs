//! An agent: whoever holds a key.

use std::fmt;
use std::fs::File;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::{Result, SandboxError};
use crate::local_http::{Answer, LocalHttp};

/// An agent's key. Its Debug does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentKey(String);

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentKey(redacted)")
    }
}

impl AgentKey {
    /// A new key: `cgk_` and 256 random bits.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn generate() -> Result<Self> {
        let mut random = [0; 32];
        let source = "/dev/urandom";
        let read = File::open(source).and_then(|mut file| file.read_exact(&mut random));
        read.map_err(SandboxError::file(source))?;
        Ok(Self(format!("cgk_{}", URL_SAFE_NO_PAD.encode(random))))
    }

    /// What `tenant.toml` keeps of it: SHA-256 of the whole key, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// The key itself, for the `Authorization` header.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// An agent that speaks to the API.
#[derive(Debug, Clone)]
pub struct Agent {
    api: String,
    key: AgentKey,
    http: LocalHttp,
}

impl Agent {
    /// The agent with this key.
    #[must_use]
    pub fn new(api_url: &str, key: &AgentKey) -> Self {
        Self { api: api_url.trim_end_matches('/').to_owned(), key: key.clone(), http: LocalHttp::default() }
    }

    /// Any request, with the key and the given headers.
    ///
    /// # Errors
    /// The API does not answer.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let authorization = format!("Bearer {}", self.key.reveal());
        let mut all = vec![("authorization", authorization.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.http.send(method, &format!("{}{path}", self.api), &all, body).await
    }

    /// Proposes a change.
    ///
    /// # Errors
    /// The API does not answer, or refuses; then with the problem that it names.
    pub async fn propose(&self, proposal: &Value, idempotency_key: &str) -> Result<Value> {
        let headers = [("idempotency-key", idempotency_key)];
        let body = proposal.to_string().into_bytes();
        self.request(Method::POST, "/v1/changes", &headers, body).await?.success()
    }

    /// A change.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub async fn change(&self, id: &str) -> Result<Value> {
        self.request(Method::GET, &format!("/v1/changes/{id}"), &[], Vec::new()).await?.success()
    }

    /// Proposes to undo a change.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub async fn undo(&self, id: &str) -> Result<Value> {
        let headers = [("idempotency-key", format!("undo-{id}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let path = format!("/v1/changes/{id}/undo");
        self.request(Method::POST, &path, &headers, b"{}".to_vec()).await?.success()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_enough_differ_and_do_not_show() {
        let (one, other) = (AgentKey::generate().unwrap(), AgentKey::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), "cgk_".len() + 43);
        assert_eq!(one.sha256().len(), 64);
        assert_eq!(format!("{one:?}"), "AgentKey(redacted)");
    }
}
