//! The routes of approvers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use changegate_change::id::{ChangeId, TenantId};
use changegate_service::review::{Review, SessionSecret};
use changegate_service::{Code, ServiceError};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::answer::{error_page, guarded, html, see_other};
use crate::cookies::Cookie;
use crate::page::message::Onward;
use crate::page::{review, style};
use crate::present::review_page;
use crate::sign_in::{ClientSecret, Flow};
use crate::{decide, sign_in_routes};

/// The largest body of a form, in bytes: a note of a thousand characters, percent-encoded, and the rest.
const FORM_MAX: usize = 32 * 1024;

/// What the routes need.
#[derive(Debug)]
pub struct Web {
    /// What approvers see, and their decisions.
    pub review: Review,
    /// Who they are.
    pub flow: Flow,
    /// Where this service is reached, without a slash at the end: `https://gate.example.com`.
    pub public_url: String,
    /// The client secrets of identity providers that insist on one, by issuer.
    pub client_secrets: BTreeMap<String, ClientSecret>,
}

/// The routes. Nothing that is asked for with GET changes anything of a change.
pub fn router(web: Web) -> Router {
    let https = web.public_url.starts_with("https://");
    Router::new()
        .route("/review/{tenant}/{change}", get(read))
        .route("/review/{tenant}/{change}/decision", post(decide::decide))
        .route("/review/style.css", get(style_sheet))
        .route("/sign-in", get(sign_in_routes::start))
        .route("/sign-in/callback", get(sign_in_routes::finish))
        .route("/sign-out", post(sign_in_routes::end))
        .fallback(nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(FORM_MAX))
        .layer(axum::middleware::map_response(move |answer: Response| async move { guarded(answer, https) }))
        .with_state(Arc::new(web))
}

/// A change, as an address names it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    pub(crate) change: ChangeId,
}

impl Place {
    /// What is no id is not there.
    pub(crate) fn parse(tenant: &str, change: &str) -> Result<Self, ServiceError> {
        let tenant = tenant.parse().map_err(|_| ServiceError::not_found())?;
        let change = change.parse().map_err(|_| ServiceError::not_found())?;
        Ok(Self { tenant, change })
    }

    /// The path of its page.
    pub(crate) fn path(&self) -> String {
        format!("/review/{}/{}", self.tenant, self.change)
    }

    /// The path that signs in and comes back.
    pub(crate) fn sign_in_path(&self) -> String {
        format!("/sign-in?tenant={}&change={}", self.tenant, self.change)
    }

    /// Where an error on the way to it leads on to.
    pub(crate) fn onward(&self, code: Code) -> Onward {
        if matches!(code, Code::SignInRequired | Code::SignInFailed) {
            Onward { path: self.sign_in_path(), label: "Sign in" }
        } else {
            Onward { path: self.path(), label: "Open the change" }
        }
    }
}

/// The secret in the session cookie.
pub(crate) fn session_secret(headers: &HeaderMap) -> Option<SessionSecret> {
    Cookie::Session.read(headers).map(SessionSecret::new)
}

async fn read(
    State(web): State<Arc<Web>>,
    Path((tenant, change)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let place = match Place::parse(&tenant, &change) {
        Ok(place) => place,
        Err(error) => return error_page(&headers, &error, None),
    };
    match web.read(&place, &headers).await {
        Ok(answer) => answer,
        Err(error) => error_page(&headers, &error, Some(place.onward(error.code()))),
    }
}

impl Web {
    async fn read(&self, place: &Place, headers: &HeaderMap) -> Result<Response, ServiceError> {
        let secret = session_secret(headers);
        let reviewed = match self.review.page(&place.tenant, &place.change, secret.as_ref()).await {
            Ok(reviewed) => reviewed,
            Err(error) if error.code() == Code::SignInRequired => return see_other(&place.sign_in_path()),
            Err(error) => return Err(error),
        };
        let page = review_page(&reviewed, place.path(), self.review.clock.now())?;
        Ok(html(StatusCode::OK, review::render(&page)))
    }
}

#[derive(Debug, Deserialize)]
struct Version {
    v: Option<String>,
}

async fn style_sheet(Query(version): Query<Version>) -> Response {
    let current = version.v.is_some_and(|v| style::versioned_path().ends_with(&format!("?v={v}")));
    let kept = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, kept)], style::SHEET).into_response()
}

async fn nothing_here(headers: HeaderMap) -> Response {
    error_page(&headers, &ServiceError::not_found(), None)
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    let error = ServiceError::new(Code::MethodNotAllowed, "this address cannot be used like that");
    error_page(&headers, &error, None)
}
