//! Operations of a service model.

use serde_json::Value;

use super::{
    SourceError,
    documentation::first_sentence,
    endpoint_rules::literal,
    iam::{IamData, Manner, access_of, arn_templates_of},
    json_model::{OperationJson, ReferenceJson, ServiceJson},
    shapes::{ShapeReader, xml_namespace},
};
use crate::model::{ChecksumRule, Operation, Paginator};

/// What an operation is read from, beside its own text.
pub(super) struct Surroundings<'a> {
    pub(super) service_name: &'a str,
    pub(super) service: &'a ServiceJson,
    pub(super) iam_prefixes: &'a [&'a str],
    pub(super) iam: &'a IamData,
    pub(super) pagination: &'a Value,
}

/// Reads one operation, and numbers the shapes it uses.
pub(super) fn read_operation(
    name: &str,
    source: &OperationJson,
    surroundings: &Surroundings<'_>,
    shapes: &mut ShapeReader<'_>,
) -> Result<Operation, SourceError> {
    let service = surroundings.service_name;
    let input = source.input.as_ref().map(|input| shapes.number(&input.shape)).transpose()?;
    let output = source.output.as_ref().map(|output| shapes.number(&output.shape)).transpose()?;
    let method = source.http.method.clone();
    let actions = surroundings.iam.actions_of(service, surroundings.iam_prefixes, name, &method);
    let manner = Manner { method: &method, read_only: source.read_only };
    Ok(Operation {
        uri: uri_with_member_names(name, source, surroundings)?,
        input,
        output,
        input_xml_name: source.input.as_ref().and_then(|input| input.location_name.clone()),
        input_xml_namespace: source.input.as_ref().and_then(|input| xml_namespace(&input.xml_namespace)),
        host_prefix: host_prefix(service, source),
        checksum: checksum(source, surroundings.service),
        checksum_mode_member: source
            .http_checksum
            .as_ref()
            .and_then(|checksum| checksum.request_validation_mode_member.clone()),
        compressed: source
            .request_compression
            .as_ref()
            .is_some_and(|compression| compression.encodings.iter().any(|encoding| encoding == "gzip")),
        static_context: source
            .static_context_params
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), literal(&value.value)?)))
            .collect(),
        streams: stream_of(source.output.as_ref(), surroundings.service) == Some(Stream::Bytes),
        context_paths: source
            .operation_context_params
            .iter()
            .map(|(parameter, source)| (parameter.clone(), source.path.clone()))
            .collect(),
        gives_endpoints: source.endpoint_operation,
        unsupported: unsupported(name, source, surroundings),
        summary: first_sentence(&source.documentation),
        access: access_of(service, name, manner, &actions),
        arn_templates: arn_templates_of(&actions),
        iam_actions: actions.into_iter().map(|(action, _)| action).collect(),
        paginator: surroundings.pagination.get(name).map(paginator),
        name: name.to_owned(),
        method,
    })
}

fn host_prefix(service: &str, source: &OperationJson) -> Option<String> {
    // The endpoint rules of S3 Control put the account into the host themselves.
    source.endpoint.as_ref().filter(|_| service != "s3control")?.host_prefix.clone()
}

/// The path template, its labels renamed to the members that fill them.
fn uri_with_member_names(
    name: &str,
    source: &OperationJson,
    surroundings: &Surroundings<'_>,
) -> Result<String, SourceError> {
    let mut uri = source.http.request_uri.clone();
    if surroundings.service_name == "s3" {
        // The endpoint rules put the bucket into the host or the path.
        uri = uri.strip_prefix("/{Bucket}").map_or(uri.clone(), |rest| {
            if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
        });
    }
    let Some(input) = &source.input else { return Ok(uri) };
    let shape = surroundings.service.shapes.get(&input.shape);
    let shape = shape.ok_or_else(|| SourceError::model(name, "an input without definition"))?;
    let labels = shape.members.iter().filter(|(_, member)| member.location.as_deref() == Some("uri"));
    for (member, reference) in labels {
        let label = reference.location_name.as_deref().unwrap_or(member);
        uri = uri
            .replace(&format!("{{{label}}}"), &format!("{{\u{1}{member}}}"))
            .replace(&format!("{{{label}+}}"), &format!("{{\u{1}{member}+}}"));
    }
    Ok(uri.replace('\u{1}', ""))
}

fn checksum(source: &OperationJson, service: &ServiceJson) -> Option<ChecksumRule> {
    let http_checksum = source.http_checksum.as_ref();
    let algorithm_member = http_checksum.and_then(|checksum| checksum.request_algorithm_member.clone());
    let required = source.http_checksum_required
        || http_checksum.is_some_and(|checksum| checksum.request_checksum_required);
    if !required && algorithm_member.is_none() {
        return None;
    }
    let algorithm_header = algorithm_member.as_ref().and_then(|member| {
        let input = service.shapes.get(&source.input.as_ref()?.shape)?;
        let (_, reference) = input.members.iter().find(|(name, _)| name == member)?;
        reference.location_name.clone()
    });
    Some(ChecksumRule { required, algorithm_member, algorithm_header })
}

fn unsupported(name: &str, source: &OperationJson, surroundings: &Surroundings<'_>) -> Option<String> {
    let service = surroundings.service;
    let signature = service.metadata.signature_version.as_str();
    if !matches!(signature, "v4" | "s3" | "s3v4") {
        return Some(format!("the service signs requests with `{signature}`, not with Signature Version 4"));
    }
    if matches!(source.authtype.as_deref(), Some("none" | "none-optional")) {
        return Some("the operation is called without AWS credentials".to_owned());
    }
    let auth = source.auth.as_ref().unwrap_or(&service.metadata.auth);
    if !auth.is_empty() && !auth.iter().any(|scheme| scheme == "aws.auth#sigv4") {
        return Some(match auth.first().map(String::as_str) {
            Some("smithy.api#noAuth") => "the operation is called without AWS credentials".to_owned(),
            Some("smithy.api#httpBearerAuth") => "the operation is called with a bearer token".to_owned(),
            other => format!("the operation is signed with `{}`", other.unwrap_or_default()),
        });
    }
    if source.endpoint_discovery.as_ref().is_some_and(|discovery| discovery.required) {
        return Some("the endpoint must be asked for before each call (endpoint discovery)".to_owned());
    }
    match (surroundings.service_name, name) {
        // A parameter never chooses the endpoint.
        ("machinelearning", "Predict") => {
            return Some("the endpoint is a parameter of the call".to_owned());
        }
        ("s3", "CreateSession") => {
            return Some("it begins a session of S3 Express One Zone, which is not supported".to_owned());
        }
        _ => {}
    }
    match (stream_of(source.input.as_ref(), service), stream_of(source.output.as_ref(), service)) {
        (Some(Stream::Events), _) => Some("the request is an event stream".to_owned()),
        (_, Some(Stream::Events)) => Some("the answer is an event stream".to_owned()),
        (Some(Stream::Bytes) | None, Some(Stream::Bytes) | None) => None,
    }
}

#[derive(PartialEq)]
enum Stream {
    Events,
    Bytes,
}

/// What an input or output streams, if it does.
fn stream_of(side: Option<&ReferenceJson>, service: &ServiceJson) -> Option<Stream> {
    let shape = service.shapes.get(&side?.shape)?;
    shape.members.iter().find_map(|(_, member)| {
        let target = service.shapes.get(&member.shape)?;
        if target.eventstream {
            return Some(Stream::Events);
        }
        (target.streaming || member.streaming).then_some(Stream::Bytes)
    })
}

fn paginator(source: &Value) -> Paginator {
    let list = |key: &str| match source.get(key) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Paginator {
        input_tokens: list("input_token"),
        output_tokens: list("output_token"),
        result_keys: list("result_key"),
        more_results: source.get("more_results").and_then(Value::as_str).map(str::to_owned),
        limit_key: source.get("limit_key").and_then(Value::as_str).map(str::to_owned),
    }
}
