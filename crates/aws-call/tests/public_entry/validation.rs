//! Parameters against models.

use aws_call::Violation;
use serde_json::{Value, json};

use crate::given::operation;

fn violations(service: &str, name: &str, parameters: &Value) -> Vec<Violation> {
    operation(service, name).validate(parameters)
}

fn brief(violations: &[Violation]) -> Vec<(&str, &str)> {
    violations.iter().map(|violation| (violation.path.as_str(), violation.rule)).collect()
}

#[test]
fn good_parameters_have_no_violations() {
    let parameters = json!({"Name": "/app/limit", "Value": "5", "Type": "String", "Overwrite": true});
    assert_eq!(violations("ssm", "PutParameter", &parameters), []);
    assert_eq!(violations("sts", "GetCallerIdentity", &Value::Null), []);
}

#[test]
fn all_violations_come_at_once_with_their_paths() {
    let parameters = json!({
        "Nmae": "/app/limit", "Value": 5, "Overwrite": "yes", "Tags": [{"Key": "a"}, {"Key": "b", "Value": "c", "X": 1}],
    });
    let found = violations("ssm", "PutParameter", &parameters);
    let mut brief = brief(&found);
    brief.sort_unstable();
    assert_eq!(
        brief,
        [
            ("/Name", "missing"),
            ("/Nmae", "unknown"),
            ("/Overwrite", "type"),
            ("/Tags/0/Value", "missing"),
            ("/Tags/1/X", "unknown"),
            ("/Value", "type"),
        ]
    );
    let unknown = found.iter().find(|violation| violation.path == "/Nmae").unwrap();
    assert_eq!(unknown.nearest.as_deref(), Some("Name"));
}

#[test]
fn an_unknown_enum_value_is_a_warning() {
    let found = violations("ssm", "PutParameter", &json!({"Name": "n", "Value": "v", "Type": "Strong"}));
    assert_eq!(brief(&found), [("/Type", "enum")]);
    assert!(found[0].warning);
    assert_eq!(found[0].nearest.as_deref(), Some("String"));
}

#[test]
fn lengths_and_ranges_are_checked() {
    let found = violations("ssm", "GetParametersByPath", &json!({"Path": "", "MaxResults": 11}));
    assert_eq!(brief(&found), [("/MaxResults", "range"), ("/Path", "length")]);
    let found = violations("ssm", "GetParameters", &json!({"Names": []}));
    assert_eq!(brief(&found), [("/Names", "length")]);
}

#[test]
fn a_union_wants_exactly_one_member() {
    let both = json!({"TableName": "t", "Key": {"k": {"S": "a", "N": "1"}}});
    assert_eq!(
        brief(&violations(
            "bedrock-runtime",
            "Converse",
            &json!({
                "modelId": "m", "messages": [{"role": "user", "content": [{"text": "a", "toolUse": {"toolUseId": "x", "name": "y", "input": {}}}]}],
            })
        )),
        [("/messages/0/content/0", "union")]
    );
    // DynamoDB's attribute values are no union in botocore's model.
    assert_eq!(violations("dynamodb", "GetItem", &both), []);
}

#[test]
fn bytes_must_be_base64() {
    let parameters = |payload: &str| json!({"FunctionName": "f", "Payload": payload});
    assert_eq!(brief(&violations("lambda", "Invoke", &parameters("{}"))), [("/Payload", "type")]);
    assert_eq!(violations("lambda", "Invoke", &parameters("e30=")), []);
}

#[test]
fn integers_beyond_2_to_the_53_are_taken_as_text_only() {
    let parameters = |number: Value| json!({"logGroupName": "g", "logStreamName": "s", "startTime": number});
    let check = |number: Value| violations("logs", "GetLogEvents", &parameters(number));
    assert_eq!(brief(&check(json!(9_007_199_254_740_993_i64))), [("/startTime", "type")]);
    assert_eq!(check(json!("9007199254740993")), []);
    assert_eq!(brief(&check(json!("many"))), [("/startTime", "type")]);
}

#[test]
fn values_are_not_repeated_in_messages() {
    let parameters = json!({"Name": "n", "Value": ["hunter2"], "Type": "hunter2"});
    for violation in violations("ssm", "PutParameter", &parameters) {
        assert!(!violation.message.contains("hunter2"), "{violation:?}");
    }
}

#[test]
fn a_deeply_nested_value_is_refused_without_overflow() {
    let mut value = json!({"S": "x"});
    for _ in 0..100 {
        value = json!({"M": {"k": value}});
    }
    let found = violations("dynamodb", "PutItem", &json!({"TableName": "t", "Item": {"i": value}}));
    assert_eq!(found.len(), 1);
}

#[test]
fn parameters_must_be_an_object() {
    assert_eq!(brief(&violations("ssm", "PutParameter", &json!([]))), [("", "type")]);
}

#[test]
fn what_services_may_have_widened_is_a_warning() {
    let found = violations("ssm", "GetParametersByPath", &json!({"Path": "/a", "MaxResults": 11}));
    assert_eq!(brief(&found), [("/MaxResults", "range")]);
    assert!(found[0].warning);
    let found = violations("ssm", "PutParameter", &json!({"Name": "n".repeat(2049), "Value": "v"}));
    assert_eq!(brief(&found), [("/Name", "length")]);
    assert!(found[0].warning);
    let found = violations("ssm", "GetParametersByPath", &json!({"Path": "", "MaxResults": 0}));
    assert!(found.iter().all(|violation| !violation.warning), "{found:?}");
}

#[test]
fn a_label_of_the_path_must_be_given_and_not_empty() {
    let call = |parameters| violations("lambda", "GetFunction", &parameters);
    assert_eq!(brief(&call(json!({}))), [("/FunctionName", "missing")]);
    assert_eq!(brief(&violations("s3", "GetBucketTagging", &json!({"Bucket": ""}))), [("/Bucket", "length")]);
    assert_eq!(
        brief(&violations("apigateway", "GetStage", &json!({"restApiId": "", "stageName": "s"}))),
        [("/restApiId", "length")]
    );
}

#[test]
fn hostile_parameters_are_answered_in_time_and_in_measure() {
    let start = std::time::Instant::now();
    let arn = format!("arn:aws:{}", "a-".repeat(700));
    let long = json!({"ResourceARNList": vec![arn; 5000], "Tags": {}});
    violations("resourcegroupstaggingapi", "TagResources", &long);
    let wrong = json!({"Names": vec![1; 100_000]});
    let errors =
        |violations: Vec<Violation>| violations.iter().filter(|violation| !violation.warning).count();
    assert_eq!(errors(violations("ssm", "GetParameters", &wrong)), 1000);
    let unknown: serde_json::Map<_, _> =
        (0..100_000).map(|number| (format!("Nam{number}"), json!(1))).collect();
    assert_eq!(errors(violations("ssm", "GetParameters", &Value::Object(unknown))), 1000);
    let put = json!({"PutRequest": {"Item": {}}});
    let within_a_long_name = json!({"RequestItems": {"t".repeat(1 << 20): vec![put; 50_000]}});
    violations("dynamodb", "BatchWriteItem", &within_a_long_name);
    let took = start.elapsed();
    assert!(took.as_secs() < 20, "{took:?}");
    let told = violations(
        "dynamodb",
        "BatchWriteItem",
        &json!({"RequestItems": {"t".repeat(1 << 20): vec![1; 50_000]}}),
    );
    let length: usize = told.iter().map(|violation| violation.path.len()).sum();
    assert!(length < 4 << 20, "{length}");
}

#[test]
fn no_number_of_warnings_hides_what_makes_a_call_invalid() {
    let parameters = json!({"InstanceTypes": vec!["new.large"; 5000], "MaxResults": "many"});
    let found = violations("ec2", "DescribeInstanceTypes", &parameters);
    let errors: Vec<_> = found.into_iter().filter(|violation| !violation.warning).collect();
    assert_eq!(brief(&errors), [("/MaxResults", "type")]);
}
