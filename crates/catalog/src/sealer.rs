//! Replaces secrets by marks.

use std::fmt;

use changegate_change::json::canonical;
use changegate_change::sealed::{Fingerprint, Vault, mark};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::definition::SecretRule;
use crate::expression::Scope;
use crate::pointer::Pointer;

/// Takes secrets out of values, fingerprints them under the tenant's key and keeps them for the change's vault. Its Debug
/// shows neither key nor secrets.
#[derive(Clone)]
pub struct Sealer {
    key: [u8; 32],
    vault: Vault,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("vault", &self.vault).finish_non_exhaustive()
    }
}

impl Sealer {
    /// A sealer with an empty vault, under the key that the tenant's fingerprints are made with.
    pub fn new(tenant_key: [u8; 32]) -> Self {
        Self { key: tenant_key, vault: Vault::default() }
    }

    /// Keeps a secret and gives the mark that stands for it.
    pub fn seal(&mut self, secret: &Value) -> Value {
        let fingerprint = self.fingerprint(secret);
        self.vault.seal(fingerprint, secret.clone())
    }

    /// The HMAC-SHA-256 of a value's RFC 8785 text under the tenant's key.
    pub fn fingerprint(&self, value: &Value) -> Fingerprint {
        // Every `Value` that JSON can write has a canonical text; the plain one is as good a message for the rest.
        let message = canonical(value).unwrap_or_else(|_| value.to_string());
        // RFC 2104: a key shorter than the block of 64 bytes is filled up with zeros.
        let mut block = [0_u8; 64];
        for (place, byte) in block.iter_mut().zip(self.key) {
            *place = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(message.as_bytes());
        Fingerprint::new(mac.finalize().into_bytes().into())
    }

    /// The secrets that were kept.
    pub fn vault(self) -> Vault {
        self.vault
    }

    /// Seals what a rule leads to. What is a mark already, or absent, stays as it is. A rule whose condition cannot be
    /// told counts as met.
    pub(crate) fn apply(&mut self, rule: &SecretRule, value: &mut Value) {
        self.seal_where(&rule.path, value, |holder, _| {
            let scope = Scope::within(holder);
            let when = rule.when.as_ref().is_none_or(|when| when.holds(&scope).unwrap_or(true));
            let unless = rule.unless.as_ref().is_some_and(|unless| unless.holds(&scope).unwrap_or(false));
            when && !unless
        });
    }

    /// Seals what a path leads to, where it is secret.
    pub(crate) fn apply_path(&mut self, path: &Pointer, value: &mut Value, secret: fn(&Value) -> bool) {
        self.seal_where(path, value, |_, place| secret(place));
    }

    fn seal_where(&mut self, path: &Pointer, value: &mut Value, secret: impl Fn(&Value, &Value) -> bool) {
        path.for_each(value, |value| mark(value).is_some(), &mut |holder, place| {
            if !place.is_null() && mark(place).is_none() && secret(holder, place) {
                *place = self.seal(place);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fingerprint_is_the_published_hmac_of_the_canonical_text() {
        // RFC 4231, test case 1 has a key of 20 bytes 0x0b, which zeros fill up to 32; its message is `Hi There`, which no
        // JSON text is. Computed with another implementation for the message `"Hi There"` with its quotes:
        let mut key = [0_u8; 32];
        key[..20].fill(0x0b);
        let sealer = Sealer::new(key);
        let mut reference = Hmac::<Sha256>::new_from_slice(&[0x0b; 20]).unwrap();
        reference.update(br#""Hi There""#);
        let expected = Fingerprint::new(reference.finalize().into_bytes().into());
        assert_eq!(sealer.fingerprint(&json!("Hi There")), expected);
    }

    #[test]
    fn equal_secrets_get_equal_marks_and_other_keys_other_marks() {
        let mut one = Sealer::new([1; 32]);
        let mut other = Sealer::new([2; 32]);
        assert_eq!(one.seal(&json!({"a": 1, "b": 2})), one.seal(&json!({"b": 2, "a": 1})));
        assert_ne!(one.seal(&json!("x")), other.seal(&json!("x")));
    }

    #[test]
    fn neither_key_nor_secret_is_printed() {
        let mut sealer = Sealer::new([77; 32]);
        sealer.seal(&json!("hunter2"));
        let printed = format!("{sealer:?}");
        assert!(!printed.contains("hunter2") && !printed.contains("77"), "{printed}");
    }
}
