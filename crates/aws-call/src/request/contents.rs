//! Headers and body of a request.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use super::{BuildError, checksum, compression, customisation};
use crate::{
    endpoint::Endpoint,
    index::IndexError,
    model::{Kind, Location, Member, Protocol},
    operation::Operation,
};

type Headers = Vec<(String, String)>;

/// What the codec wrote, with what endpoint rules, customisations, compression and checksums add.
pub(super) fn of(
    operation: &Operation,
    parameters: &Map<String, Value>,
    endpoint: &Endpoint,
    written: &HttpRequest,
) -> Result<(Headers, Vec<u8>), BuildError> {
    let mut headers = headers(endpoint, written);
    let mut body = match document_payload(operation, parameters)? {
        Some(document) => document.to_string().into_bytes(),
        None => written.body().bytes().unwrap_or_default().to_vec(),
    };
    if is_bodiless(operation, parameters)? {
        body.clear();
        if !names_content_type(operation, parameters)? {
            headers.retain(|(name, _)| name != "content-type");
        }
    }
    add_content_type(operation, parameters, &mut headers)?;
    customisation::add_headers(operation, &body, &mut headers);
    if operation.model().compressed {
        compression::compress(&mut body, &mut headers);
    }
    if let Some(rule) = &operation.model().checksum {
        checksum::add(rule, parameters, &body, &mut headers)?;
    }
    Ok((headers, body))
}

fn headers(endpoint: &Endpoint, written: &HttpRequest) -> Headers {
    let mut headers: Headers = written
        .headers()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| name != "content-length" && name != "host")
        .collect();
    for (name, values) in &endpoint.headers {
        // A request has each header once; of several values botocore takes the first.
        if let Some(value) = values.first() {
            let name = name.to_ascii_lowercase();
            headers.retain(|(present, _)| *present != name);
            headers.push((name, value.clone()));
        }
    }
    headers
}

/// Whether the protocol sends no body at all here, though the codec writes an empty document.
fn is_bodiless(operation: &Operation, parameters: &Map<String, Value>) -> Result<bool, IndexError> {
    Ok(match operation.loaded().model.protocol {
        Protocol::RpcV2Cbor => operation.input()?.graph.is_none(),
        Protocol::RestXml => !fills_body(operation, parameters)?,
        Protocol::AwsJson10
        | Protocol::AwsJson11
        | Protocol::RestJson
        | Protocol::AwsQuery
        | Protocol::Ec2Query => false,
    })
}

/// Whether a parameter is the type of the body.
fn names_content_type(operation: &Operation, parameters: &Map<String, Value>) -> Result<bool, IndexError> {
    let is_type = |member: &&Member| {
        let name = member.reference.wire_name.as_deref().unwrap_or(&member.name);
        member.location == Location::Header && name.eq_ignore_ascii_case("content-type")
    };
    let mut types = operation.input_members()?.into_iter().filter(is_type);
    Ok(types.any(|member| parameters.get(&member.name).is_some_and(|value| !value.is_null())))
}

/// Whether a parameter is written to the body; XML without any has no root element either.
fn fills_body(operation: &Operation, parameters: &Map<String, Value>) -> Result<bool, IndexError> {
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    let in_body = |member: &&Member| member.location == Location::Body;
    Ok(operation.input_members()?.iter().filter(|member| in_body(member)).any(|member| given(&member.name)))
}

/// The body, if it is any JSON value, which the codecs do not write.
fn document_payload<'a>(
    operation: &Operation,
    parameters: &'a Map<String, Value>,
) -> Result<Option<&'a Value>, BuildError> {
    let payload = operation.payload()?.filter(|(_, kind)| matches!(kind, Kind::Document));
    Ok(payload.and_then(|(member, _)| parameters.get(&member.name)))
}

/// Names the type of a body that is text, bytes or any JSON value, unless a member has.
fn add_content_type(
    operation: &Operation,
    parameters: &Map<String, Value>,
    headers: &mut Headers,
) -> Result<(), BuildError> {
    if headers.iter().any(|(name, _)| name == "content-type") {
        return Ok(());
    }
    let Some((member, kind)) = operation.payload()? else { return Ok(()) };
    if member.location != Location::Body || !parameters.contains_key(&member.name) {
        return Ok(());
    }
    let content_type = match kind {
        Kind::Text(_) => "text/plain",
        Kind::Blob(_) => "application/octet-stream",
        Kind::Document => "application/json",
        Kind::Structure(_)
        | Kind::Union(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Boolean
        | Kind::Integer { .. }
        | Kind::Float { .. }
        | Kind::Timestamp(_) => return Ok(()),
    };
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    Ok(())
}
