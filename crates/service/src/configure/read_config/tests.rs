use serde_json::json;

use super::*;

fn document() -> Value {
    let role = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    json!({
        "tenant": "demo",
        "accounts": [{"id": "111111111111", "name": "staging", "regions": ["us-east-1"],
            "reader_role": role("changegate-reader"), "executor_role": role("changegate-executor")}],
        "agents": [{"id": "deploy-bot", "key_sha256": "0".repeat(64), "on_behalf_of": "alice"}],
        "approvers": [
            {"id": "alice", "name": "Alice", "email": "alice@example.com", "issuer": "https://id.example", "subject": "a"},
            {"id": "bob", "name": "Bob", "email": "bob@example.com", "issuer": "https://id.example", "subject": "b"}],
        "issuers": [{"url": "https://id.example", "client_id": "changegate"}],
        "classes": [{"id": "ssm-parameters", "agent_sees": "full"}],
        "approval": {"required": 1},
        "webhook": {"url": "https://hooks.example/changegate"},
    })
}

fn read_it(document: &Value, allow_loopback: bool) -> Result<TenantConfig, Vec<Violation>> {
    let classes = BTreeSet::from(["ssm-parameters".parse().unwrap(), "ecs-services".parse().unwrap()]);
    let deployment = "arn:aws:sns:us-east-1:000000000000:changegate-approvals-".parse().unwrap();
    let tenant = "demo".parse().unwrap();
    let rules = Rules { tenant: &tenant, deployment: &deployment, classes: &classes, allow_loopback };
    read_config(document, rules)
}

/// The document with the value at a pointer replaced, or removed.
fn with(pointer: &str, value: Option<Value>) -> Value {
    let mut document = document();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (document.pointer_mut(parent).unwrap(), value) {
        (Value::Object(map), Some(value)) => drop(map.insert(key.to_owned(), value)),
        (Value::Object(map), None) => drop(map.remove(key).unwrap()),
        (Value::Array(items), Some(value)) => items.push(value),
        (other, value) => panic!("{pointer}: {other} {value:?}"),
    }
    document
}

#[test]
fn a_whole_configuration_is_read_as_it_is_written() {
    let config = read_it(&document(), false).unwrap();
    assert_eq!(serde_json::to_value(&config).unwrap(), document());
}

/// A pointer, what is put there (or taken away), and the paths and rules that are violated then.
type Case = (&'static str, Option<Value>, &'static [(&'static str, &'static str)]);

#[test]
fn each_violation_is_found_at_its_path_and_alone() {
    let own = json!("arn:aws:iam::000000000000:role/changegate-apply-step");
    let elsewhere = json!("arn:aws:iam::222222222222:role/reader");
    let again = |pointer: &str| document().pointer(pointer).cloned();
    let mut twin = again("/approvers/0").unwrap();
    twin["id"] = json!("carol");
    let cases: Vec<Case> = vec![
        ("/tenant", Some(json!("other")), &[("/tenant", "reference")]),
        ("/tenant", Some(json!("Not A Tenant")), &[("/tenant", "form")]),
        ("/tenant", Some(json!(7)), &[("/tenant", "type")]),
        ("/surprise", Some(json!(1)), &[("/surprise", "unknown")]),
        ("/approval", None, &[("/approval", "missing")]),
        ("/accounts", Some(json!([])), &[("/accounts", "empty")]),
        ("/accounts", Some(json!({})), &[("/accounts", "type")]),
        ("/accounts/0/id", Some(json!("12")), &[("/accounts/0/id", "form")]),
        ("/accounts/-", again("/accounts/0"), &[("/accounts/1/id", "duplicate")]),
        ("/accounts/0/regions", Some(json!([])), &[("/accounts/0/regions", "empty")]),
        ("/accounts/0/regions/-", Some(json!("everywhere")), &[("/accounts/0/regions/1", "form")]),
        ("/accounts/0/name", Some(json!("a\u{7}b")), &[("/accounts/0/name", "length")]),
        ("/accounts/0/reader_role", Some(json!("reader")), &[("/accounts/0/reader_role", "form")]),
        ("/accounts/0/reader_role", Some(elsewhere), &[("/accounts/0/reader_role", "reference")]),
        (
            "/accounts/0/reader_role",
            Some(own),
            &[("/accounts/0/reader_role", "reference"), ("/accounts/0/reader_role", "own_role")],
        ),
        (
            "/accounts/0/executor_role",
            again("/accounts/0/reader_role"),
            &[("/accounts/0/executor_role", "duplicate")],
        ),
        ("/agents/0/key_sha256", Some(json!("F".repeat(64))), &[("/agents/0/key_sha256", "form")]),
        ("/agents/0/key_sha256", Some(json!("0".repeat(63))), &[("/agents/0/key_sha256", "form")]),
        ("/agents/0/on_behalf_of", Some(json!("mallory")), &[("/agents/0/on_behalf_of", "reference")]),
        (
            "/agents/-",
            again("/agents/0"),
            &[("/agents/1/id", "duplicate"), ("/agents/1/key_sha256", "duplicate")],
        ),
        (
            "/approvers",
            Some(json!([])),
            &[
                ("/approvers", "empty"),
                ("/agents/0/on_behalf_of", "reference"),
                ("/approval/required", "quorum"),
            ],
        ),
        ("/approvers/0/id", Some(json!("Alice")), &[("/approvers/0/id", "form")]),
        ("/approvers/0/email", Some(json!("alice")), &[("/approvers/0/email", "form")]),
        (
            "/approvers/0/issuer",
            Some(json!("https://other.example")),
            &[("/approvers/0/issuer", "reference")],
        ),
        ("/approvers/-", Some(twin), &[("/approvers/2/subject", "duplicate")]),
        ("/issuers/-", again("/issuers/0"), &[("/issuers/1/url", "duplicate")]),
        (
            "/issuers/-",
            Some(json!({"url": "http://id.example", "client_id": "c"})),
            &[("/issuers/1/url", "url")],
        ),
        (
            "/issuers/-",
            Some(json!({"url": "https://id.example?x", "client_id": "c"})),
            &[("/issuers/1/url", "url")],
        ),
        ("/classes/0/id", Some(json!("ssm-parameter")), &[("/classes/0/id", "reference")]),
        ("/classes/0/agent_sees", Some(json!("all")), &[("/classes/0/agent_sees", "form")]),
        ("/classes/-", again("/classes/0"), &[("/classes/1/id", "duplicate")]),
        ("/approval/required", Some(json!(0)), &[("/approval/required", "quorum")]),
        ("/approval/required", Some(json!(3)), &[("/approval/required", "quorum")]),
        ("/approval/required", Some(json!(2)), &[("/agents/0/on_behalf_of", "quorum")]),
        ("/approval/approvers", Some(json!(["mallory", "bob"])), &[("/approval/approvers", "reference")]),
        ("/approval/approvers", Some(json!(["alice"])), &[("/agents/0/on_behalf_of", "quorum")]),
        ("/approval/approvers", Some(json!(["bob", "bob"])), &[("/approval/approvers/1", "duplicate")]),
        ("/webhook/url", Some(json!("http://hooks.example/")), &[("/webhook/url", "url")]),
        ("/webhook/url", Some(json!("https://user:pass@hooks.example/")), &[("/webhook/url", "url")]),
        (
            "/webhook",
            Some(json!({"url": "https://hooks.example/", "secret": "x"})),
            &[("/webhook/secret", "unknown")],
        ),
    ];
    for (pointer, value, expected) in cases {
        let changed = with(pointer, value.clone());
        let found = read_it(&changed, false).unwrap_err();
        let found: Vec<_> = found.iter().map(|v| (v.path.as_str(), v.rule.as_str())).collect();
        assert_eq!(found, expected, "{pointer} = {value:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut document = document();
    document["accounts"][0]["regions"] = json!([]);
    document["approvers"][1]["email"] = json!("nobody");
    document["classes"][0]["id"] = json!("everything");
    document["webhook"]["url"] = json!("not a url");
    let violations = read_it(&document, false).unwrap_err();
    let paths: Vec<_> = violations.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(paths, ["/accounts/0/regions", "/approvers/1/email", "/classes/0/id", "/webhook/url"]);
}

#[test]
fn plain_http_is_for_this_machine_where_the_deployment_allows_it() {
    let mut document = document();
    document["webhook"]["url"] = json!("http://127.0.0.1:4591/hooks");
    assert!(read_it(&document, false).is_err());
    assert!(read_it(&document, true).is_ok());
    document["webhook"]["url"] = json!("http://hooks.example/");
    assert!(read_it(&document, true).is_err());
}

#[test]
fn a_refusal_of_a_url_does_not_repeat_its_password() {
    let document = with("/webhook/url", Some(json!("https://user:hunter2@hooks.example/")));
    let violations = read_it(&document, false).unwrap_err();
    assert!(violations.iter().all(|violation| !violation.message.contains("hunter2")));
}
