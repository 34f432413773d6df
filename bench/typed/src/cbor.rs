//! CloudWatch over CBOR, which the typed crate speaks; botocore prefers JSON.

use std::{fs, path::Path};

use aws_call::{
    Index, pack,
    source::{IamData, ServiceSources, read_partitions, read_service},
};
use serde_json::{Value, json};

use crate::Failure;

/// An index of CloudWatch alone, with CBOR as its only protocol.
pub(crate) fn index(data: &Path) -> Result<Index, Failure> {
    let folder = data.join("cloudwatch/2010-08-01");
    let mut model: Value = serde_json::from_slice(&fs::read(folder.join("service-2.json"))?)?;
    if let Some(metadata) = model.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("protocols".to_owned(), json!(["smithy-rpc-v2-cbor"]));
    }
    let model = model.to_string();
    let sources = ServiceSources {
        name: "cloudwatch",
        service: model.as_bytes(),
        endpoint_rules: &fs::read(folder.join("endpoint-rule-set-1.json"))?,
        paginators: None,
        waiters: None,
    };
    let service = read_service(sources, &IamData::default())?;
    let partitions = read_partitions(&fs::read(data.join("partitions.json"))?)?;
    Ok(Index::from_bytes(pack(Vec::new(), &partitions, &[service])?)?)
}
