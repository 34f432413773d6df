//! `GET /sign-in`, `GET /sign-in/callback`, `POST /sign-out`.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use changegate_change::tenant::{Issuer, TenantConfig};
use changegate_service::{Code, ServiceError};
use changegate_store::sign_ins::{Session, SignIn};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::answer::{error_page, html, see_other};
use crate::cookies::Cookie;
use crate::page::message::{self, MessagePage};
use crate::page::providers::{self, Choice, ProvidersPage};
use crate::page::text::{Code as CodeText, Prose};
use crate::router::{Place, Web, session_secret};
use crate::same_origin::from_this_site;
use crate::sign_in::{Answer, Client, Identity, Pending, SignInError, Token};

/// How long a person has at the identity provider.
const SIGN_IN_TTL: SignedDuration = SignedDuration::from_mins(10);

/// How long a session lasts, whatever happens in it.
const SESSION_TTL: SignedDuration = SignedDuration::from_hours(1);

/// The query that starts a sign-in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    tenant: String,
    change: String,
    /// The place of the provider in the tenant's configuration.
    provider: Option<usize>,
}

/// The query of an answer. A provider may add more, which is not looked at.
#[derive(Deserialize)]
pub(crate) struct Callback {
    state: String,
    #[serde(flatten)]
    answer: Answer,
}

pub(crate) async fn start(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    query: Result<Query<Start>, QueryRejection>,
) -> Response {
    match web.start_sign_in(&headers, query).await {
        Ok(answer) => answer,
        Err(error) => error_page(&headers, &error, None),
    }
}

pub(crate) async fn finish(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let mut place = None;
    match web.finish_sign_in(&headers, query, &mut place).await {
        Ok(answer) => answer,
        Err(error) => error_page(&headers, &error, place.map(|place| place.onward(error.code()))),
    }
}

pub(crate) async fn end(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    match web.sign_out(&headers).await {
        Ok(answer) => answer,
        Err(error) => error_page(&headers, &error, None),
    }
}

impl Web {
    async fn start_sign_in(
        &self,
        headers: &HeaderMap,
        query: Result<Query<Start>, QueryRejection>,
    ) -> Result<Response, ServiceError> {
        let Query(query) = query.map_err(|error| unreadable().because(error))?;
        let place = Place::parse(&query.tenant, &query.change)?;
        let config = self.review.config(&place.tenant).await?;
        let issuers = &config.config().issuers;
        let issuer = match (query.provider, issuers.as_slice()) {
            (Some(chosen), issuers) => issuers.get(chosen).ok_or_else(unreadable)?,
            (None, [only]) => only,
            (None, []) => return Err(failed("this tenant has no identity provider")),
            (None, several) => return Ok(choose(&place, several)),
        };
        self.send_to(&place, issuer, headers).await
    }

    async fn send_to(
        &self,
        place: &Place,
        issuer: &Issuer,
        headers: &HeaderMap,
    ) -> Result<Response, ServiceError> {
        let now = self.review.clock.now();
        let started =
            self.flow.start(&issuer.url, &self.client(issuer), now).await.map_err(sign_in_failed)?;
        let browser = match Cookie::Browser.read(headers).and_then(|value| value.parse::<Token>().ok()) {
            // A second sign-in in another tab must not spoil the first.
            Some(browser) => browser,
            None => Token::random().map_err(ServiceError::internal)?,
        };
        let sign_in = SignIn {
            tenant: place.tenant.clone(),
            change: place.change.clone(),
            issuer: issuer.url.clone(),
            nonce: started.nonce.reveal().to_owned(),
            verifier: started.verifier.reveal().to_owned(),
            browser: browser.hash(),
            expires_at: now + SIGN_IN_TTL,
        };
        self.review.store.keep_sign_in(&started.state.hash(), &sign_in).await?;
        let mut answer = see_other(&started.url)?;
        let cookie = Cookie::Browser.set(browser.reveal(), SIGN_IN_TTL.as_secs());
        answer.headers_mut().append(SET_COOKIE, cookie.map_err(ServiceError::internal)?);
        Ok(answer)
    }

    async fn finish_sign_in(
        &self,
        headers: &HeaderMap,
        query: Result<Query<Callback>, QueryRejection>,
        place: &mut Option<Place>,
    ) -> Result<Response, ServiceError> {
        let Query(query) = query.map_err(|error| unreadable().because(error))?;
        let state: Token = query.state.parse().map_err(|_| used_or_expired())?;
        let now = self.review.clock.now();
        let sign_in =
            self.review.store.take_sign_in(&state.hash(), now).await?.ok_or_else(used_or_expired)?;
        let place =
            place.insert(Place { tenant: sign_in.tenant.clone(), change: sign_in.change.clone() }).clone();
        let browser = Cookie::Browser.read(headers).and_then(|value| value.parse::<Token>().ok());
        if browser.is_none_or(|browser| browser.hash() != sign_in.browser) {
            return Err(failed("this sign-in was started in another browser"));
        }
        let config = self.review.config(&sign_in.tenant).await?;
        let identity = self.identity(config.config(), &sign_in, query.answer, now).await?;
        if config.config().approver_by_subject(&identity.issuer, &identity.subject).is_none() {
            return Ok(no_approver(&identity));
        }
        self.open_session(&place, identity, now).await
    }

    async fn identity(
        &self,
        config: &TenantConfig,
        sign_in: &SignIn,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Identity, ServiceError> {
        let issuer = config.issuers.iter().find(|issuer| issuer.url == sign_in.issuer);
        let issuer = issuer.ok_or_else(|| failed("this tenant no longer uses that identity provider"))?;
        let token = |text: &str| text.parse::<Token>().map_err(ServiceError::internal);
        let pending = Pending {
            issuer: sign_in.issuer.clone(),
            nonce: token(&sign_in.nonce)?,
            verifier: token(&sign_in.verifier)?,
        };
        self.flow.finish(&pending, &self.client(issuer), answer, now).await.map_err(sign_in_failed)
    }

    async fn open_session(
        &self,
        place: &Place,
        identity: Identity,
        now: Timestamp,
    ) -> Result<Response, ServiceError> {
        let secret = Token::random().map_err(ServiceError::internal)?;
        let session = Session {
            tenant: place.tenant.clone(),
            issuer: identity.issuer,
            subject: identity.subject,
            signed_in_at: now,
            expires_at: now + SESSION_TTL,
        };
        self.review.store.keep_session(&secret.hash(), &session).await?;
        let mut answer = see_other(&place.path())?;
        for cookie in [Cookie::Session.set(secret.reveal(), SESSION_TTL.as_secs()), Cookie::Browser.clear()] {
            answer.headers_mut().append(SET_COOKIE, cookie.map_err(ServiceError::internal)?);
        }
        Ok(answer)
    }

    async fn sign_out(&self, headers: &HeaderMap) -> Result<Response, ServiceError> {
        from_this_site(headers, &self.public_url)?;
        if let Some(secret) = session_secret(headers) {
            self.review.store.end_session(&secret.hash()).await?;
        }
        let page = MessagePage {
            title: "Signed out",
            words: Prose::new("You are signed out here. Your identity provider may still know you."),
            onward: None,
            reference: None,
        };
        let mut answer = html(StatusCode::OK, message::render(&page));
        let cookie = Cookie::Session.clear().map_err(ServiceError::internal)?;
        answer.headers_mut().append(SET_COOKIE, cookie);
        Ok(answer)
    }

    fn client(&self, issuer: &Issuer) -> Client {
        Client {
            id: issuer.client_id.clone(),
            secret: self.client_secrets.get(&issuer.url).cloned(),
            redirect_uri: format!("{}/sign-in/callback", self.public_url),
        }
    }
}

fn choose(place: &Place, issuers: &[Issuer]) -> Response {
    let choice = |(number, issuer): (usize, &Issuer)| Choice {
        issuer: CodeText::new(&issuer.url),
        path: format!("{}&provider={number}", place.sign_in_path()),
    };
    let page = ProvidersPage { choices: issuers.iter().enumerate().map(choice).collect() };
    html(StatusCode::OK, providers::render(&page))
}

/// They are who they say, and that is not enough. No session is opened.
fn no_approver(identity: &Identity) -> Response {
    let words = format!(
        "{} vouches for {}, who is not an approver of this tenant.",
        identity.issuer, identity.subject
    );
    let page =
        MessagePage { title: "Not an approver", words: Prose::new(words), onward: None, reference: None };
    html(StatusCode::FORBIDDEN, message::render(&page))
}

fn unreadable() -> ServiceError {
    ServiceError::new(Code::InvalidRequest, "this address cannot be read")
}

fn failed(words: &'static str) -> ServiceError {
    ServiceError::new(Code::SignInFailed, words)
}

fn used_or_expired() -> ServiceError {
    failed("this sign-in was used already or took too long; open the link that you were sent again")
}

/// What went wrong is for the log; the person can only try again.
fn sign_in_failed(error: SignInError) -> ServiceError {
    let words = match &error {
        SignInError::Denied { .. } => "the identity provider did not sign you in",
        SignInError::Directory(_) => "the identity provider cannot be reached or used",
        SignInError::Registration(_)
        | SignInError::OtherProvider
        | SignInError::NoCode
        | SignInError::NotRedeemed(_)
        | SignInError::NoIdToken
        | SignInError::IdToken(_)
        | SignInError::NoRandomness(_) => "the identity provider's answer was not accepted",
    };
    failed(words).because(error)
}
