//! Functions: one package, one role, one log group and the right variables each.

use std::collections::BTreeSet;
use std::fs;

use changegate_lambda::Variable;
use changegate_sandbox::Layout;

use crate::template::{Template, root, short, texts};

fn packages() -> BTreeSet<String> {
    let layout = Layout::within(&root(), "infra").unwrap();
    layout.functions().unwrap().into_iter().collect()
}

#[test]
fn every_function_has_a_package_and_every_package_is_deployed() {
    let template = Template::deployment();
    let deployed: BTreeSet<String> = template.functions().keys().cloned().collect();
    assert_eq!(deployed, packages());
    for (name, function) in template.functions() {
        assert_eq!(function["Code"], format!("../target/functions/{name}.zip"), "{name}");
        assert_eq!(function["Runtime"], "provided.al2023", "{name}");
        assert_eq!(function["Handler"], "bootstrap", "{name}");
    }
}

#[test]
fn every_function_has_a_role_of_its_own_that_only_lambda_assumes() {
    let template = Template::deployment();
    let mut seen = BTreeSet::new();
    for (name, function) in template.functions() {
        let reference = function["Role"].as_str().unwrap();
        let id = reference.trim_start_matches("${").trim_end_matches(".Arn}");
        let role = template.resource(id);
        assert_eq!(short(&role["RoleName"]), name);
        assert!(seen.insert(id.to_owned()), "{id} belongs to one function");
        let trust = role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap();
        assert_eq!(trust.len(), 1, "{name}");
        assert_eq!(trust[0]["Principal"], serde_json::json!({"Service": "lambda.amazonaws.com"}), "{name}");
    }
}

#[test]
fn every_function_writes_to_a_log_group_of_its_own_that_keeps_for_a_while() {
    let template = Template::deployment();
    let groups = template.resources("AWS::Logs::LogGroup");
    for name in template.functions().keys() {
        let expected = format!("/aws/lambda/${{Prefix}}-{name}");
        let group = groups.values().find(|group| group["LogGroupName"] == expected);
        assert_eq!(
            group.unwrap_or_else(|| panic!("{name} has a log group"))["RetentionInDays"],
            "${LogRetentionDays}"
        );
    }
}

#[test]
fn every_variable_of_the_template_is_known_and_every_variable_that_a_function_names_is_set() {
    let template = Template::deployment();
    let of_the_runtime = [Variable::AwsEndpointUrl, Variable::AwsRegion];
    for (name, function) in template.functions() {
        let set: BTreeSet<&str> =
            function["Environment"]["Variables"].as_object().unwrap().keys().map(String::as_str).collect();
        let known: BTreeSet<&str> = Variable::ALL.iter().map(|variable| variable.as_str()).collect();
        let strangers: Vec<_> =
            set.iter().filter(|name| **name != "RUST_LOG" && !known.contains(**name)).collect();
        assert!(strangers.is_empty(), "{name} is told {strangers:?}, which nothing reads");
        let source = fs::read_to_string(root().join(format!("functions/{name}/src/main.rs"))).unwrap();
        let words: BTreeSet<&str> = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for variable in Variable::ALL.iter().filter(|variable| !of_the_runtime.contains(variable)) {
            if words.contains(format!("{variable:?}").as_str()) {
                assert!(set.contains(variable.as_str()), "{name} reads {variable}");
            }
        }
    }
}

#[test]
fn operators_sign_their_requests_and_nobody_else_reaches_configure() {
    let template = Template::deployment();
    let mut routes = BTreeSet::new();
    for route in template.resources("AWS::ApiGatewayV2::Route").values() {
        let integration =
            route["Target"].as_str().unwrap().trim_start_matches("integrations/${").trim_end_matches('}');
        let uri = template.resource(integration)["IntegrationUri"].as_str().unwrap();
        let (function, key) = (template.function_of(uri), route["RouteKey"].as_str().unwrap());
        let signed = route["AuthorizationType"] == "AWS_IAM";
        assert_eq!(signed, function == "configure", "{key}");
        routes.insert(format!("{function}: {key}"));
        assert_eq!(template.resource(integration)["PayloadFormatVersion"], "2.0", "{key}");
    }
    let expected = [
        "api: GET /v1/changes",
        "api: GET /v1/changes/{id}",
        "api: POST /v1/changes",
        "api: POST /v1/changes/{id}/undo",
        "api: POST /v1/changes/{id}/withdraw",
        "api: POST /v1/previews",
        "configure: GET /v1/tenants/{tenant}",
        "configure: GET /v1/tenants/{tenant}/webhook-secret",
        "configure: POST /v1/start",
        "configure: POST /v1/stop",
        "configure: POST /v1/tenants/{tenant}/external-id",
        "configure: PUT /v1/tenants/{tenant}",
        "review: GET /review/style.css",
        "review: GET /review/{tenant}/{change}",
        "review: GET /sign-in",
        "review: GET /sign-in/callback",
        "review: POST /review/{tenant}/{change}/decision",
        "review: POST /sign-out",
    ];
    assert_eq!(routes.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn tables_are_encrypted_can_be_restored_and_only_changes_is_streamed() {
    let template = Template::deployment();
    let tables = template.resources("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 3);
    for (id, table) in &tables {
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id}");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "expires_at", "{id}");
        assert_eq!(!table["StreamSpecification"].is_null(), *id == "ChangesTable", "{id}");
    }
    let indexes = tables["ChangesTable"]["GlobalSecondaryIndexes"].as_array().unwrap();
    let names: BTreeSet<&str> = indexes.iter().map(|index| index["IndexName"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["by-reference", "by-status", "by-tenant", "due"]));
}

#[test]
fn the_relay_is_woken_by_outbox_items_only() {
    let template = Template::deployment();
    let mapping = template.resource("RelayFromChanges");
    let pattern = mapping["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
    let pattern: serde_json::Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["eventName"], serde_json::json!(["INSERT"]));
    assert_eq!(pattern["dynamodb"]["Keys"]["sk"]["S"], serde_json::json!([{"prefix": "OUTBOX#"}]));
    for mapping in template.resources("AWS::Lambda::EventSourceMapping").values() {
        assert!(texts(&mapping["FunctionResponseTypes"]).contains("ReportBatchItemFailures"));
    }
}
