//! Requests of each protocol family, and their signatures.

use std::time::{Duration, UNIX_EPOCH};

use aws_call::{BuildError, Credentials, Request, Target, Url};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::given::{operation, target};

/// A form's pairs in one order.
fn pairs(form: &str) -> Vec<&str> {
    let mut pairs: Vec<_> = form.split('&').collect();
    pairs.sort_unstable();
    pairs
}

fn request(service: &str, name: &str, parameters: &Value) -> Request {
    operation(service, name)
        .request(parameters, &target("eu-west-1"))
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

fn place(request: &Request) -> (&str, String, &str, &str) {
    (&request.method, request.url(), &request.signing_name, &request.signing_region)
}

#[test]
fn aws_json() {
    let request = request("ssm", "PutParameter", &json!({"Name": "/a", "Value": "5", "Overwrite": true}));
    assert_eq!(
        place(&request),
        ("POST", "https://ssm.eu-west-1.amazonaws.com/".to_owned(), "ssm", "eu-west-1")
    );
    assert_eq!(header(&request, "content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(header(&request, "x-amz-target"), Some("AmazonSSM.PutParameter"));
    assert_eq!(body(&request), r#"{"Name":"/a","Value":"5","Overwrite":true}"#);
}

#[test]
fn rest_json() {
    let request =
        request("lambda", "UpdateFunctionConfiguration", &json!({"FunctionName": "f g", "Timeout": 5}));
    let url = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f%20g/configuration";
    assert_eq!(place(&request), ("PUT", url.to_owned(), "lambda", "eu-west-1"));
    assert_eq!(body(&request), r#"{"Timeout":5}"#);
}

#[test]
fn a_payload_of_bytes_is_the_body() {
    let request = request(
        "lambda",
        "Invoke",
        &json!({"FunctionName": "f", "Payload": "eyJhIjoxfQ==", "Qualifier": "3"}),
    );
    assert_eq!(request.query, "Qualifier=3");
    assert_eq!(body(&request), r#"{"a":1}"#);
    assert_eq!(header(&request, "content-type"), Some("application/octet-stream"));
}

#[test]
fn bytes_of_the_callers_own_are_sent_with_their_checksum() {
    let parameters = json!({"Bucket": "logs", "Key": "a/b c", "Body": STANDARD.encode("123456789")});
    let request = request("s3", "PutObject", &parameters);
    assert_eq!(request.url(), "https://logs.s3.eu-west-1.amazonaws.com/a/b%20c");
    assert_eq!(body(&request), "123456789");
    assert_eq!(header(&request, "x-amz-checksum-crc32"), Some("y/Q5Jg=="));
}

#[test]
fn an_operation_that_is_not_supported_can_be_looked_at() {
    let predict = operation("machinelearning", "Predict");
    let parameters = json!({"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://evil.example"});
    assert!(predict.request(&parameters, &target("us-east-1")).is_err());
    let request = predict.render(&parameters, &target("us-east-1")).unwrap();
    assert_eq!(request.host, "machinelearning.us-east-1.amazonaws.com");
}

#[test]
fn user_data_and_copy_sources_are_encoded() {
    let started =
        request("ec2", "RunInstances", &json!({"UserData": "#!/bin/sh", "MaxCount": 1, "MinCount": 1}));
    assert!(body(&started).contains("UserData=IyEvYmluL3No"), "{}", body(&started));
    let copied = request("s3", "CopyObject", &json!({"Bucket": "b", "Key": "k", "CopySource": "b/a é"}));
    assert_eq!(header(&copied, "x-amz-copy-source"), Some("b/a%20%C3%A9"));
}

#[test]
fn aws_query() {
    let request = request(
        "iam",
        "PutRolePolicy",
        &json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{\"a\": 1}"}),
    );
    assert_eq!(place(&request), ("POST", "https://iam.amazonaws.com/".to_owned(), "iam", "us-east-1"));
    let expected =
        "Action=PutRolePolicy&Version=2010-05-08&RoleName=r&PolicyName=p&PolicyDocument=%7B%22a%22%3A%201%7D";
    assert_eq!(pairs(body(&request)), pairs(expected));
}

#[test]
fn ec2_query() {
    let parameters = json!({"Resources": ["i-1", "i-2"], "Tags": [{"Key": "k", "Value": "v"}]});
    let request = request("ec2", "CreateTags", &parameters);
    let expected =
        "Action=CreateTags&Version=2016-11-15&ResourceId.1=i-1&ResourceId.2=i-2&Tag.1.Key=k&Tag.1.Value=v";
    assert_eq!(pairs(body(&request)), pairs(expected));
    assert_eq!(request.host, "ec2.eu-west-1.amazonaws.com");
}

#[test]
fn rest_xml_with_checksum_and_a_bucket_in_the_host() {
    let parameters = json!({"Bucket": "logs", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}});
    let request = request("s3", "PutBucketTagging", &parameters);
    assert_eq!(
        place(&request),
        ("PUT", "https://logs.s3.eu-west-1.amazonaws.com/?tagging".to_owned(), "s3", "eu-west-1")
    );
    let expected = r#"<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"#;
    assert_eq!(body(&request), expected);
    assert!(header(&request, "x-amz-checksum-crc32").is_some());
    assert_eq!(header(&request, "x-amz-sdk-checksum-algorithm"), Some("CRC32"));
}

#[test]
fn a_replaced_endpoint_takes_the_bucket_into_the_path_and_no_host_prefix() {
    let target = Target {
        region: "us-east-1".to_owned(),
        endpoint: Some(Url::parse("http://localhost:4566").unwrap()),
    };
    let request = |service: &str, name: &str, parameters: Value| {
        operation(service, name).request(&parameters, &target).unwrap()
    };
    let tagging = request("s3", "GetBucketTagging", json!({"Bucket": "logs"}));
    assert_eq!(tagging.url(), "http://localhost:4566/logs?tagging");
    let buckets = request("s3", "ListBuckets", json!({}));
    assert_eq!(buckets.path, "/");
    let shards =
        request("servicediscovery", "DiscoverInstances", json!({"NamespaceName": "n", "ServiceName": "s"}));
    assert_eq!(shards.url(), "http://localhost:4566/");
    assert_eq!(shards.signing_name, "servicediscovery");
}

#[test]
fn a_host_prefix_is_put_before_the_host() {
    let request =
        request("servicediscovery", "DiscoverInstances", &json!({"NamespaceName": "n", "ServiceName": "s"}));
    assert_eq!(request.host, "data-servicediscovery.eu-west-1.amazonaws.com");
}

#[test]
fn a_parameter_never_chooses_the_endpoint() {
    for name in ["Endpoint", "endpoint", "SDK::Endpoint", "Region", "UseFIPS"] {
        let parameters = json!({"Name": "/a", name: "http://evil.example"});
        let request = request("ssm", "GetParameter", &parameters);
        assert_eq!(request.host, "ssm.eu-west-1.amazonaws.com");
    }
    let odd = request("s3", "GetBucketTagging", &json!({"Bucket": "evil.example/x?y#z"}));
    assert_eq!(odd.url(), "https://s3.eu-west-1.amazonaws.com/evil.example%2Fx%3Fy%23z?tagging");
}

#[test]
fn equal_parameters_give_equal_requests() {
    let parameters =
        json!({"family": "f", "containerDefinitions": [{"name": "c", "dockerLabels": {"b": "1", "a": "2"}}]});
    let target = target("us-east-1");
    let first = operation("ecs", "RegisterTaskDefinition").request(&parameters, &target).unwrap();
    let second = operation("ecs", "RegisterTaskDefinition").request(&parameters, &target).unwrap();
    assert_eq!(first, second);
    assert!(body(&first).contains(r#"{"a":"2","b":"1"}"#), "{}", body(&first));
}

#[test]
fn a_signature_depends_on_request_credentials_and_time_alone() {
    let request = request("ssm", "GetParameter", &json!({"Name": "/a"}));
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
    let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
    let signed = |request: &Request, seconds| {
        request.signed_headers(&credentials, time + Duration::from_secs(seconds)).unwrap()
    };
    assert_eq!(signed(&request, 0), signed(&request, 0));
    assert_ne!(signed(&request, 0), signed(&request, 1));
    let mut other = request.clone();
    other.body.push(b' ');
    assert_ne!(signed(&request, 0), signed(&other, 0));
    let headers = signed(&request, 0);
    let authorization = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
    let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/ssm/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=";
    assert!(authorization.starts_with(start), "{authorization}");
}

#[test]
fn a_request_shows_no_body() {
    let request = request("ssm", "PutParameter", &json!({"Name": "/a", "Value": "hunter2"}));
    assert!(!format!("{request:?}").contains("hunter2"));
}

#[test]
fn what_cannot_be_rendered_is_an_error() {
    let build = |service: &str, name: &str, parameters: Value| {
        operation(service, name).request(&parameters, &target("us-east-1")).unwrap_err()
    };
    assert!(matches!(
        build("lambda", "InvokeWithResponseStream", json!({"FunctionName": "f"})),
        BuildError::Unsupported { .. }
    ));
    assert!(matches!(
        build("s3", "PutObject", json!({"Bucket": "b--use1-az4--x-s3", "Key": "k"})),
        BuildError::Unsupported { .. }
    ));
    let long = STANDARD.encode(vec![0; 5_000_001]);
    assert!(matches!(
        build("s3", "PutObject", json!({"Bucket": "b", "Key": "k", "Body": long})),
        BuildError::TooLarge { bytes: 5_000_001 }
    ));
    assert!(matches!(build("ssm", "PutParameter", json!({"Name": 1})), BuildError::Parameters { .. }));
    assert!(matches!(build("ssm", "PutParameter", json!(["Name"])), BuildError::NotAnObject));
    assert!(matches!(build("lambda", "GetFunction", json!({})), BuildError::Parameters { .. }));
    let nowhere = operation("ssm", "PutParameter").request(&json!({}), &target("no region"));
    assert!(matches!(nowhere, Err(BuildError::Invalid { part: "endpoint" })), "{nowhere:?}");
}
