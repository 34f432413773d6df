//! One-use nonces of decision forms.
//!
//! A page that is only read must write nothing, so a nonce is not stored when it is issued: it is a MAC under the secret of
//! the session over all that it is bound to. It is stored when it is used, in the transaction of the decision, and cannot
//! be used again.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use changegate_change::decision::Verb;
use changegate_change::digest::Digest;
use changegate_change::id::{ApproverId, ChangeId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use ulid::Ulid;

use crate::error::ServiceError;
use crate::review::SessionSecret;

/// What a nonce lets whom say about what.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BoundTo<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The change.
    pub change: &'a ChangeId,
    /// The digest that the page showed.
    pub digest: Digest,
    /// Whom it was shown to.
    pub approver: &'a ApproverId,
    /// What it lets them say.
    pub verb: Verb,
}

/// A nonce: until when (Unix milliseconds), a random part, and the MAC over all.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce {
    until: i64,
    random: Ulid,
    mac: [u8; 32],
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// A text that is no nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no nonce")]
pub struct NotANonce;

impl Nonce {
    /// A nonce for a session.
    ///
    /// # Errors
    /// Something inside is broken.
    pub fn issue(
        secret: &SessionSecret,
        bound: &BoundTo<'_>,
        until: Timestamp,
        random: Ulid,
    ) -> Result<Self, ServiceError> {
        let until = until.as_millisecond();
        let mac = mac(secret, bound, until, random)?;
        Ok(Self { until, random, mac })
    }

    /// Whether it was issued for this session and bound to this, and has not expired.
    pub fn is_for(&self, secret: &SessionSecret, bound: &BoundTo<'_>, now: Timestamp) -> bool {
        let Ok(expected) = mac(secret, bound, self.until, self.random) else { return false };
        bool::from(expected.ct_eq(&self.mac)) && now.as_millisecond() < self.until
    }

    /// What it is remembered by once it was used.
    pub fn hash(&self) -> Digest {
        Digest::of_bytes(self.to_string().as_bytes())
    }
}

fn mac(
    secret: &SessionSecret,
    bound: &BoundTo<'_>,
    until: i64,
    random: Ulid,
) -> Result<[u8; 32], ServiceError> {
    #[derive(Serialize)]
    struct Message<'a> {
        purpose: &'static str,
        bound: &'a BoundTo<'a>,
        until: String,
        random: String,
    }
    let message = Message {
        purpose: "changegate nonce v1",
        bound,
        until: until.to_string(),
        random: random.to_string(),
    };
    let text = changegate_change::json::canonical(&message)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(ServiceError::internal)?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().into())
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.until, self.random, URL_SAFE_NO_PAD.encode(self.mac))
    }
}

impl FromStr for Nonce {
    type Err = NotANonce;
    fn from_str(text: &str) -> Result<Self, NotANonce> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(NotANonce);
        let until = part()?.parse().map_err(|_| NotANonce)?;
        let random = Ulid::from_string(part()?).map_err(|_| NotANonce)?;
        let mac =
            URL_SAFE_NO_PAD.decode(part()?).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotANonce)?;
        let nonce = Self { until, random, mac };
        // One nonce has one text: what is remembered is the hash of it.
        if nonce.to_string() == text { Ok(nonce) } else { Err(NotANonce) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixture {
        tenant: TenantId,
        change: ChangeId,
        approver: ApproverId,
        secret: SessionSecret,
    }

    fn fixture() -> Fixture {
        Fixture {
            tenant: "demo".parse().unwrap(),
            change: ChangeId::new(Ulid::from_parts(1, 1)),
            approver: "alice".parse().unwrap(),
            secret: SessionSecret::new("a session"),
        }
    }

    fn bound(f: &Fixture) -> BoundTo<'_> {
        BoundTo {
            tenant: &f.tenant,
            change: &f.change,
            digest: Digest::of_bytes(b"it"),
            approver: &f.approver,
            verb: Verb::Approve,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_nonce_is_for_what_it_was_issued_for_until_it_expires() {
        let f = fixture();
        let nonce = Nonce::issue(&f.secret, &bound(&f), at(100), Ulid::from_parts(1, 9)).unwrap();
        let read: Nonce = nonce.to_string().parse().unwrap();
        assert!(read.is_for(&f.secret, &bound(&f), at(99)));
        assert!(!read.is_for(&f.secret, &bound(&f), at(100)));
        assert!(!read.is_for(&SessionSecret::new("another"), &bound(&f), at(99)));
    }

    #[test]
    fn a_nonce_bound_to_anything_else_is_refused() {
        let f = fixture();
        let nonce = Nonce::issue(&f.secret, &bound(&f), at(100), Ulid::from_parts(1, 9)).unwrap();
        let (tenant, change) = ("other".parse().unwrap(), ChangeId::new(Ulid::from_parts(1, 2)));
        let approver = "bob".parse().unwrap();
        for other in [
            BoundTo { tenant: &tenant, ..bound(&f) },
            BoundTo { change: &change, ..bound(&f) },
            BoundTo { digest: Digest::of_bytes(b"that"), ..bound(&f) },
            BoundTo { approver: &approver, ..bound(&f) },
            BoundTo { verb: Verb::Reject, ..bound(&f) },
        ] {
            assert!(!nonce.is_for(&f.secret, &other, at(99)), "{other:?}");
        }
    }

    #[test]
    fn a_nonce_whose_expiry_was_moved_or_whose_text_was_padded_is_refused() {
        let f = fixture();
        let nonce = Nonce::issue(&f.secret, &bound(&f), at(100), Ulid::from_parts(1, 9)).unwrap();
        let later: Nonce = nonce.to_string().replace("100000.", "900000.").parse().unwrap();
        assert!(!later.is_for(&f.secret, &bound(&f), at(99)));
        assert!(format!("{nonce}.x").parse::<Nonce>().is_err());
        assert!(format!("0{nonce}").parse::<Nonce>().is_err());
    }
}
