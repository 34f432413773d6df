//! botocore's endpoint rule tests: every case of every service.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::resolve;
use crate::source::{read_partitions, read_rule_set};

fn models() -> PathBuf {
    let models = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.local/models"));
    let folders =
        fs::read_dir(&models).unwrap_or_else(|_| panic!("no models; `scripts/fetch-models` fetches them"));
    let folders = folders.map(|entry| entry.unwrap().path());
    folders.filter(|path| path.to_string_lossy().contains("/botocore-")).max().expect("botocore's models")
}

#[test]
fn endpoints_are_those_of_the_rule_tests() {
    let models = models();
    let data = models.join("botocore/data");
    let partitions = read_partitions(&fs::read(data.join("partitions.json")).unwrap()).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for suite in fs::read_dir(models.join("tests/functional/endpoint-rules")).unwrap() {
        let suite = suite.unwrap().path();
        let service = suite.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(versions) = fs::read_dir(data.join(&service)) else { continue };
        let newest = versions.map(|version| version.unwrap().path()).max().unwrap();
        let Ok(cases) = fs::read(suite.join("endpoint-tests-1.json")) else { continue };
        let rules =
            read_rule_set(&service, &fs::read(newest.join("endpoint-rule-set-1.json")).unwrap()).unwrap();
        let cases: Value = serde_json::from_slice(&cases).unwrap();
        for case in cases["testCases"].as_array().unwrap() {
            count += 1;
            let parameters = case["params"].as_object().cloned().unwrap_or_default();
            let got = resolve(&rules, &partitions, &parameters).map(|endpoint| {
                let headers: Map<_, _> =
                    endpoint.headers.into_iter().map(|(name, values)| (name, Value::from(values))).collect();
                json!({"url": endpoint.url, "properties": endpoint.properties, "headers": headers})
            });
            if !agrees(&got, &case["expect"]) {
                wrong.push(format!("{service}: {} gave {got:?}", case["documentation"]));
            }
        }
    }
    assert!(count >= 13_000, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

fn agrees(got: &Result<Value, String>, expected: &Value) -> bool {
    match (got, expected.get("endpoint"), expected["error"].as_str()) {
        (Ok(got), Some(endpoint), _) => {
            let part = |name: &str| endpoint.get(name).is_none_or(|part| *part == got[name]);
            got["url"] == endpoint["url"] && part("properties") && part("headers")
        }
        // The suites give no message of their own for a parameter that is missing.
        (Err(reason), None, Some(error)) => reason == error || reason.contains("is missing"),
        _ => false,
    }
}
