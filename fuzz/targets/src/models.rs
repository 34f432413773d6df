//! The index that is fuzzed with, and a service that speaks CBOR, which no service of the index prefers.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use aws_call::{
    Index, pack,
    source::{IamData, ServiceSources, read_partitions, read_service},
};
use serde_json::{Value, json};

use crate::container::stored;

/// The built index: `AWS_CALL_INDEX`, else the workspace's own.
pub(crate) fn index() -> Index {
    let path = env::var_os("AWS_CALL_INDEX")
        .map_or_else(|| workspace().join("target/index/aws-call.index"), PathBuf::from);
    Index::open(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// CloudWatch as a service that speaks nothing but CBOR; its model says that it does.
pub(crate) fn cbor_index() -> Index {
    let mut model = read_json("cloudwatch/2010-08-01/service-2.json");
    if let Some(metadata) = model.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("protocols".to_owned(), json!(["smithy-rpc-v2-cbor"]));
    }
    let rules = read_json("cloudwatch/2010-08-01/endpoint-rule-set-1.json");
    let bytes = packed("cloudwatch", &model, &rules, &read_json("partitions.json"));
    Index::from_bytes(bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// A small index per protocol, with recursive shapes and rules.
pub fn small_indexes() -> Vec<(&'static str, Vec<u8>)> {
    let model: Value = serde_json::from_str(include_str!("../small-service.json"))
        .unwrap_or_else(|error| panic!("the small service: {error}"));
    let part = |name: &str| model.get(name).cloned().unwrap_or_default();
    let (rules, partitions) = (part("rules"), part("partitions"));
    let protocols = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"];
    let small = protocols.map(|protocol| {
        let mut model = model.clone();
        if let Some(metadata) = model.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("protocols".to_owned(), json!([protocol]));
        }
        let stored = stored(&packed("small", &model, &rules, &partitions));
        (protocol, stored.unwrap_or_else(|| panic!("the container is not what is expected")))
    });
    small.to_vec()
}

fn packed(name: &str, model: &Value, rules: &Value, partitions: &Value) -> Vec<u8> {
    let (model, rules) = (model.to_string(), rules.to_string());
    let sources = ServiceSources {
        name,
        service: model.as_bytes(),
        endpoint_rules: rules.as_bytes(),
        paginators: None,
        waiters: None,
    };
    let service = read_service(sources, &IamData::default()).unwrap_or_else(|error| panic!("{error}"));
    let partitions = read_partitions(partitions.to_string().as_bytes());
    let partitions = partitions.unwrap_or_else(|error| panic!("{error}"));
    pack(Vec::new(), &partitions, &[service]).unwrap_or_else(|error| panic!("{error}"))
}

/// A file of botocore's data.
fn read_json(path: &str) -> Value {
    let path = botocore().join("botocore/data").join(path);
    let bytes =
        fs::read(&path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// The fetched models.
fn botocore() -> PathBuf {
    let models = workspace().join(".local/models");
    let folders = fs::read_dir(&models).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let oldest = folders.filter(|path| path.to_string_lossy().contains("/botocore-")).min();
    oldest.unwrap_or_else(|| {
        panic!("`{}` has no models; `scripts/fetch-models` fetches them", models.display())
    })
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
