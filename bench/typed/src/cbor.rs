//! CloudWatch over CBOR, which the typed crate speaks; botocore prefers JSON.

use std::{fs, path::Path};

use aws_call::{
    Index, pack,
    source::{IamData, ServiceSources, read_partitions, read_service},
};

use crate::Failure;

/// An index of CloudWatch alone, with CBOR as its only protocol.
pub(crate) fn index(data: &Path) -> Result<Index, Failure> {
    let folder = data.join("cloudwatch/2010-08-01");
    let model = fs::read_to_string(folder.join("service-2.json"))?;
    // As text: the order of members is that of the model's file.
    let (before, list) = model.split_once("\"protocols\":[").ok_or("the model names no protocols")?;
    let (_, after) = list.split_once(']').ok_or("the model's protocols do not end")?;
    let model = format!("{before}\"protocols\":[\"smithy-rpc-v2-cbor\"]{after}");
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
