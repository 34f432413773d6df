//! Marks that stand where a secret was.
//!
//! A secret never stands in a proposal, a capture or a plan. In its place is `{"$sealed": "hmac:…"}`: the HMAC-SHA-256 of
//! its canonical JSON under a key of the tenant, so that two equal secrets compare as equal and drift can be seen, and
//! nobody without the key can guess. The secrets themselves are in the change's [`Vault`], encrypted.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The reserved key of a mark.
pub const MARK: &str = "$sealed";

/// The HMAC-SHA-256 of a secret's canonical JSON under the tenant's key, written `hmac:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint with these 32 bytes.
    pub fn new(mac: [u8; 32]) -> Self {
        Self(format!("hmac:{}", hex::encode(mac)))
    }

    /// The fingerprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The secrets of one change, by fingerprint. Its Debug shows how many, never what.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vault(BTreeMap<Fingerprint, Value>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} secrets)", self.0.len())
    }
}

/// A mark whose secret is not in the vault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret `{}` is not in the change's sealed data", .fingerprint.as_str())]
pub struct MissingSecret {
    fingerprint: Fingerprint,
}

impl Vault {
    /// Puts a secret in and gives the mark that stands for it.
    pub fn seal(&mut self, fingerprint: Fingerprint, secret: Value) -> Value {
        let mark = json!({ MARK: fingerprint.as_str() });
        self.0.insert(fingerprint, secret);
        mark
    }

    /// Whether there is nothing to encrypt.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the secrets of another vault in.
    pub fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether a secret, or a part of one, stands in a text: as it is, or as JSON writes it.
    pub fn occurs_in(&self, text: &str) -> bool {
        self.0.values().any(|secret| stands_in(secret, text))
    }

    /// The value with every mark replaced by its secret.
    ///
    /// # Errors
    /// A mark that this vault does not know.
    pub fn reveal(&self, value: &Value) -> Result<Value, MissingSecret> {
        if let Some(fingerprint) = mark(value) {
            return self.0.get(&fingerprint).cloned().ok_or(MissingSecret { fingerprint });
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.reveal(item)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, item)| Ok((key.clone(), self.reveal(item)?)))
                .collect::<Result<serde_json::Map<_, _>, _>>()
                .map(Value::Object),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }
}

fn stands_in(secret: &Value, text: &str) -> bool {
    match secret {
        Value::Array(items) => items.iter().any(|item| stands_in(item, text)),
        Value::Object(map) => map.values().any(|item| stands_in(item, text)),
        Value::String(own) if own.is_empty() => false,
        Value::String(own) => {
            let written = secret.to_string();
            text.contains(own) || text.contains(written.trim_matches('"'))
        }
        Value::Number(own) => text.contains(&own.to_string()),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The fingerprint, if the value is a mark.
pub fn mark(value: &Value) -> Option<Fingerprint> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get(MARK)?.as_str().map(|text| Fingerprint(text.to_owned()))
}

/// Whether a mark, or the reserved key, stands anywhere in the value.
pub fn contains_mark(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(contains_mark),
        Value::Object(map) => map.iter().any(|(key, item)| key == MARK || contains_mark(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_is_revealed_in_its_place_and_only_by_its_vault() {
        let mut vault = Vault::default();
        let mark = vault.seal(Fingerprint::new([7; 32]), json!("hunter2"));
        let parameters = json!({"Name": "/db", "List": [{"Value": mark}]});
        assert!(contains_mark(&parameters) && !parameters.to_string().contains("hunter2"));
        assert_eq!(
            vault.reveal(&parameters).unwrap(),
            json!({"Name": "/db", "List": [{"Value": "hunter2"}]})
        );
        assert!(Vault::default().reveal(&parameters).is_err());
    }

    #[test]
    fn a_secret_is_found_in_a_text_as_it_is_and_as_json_writes_it() {
        let mut vault = Vault::default();
        vault.seal(
            Fingerprint::new([1; 32]),
            json!({"user": "app", "password": "hunt\"er2", "pin": 4711, "none": ""}),
        );
        for text in ["password hunt\"er2 is too short", r#"{"password":"hunt\"er2"}"#, "4711", "no user app"]
        {
            assert!(vault.occurs_in(text), "{text}");
        }
        assert!(!vault.occurs_in("hunter2 is too short") && !Vault::default().occurs_in("app"));
    }

    #[test]
    fn a_vault_does_not_print_its_secrets() {
        let mut vault = Vault::default();
        vault.seal(Fingerprint::new([7; 32]), json!("hunter2"));
        assert_eq!(format!("{vault:?}"), "Vault(1 secrets)");
    }
}
