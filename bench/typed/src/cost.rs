//! What both sides take to build and sign requests of ssm, in turns.

use std::{
    hint::black_box,
    time::{Instant, SystemTime},
};

use aws_call::{Index, Target};
use aws_sdk_ssm::types::{ParameterType, Target as InstanceTarget};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    Failure,
    capture::{Stop, client},
    compare::{REGION, credentials},
};

const WARM_UP: usize = 200;
const SAMPLES: usize = 1000;

/// Medians in nanoseconds.
pub(crate) fn measure(index: &Index, runtime: &Runtime) -> Result<Value, Failure> {
    let calls: Vec<Value> = serde_json::from_str(include_str!("../../aws-call/operations.json"))?;
    let client = client!(aws_sdk_ssm, Stop);
    let mut figures = Vec::new();
    for call in calls.iter().filter(|call| call["service"] == "ssm") {
        let name = call["operation"].as_str().ok_or("a call without operation")?;
        let operation = index.operation("ssm", name)?;
        let target = Target { region: REGION.to_owned(), endpoint: None };
        let (mut typed, mut ours) = (Vec::new(), Vec::new());
        for round in 0..WARM_UP + SAMPLES {
            let start = Instant::now();
            runtime.block_on(send(&client, name));
            let between = Instant::now();
            let request = operation.request(&call["parameters"], &target)?;
            black_box(request.signed_headers(&credentials(), SystemTime::now())?);
            let end = Instant::now();
            if round >= WARM_UP {
                typed.push((between - start).as_nanos());
                ours.push((end - between).as_nanos());
            }
        }
        figures.push(json!({"operation": name, "typed_nanoseconds": median(typed), "aws_call_nanoseconds": median(ours)}));
    }
    Ok(Value::Array(figures))
}

fn median(mut samples: Vec<u128>) -> Option<u64> {
    samples.sort_unstable();
    samples.get(samples.len() / 2).and_then(|median| u64::try_from(*median).ok())
}

/// The calls of operations.json. None succeeds, since nothing is sent.
async fn send(client: &aws_sdk_ssm::Client, operation: &str) {
    match operation {
        "PutParameter" => {
            let call = client.put_parameter().name("/app/limit").value("25");
            let _ = black_box(call.r#type(ParameterType::String).overwrite(true).send().await);
        }
        "GetParametersByPath" => {
            let call = client.get_parameters_by_path().path("/app").recursive(true);
            let _ = black_box(call.with_decryption(false).max_results(10).send().await);
        }
        "SendCommand" => {
            let target = InstanceTarget::builder().key("tag:role").values("web").values("worker").build();
            let call = client.send_command().document_name("AWS-RunShellScript").targets(target);
            let call = call.parameters("commands", vec!["uptime".to_owned(), "df -h".to_owned()]);
            let _ = black_box(call.timeout_seconds(60).comment("look").send().await);
        }
        other => panic!("`{other}` has no typed call here"),
    }
}
