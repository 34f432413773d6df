//! botocore's endpoint rule tests: every case of every service.

use std::fs;

use serde_json::{Map, Value, json};

use crate::{
    failure::Failure,
    models::{Models, names_in, read_json},
    suite::Tally,
};

pub(crate) fn rules(models: &Models) -> Result<Tally, Failure> {
    let folder = models.botocore.join("tests/functional/endpoint-rules");
    let services = models.index.services();
    let mut tally = Tally::default();
    for service in names_in(&folder)? {
        let cases = folder.join(&service).join("endpoint-tests-1.json");
        // A suite for a service that the models no longer have, or a folder of something else.
        if !services.contains(&service.as_str()) || fs::metadata(&cases).is_err() {
            continue;
        }
        let cases = read_json(&cases)?;
        for (number, case) in
            cases.get("testCases").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let parameters = case.get("params").and_then(Value::as_object).cloned().unwrap_or_default();
            let got = models.index.endpoint(&service, &parameters)?.map(|endpoint| {
                let headers: Map<_, _> =
                    endpoint.headers.into_iter().map(|(name, values)| (name, Value::from(values))).collect();
                json!({"url": endpoint.url, "properties": endpoint.properties, "headers": headers})
            });
            tally
                .add(format!("{service}/{number}"), agrees(&got, case.get("expect").unwrap_or(&Value::Null)));
        }
    }
    Ok(tally)
}

fn agrees(got: &Result<Value, String>, expected: &Value) -> Result<(), String> {
    let right = match (got, expected.get("endpoint"), expected.get("error").and_then(Value::as_str)) {
        (Ok(got), Some(endpoint), _) => {
            let part = |name: &str| endpoint.get(name).is_none_or(|part| Some(part) == got.get(name));
            part("url") && part("properties") && part("headers")
        }
        // The suites give no message of their own for a parameter that is missing.
        (Err(reason), None, Some(error)) => reason == error || reason.contains("is missing"),
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("{expected} is wanted, not {got:?}")) }
}
