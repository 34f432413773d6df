//! Errors as RFC 9457 problem details.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use changegate_change::request::Violation;
use changegate_service::{Code, ServiceError};
use serde::Serialize;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// The header in which the gateway's id of a request is found.
pub const REQUEST_ID: &str = "x-request-id";
/// After how many seconds it makes sense to try again.
const RETRY_AFTER_SECONDS: u16 = 2;

/// A problem as its reader gets it: nothing of its cause, which is for the log alone.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    violations: &'a [Violation],
}

/// The answer to the request with these headers that ended in this error. The whole story goes to the log.
pub fn response(headers: &HeaderMap, error: &ServiceError) -> Response {
    let request_id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    log(error, request_id);
    let code = error.code();
    let problem = Problem {
        r#type: format!("/errors/{code}"),
        title: title(code),
        status: code.http_status(),
        detail: error.message(),
        code: code.as_str(),
        request_id,
        violations: error.all_violations(),
    };
    let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, axum::Json(problem)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if code.retryable() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    answer
}

/// The code in words: `undo_conflict` is "Undo conflict".
fn title(code: Code) -> String {
    let mut title = code.as_str().replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

fn log(error: &ServiceError, request_id: &str) {
    let (code, story) = (error.code().as_str(), error.story());
    if error.code().http_status() >= 500 {
        tracing::error!(code, story, request_id, "a request failed");
    } else {
        tracing::info!(code, story, request_id, "a request was refused");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;

    async fn read(error: &ServiceError) -> (StatusCode, HeaderMap, Value) {
        let request = HeaderMap::from_iter([(REQUEST_ID.parse().unwrap(), "req-7".parse().unwrap())]);
        let (head, body) = response(&request, error).into_parts();
        let body = axum::body::to_bytes(body, 10_000).await.unwrap();
        (head.status, head.headers, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_problem_has_every_member_and_lists_all_violations() {
        let violations = vec![Violation::new("/steps/0/region", "missing", "`region` is missing")];
        let error =
            ServiceError::violations(Code::InvalidProposal, "the proposal is not well formed", violations);
        let (status, headers, body) = read(&error).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(headers["content-type"], MEDIA_TYPE);
        assert_eq!(
            body,
            json!({
                "type": "/errors/invalid_proposal", "title": "Invalid proposal", "status": 422,
                "detail": "the proposal is not well formed", "code": "invalid_proposal", "request_id": "req-7",
                "violations": [{"path": "/steps/0/region", "rule": "missing", "message": "`region` is missing"}],
            })
        );
    }

    #[tokio::test]
    async fn an_internal_error_is_opaque() {
        let (status, _, body) = read(&ServiceError::internal("the password is hunter2")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn what_may_work_later_says_when_and_a_missing_key_says_how() {
        for code in Code::ALL {
            let (_, headers, _) = read(&ServiceError::new(*code, "words")).await;
            assert_eq!(headers.contains_key("retry-after"), code.retryable(), "{code}");
            assert_eq!(headers.contains_key("www-authenticate"), *code == Code::Unauthenticated, "{code}");
        }
    }

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        let pages = files.filter(|path| path.file_stem().unwrap() != "README");
        let pages: BTreeSet<_> =
            pages.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        assert_eq!(pages, codes);
        for code in Code::ALL {
            let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).unwrap();
            assert!(
                page.starts_with(&format!("# `{code}` ({})\n", code.http_status())),
                "the heading of {code}"
            );
            for part in ["\n## What it means\n", "\n## What to do\n"] {
                assert!(page.contains(part), "{code} lacks {part:?}");
            }
        }
    }
}
