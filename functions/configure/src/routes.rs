//! The routes of operators.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json};
use changegate_api::problem;
use changegate_change::id::TenantId;
use changegate_change::json::parse_strict;
use changegate_lambda::IamCaller;
use changegate_service::configure::{BODY_MAX, Configure};
use changegate_service::{Code, ServiceError};
use serde::Deserialize;
use serde_json::json;

/// The routes. A request that the gateway did not authenticate gets no further than here, whatever it asks for.
pub(crate) fn router(configure: Configure) -> Router {
    Router::new()
        .route("/v1/tenants/{tenant}", put(apply).get(show))
        .route("/v1/tenants/{tenant}/external-id", post(external_id))
        .route("/v1/tenants/{tenant}/webhook-secret", get(webhook_secret))
        .route("/v1/stop", post(stop))
        .route("/v1/start", post(start))
        .fallback(nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        // One byte more than is taken, so that a larger body is refused with a problem.
        .layer(DefaultBodyLimit::max(BODY_MAX + 1))
        .layer(from_fn(authenticated))
        .with_state(Arc::new(configure))
}

type Answer = Result<Response, ServiceError>;
type Shared = State<Arc<Configure>>;
type Body = Result<Bytes, BytesRejection>;

async fn authenticated(mut request: Request, next: Next) -> Response {
    let Some(caller) = IamCaller::of(request.extensions()) else {
        let error =
            ServiceError::new(Code::Unauthenticated, "this route is for requests that AWS IAM authorised");
        return problem::response(request.headers(), &error);
    };
    request.extensions_mut().insert(caller);
    let mut answer = next.run(request).await;
    let no_store = header::HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

async fn apply(
    State(configure): Shared,
    Extension(caller): Extension<IamCaller>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let applied = async {
        let applied = configure.apply(&tenant_id(&tenant)?, &bytes(body)?, caller.arn()).await?;
        Ok(Json(applied).into_response())
    };
    answer(&headers, applied.await)
}

async fn show(State(configure): Shared, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    let shown = async { Ok(Json(configure.show(&tenant_id(&tenant)?).await?).into_response()) };
    answer(&headers, shown.await)
}

async fn external_id(State(configure): Shared, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    let kept = async {
        let id = configure.external_id(&tenant_id(&tenant)?).await?;
        Ok(Json(json!({ "external_id": id })).into_response())
    };
    answer(&headers, kept.await)
}

async fn webhook_secret(
    State(configure): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    let revealed = async {
        let secret = configure.webhook_secret(&tenant_id(&tenant)?).await?;
        Ok(Json(json!({ "webhook_secret": secret })).into_response())
    };
    answer(&headers, revealed.await)
}

/// What is stopped or started, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StopRequest {
    #[serde(default)]
    tenant: Option<TenantId>,
    reason: String,
}

async fn stop(
    State(configure): Shared,
    Extension(caller): Extension<IamCaller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let stopped = async {
        let asked = stop_request(body)?;
        let change = configure.stop(asked.tenant.as_ref(), &asked.reason, caller.arn()).await?;
        Ok(Json(change).into_response())
    };
    answer(&headers, stopped.await)
}

async fn start(
    State(configure): Shared,
    Extension(caller): Extension<IamCaller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let started = async {
        let asked = stop_request(body)?;
        let change = configure.start(asked.tenant.as_ref(), &asked.reason, caller.arn()).await?;
        Ok(Json(change).into_response())
    };
    answer(&headers, started.await)
}

async fn nothing_here(headers: HeaderMap) -> Response {
    answer(&headers, Err(ServiceError::not_found()))
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    let error = ServiceError::new(Code::MethodNotAllowed, "this path does not take this method");
    answer(&headers, Err(error))
}

fn answer(headers: &HeaderMap, result: Answer) -> Response {
    result.unwrap_or_else(|error| problem::response(headers, &error))
}

fn tenant_id(text: &str) -> Result<TenantId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found())
}

fn bytes(body: Body) -> Result<Bytes, ServiceError> {
    body.map_err(|_| ServiceError::new(Code::BodyTooLarge, "a body has at most 256 KiB"))
}

fn stop_request(body: Body) -> Result<StopRequest, ServiceError> {
    let document = parse_strict(&bytes(body)?)
        .map_err(|error| ServiceError::new(Code::MalformedJson, error.to_string()))?;
    serde_json::from_value(document)
        .map_err(|error| ServiceError::new(Code::InvalidRequest, error.to_string()))
}

#[cfg(test)]
mod tests;
