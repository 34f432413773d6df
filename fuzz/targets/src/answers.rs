//! Answers of services, over all protocols.

use std::cell::OnceCell;

use aws_call::{Operation, Outcome};

use crate::models::{cbor_index, index};

/// Operations whose answers differ in protocol and shape. An input's first letter says which one; new ones go to the end.
const OPERATIONS: [(&str, &str); 25] = [
    ("ssm", "GetParameter"),
    ("ecs", "DescribeServices"),
    ("kms", "Sign"),
    ("dynamodb", "GetItem"),
    ("dynamodb", "DescribeTable"),
    ("sqs", "ReceiveMessage"),
    ("lambda", "GetFunctionConfiguration"),
    ("lambda", "Invoke"),
    ("bedrock-runtime", "Converse"),
    ("apigateway", "GetExport"),
    ("lexv2-models", "DescribeIntent"),
    ("s3", "ListObjectsV2"),
    ("s3", "HeadObject"),
    ("s3", "GetBucketLocation"),
    ("s3", "GetBucketLifecycleConfiguration"),
    ("route53", "ListResourceRecordSets"),
    ("cloudfront", "GetDistribution"),
    ("iam", "GetRolePolicy"),
    ("cloudformation", "DescribeStacks"),
    ("rds", "DescribeDBInstances"),
    ("ec2", "DescribeInstances"),
    ("ec2", "GetConsoleOutput"),
    ("cloudwatch", "GetMetricData"),
    ("cloudwatch", "DescribeAlarms"),
    ("cloudwatch", "GetMetricWidgetImage"),
];

/// How many of them, from the end, speak CBOR.
const CBOR: usize = 3;

/// An input's second character says which one.
const STATUSES: [u16; 10] = [200, 201, 204, 206, 301, 400, 404, 408, 500, 503];

thread_local! {
    static LOADED: OnceCell<Vec<Operation>> = const { OnceCell::new() };
}

/// Loads the models, which would else count as the time of the first input.
pub fn load_operations() {
    LOADED.with(|loaded| loaded.get_or_init(load).len());
}

fn load() -> Vec<Operation> {
    let (index, cbor) = (index(), cbor_index());
    let loaded = OPERATIONS.iter().enumerate().map(|(position, (service, operation))| {
        let index = if position + CBOR < OPERATIONS.len() { &index } else { &cbor };
        index.operation(service, operation).unwrap_or_else(|error| panic!("{error}"))
    });
    loaded.collect()
}

/// Reads an answer: a letter for the operation (`a` is the first), a digit for the status, header lines, an empty line, the
/// body. Panics if what is made of it cannot be, or is not the same the second time.
pub fn answer(input: &[u8]) {
    let [operation, status, rest @ ..] = input else { return };
    let position = usize::from(operation.wrapping_sub(b'a')) % OPERATIONS.len();
    let position_of_status = usize::from(status.wrapping_sub(b'0')) % STATUSES.len();
    let status = STATUSES.get(position_of_status).copied().unwrap_or(200);
    let (headers, body) = split(rest);
    LOADED.with(|loaded| {
        let Some(operation) = loaded.get_or_init(load).get(position) else { return };
        let answer = operation.parse(status, &headers, body);
        check(status, &answer);
    });
}

/// Only what a service can have meant is said.
fn check(sent: u16, answer: &Outcome) {
    let success = (200..300).contains(&sent);
    match answer {
        Outcome::Done(done) => {
            assert!(success && done.output.is_object() && done.status == sent, "{sent} is done")
        }
        Outcome::DoneUnreadable { .. } => assert!(success, "{sent} is done"),
        Outcome::Refused(refusal) => {
            let told = refusal.status == sent && !refusal.code.is_empty();
            assert!(told && sent >= 400, "{sent} is a refusal");
        }
        Outcome::NoAnswer(none) => assert_eq!(none.status, Some(sent)),
        Outcome::NotSent { .. } => panic!("an answer to a request that was not sent"),
    }
}

/// Header lines up to an empty one, and the rest.
fn split(input: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let Some((name, value)) = line.split_once(':') else { return (headers, rest) };
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    (headers, rest)
}
