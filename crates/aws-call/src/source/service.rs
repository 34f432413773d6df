//! A whole service from its model, endpoint rules, paginators and waiters.

use serde_json::Value;

use super::{
    SourceError,
    endpoint_rules::read_rule_set,
    iam::IamData,
    json_model::{MetadataJson, ServiceJson},
    operation::{Surroundings, read_operation},
    shapes::{ShapeReader, xml_namespace},
    waiters::read_waiters,
};
use crate::model::{Kind, Location, Operation, Protocol, Service, Shape, Table};

/// The texts that describe one service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSources<'a> {
    /// Name of its folder in botocore.
    pub name: &'a str,
    /// `service-2.json`
    pub service: &'a [u8],
    /// `endpoint-rule-set-1.json`
    pub endpoint_rules: &'a [u8],
    /// `paginators-1.json`, if there is one.
    pub paginators: Option<&'a [u8]>,
    /// `waiters-2.json`, if there is one.
    pub waiters: Option<&'a [u8]>,
}

/// Takes a service into the form of the index.
///
/// # Errors
/// When a text is not of the expected form or uses what this crate does not know.
pub fn read_service(sources: ServiceSources<'_>, iam: &IamData) -> Result<Service, SourceError> {
    let name = sources.name;
    let json = |source| SourceError::Json { what: name.to_owned(), source };
    let service: ServiceJson = serde_json::from_slice(sources.service).map_err(json)?;
    let paginators: Value =
        sources.paginators.map_or(Ok(Value::Null), serde_json::from_slice).map_err(json)?;
    let rules = read_rule_set(name, sources.endpoint_rules)?;
    let metadata = &service.metadata;
    let signing_name = metadata.signing_name.clone().unwrap_or_else(|| metadata.endpoint_prefix.clone());
    let mut shapes = ShapeReader::new(&service.shapes);
    let surroundings = Surroundings {
        service_name: name,
        service: &service,
        iam_prefixes: &[&signing_name, &metadata.endpoint_prefix, name],
        iam,
        pagination: paginators.get("pagination").unwrap_or(&Value::Null),
    };
    let mut operations: Vec<Operation> = Vec::with_capacity(service.operations.len());
    for (operation, source) in &service.operations {
        operations.push(read_operation(operation, source, &surroundings, &mut shapes)?);
    }
    let mut shapes = shapes.finish()?;
    if name == "s3" {
        leave_bucket_to_the_endpoint(&mut shapes);
        take_expiry_for_a_time(&mut shapes);
    }
    let waiters = sources.waiters.map_or(Ok(Vec::new()), |text| read_waiters(name, text))?;
    let encode = |source| SourceError::Encode { what: name.to_owned(), source };
    Ok(Service {
        name: name.to_owned(),
        id: metadata.service_id.clone(),
        api_version: metadata.api_version.clone(),
        protocol: protocol(name, metadata)?,
        signing_name: signing_name.clone(),
        target_prefix: metadata.target_prefix.clone().unwrap_or_default(),
        xml_namespace: xml_namespace(&metadata.xml_namespace),
        query_compatible: metadata.aws_query_compatible.is_some(),
        operation_names: service.operations.keys().cloned().collect(),
        operations: Table::encode(&operations).map_err(encode)?,
        shapes: Table::encode(&shapes).map_err(encode)?,
        waiter_names: waiters.iter().map(|waiter| waiter.name.clone()).collect(),
        waiters: Table::encode(&waiters).map_err(encode)?,
        endpoint_rules: postcard::to_allocvec(&rules).map_err(encode)?,
    })
}

/// The protocol that botocore prefers among those a service speaks.
fn protocol(name: &str, metadata: &MetadataJson) -> Result<Protocol, SourceError> {
    let spoken = if metadata.protocols.is_empty() {
        std::slice::from_ref(&metadata.protocol)
    } else {
        metadata.protocols.as_slice()
    };
    let preferred = ["json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2"]
        .into_iter()
        .find(|candidate| spoken.iter().any(|protocol| protocol == candidate));
    Ok(match preferred {
        Some("json") if metadata.json_version == "1.0" || metadata.json_version == 1.0 => Protocol::AwsJson10,
        Some("json") => Protocol::AwsJson11,
        Some("rest-json") => Protocol::RestJson,
        Some("rest-xml") => Protocol::RestXml,
        Some("smithy-rpc-v2-cbor") => Protocol::RpcV2Cbor,
        Some("query") => Protocol::AwsQuery,
        Some("ec2") => Protocol::Ec2Query,
        _ => return Err(SourceError::model(name, format!("the unknown protocol `{}`", metadata.protocol))),
    })
}

fn leave_bucket_to_the_endpoint(shapes: &mut [Shape]) {
    for shape in shapes {
        let Kind::Structure(structure) = &mut shape.kind else { continue };
        for member in &mut structure.members {
            if member.name == "Bucket" && member.location == Location::Uri {
                member.location = Location::Endpoint;
            }
        }
    }
}

/// The model has text here, because S3 keeps any; botocore's additions to the model (`service-2.sdk-extras.json`) say that
/// it is a point in time.
fn take_expiry_for_a_time(shapes: &mut [Shape]) {
    for shape in shapes.iter_mut().filter(|shape| shape.name == "Expires") {
        shape.kind = Kind::Timestamp(None);
    }
}
