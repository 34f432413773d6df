//! The whole flow: against a provider of this test, which can lie, and against a provider written elsewhere.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed set-up fails the test"
)]

mod mock_provider;
mod own_provider;
mod signer;

use changegate_egress::{Egress, Policy};
use changegate_web::sign_in::directory::DirectoryError;
use changegate_web::sign_in::provider::ProviderError;
use changegate_web::sign_in::{Answer, Client, ClientSecret, Flow, IdTokenError, Pending, SignInError};
use http::Request;
use jiff::{SignedDuration, Timestamp};
use mock_provider::MockProvider;
use own_provider::{OwnProvider, Script};
use serde_json::json;
use url::Url;

const REDIRECT: &str = "http://gate.localhost/sign-in/callback";

fn egress() -> Egress {
    Egress::new(Policy::public_internet().with_loopback(true))
}

fn client(secret: Option<ClientSecret>) -> Client {
    Client { id: "changegate".into(), secret, redirect_uri: REDIRECT.into() }
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn code(code: &str) -> Answer {
    Answer { code: Some(code.into()), ..Answer::default() }
}

/// Starts at the own provider, which issues a code for the challenge, and finishes with it.
async fn sign_in(provider: &OwnProvider, flow: &Flow) -> Result<String, SignInError> {
    let now = Timestamp::now();
    let started = flow.start(provider.issuer(), &client(None), now).await?;
    provider.authorize(&started.url);
    let pending = Pending {
        issuer: provider.issuer().to_owned(),
        nonce: started.nonce.clone(),
        verifier: started.verifier.clone(),
    };
    flow.finish(&pending, &client(None), code("code-1"), now).await.map(|identity| identity.subject)
}

#[tokio::test]
async fn a_person_is_sent_with_state_nonce_and_challenge() {
    let provider = OwnProvider::start(Script::default()).await;
    let flow = Flow::new(egress());
    let started = flow.start(provider.issuer(), &client(None), Timestamp::now()).await.unwrap();
    assert!(started.url.starts_with(&format!("{}/authorize?", provider.issuer())), "{}", started.url);
    let sent = |name| parameter(&started.url, name);
    assert_eq!(sent("response_type").as_deref(), Some("code"));
    assert_eq!(sent("scope").as_deref(), Some("openid"));
    assert_eq!(sent("redirect_uri").as_deref(), Some(REDIRECT));
    assert_eq!(sent("client_id").as_deref(), Some("changegate"));
    assert_eq!(sent("state").as_deref(), Some(started.state.reveal()));
    assert_eq!(sent("nonce").as_deref(), Some(started.nonce.reveal()));
    assert_eq!(sent("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(sent("code_challenge").unwrap().len(), 43);
    assert!(!started.url.contains(started.verifier.reveal()));
    let again = flow.start(provider.issuer(), &client(None), Timestamp::now()).await.unwrap();
    assert!(
        again.state != started.state && again.nonce != started.nonce && again.verifier != started.verifier
    );
}

#[tokio::test]
async fn a_code_redeemed_with_its_verifier_signs_in() {
    let provider = OwnProvider::start(Script::default()).await;
    assert_eq!(sign_in(&provider, &Flow::new(egress())).await.unwrap(), "alice-1");
    let redeemed = provider.redeemed();
    assert!(redeemed.contains("client_id=changegate") && !redeemed.contains("client_secret"), "{redeemed}");
}

#[tokio::test]
async fn a_client_secret_travels_in_the_header_only() {
    let provider = OwnProvider::start(Script::default()).await;
    let flow = Flow::new(egress());
    let client = client(Some(ClientSecret::new("s3cret")));
    let now = Timestamp::now();
    let started = flow.start(provider.issuer(), &client, now).await.unwrap();
    provider.authorize(&started.url);
    let pending =
        Pending { issuer: provider.issuer().into(), nonce: started.nonce, verifier: started.verifier };
    flow.finish(&pending, &client, code("code-1"), now).await.unwrap();
    // base64 of `changegate:s3cret`
    assert!(provider.redeemed().contains("authorization: Basic Y2hhbmdlZ2F0ZTpzM2NyZXQ="));
    assert!(!provider.redeemed().contains("s3cret"));
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_not_redeemed() {
    let provider = OwnProvider::start(Script::default()).await;
    let flow = Flow::new(egress());
    let now = Timestamp::now();
    let theirs = flow.start(provider.issuer(), &client(None), now).await.unwrap();
    provider.authorize(&theirs.url);
    let ours = flow.start(provider.issuer(), &client(None), now).await.unwrap();
    let pending = Pending { issuer: provider.issuer().into(), nonce: ours.nonce, verifier: ours.verifier };
    let error = flow.finish(&pending, &client(None), code("code-1"), now).await.unwrap_err();
    assert!(matches!(error, SignInError::NotRedeemed(_)), "{error:?}");
}

#[tokio::test]
async fn a_token_with_anothers_nonce_is_refused() {
    let provider = OwnProvider::start(Script { nonce: Some("other"), ..Script::default() }).await;
    let error = sign_in(&provider, &Flow::new(egress())).await.unwrap_err();
    assert!(matches!(error, SignInError::IdToken(IdTokenError::Nonce)), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_an_id_token_is_refused() {
    let provider = OwnProvider::start(Script { no_id_token: true, ..Script::default() }).await;
    let error = sign_in(&provider, &Flow::new(egress())).await.unwrap_err();
    assert!(matches!(error, SignInError::NoIdToken), "{error:?}");
}

#[tokio::test]
async fn metadata_of_another_issuer_are_refused_before_anybody_is_sent_there() {
    let provider =
        OwnProvider::start(Script { issuer: Some("http://other.localhost"), ..Script::default() }).await;
    let error = sign_in(&provider, &Flow::new(egress())).await.unwrap_err();
    assert!(
        matches!(error, SignInError::Directory(DirectoryError::Provider(ProviderError::OtherIssuer { .. }))),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_in_the_name_of_another_provider_is_refused() {
    let provider = OwnProvider::start(Script { names_itself: true, ..Script::default() }).await;
    let flow = Flow::new(egress());
    let now = Timestamp::now();
    for iss in [None, Some("https://evil.example.com".to_owned())] {
        let started = flow.start(provider.issuer(), &client(None), now).await.unwrap();
        let pending =
            Pending { issuer: provider.issuer().into(), nonce: started.nonce, verifier: started.verifier };
        let answer = Answer { iss, ..code("code-1") };
        let error = flow.finish(&pending, &client(None), answer, now).await.unwrap_err();
        assert!(matches!(error, SignInError::OtherProvider), "{error:?}");
    }
    assert_eq!(provider.redeemed(), "");
}

#[tokio::test]
async fn a_refusal_at_the_provider_is_no_sign_in() {
    let provider = OwnProvider::start(Script::default()).await;
    let flow = Flow::new(egress());
    let now = Timestamp::now();
    let started = flow.start(provider.issuer(), &client(None), now).await.unwrap();
    let pending =
        Pending { issuer: provider.issuer().into(), nonce: started.nonce, verifier: started.verifier };
    let denied = Answer { error: Some("access_denied".into()), ..code("code-1") };
    let error = flow.finish(&pending, &client(None), denied, now).await.unwrap_err();
    assert!(matches!(&error, SignInError::Denied { error } if error == "access_denied"), "{error:?}");
    let error = flow.finish(&pending, &client(None), Answer::default(), now).await.unwrap_err();
    assert!(matches!(error, SignInError::NoCode), "{error:?}");
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_not_for_every_unknown_name() {
    let provider = OwnProvider::start(Script::default()).await;
    let flow = Flow::new(egress());
    sign_in(&provider, &flow).await.unwrap();
    sign_in(&provider, &flow).await.unwrap();
    assert_eq!((provider.asked("/metadata"), provider.asked("/keys")), (1, 1));
    provider.rotate();
    let error = sign_in(&provider, &flow).await.unwrap_err();
    assert!(matches!(error, SignInError::IdToken(IdTokenError::NoKey)), "{error:?}");
    assert_eq!(provider.asked("/keys"), 1, "asked again within the pause");

    let later = Timestamp::now() + SignedDuration::from_secs(31);
    let started = flow.start(provider.issuer(), &client(None), later).await.unwrap();
    provider.authorize(&started.url);
    let pending =
        Pending { issuer: provider.issuer().into(), nonce: started.nonce, verifier: started.verifier };
    flow.finish(&pending, &client(None), code("code-1"), later).await.unwrap();
    assert_eq!(provider.asked("/keys"), 2);
}

#[tokio::test]
async fn a_provider_written_elsewhere_signs_a_person_in() {
    let provider = MockProvider::start();
    let flow = Flow::new(egress());
    // It takes any secret, but not none: it knows no public clients.
    let client = client(Some(ClientSecret::new("any")));
    let now = Timestamp::now();
    let started = flow.start(provider.issuer(), &client, now).await.unwrap();
    let form = Request::post(&started.url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(b"sub=alice%40example.com".to_vec())
        .unwrap();
    let answer = egress().send(form).await.unwrap();
    assert!(answer.status().is_redirection(), "{}", answer.status());
    let back = answer.headers().get("location").unwrap().to_str().unwrap();
    assert!(back.starts_with(REDIRECT), "{back}");
    assert_eq!(parameter(back, "state").as_deref(), Some(started.state.reveal()));

    let pending =
        Pending { issuer: provider.issuer().into(), nonce: started.nonce, verifier: started.verifier };
    let answer = || code(&parameter(back, "code").unwrap());
    let identity = flow.finish(&pending, &client, answer(), now).await.unwrap();
    assert_eq!(json!([identity.issuer, identity.subject]), json!([provider.issuer(), "alice@example.com"]));
    let error = flow.finish(&pending, &client, answer(), now).await.unwrap_err();
    assert!(matches!(error, SignInError::NotRedeemed(_)), "a code was redeemed twice: {error:?}");
}
