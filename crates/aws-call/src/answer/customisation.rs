//! What single services answer beyond their models.
//!
//! Source: `botocore.handlers.BUILTIN_HANDLERS`, as far as it concerns operations without streams.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::operation::Operation;

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
