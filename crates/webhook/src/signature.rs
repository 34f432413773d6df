//! Signing, and verifying as an endpoint would: Standard Webhooks 1.0.0, symmetric signatures (`v1`).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::secret::{InvalidSecret, WebhookSecret};

/// The header with the message's id; the same for every try of one message.
pub const ID: &str = "webhook-id";
/// The header with the time of the try, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// How far from now a timestamp may be unless an endpoint chooses otherwise.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Why a message does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is missing, repeated, or not text.
    #[error("the header `{0}` is missing or unreadable")]
    Header(&'static str),
    /// The timestamp is not a number of seconds.
    #[error("the timestamp is not a number of seconds")]
    Timestamp,
    /// The timestamp is further from now than the tolerance, so the message may be a replay.
    #[error("the timestamp is too far from now")]
    Tolerance,
    /// No signature is by any of the secrets.
    #[error("no signature is by a known secret")]
    Signature,
}

/// The signature of one message: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
///
/// # Errors
/// The secret cannot be used as a key.
pub fn sign(
    secret: &WebhookSecret,
    id: &str,
    timestamp: Timestamp,
    body: &[u8],
) -> Result<String, InvalidSecret> {
    let code = code(secret, id, timestamp.as_second(), body).ok_or(InvalidSecret)?;
    Ok(format!("v1,{}", STANDARD.encode(code)))
}

/// Checks the three headers of a message against its body, in constant time for every pair of signature and secret.
///
/// Several secrets serve a rotation: a message signed by any of them is good. Signatures of other versions are
/// passed over.
///
/// # Errors
/// [`VerifyError`] says which check failed.
pub fn verify(
    secrets: &[WebhookSecret],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    let id = single(headers, ID)?;
    let seconds: i64 = single(headers, TIMESTAMP)?.parse().map_err(|_| VerifyError::Timestamp)?;
    let given = single(headers, SIGNATURE)?;
    if now.as_second().abs_diff(seconds) > tolerance.as_secs() {
        return Err(VerifyError::Tolerance);
    }
    let given: Vec<Vec<u8>> = given
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .collect();
    let mut good = Choice::from(0);
    for secret in secrets {
        let Some(expected) = code(secret, id, seconds, body) else { continue };
        for signature in &given {
            good |= signature.ct_eq(&expected);
        }
    }
    if good.into() { Ok(()) } else { Err(VerifyError::Signature) }
}

fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| VerifyError::Header(name)),
        _ => Err(VerifyError::Header(name)),
    }
}

fn code(secret: &WebhookSecret, id: &str, seconds: i64, body: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.key()).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const KNOWN_BODY: &[u8] = br#"{"test": 2432232314}"#;
    const KNOWN_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn known_secret() -> WebhookSecret {
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()
    }

    fn other_secret() -> WebhookSecret {
        WebhookSecret::from_bytes([9; 32]).unwrap()
    }

    fn known_time() -> Timestamp {
        Timestamp::from_second(1_614_265_330).unwrap()
    }

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ID, HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek"));
        headers.insert(TIMESTAMP, HeaderValue::from_static("1614265330"));
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers
    }

    fn check(secrets: &[WebhookSecret], headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
        verify(secrets, headers, body, known_time(), TOLERANCE)
    }

    #[test]
    fn the_published_vector_is_signed_and_verified() {
        let signed = sign(&known_secret(), "msg_p5jXN8AQM9LWM0D4loKWxJek", known_time(), KNOWN_BODY);
        assert_eq!(signed.unwrap(), KNOWN_SIGNATURE);
        assert_eq!(check(&[known_secret()], &headers(KNOWN_SIGNATURE), KNOWN_BODY), Ok(()));
    }

    #[test]
    fn any_of_several_signatures_and_secrets_is_enough() {
        let several = headers(&format!("v1a,AAAA v1,AAAA v2,x {KNOWN_SIGNATURE}"));
        assert_eq!(check(&[other_secret(), known_secret()], &several, KNOWN_BODY), Ok(()));
        assert_eq!(check(&[other_secret()], &several, KNOWN_BODY), Err(VerifyError::Signature));
        assert_eq!(check(&[], &several, KNOWN_BODY), Err(VerifyError::Signature));
    }

    #[test]
    fn another_version_with_the_same_code_is_not_a_signature() {
        let relabelled = headers(&KNOWN_SIGNATURE.replace("v1,", "v2,"));
        assert_eq!(check(&[known_secret()], &relabelled, KNOWN_BODY), Err(VerifyError::Signature));
    }

    #[test]
    fn the_tolerance_holds_in_both_directions_and_at_its_ends() {
        let signed = headers(KNOWN_SIGNATURE);
        for (distance, expected) in [
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(VerifyError::Tolerance)),
            (-301, Err(VerifyError::Tolerance)),
        ] {
            let now = Timestamp::from_second(1_614_265_330 + distance).unwrap();
            assert_eq!(
                verify(&[known_secret()], &signed, KNOWN_BODY, now, TOLERANCE),
                expected,
                "{distance}"
            );
        }
    }

    #[test]
    fn a_missing_or_repeated_header_is_refused() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut missing = headers(KNOWN_SIGNATURE);
            missing.remove(name);
            assert_eq!(check(&[known_secret()], &missing, KNOWN_BODY), Err(VerifyError::Header(name)));
            let mut repeated = headers(KNOWN_SIGNATURE);
            repeated.append(name, HeaderValue::from_static("x"));
            assert_eq!(check(&[known_secret()], &repeated, KNOWN_BODY), Err(VerifyError::Header(name)));
        }
        let mut unreadable = headers(KNOWN_SIGNATURE);
        unreadable.insert(TIMESTAMP, HeaderValue::from_static("soon"));
        assert_eq!(check(&[known_secret()], &unreadable, KNOWN_BODY), Err(VerifyError::Timestamp));
    }

    proptest! {
        #[test]
        fn a_change_of_any_byte_is_noticed(body in prop::collection::vec(any::<u8>(), 1..64), at in any::<prop::sample::Index>()) {
            let signature = sign(&known_secret(), "msg_p5jXN8AQM9LWM0D4loKWxJek", known_time(), &body).unwrap();
            let signed = headers(&signature);
            prop_assert_eq!(check(&[known_secret()], &signed, &body), Ok(()));
            let mut edited = body.clone();
            let at = at.index(edited.len());
            edited[at] ^= 1;
            prop_assert_eq!(check(&[known_secret()], &signed, &edited), Err(VerifyError::Signature));
        }
    }
}
