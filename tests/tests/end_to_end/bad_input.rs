//! Bad input gets a clear answer and leaves nothing behind: what can be told from the proposal alone.

use changegate_sandbox::local_http::Answer;
use changegate_tests::fixtures::{parameter, put};
use changegate_tests::{Plan, Tenant};
use http::Method;
use serde_json::{Value, json};

/// Checks the answer to bad input: status, code, media type, request id, and that the tables hold what they held.
pub(crate) async fn refused(
    tenant: &Tenant,
    (status, code): (u16, &str),
    send: impl AsyncFnOnce() -> Answer,
) -> Value {
    let before = tenant.lasting_items().await;
    let answer = send().await;
    let problem = answer.json().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((answer.status.as_u16(), &problem["code"]), (status, &json!(code)), "{problem:#}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem:#}");
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {problem:#}");
    }
    assert_eq!(tenant.lasting_items().await, before, "nothing is left behind");
    problem
}

async fn refused_proposal(tenant: &Tenant, expected: (u16, &str), proposal: &Value) -> Value {
    refused(tenant, expected, async || tenant.submit(proposal).await).await
}

async fn refused_call(
    tenant: &Tenant,
    expected: (u16, &str),
    (service, operation, parameters): Call<'_>,
) -> Value {
    refused_proposal(tenant, expected, &tenant.proposal(service, operation, parameters)).await
}

type Call<'a> = (&'a str, &'a str, Value);

/// The violations of a problem as `path rule`, sorted.
pub(crate) fn violations(problem: &Value) -> Vec<String> {
    let all = problem["violations"].as_array().into_iter().flatten();
    let text = |violation: &Value, key: &str| violation[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = all.map(|one| format!("{} {}", text(one, "path"), text(one, "rule"))).collect();
    all.sort();
    all
}

fn nearest(problem: &Value, path: &str) -> Value {
    let mut all = problem["violations"].as_array().into_iter().flatten();
    all.find(|one| one["path"] == path).map_or(Value::Null, |one| one["nearest"].clone())
}

#[tokio::test]
async fn an_unknown_service_is_refused_with_the_nearest_name() {
    let tenant = Plan::named("bad-service").make().await;
    let problem = refused_call(&tenant, (422, "unknown_service"), ("smm", "PutParameter", json!({}))).await;
    assert_eq!(nearest(&problem, "/steps/0/service"), "ssm");
}

#[tokio::test]
async fn an_unknown_operation_is_refused_with_the_nearest_name() {
    let tenant = Plan::named("bad-operation").make().await;
    let problem = refused_call(&tenant, (422, "unknown_operation"), ("ssm", "PutParamter", json!({}))).await;
    assert_eq!(nearest(&problem, "/steps/0/operation"), "PutParameter");
}

#[tokio::test]
async fn wrong_missing_and_unknown_parameters_are_told_all_at_once() {
    let tenant = Plan::named("bad-parameters").make().await;
    let parameters = json!({"Name": 5, "Valeu": "40", "Overwrite": "yes", "Tags": [{"Key": "team"}]});
    let call = ("ssm", "PutParameter", parameters);
    let problem = refused_call(&tenant, (422, "invalid_parameters"), call).await;
    let expected = [
        "/steps/0/parameters/Name type",
        "/steps/0/parameters/Overwrite type",
        "/steps/0/parameters/Tags/0/Value missing",
        "/steps/0/parameters/Valeu unknown",
        "/steps/0/parameters/Value missing",
    ];
    assert_eq!(violations(&problem), expected);
    assert_eq!(nearest(&problem, "/steps/0/parameters/Valeu"), "Value");
}

#[tokio::test]
async fn a_proposal_without_its_form_is_told_all_at_once() {
    let tenant = Plan::named("bad-form").make().await;
    let proposal = json!({
        "title": "", "steps": [{"account": "12", "service": "ssm", "operation": 7, "parameters": [], "url": "x"}],
        "decide_by": "2001-01-01T00:00:00Z", "incident": 5, "narrative": "text", "approver": "me",
    });
    let problem = refused_proposal(&tenant, (422, "invalid_proposal"), &proposal).await;
    let expected = [
        "/approver unknown",
        "/decide_by range",
        "/incident type",
        "/narrative type",
        "/reason missing",
        "/steps/0/account type",
        "/steps/0/operation type",
        "/steps/0/parameters type",
        "/steps/0/region missing",
        "/steps/0/url unknown",
        "/title length",
    ];
    assert_eq!(violations(&problem), expected);
}

#[tokio::test]
async fn the_mark_of_a_sealed_secret_cannot_be_smuggled_in() {
    let tenant = Plan::named("bad-mark").make().await;
    let mark = json!({"$sealed": format!("hmac:{}", "0".repeat(64))});
    let call = ("ssm", "PutParameter", json!({"Name": "/app/pool", "Value": mark, "Type": "String"}));
    let problem = refused_call(&tenant, (422, "invalid_proposal"), call).await;
    assert_eq!(violations(&problem), ["/steps/0/parameters reserved"]);
}

#[tokio::test]
async fn an_account_that_is_not_the_tenants_is_refused() {
    let (tenant, other) =
        tokio::join!(Plan::named("bad-account").make(), Plan::named("other-account").make());
    for account in ["999999999999", &other.account] {
        let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
        proposal["steps"][0]["account"] = json!(account);
        refused_proposal(&tenant, (403, "unknown_account"), &proposal).await;
    }
}

#[tokio::test]
async fn a_region_that_is_not_open_is_refused() {
    let tenant = Plan::named("bad-region").make().await;
    for region in ["eu-west-1", "nowhere"] {
        let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
        proposal["steps"][0]["region"] = json!(region);
        refused_proposal(&tenant, (403, "region_not_allowed"), &proposal).await;
    }
}

#[tokio::test]
async fn a_class_that_is_not_opened_is_refused() {
    let tenant = Plan::named("bad-class").classes(&[("ec2-tags", "full")]).make().await;
    let call = ("ssm", "PutParameter", put("/app/pool", "40"));
    refused_call(&tenant, (403, "class_not_open"), call).await;
}

#[tokio::test]
async fn a_read_operation_is_refused() {
    let tenant = Plan::named("bad-read").make().await;
    refused_call(&tenant, (422, "read_operation"), ("ssm", "GetParameter", json!({"Name": "/app/pool"})))
        .await;
}

#[tokio::test]
async fn an_operation_that_hands_out_credentials_is_refused() {
    let tenant = Plan::named("bad-credentials").make().await;
    let role = format!("arn:aws:iam::{}:role/admin", tenant.account);
    for (service, operation, parameters) in [
        ("sts", "AssumeRole", json!({"RoleArn": role, "RoleSessionName": "mine"})),
        ("iam", "CreateAccessKey", json!({"UserName": "admin"})),
        ("ecr", "GetAuthorizationToken", json!({})),
    ] {
        refused_call(&tenant, (403, "credentials_operation"), (service, operation, parameters)).await;
    }
}

#[tokio::test]
async fn an_operation_that_cannot_be_captured_whole_is_refused() {
    let tenant = Plan::named("bad-stream").make().await;
    let parameters = json!({"modelId": "m", "body": ""});
    let call = ("bedrock-runtime", "InvokeModelWithResponseStream", parameters);
    refused_call(&tenant, (422, "operation_not_supported"), call).await;
}

#[tokio::test]
async fn a_step_that_touches_changegate_is_refused() {
    let tenant = Plan::named("bad-own").make().await;
    let document = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let policy = |role: &str| json!({"RoleName": role, "PolicyName": "more", "PolicyDocument": document});
    let stack = format!("arn:aws:cloudformation:us-east-1:{}:stack/changegate-tenant/1", tenant.account);
    for call in [
        ("iam", "PutRolePolicy", policy("changegate-executor")),
        ("iam", "PutRolePolicy", policy("Changegate-Reader")),
        (
            "cloudformation",
            "UpdateStack",
            json!({"StackName": "changegate-tenant", "UsePreviousTemplate": true}),
        ),
        ("cloudformation", "UpdateStack", json!({"StackName": stack, "UsePreviousTemplate": true})),
        ("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "changegate-review", "Timeout": 1})),
        ("s3", "PutBucketTagging", json!({"Bucket": "changegate-artifacts", "Tagging": {"TagSet": []}})),
    ] {
        refused_call(&tenant, (403, "protected_resource"), call).await;
    }
}

#[tokio::test]
async fn a_body_over_256_kib_is_refused_and_one_of_just_that_is_read() {
    let tenant = Plan::named("bad-size").make().await;
    let whole = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let padded = |size: usize| format!("{}{whole}", " ".repeat(size - whole.len()));
    let send = async |body: String| tenant.request(Method::POST, "/v1/changes", Some("big"), &body).await;
    refused(&tenant, (413, "body_too_large"), async || send(padded(256 * 1024 + 1)).await).await;
    refused(&tenant, (413, "body_too_large"), async || send(padded(1024 * 1024)).await).await;
    assert_eq!(send(padded(256 * 1024)).await.status, 201);
}

#[tokio::test]
async fn what_is_no_strict_json_is_refused() {
    let tenant = Plan::named("bad-json").make().await;
    let whole = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let twice = whole.replacen('{', r#"{"title":"another title","#, 1);
    let large = whole.replace(r#""40""#, "9007199254740993");
    for body in ["", "{", "[1,]", "\u{feff}{}", &whole[..whole.len() - 1], &twice, &large] {
        let send = async || tenant.request(Method::POST, "/v1/changes", Some("broken"), body).await;
        refused(&tenant, (400, "malformed_json"), send).await;
    }
}

#[tokio::test]
async fn a_proposal_without_a_usable_idempotency_key_is_refused() {
    let tenant = Plan::named("bad-key").make().await;
    let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let long = "k".repeat(129);
    for key in [None, Some("two words"), Some(long.as_str())] {
        let send = async || tenant.request(Method::POST, "/v1/changes", key, &body).await;
        refused(&tenant, (400, "invalid_request"), send).await;
    }
}

#[tokio::test]
async fn who_has_no_key_of_an_agent_is_refused() {
    let tenant = Plan::named("bad-agent").make().await;
    let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let unknown = format!("Bearer cgk_{}", "A".repeat(43));
    let address = |path: &str| format!("{}{path}", changegate_tests::stack().sandbox.api_url);
    let http = changegate_sandbox::local_http::LocalHttp::default();
    for authorization in [None, Some(unknown.as_str()), Some("Bearer cgk_short"), Some("Basic dGVzdDp0ZXN0")]
    {
        let mut headers = vec![("idempotency-key", "mine"), ("content-type", "application/json")];
        headers.extend(authorization.map(|text| ("authorization", text)));
        let propose = async || {
            http.send(Method::POST, &address("/v1/changes"), &headers, body.clone().into_bytes())
                .await
                .unwrap()
        };
        refused(&tenant, (401, "unauthenticated"), propose).await;
        let list =
            async || http.send(Method::GET, &address("/v1/changes"), &headers, Vec::new()).await.unwrap();
        refused(&tenant, (401, "unauthenticated"), list).await;
    }
}

#[tokio::test]
async fn a_change_of_another_tenant_is_not_there() {
    let (tenant, other) = tokio::join!(Plan::named("stranger").make(), Plan::named("owner").make());
    parameter(&other, "/app/pool", "20").await;
    let change = other.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let before = change.view().await;
    let unknown = "chg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for id in [change.id.as_str(), unknown, "chg_1"] {
        for (method, suffix) in [(Method::GET, ""), (Method::POST, "/withdraw"), (Method::POST, "/undo")] {
            let path = format!("/v1/changes/{id}{suffix}");
            let send = async || tenant.request(method.clone(), &path, Some("mine"), "").await;
            refused(&tenant, (404, "not_found"), send).await;
        }
    }
    assert_eq!(change.view().await, before, "and nothing happened to it");
}

#[tokio::test]
async fn a_path_or_method_that_there_is_not_is_refused() {
    let tenant = Plan::named("bad-path").make().await;
    for (method, path) in [(Method::DELETE, "/v1/changes"), (Method::PUT, "/v1/changes/chg_1")] {
        let answer = tenant.request(method, path, None, "").await;
        // The gateway has no route for some of these and then answers itself.
        assert!([404, 405].contains(&answer.status.as_u16()), "{}", answer.text());
    }
}
