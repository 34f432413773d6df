//! The keys that a provider signs with: a JWK set (RFC 7517).

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

/// The usable keys of a set. Keys of other kinds are left out rather than refused, as RFC 7517 §5 asks.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<Jwk>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK set.
    ///
    /// # Errors
    /// The document is not a JWK set.
    pub fn read(document: &[u8]) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_slice(document)?;
        Ok(Self(document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }

    /// The key that a token names, if it may verify signatures of `algorithm`.
    ///
    /// A token without `kid` is accepted only while there is one such key (Core §10.1).
    #[must_use]
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Jwk> {
        let mut fitting = self.0.iter().filter(|key| {
            fits(key, algorithm) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            _ => None,
        }
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let (expected, kind) = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256) => (KeyAlgorithm::RS256, true),
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => {
            (KeyAlgorithm::ES256, key.curve == EllipticCurve::P256)
        }
        _ => return false,
    };
    let common = &key.common;
    kind && common.key_algorithm.is_none_or(|named| named == expected)
        && common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(keys: Value) -> KeySet {
        KeySet::read(&serde_json::to_vec(&json!({ "keys": keys })).unwrap()).unwrap()
    }

    fn rsa(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn a_key_is_found_by_its_id_among_keys_of_other_kinds() {
        let set = set(json!([
            {"kty": "oct", "kid": "b", "k": "c2VjcmV0"},
            {"kty": "something new", "kid": "b"},
            "not a key",
            rsa("a"),
            rsa("b"),
            {"kty": "EC", "crv": "P-256", "kid": "c", "x": "AA", "y": "AA"},
            {"kty": "EC", "crv": "P-384", "kid": "d", "x": "AA", "y": "AA"},
        ]));
        let kid = |kid, algorithm| set.find(Some(kid), algorithm).and_then(|key| key.common.key_id.clone());
        assert_eq!(kid("b", Algorithm::RS256).as_deref(), Some("b"));
        assert_eq!(kid("c", Algorithm::ES256).as_deref(), Some("c"));
        for (named, algorithm) in [
            ("c", Algorithm::RS256),
            ("b", Algorithm::ES256),
            ("d", Algorithm::ES256),
            ("x", Algorithm::RS256),
        ] {
            assert_eq!(kid(named, algorithm), None, "{named} {algorithm:?}");
        }
        assert_eq!(kid("b", Algorithm::HS256), None);
    }

    #[test]
    fn keys_for_other_uses_are_left_out() {
        for key in [
            with(rsa("a"), "use", json!("enc")),
            with(rsa("a"), "alg", json!("RS512")),
            with(rsa("a"), "key_ops", json!(["sign"])),
        ] {
            assert!(set(json!([key])).find(Some("a"), Algorithm::RS256).is_none(), "{key}");
        }
        let fitting = with(with(rsa("a"), "use", json!("sig")), "alg", json!("RS256"));
        assert!(set(json!([fitting])).find(Some("a"), Algorithm::RS256).is_some());
    }

    #[test]
    fn without_a_key_id_or_with_a_doubled_one_the_key_must_be_the_only_one() {
        assert!(set(json!([rsa("a")])).find(None, Algorithm::RS256).is_some());
        assert!(set(json!([rsa("a"), rsa("b")])).find(None, Algorithm::RS256).is_none());
        assert!(set(json!([rsa("a"), rsa("a")])).find(Some("a"), Algorithm::RS256).is_none());
    }
}
