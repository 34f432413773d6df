//! The routes of agents and systems.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use changegate_change::id::ChangeId;
use changegate_change::status::Status;
use changegate_service::authenticate::{Authenticated, authenticate};
use changegate_service::gate::{Action, GateRequest};
use changegate_service::keys::{DerivedKeys, Verifier};
use changegate_service::propose::BODY_MAX;
use changegate_service::view;
use changegate_service::{Code, ServiceError};
use changegate_store::Store;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cursor;
use crate::gate::Gate;
use crate::problem;

/// How many changes a page has unless said, and at most.
const LIMIT_DEFAULT: u16 = 20;
const LIMIT_MAX: u16 = 100;

/// What the routes need.
#[derive(Debug)]
pub struct Api {
    /// The tables, `changes` to read and `config` to authenticate.
    pub store: Store,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// The way to `propose`.
    pub gate: Gate,
    /// The keys that cursors are MACed with.
    pub cursor_keys: DerivedKeys,
}

/// The routes.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/changes", post(propose).get(list))
        .route("/v1/previews", post(preview))
        .route("/v1/changes/{id}", get(show))
        .route("/v1/changes/{id}/withdraw", post(withdraw))
        .route("/v1/changes/{id}/undo", post(undo))
        .fallback(nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        // One byte more than is taken, so that a larger body is refused by us, with a problem, and not read further.
        .layer(DefaultBodyLimit::max(BODY_MAX + 1))
        .with_state(Arc::new(api))
}

type Answer = Result<Response, ServiceError>;

async fn propose(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesError>,
) -> Response {
    answer(&headers, api.propose(&headers, body).await)
}

async fn preview(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesError>,
) -> Response {
    answer(&headers, api.preview(&headers, body).await)
}

async fn show(State(api): State<Arc<Api>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(&headers, api.show(&headers, &id).await)
}

async fn list(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    query: Result<Query<ListQuery>, QueryError>,
) -> Response {
    answer(&headers, api.list(&headers, query).await)
}

async fn withdraw(State(api): State<Arc<Api>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(&headers, api.withdraw(&headers, &id).await)
}

async fn undo(State(api): State<Arc<Api>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answer(&headers, api.undo(&headers, &id).await)
}

async fn nothing_here(headers: HeaderMap) -> Response {
    answer(&headers, Err(ServiceError::not_found()))
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    answer(&headers, Err(ServiceError::new(Code::MethodNotAllowed, "this path does not take this method")))
}

type BytesError = axum::extract::rejection::BytesRejection;
type QueryError = axum::extract::rejection::QueryRejection;

fn answer(headers: &HeaderMap, result: Answer) -> Response {
    result.unwrap_or_else(|error| problem::response(headers, &error))
}

/// The query of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    status: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

impl Api {
    async fn propose(&self, headers: &HeaderMap, body: Result<Bytes, BytesError>) -> Answer {
        let request = gate_request(headers, Action::Propose { body: text(body)? })?;
        let (change, _) = self.gate.ask(&request).await?;
        let location =
            format!("/v1/changes/{}", change.get("id").and_then(Value::as_str).unwrap_or_default());
        Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(change)).into_response())
    }

    async fn preview(&self, headers: &HeaderMap, body: Result<Bytes, BytesError>) -> Answer {
        let request = gate_request(headers, Action::Preview { body: text(body)? })?;
        let (change, _) = self.gate.ask(&request).await?;
        Ok(axum::Json(change).into_response())
    }

    async fn undo(&self, headers: &HeaderMap, id: &str) -> Answer {
        let request = gate_request(headers, Action::Undo { change: change_id(id)? })?;
        let (change, _) = self.gate.ask(&request).await?;
        Ok((StatusCode::CREATED, axum::Json(change)).into_response())
    }

    async fn withdraw(&self, headers: &HeaderMap, id: &str) -> Answer {
        let request = gate_request(headers, Action::Withdraw { change: change_id(id)? })?;
        let (change, _) = self.gate.ask(&request).await?;
        Ok(axum::Json(change).into_response())
    }

    async fn show(&self, headers: &HeaderMap, id: &str) -> Answer {
        let caller = self.caller(headers).await?;
        let change = view::show(&self.store, caller.config.config(), &change_id(id)?).await?;
        Ok(axum::Json(change).into_response())
    }

    async fn list(&self, headers: &HeaderMap, query: Result<Query<ListQuery>, QueryError>) -> Answer {
        let caller = self.caller(headers).await?;
        let Query(query) = query.map_err(|error| bad_query(&error.body_text()))?;
        let status = query.status.as_deref().map(str::parse::<Status>).transpose();
        let status = status.map_err(|error| bad_query(&error.to_string()))?;
        let limit = limit(query.limit.as_deref())?;
        let after = match &query.cursor {
            Some(cursor) => Some(cursor::read(&self.cursor_key(&caller).await?, status, cursor)?),
            None => None,
        };
        let (changes, next) =
            view::list(&self.store, caller.config.config(), status, limit, after.as_ref()).await?;
        let mut page = json!({ "changes": changes });
        if let (Some(next), Some(map)) = (next, page.as_object_mut()) {
            let cursor = cursor::write(&self.cursor_key(&caller).await?, status, &next)?;
            map.insert("next_cursor".to_owned(), Value::String(cursor));
        }
        Ok(axum::Json(page).into_response())
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Authenticated, ServiceError> {
        authenticate(&self.store, &self.config_keys, one_header(headers, "authorization")?).await
    }

    async fn cursor_key(&self, caller: &Authenticated) -> Result<[u8; 32], ServiceError> {
        self.cursor_keys.derive(&format!("changegate cursor v1 {}", caller.tenant())).await
    }
}

fn gate_request(headers: &HeaderMap, action: Action) -> Result<GateRequest, ServiceError> {
    Ok(GateRequest {
        authorization: one_header(headers, "authorization")?.map(str::to_owned),
        idempotency_key: one_header(headers, "idempotency-key")?.map(str::to_owned),
        action,
    })
}

/// A header that stands at most once, as visible ASCII.
fn one_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ServiceError> {
    let mut values = headers.get_all(name).iter();
    let wrong =
        || ServiceError::new(Code::InvalidRequest, format!("the header `{name}` stands once, in ASCII"));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| wrong()),
        (Some(_), Some(_)) => Err(wrong()),
    }
}

fn text(body: Result<Bytes, BytesError>) -> Result<String, ServiceError> {
    let too_large =
        || ServiceError::new(Code::BodyTooLarge, format!("the body has more than {BODY_MAX} bytes"));
    let bytes = body.map_err(|_| too_large())?;
    if bytes.len() > BODY_MAX {
        return Err(too_large());
    }
    let text = String::from_utf8(bytes.to_vec());
    text.map_err(|_| ServiceError::new(Code::MalformedJson, "the body is not UTF-8"))
}

fn change_id(text: &str) -> Result<ChangeId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found())
}

fn limit(text: Option<&str>) -> Result<u16, ServiceError> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| bad_query(&format!("`limit` is a number from 1 to {LIMIT_MAX}")))
}

fn bad_query(message: &str) -> ServiceError {
    ServiceError::new(Code::InvalidRequest, message.to_owned())
}
