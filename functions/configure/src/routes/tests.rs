use changegate_lambda::run_http::serve;
use changegate_service::Clock;
use changegate_service::configure::Provers;
use changegate_service::keys::{DerivedKeys, Signer, Verifier};
use changegate_store::{Store, Tables};
use serde_json::Value;

use super::*;

const EVENTS: [(&str, &str); 5] = [
    ("apply", include_str!("../../../../events/configure/apply.json")),
    ("external-id", include_str!("../../../../events/configure/external-id.json")),
    ("show", include_str!("../../../../events/configure/show.json")),
    ("start", include_str!("../../../../events/configure/start.json")),
    ("stop", include_str!("../../../../events/configure/stop.json")),
];

/// Routes in front of AWS endpoints where nobody listens: what gets that far is `unavailable`.
fn router_without_aws() -> Router {
    macro_rules! client {
        ($sdk:ident) => {
            $sdk::Client::from_conf(
                $sdk::Config::builder()
                    .behavior_version($sdk::config::BehaviorVersion::latest())
                    .region($sdk::config::Region::new("us-east-1"))
                    .credentials_provider($sdk::config::Credentials::new("test", "test", None, None, "test"))
                    .endpoint_url("http://127.0.0.1:9")
                    .retry_config($sdk::config::retry::RetryConfig::disabled())
                    .build(),
            )
        };
    }
    let kms = client!(aws_sdk_kms);
    let tables = Tables { config: "config".into(), ..Tables::default() };
    router(Configure {
        store: Store::new(client!(aws_sdk_dynamodb), tables),
        signer: Signer::new(kms.clone(), "key"),
        verifier: Verifier::new(kms.clone(), "key"),
        sns: client!(aws_sdk_sns),
        provers: Provers {
            lambda: client!(aws_sdk_lambda),
            observe_function: "cg-observe".into(),
            apply_step_function: "cg-apply-step".into(),
        },
        webhook_keys: DerivedKeys::new(kms, "key"),
        deployment: "arn:aws:sns:us-east-1:000000000000:cg-approvals-".parse().unwrap(),
        classes: ["ssm-parameters".parse().unwrap()].into(),
        allow_loopback: false,
        clock: Clock::new(|| "2026-11-23T10:00:00Z".parse().unwrap(), || 7),
    })
}

async fn ask(event: &Value) -> (u16, Value) {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let answer = serve(router_without_aws(), request).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 100_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn event(name: &str) -> Value {
    let text = EVENTS.iter().find(|(known, _)| *known == name).unwrap().1;
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn every_recorded_event_is_read_and_gets_as_far_as_the_database() {
    for (name, _) in EVENTS {
        let (status, body) = ask(&event(name)).await;
        assert_eq!((status, body["code"].as_str()), (503, Some("unavailable")), "{name}: {body}");
    }
}

#[tokio::test]
async fn a_request_that_iam_did_not_authorise_gets_nowhere() {
    for (name, _) in EVENTS {
        for authorizer in
            [None, Some(json!({})), Some(json!({"jwt": {"claims": {"sub": "x"}, "scopes": []}}))]
        {
            let mut event = event(name);
            let context = event["requestContext"].as_object_mut().unwrap();
            context.remove("authorizer").unwrap();
            if let Some(authorizer) = authorizer {
                context.insert("authorizer".into(), authorizer);
            }
            let (status, body) = ask(&event).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("unauthenticated")), "{name}");
        }
    }
}

#[tokio::test]
async fn bad_bodies_paths_and_methods_each_get_their_answer() {
    let with = |name: &str, key: &str, value: &str| {
        let mut event = event(name);
        event[key] = json!(value);
        event
    };
    let mut wrong_method = event("stop");
    wrong_method["requestContext"]["http"]["method"] = json!("DELETE");
    let cases = [
        (with("apply", "body", "{"), 400, "malformed_json"),
        (with("apply", "body", r#"{"tenant":"demo","tenant":"demo"}"#), 400, "malformed_json"),
        (with("apply", "body", "{}"), 422, "invalid_config"),
        (with("apply", "body", &"x".repeat(BODY_MAX + 2)), 413, "body_too_large"),
        (with("apply", "rawPath", "/v1/tenants/Not%20A%20Tenant"), 404, "not_found"),
        (with("stop", "body", r#"{"tenant":"demo"}"#), 400, "invalid_request"),
        (with("stop", "body", r#"{"reason":"  "}"#), 400, "invalid_request"),
        (with("stop", "body", r#"{"reason":"why","everything":true}"#), 400, "invalid_request"),
        (with("stop", "rawPath", "/v1/elsewhere"), 404, "not_found"),
        (wrong_method, 405, "method_not_allowed"),
    ];
    for (event, status, code) in cases {
        let (got, body) = ask(&event).await;
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["request_id"], json!("JKJaXmPLvHcESHA="));
    }
}
