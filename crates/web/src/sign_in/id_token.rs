//! The checks of an ID token: OpenID Connect Core 1.0 §3.1.3.7, in its order.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

/// How far the provider's clock may be from ours, in seconds.
const LEEWAY: f64 = 60.0;

/// How old a token may be that was asked for just now, in seconds.
const OLDEST: f64 = 600.0;

/// The longest subject that Core §2 allows.
const LONGEST_SUBJECT: usize = 255;

/// Why an ID token is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// It is not a signed JWT with the claims that Core requires.
    #[error("the ID token cannot be read")]
    Malformed(#[source] jsonwebtoken::errors::Error),
    /// It is signed with an algorithm that was not agreed on; `none` is one of them.
    #[error("the ID token is signed with `{0:?}`, which was not agreed on")]
    Algorithm(Algorithm),
    /// Its header has extensions that must be understood (RFC 7515 §4.1.11).
    #[error("the ID token has critical extensions")]
    Critical,
    /// The provider publishes no key that it can be verified with.
    #[error("the provider has no key for the ID token")]
    NoKey,
    /// The signature is not by the provider's key.
    #[error("the signature of the ID token does not verify")]
    Signature(#[source] jsonwebtoken::errors::Error),
    /// It was issued by somebody else.
    #[error("the ID token was issued by `{0}`")]
    Issuer(String),
    /// It is not, or not only, for this client.
    #[error("the ID token is not for this client alone")]
    Audience,
    /// It was issued to another client.
    #[error("the ID token was issued to another client")]
    AuthorizedParty,
    /// It has expired.
    #[error("the ID token has expired")]
    Expired,
    /// It was issued in the future or too long ago.
    #[error("the ID token was not issued just now")]
    IssuedAt,
    /// It does not answer this sign-in.
    #[error("the ID token answers another sign-in")]
    Nonce,
    /// It was not issued together with the access token.
    #[error("the ID token belongs to another access token")]
    AccessToken,
    /// Its subject is empty or longer than Core allows.
    #[error("the ID token has no usable subject")]
    Subject,
}

/// What a token must match.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer identifier, as configured and as in the metadata.
    pub issuer: &'a str,
    /// This client's id.
    pub client_id: &'a str,
    /// The nonce that was sent with the person.
    pub nonce: &'a str,
    /// The access token that came with it.
    pub access_token: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// What a token's header says, before anything is verified: only good for choosing the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedHeader {
    /// The algorithm; one of those that were agreed on.
    pub algorithm: Algorithm,
    /// The name of the key.
    pub kid: Option<String>,
}

/// A person whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The person there; never reassigned to another (Core §2).
    pub subject: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    nonce: Option<String>,
    azp: Option<String>,
    at_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl UnverifiedHeader {
    /// Reads the header of a token.
    ///
    /// # Errors
    /// It cannot be read (an algorithm that nobody knows, such as `none`, included), its algorithm is not among
    /// `algorithms`, or it has critical extensions.
    pub fn read(token: &str, algorithms: &[Algorithm]) -> Result<Self, IdTokenError> {
        let header = decode_header(token).map_err(IdTokenError::Malformed)?;
        if !algorithms.contains(&header.alg) {
            return Err(IdTokenError::Algorithm(header.alg));
        }
        if header.crit.is_some() {
            return Err(IdTokenError::Critical);
        }
        Ok(Self { algorithm: header.alg, kid: header.kid })
    }
}

/// Verifies a token with the key that its header chose, and checks its claims.
///
/// Keys in the token itself (`jwk`, `jku`, `x5u`, `x5c`) are never used.
///
/// # Errors
/// [`IdTokenError`] names the first check that failed.
pub fn verify(
    token: &str,
    header: &UnverifiedHeader,
    key: &Jwk,
    expected: &Expected<'_>,
) -> Result<Identity, IdTokenError> {
    let key = DecodingKey::from_jwk(key).map_err(IdTokenError::Signature)?;
    let claims: Claims =
        decode(token, &key, &signature_only(header.algorithm)).map_err(IdTokenError::Signature)?.claims;
    check_parties(&claims, expected)?;
    check_times(&claims, expected.now)?;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(IdTokenError::Nonce);
    }
    if claims.at_hash.as_ref().is_some_and(|hash| *hash != access_token_hash(expected.access_token)) {
        return Err(IdTokenError::AccessToken);
    }
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
        return Err(IdTokenError::Subject);
    }
    Ok(Identity { issuer: claims.iss, subject: claims.sub })
}

/// The claims are checked here, against the time that is given; the library checks the signature alone.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn check_parties(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    if claims.iss != expected.issuer {
        return Err(IdTokenError::Issuer(claims.iss.clone()));
    }
    // No other audience is trusted, so there may be none (§3.1.3.7, 3).
    let for_us = match &claims.aud {
        Audience::One(audience) => audience == expected.client_id,
        Audience::Many(audiences) => {
            !audiences.is_empty() && audiences.iter().all(|audience| audience == expected.client_id)
        }
    };
    if !for_us {
        return Err(IdTokenError::Audience);
    }
    if claims.azp.as_ref().is_some_and(|party| party != expected.client_id) {
        return Err(IdTokenError::AuthorizedParty);
    }
    Ok(())
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), IdTokenError> {
    let now = now.as_duration().as_secs_f64();
    if claims.exp + LEEWAY <= now {
        return Err(IdTokenError::Expired);
    }
    if claims.iat > now + LEEWAY || claims.iat < now - OLDEST {
        return Err(IdTokenError::IssuedAt);
    }
    Ok(())
}

/// The left half of SHA-256 (both accepted algorithms use it), base64url: Core §3.1.3.6.
fn access_token_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}
