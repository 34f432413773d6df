//! Functions behind the HTTP API (payload format 2.0).

use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, Response};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use lambda_http::service_fn;
use tower::ServiceExt as _;

use crate::StartError;

/// The header in which a router finds the id of its request. What a client sent under this name is dropped.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Serves requests with `router` until the runtime ends the process. A panic reaches the runtime as an error.
///
/// Cookies are in the `cookie` header wherever the gateway put them, and the path has no stage.
///
/// # Errors
/// The runtime cannot be reached.
pub async fn run_http(router: Router) -> Result<(), StartError> {
    let router = &router;
    lambda_http::run(service_fn(move |request| serve(router.clone(), request))).await
}

/// One request of the gateway through a router.
///
/// # Errors
/// None: the router answers everything.
pub async fn serve(
    router: Router,
    request: lambda_http::Request,
) -> Result<Response<Body>, std::convert::Infallible> {
    let answer = router.oneshot(with_request_id(request).map(Body::new)).await?;
    tracing::info!(status = answer.status().as_u16(), "answered");
    Ok(answer)
}

fn with_request_id(mut request: lambda_http::Request) -> Request<lambda_http::Body> {
    let id = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        Some(_) | None => None,
    };
    let id = id.or_else(|| request.lambda_context_ref().map(|context| context.request_id.clone()));
    request.headers_mut().remove(&REQUEST_ID);
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        request.headers_mut().insert(REQUEST_ID, id);
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::routing::post;
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::*;

    fn gateway_event(cookies: Value, cookie_header: Option<&str>) -> String {
        let mut headers =
            json!({"host": "api.example", "x-request-id": "forged", "content-type": "text/plain"});
        if let Some(header) = cookie_header {
            headers["cookie"] = json!(header);
        }
        json!({
            "version": "2.0", "routeKey": "POST /things/{id}", "rawPath": "/things/a%20b", "rawQueryString": "x=1",
            "cookies": cookies, "headers": headers, "pathParameters": {"id": "a b"}, "body": "aGVsbG8=",
            "isBase64Encoded": true,
            "requestContext": {"accountId": "1", "apiId": "api", "domainName": "api.example", "domainPrefix": "api",
                "http": {"method": "POST", "path": "/things/a%20b", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
                "requestId": "req-7", "routeKey": "POST /things/{id}", "stage": "$default",
                "time": "23/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_428_000_000_i64},
        })
        .to_string()
    }

    async fn echo(Path(id): Path<String>, headers: HeaderMap, body: String) -> String {
        let header = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        format!("{id}|{}|{}|{body}", header("x-request-id"), header("cookie"))
    }

    async fn answer(event: String) -> String {
        let router = Router::new().route("/things/{id}", post(echo));
        let request = lambda_http::request::from_str(&event).unwrap();
        let answer = serve(router, request).await.unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn path_body_and_request_id_are_the_gateways_and_cookies_come_from_either_place() {
        let expected = "a b|req-7|one=1; two=2|hello";
        assert_eq!(answer(gateway_event(json!(["one=1", "two=2"]), None)).await, expected);
        assert_eq!(answer(gateway_event(Value::Null, Some("one=1; two=2"))).await, expected);
    }
}
