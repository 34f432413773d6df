//! The same calls on both sides, signed at the same moment with the same keys.
//!
//! The typed crates of restJson1 write members in alphabetical order, aws-call and botocore in the model's. That has no
//! meaning in JSON, but bytes and signature differ; so a call with one member in its body stands for that protocol, and one
//! with several is compared but for their order and the signature.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_call::{Credentials, Index, Target};
use aws_smithy_async::time::StaticTimeSource;
use serde_json::{Value, json};

use crate::{
    Failure, calls,
    calls::{Chance, Parameters},
    capture::{Capture, Captured, client},
};

pub(crate) const REGION: &str = "eu-west-1";

/// Requests compared in each protocol.
const SEEDS: u64 = 50;

pub(crate) fn credentials() -> Credentials {
    Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        Some("token".into()),
        None,
        "bench",
    )
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

/// One protocol: which call, and how often both sides wrote the same.
struct Tally {
    protocol: &'static str,
    service: &'static str,
    operation: &'static str,
    in_any_order: bool,
    equal: u64,
    differences: Vec<String>,
}

/// Compares every protocol that a typed crate speaks.
pub(crate) async fn compare(index: &Index, cbor: &Index) -> Result<Value, Failure> {
    let mut tallies = [
        ("awsJson1_1", "ssm", "PutParameter"),
        ("awsJson1_0", "dynamodb", "PutItem"),
        ("awsQuery", "sns", "Publish"),
        ("restXml", "s3", "PutBucketTagging"),
        ("restJson1", "lambda", "TagResource"),
        ("restJson1_in_any_order", "lambda", "UpdateFunctionConfiguration"),
        ("rpcv2Cbor", "cloudwatch", "PutMetricData"),
    ]
    .map(|(protocol, service, operation)| Tally {
        protocol,
        service,
        operation,
        in_any_order: protocol.ends_with("_in_any_order"),
        equal: 0,
        differences: Vec::new(),
    });
    for seed in 1..=SEEDS {
        let parameters = Parameters::by_chance(&mut Chance::new(seed));
        for tally in &mut tallies {
            let capture = Capture::default();
            let json = call(tally.operation, &capture, &parameters).await;
            let mut typed = capture.take().ok_or("the typed SDK made no request")?;
            let index = if tally.protocol == "rpcv2Cbor" { cbor } else { index };
            let mut ours = ours(index, tally, &json)?;
            if tally.in_any_order {
                order(&mut typed)?;
                order(&mut ours)?;
            }
            match difference(&typed, &ours) {
                None => tally.equal += 1,
                Some(difference) => tally.differences.push(difference),
            }
        }
    }
    Ok(tallies.iter().map(described).collect())
}

fn described(tally: &Tally) -> Value {
    let first = tally.differences.first();
    json!({"protocol": tally.protocol, "service": tally.service, "operation": tally.operation, "compared": SEEDS,
        "equal": tally.equal, "first_difference": first})
}

/// Makes the typed call and gives the parameters that say the same.
async fn call(operation: &str, capture: &Capture, parameters: &Parameters) -> Value {
    macro_rules! both {
        ($sdk:ident, $typed:ident, $parameters:ident) => {{
            let client = client!($sdk, capture.clone(), time_source = StaticTimeSource::new(now()));
            calls::$typed(client, parameters).await;
            calls::$parameters(parameters)
        }};
    }
    match operation {
        "PutParameter" => both!(aws_sdk_ssm, typed_ssm, ssm),
        "PutItem" => both!(aws_sdk_dynamodb, typed_dynamodb, dynamodb),
        "Publish" => both!(aws_sdk_sns, typed_sns, sns),
        "PutBucketTagging" => both!(aws_sdk_s3, typed_s3, s3),
        "TagResource" => both!(aws_sdk_lambda, typed_lambda_tags, lambda_tags),
        "UpdateFunctionConfiguration" => both!(aws_sdk_lambda, typed_lambda, lambda),
        "PutMetricData" => both!(aws_sdk_cloudwatch, typed_cloudwatch, cloudwatch),
        other => panic!("`{other}` has no typed call here"),
    }
}

fn ours(index: &Index, tally: &Tally, parameters: &Value) -> Result<Captured, Failure> {
    let target = Target { region: REGION.to_owned(), endpoint: None };
    let operation = index.operation(tally.service, tally.operation)?;
    let request = operation.request(parameters, &target)?;
    let mut headers = request.signed_headers(&credentials(), now())?;
    // The typed SDK leaves it to its connection.
    headers.retain(|(name, _)| name != "host");
    Ok(Captured { method: request.method.clone(), url: request.url(), headers, body: request.body })
}

/// Takes away what depends on the order of members.
fn order(request: &mut Captured) -> Result<(), Failure> {
    request.headers.retain(|(name, _)| name != "authorization");
    let body: Value = serde_json::from_slice(&request.body)?;
    request.body = body.to_string().into_bytes();
    Ok(())
}

fn difference(typed: &Captured, ours: &Captured) -> Option<String> {
    if typed == ours {
        return None;
    }
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    let parts = [
        ("method", typed.method.clone(), ours.method.clone()),
        ("URL", typed.url.clone(), ours.url.clone()),
        ("body", text(&typed.body), text(&ours.body)),
        ("headers", format!("{:?}", typed.headers), format!("{:?}", ours.headers)),
    ];
    let differing = parts.iter().filter(|(_, typed, ours)| typed != ours);
    let told: Vec<_> =
        differing.map(|(part, typed, ours)| format!("{part}: typed {typed}, aws-call {ours}")).collect();
    Some(told.join("; "))
}
