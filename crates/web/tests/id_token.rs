//! Every check of an ID token, with tokens that fail that check alone.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod signer;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use changegate_web::sign_in::id_token::{Expected, IdTokenError, Identity, UnverifiedHeader, verify};
use changegate_web::sign_in::key_set::KeySet;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use signer::Signer;

const ISSUER: &str = "https://id.example.com";
const NOW: i64 = 1_800_000_000;
const AGREED: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];
/// The access token and hash of the example in Core, appendix A.4.
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const ACCESS_TOKEN_HASH: &str = "77QmUPtjPfzWtF2AnpK9RQ";

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice-1", "aud": "changegate",
        "iat": NOW - 2, "exp": NOW + 300, "nonce": "n-1", "at_hash": ACCESS_TOKEN_HASH,
    })
}

fn edited(edit: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims();
    edit(&mut claims);
    claims
}

fn published(signers: &[&Signer]) -> KeySet {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    KeySet::read(&serde_json::to_vec(&json!({ "keys": keys })).unwrap()).unwrap()
}

fn check(token: &str, keys: &KeySet) -> Result<Identity, IdTokenError> {
    let header = UnverifiedHeader::read(token, &AGREED)?;
    let key = keys.find(header.kid.as_deref(), header.algorithm).ok_or(IdTokenError::NoKey)?;
    let now = Timestamp::from_second(NOW).unwrap();
    let expected =
        Expected { issuer: ISSUER, client_id: "changegate", nonce: "n-1", access_token: ACCESS_TOKEN, now };
    verify(token, &header, key, &expected)
}

#[test]
fn a_good_token_of_either_algorithm_names_the_person() {
    for signer in [Signer::rs256("a"), Signer::es256("a")] {
        let identity = check(&signer.sign(&claims()), &published(&[&signer])).unwrap();
        assert_eq!(identity, Identity { issuer: ISSUER.into(), subject: "alice-1".into() });
    }
}

#[test]
fn what_core_leaves_open_is_accepted() {
    let signer = Signer::es256("a");
    let keys = published(&[&signer]);
    for good in [
        edited(|claims| claims["aud"] = json!(["changegate"])),
        edited(|claims| claims["azp"] = json!("changegate")),
        edited(|claims| claims["at_hash"] = Value::Null),
        edited(|claims| claims["exp"] = json!(NOW - 59)),
        edited(|claims| claims["iat"] = json!(NOW + 60)),
        edited(|claims| claims["iat"] = json!(NOW - 600)),
        edited(|claims| claims["email"] = json!("alice@example.com")),
    ] {
        assert!(check(&signer.sign(&good), &keys).is_ok(), "{good}");
    }
}

#[test]
fn each_bad_claim_is_refused_by_its_own_check() {
    type Names = fn(&IdTokenError) -> bool;
    let signer = Signer::es256("a");
    let keys = published(&[&signer]);
    let issuer: Names = |error| matches!(error, IdTokenError::Issuer(_));
    let audience: Names = |error| matches!(error, IdTokenError::Audience);
    let party: Names = |error| matches!(error, IdTokenError::AuthorizedParty);
    let expired: Names = |error| matches!(error, IdTokenError::Expired);
    let issued: Names = |error| matches!(error, IdTokenError::IssuedAt);
    let nonce: Names = |error| matches!(error, IdTokenError::Nonce);
    let hash: Names = |error| matches!(error, IdTokenError::AccessToken);
    let subject: Names = |error| matches!(error, IdTokenError::Subject);
    for (claim, value, refused_by) in [
        ("iss", json!("https://id.example.com/"), issuer),
        ("iss", json!("https://evil.example.com"), issuer),
        ("aud", json!("other"), audience),
        ("aud", json!([]), audience),
        ("aud", json!(["changegate", "other"]), audience),
        ("azp", json!("other"), party),
        ("exp", json!(NOW - 60), expired),
        ("exp", json!(0), expired),
        ("iat", json!(NOW + 61), issued),
        ("iat", json!(NOW - 601), issued),
        ("nonce", json!("n-2"), nonce),
        ("nonce", json!(""), nonce),
        ("nonce", Value::Null, nonce),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), hash),
        ("at_hash", json!(""), hash),
        ("sub", json!(""), subject),
        ("sub", json!("x".repeat(256)), subject),
    ] {
        let error = check(&signer.sign(&edited(|claims| claims[claim] = value.clone())), &keys).unwrap_err();
        assert!(refused_by(&error), "{claim} = {value}: {error:?}");
    }
}

#[test]
fn a_token_without_a_required_claim_or_with_one_of_another_type_is_refused() {
    let signer = Signer::es256("a");
    let keys = published(&[&signer]);
    for claim in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        let without = edited(|claims| {
            claims.as_object_mut().unwrap().remove(claim);
        });
        assert!(check(&signer.sign(&without), &keys).is_err(), "without {claim}");
        for value in [json!({}), json!(true), json!([1])] {
            let odd = edited(|claims| claims[claim] = value.clone());
            assert!(check(&signer.sign(&odd), &keys).is_err(), "{claim} = {value}");
        }
    }
}

#[test]
fn a_token_signed_by_another_key_or_edited_afterwards_is_refused() {
    let (ours, theirs) = (Signer::es256("a"), Signer::es256("a"));
    let keys = published(&[&ours]);
    let forged = theirs.sign(&claims());
    assert!(matches!(check(&forged, &keys), Err(IdTokenError::Signature(_))));

    let token = ours.sign(&claims());
    let [header, _, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other = URL_SAFE_NO_PAD.encode(edited(|claims| claims["sub"] = json!("bob-2")).to_string());
    let edited = format!("{header}.{other}.{signature}");
    assert!(matches!(check(&edited, &keys), Err(IdTokenError::Signature(_))));
    assert!(check(&token, &keys).is_ok());
}

#[test]
fn an_unknown_key_is_refused_even_if_it_comes_with_the_token() {
    let (ours, theirs) = (Signer::es256("a"), Signer::es256("b"));
    let keys = published(&[&ours]);
    assert!(matches!(check(&theirs.sign(&claims()), &keys), Err(IdTokenError::NoKey)));
    let header = Header {
        jwk: Some(theirs.jwk()),
        jku: Some("https://evil.example.com/keys".into()),
        kid: Some("a".into()),
        ..theirs.header()
    };
    let with_its_key = theirs.sign_with(&header, &claims());
    assert!(matches!(check(&with_its_key, &keys), Err(IdTokenError::Signature(_))));
}

#[test]
fn an_algorithm_that_was_not_agreed_on_is_refused() {
    let signer = Signer::rs256("a");
    let keys = published(&[&signer]);
    let jwk = serde_json::to_vec(&signer.jwk()).unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::HS512] {
        let header = Header { kid: Some("a".into()), ..Header::new(algorithm) };
        let token = encode(&header, &claims(), &EncodingKey::from_secret(&jwk)).unwrap();
        assert!(matches!(check(&token, &keys), Err(IdTokenError::Algorithm(found)) if found == algorithm));
    }
    let rs512 = signer.sign_with(&Header { alg: Algorithm::RS512, ..signer.header() }, &claims());
    assert!(matches!(check(&rs512, &keys), Err(IdTokenError::Algorithm(Algorithm::RS512))));
}

#[test]
fn an_unsigned_token_is_refused() {
    let keys = published(&[&Signer::es256("a")]);
    let body = URL_SAFE_NO_PAD.encode(claims().to_string());
    for alg in ["none", "None", "NONE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "kid": "a"}).to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{body}.{signature}");
            assert!(matches!(check(&token, &keys), Err(IdTokenError::Malformed(_))), "{alg}");
        }
    }
    for token in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d"] {
        assert!(check(token, &keys).is_err(), "{token}");
    }
}

#[test]
fn critical_extensions_are_refused() {
    let signer = Signer::es256("a");
    let header = Header { crit: Some(vec!["exp".into()]), ..signer.header() };
    let token = signer.sign_with(&header, &claims());
    assert!(matches!(check(&token, &published(&[&signer])), Err(IdTokenError::Critical)));
}

#[test]
fn a_key_of_one_algorithm_does_not_verify_the_other() {
    let (rsa, ec) = (Signer::rs256("a"), Signer::es256("a"));
    assert!(matches!(check(&ec.sign(&claims()), &published(&[&rsa])), Err(IdTokenError::NoKey)));
    assert!(matches!(check(&rsa.sign(&claims()), &published(&[&ec])), Err(IdTokenError::NoKey)));
}
