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

/// The built index: `AWS_CALL_INDEX`, else the workspace's own.
pub(crate) fn index() -> Index {
    let path = env::var_os("AWS_CALL_INDEX")
        .map_or_else(|| workspace().join("target/index/aws-call.index"), PathBuf::from);
    Index::open(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// CloudWatch as a service that speaks nothing but CBOR; its model says that it does.
pub(crate) fn cbor_index() -> Index {
    let data = botocore().join("botocore/data");
    let folder = data.join("cloudwatch/2010-08-01");
    let read = |path: &Path| {
        fs::read(path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()))
    };
    let mut model: Value = serde_json::from_slice(&read(&folder.join("service-2.json")))
        .unwrap_or_else(|error| panic!("the model of cloudwatch: {error}"));
    if let Some(metadata) = model.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("protocols".to_owned(), json!(["smithy-rpc-v2-cbor"]));
    }
    let model = model.to_string();
    let sources = ServiceSources {
        name: "cloudwatch",
        service: model.as_bytes(),
        endpoint_rules: &read(&folder.join("endpoint-rule-set-1.json")),
        paginators: None,
    };
    let service = read_service(sources, &IamData::default()).unwrap_or_else(|error| panic!("{error}"));
    let partitions = read_partitions(&read(&data.join("partitions.json")));
    let partitions = partitions.unwrap_or_else(|error| panic!("{error}"));
    let bytes = pack(Vec::new(), &partitions, &[service]).unwrap_or_else(|error| panic!("{error}"));
    Index::from_bytes(bytes).unwrap_or_else(|error| panic!("{error}"))
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
