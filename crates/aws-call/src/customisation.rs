//! What single services want beyond their models.
//!
//! Source: `botocore.handlers.BUILTIN_HANDLERS`, as far as it concerns operations without streams.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::operation::Operation;

/// Changes parameters as the service wants them: Route 53 ids without their `/hostedzone/` prefix, Glacier's account `-`.
pub(crate) fn before_rendering<'a>(
    service: &str,
    parameters: Cow<'a, Map<String, Value>>,
) -> Cow<'a, Map<String, Value>> {
    match service {
        "route53" => {
            let mut parameters = parameters;
            for name in ["Id", "HostedZoneId", "ResourceId", "DelegationSetId", "ChangeId"] {
                let id = parameters.get(name).and_then(Value::as_str).filter(|id| id.starts_with('/'));
                if let Some(last) = id.and_then(|id| id.rsplit('/').next()).map(str::to_owned) {
                    parameters.to_mut().insert(name.to_owned(), Value::String(last));
                }
            }
            parameters
        }
        "glacier" if !parameters.contains_key("accountId") => {
            let mut parameters = parameters;
            parameters.to_mut().insert("accountId".to_owned(), Value::from("-"));
            parameters
        }
        _ => parameters,
    }
}

/// Adds headers that the model does not name.
pub(crate) fn add_headers(operation: &Operation, headers: &mut Vec<(String, String)>) {
    let service = &operation.loaded().model;
    let mut add = |name: &str, value: &str| {
        if !headers.iter().any(|(present, _)| present == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    match service.name.as_str() {
        "apigateway" => add("accept", "application/json"),
        "glacier" => add("x-amz-glacier-version", &service.api_version),
        _ => {}
    }
    if service.query_compatible {
        add("x-amzn-query-mode", "true");
    }
}

/// Whether a 2xx answer of S3 is an error all the same: some operations answer 200 before they know how it ends.
pub(crate) fn is_error_despite_success(operation: &Operation, body: &[u8]) -> bool {
    operation.service() == "s3" && root_element(body) == Some("Error")
}

/// Reads S3's bucket location, whose body is a single element.
pub(crate) fn bucket_location(operation: &Operation, body: &[u8]) -> Option<Value> {
    if operation.service() != "s3" || operation.name() != "GetBucketLocation" {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let (_, after) = text.split_once("<LocationConstraint")?;
    let (attributes, content) = after.split_once('>')?;
    let location =
        if attributes.ends_with('/') { None } else { content.split_once('<').map(|(inner, _)| inner.trim()) };
    let location = location.filter(|location| !location.is_empty()).map_or(Value::Null, Value::from);
    Some(Value::Object(Map::from_iter([("LocationConstraint".to_owned(), location)])))
}

/// Changes an output as callers want it: IAM sends policy documents percent-encoded, they are given decoded, so that they
/// can be sent back as they are.
pub(crate) fn after_reading(operation: &Operation, output: &mut Value) {
    if operation.service() == "iam" {
        decode_policies(output);
    }
}

fn is_policy(name: &str) -> bool {
    matches!(name, "PolicyDocument" | "AssumeRolePolicyDocument" | "Document")
}

fn decode_policies(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries.iter_mut() {
                match value {
                    // A document that already starts as JSON does is not encoded: decoding it would change it.
                    Value::String(text) if is_policy(name) && !text.trim_start().starts_with('{') => {
                        if let Ok(decoded) = percent_decode_str(text).decode_utf8() {
                            *text = decoded.into_owned();
                        }
                    }
                    Value::Object(_) | Value::Array(_) => decode_policies(value),
                    Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(decode_policies),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Name of an XML text's root element.
fn root_element(body: &[u8]) -> Option<&str> {
    let mut text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim_start();
    while text.starts_with("<?") || text.starts_with("<!--") {
        let end = if text.starts_with("<?") { "?>" } else { "-->" };
        text = text.split_once(end)?.1.trim_start();
    }
    let name = text.strip_prefix('<')?;
    name.split(|character: char| character.is_whitespace() || character == '>' || character == '/').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosted_zone_ids_lose_their_prefix() {
        let given = json!({"HostedZoneId": "/hostedzone/Z1", "Other": "/a/b"});
        let changed = before_rendering("route53", Cow::Borrowed(given.as_object().unwrap()));
        assert_eq!(Value::Object(changed.into_owned()), json!({"HostedZoneId": "Z1", "Other": "/a/b"}));
    }

    #[test]
    fn policies_are_decoded_wherever_they_are() {
        let mut output =
            json!({"Role": {"AssumeRolePolicyDocument": "%7B%22a%22%3A1%7D", "RoleName": "%7B"}});
        decode_policies(&mut output);
        assert_eq!(output, json!({"Role": {"AssumeRolePolicyDocument": "{\"a\":1}", "RoleName": "%7B"}}));
    }

    #[test]
    fn a_policy_that_is_not_encoded_stays_as_it_is() {
        let plain = json!({"PolicyDocument": "{\"a\":\"%7B\"}"});
        let mut output = plain.clone();
        decode_policies(&mut output);
        assert_eq!(output, plain);
    }

    #[test]
    fn the_root_element_is_found_behind_a_declaration() {
        assert_eq!(root_element(b"<?xml version=\"1.0\"?>\n<Error><Code>x</Code></Error>"), Some("Error"));
        assert_eq!(root_element(b"<CopyObjectResult xmlns=\"x\"/>"), Some("CopyObjectResult"));
        assert_eq!(root_element(b"plain"), None);
    }
}
