//! Pages as HTTP answers, and errors as pages.

use axum::response::{IntoResponse, Response};
use changegate_service::{Code, ServiceError};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::page::message::{self, MessagePage, Onward};
use crate::page::text::Prose;

/// The header in which the gateway's request id comes.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer carries. No script runs, no other site frames the page or sees its address, nothing is kept.
const EVERY_ANSWER: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Adds to `answer` what every answer carries; `no-store` unless it says otherwise; HSTS where there is https.
pub(crate) fn guarded(mut answer: Response, https: bool) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in EVERY_ANSWER {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// A page.
pub(crate) fn html(status: StatusCode, rendered: Result<String, askama::Error>) -> Response {
    match rendered {
        Ok(body) => (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written.").into_response()
        }
    }
}

/// Sends the browser on with a GET.
pub(crate) fn see_other(path: &str) -> Result<Response, ServiceError> {
    let location = HeaderValue::from_str(path).map_err(ServiceError::internal)?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

/// An error as a page. `onward` is offered where going on can help.
pub(crate) fn error_page(headers: &HeaderMap, error: &ServiceError, onward: Option<Onward>) -> Response {
    let code = error.code();
    let request = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or("-");
    if code.http_status() >= 500 {
        tracing::error!(error = error.story(), request, "a page failed");
    } else {
        tracing::info!(error = error.story(), request, "a page was refused");
    }
    let page = MessagePage {
        title: title(code),
        words: Prose::new(words(error)),
        onward: onward.filter(|_| leads_on(code)),
        reference: Some(format!("{code} · {request}")),
    };
    let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    html(status, message::render(&page))
}

/// The same words for what is not there and for what is somebody else's.
fn words(error: &ServiceError) -> String {
    if error.code() == Code::NotFound {
        return "There is no such change here, or it is not yours to see.".to_owned();
    }
    let mut message = error.message().to_owned();
    if let Some(first) = message.get(..1).map(str::to_uppercase) {
        message.replace_range(..1, &first);
    }
    message + "."
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the codes of agents' requests do not come here")]
fn title(code: Code) -> &'static str {
    match code {
        Code::NotFound => "Not found",
        Code::SignInRequired => "Please sign in",
        Code::SignInFailed => "Not signed in",
        Code::AlreadyDecided => "Already decided",
        Code::StatusConflict => "No longer waiting",
        Code::DecideByPassed => "Too late",
        Code::RequesterCannotDecide => "Somebody else must decide",
        Code::NonceInvalid => "This form is no longer good",
        Code::Stopped => "Stopped",
        Code::VerificationFailed => "Something does not verify",
        Code::InvalidRequest => "That request cannot be read",
        Code::MethodNotAllowed => "Not that way",
        Code::Unavailable | Code::Contended => "Try again in a moment",
        _ => "Something went wrong",
    }
}

/// Whether going on, or trying again, can help.
fn leads_on(code: Code) -> bool {
    matches!(
        code,
        Code::SignInRequired
            | Code::SignInFailed
            | Code::AlreadyDecided
            | Code::StatusConflict
            | Code::DecideByPassed
            | Code::RequesterCannotDecide
            | Code::NonceInvalid
            | Code::Stopped
            | Code::InvalidRequest
            | Code::Unavailable
            | Code::Contended
    )
}
