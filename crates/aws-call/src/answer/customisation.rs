//! What single services answer beyond their models.
//!
//! Source: `botocore.handlers.BUILTIN_HANDLERS`, as far as it concerns answers. Not followed: templates of CloudFormation and
//! policies of IAM are given as JSON text, not as JSON, because text is what the operations that put them take.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Received, timestamp};
use crate::{operation::Operation, request::checksum};

/// Operations of S3 that answer 200 before they know how it ends.
/// Source: "Copy Object" and "Complete Multipart Upload" in the API reference of S3.
const ANSWER_EARLY: &[&str] = &["CopyObject", "CompleteMultipartUpload", "UploadPartCopy"];

/// Whether a 2xx answer of S3 is an error all the same, or breaks off where the error would come.
pub(super) fn is_error_despite_success(received: &Received<'_>) -> bool {
    let operation = received.operation;
    if operation.service() != "s3" {
        return false;
    }
    match &received.xml {
        Some(Ok(scanned)) => scanned.root == "Error",
        Some(Err(_)) => ANSWER_EARLY.contains(&operation.name()),
        None => false,
    }
}

/// Whether the answer is read here and not by its model.
pub(super) fn is_read_by_hand(operation: &Operation) -> bool {
    is(operation, "s3", "GetBucketLocation")
}

/// Reads S3's bucket location, whose body is a single element.
pub(super) fn bucket_location(received: &Received<'_>) -> Option<Value> {
    if !is_read_by_hand(received.operation) {
        return None;
    }
    let location = received.scanned().map(|scanned| scanned.root_text.as_str());
    let location = location.filter(|location| !location.is_empty()).map_or(Value::Null, Value::from);
    Some(Value::Object(Map::from_iter([("LocationConstraint".to_owned(), location)])))
}

/// Holds an object of S3 against the checksum that it comes with, as its callers ask (`ChecksumMode`). Not held: the checksum of
/// an object that was written in parts, which ends in `-` and their number, and that of a part of an object (206).
pub(super) fn has_its_checksum(received: &Received<'_>) -> Result<(), String> {
    const ALGORITHMS: &[&str] = &["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
    if !is(received.operation, "s3", "GetObject") || received.status != 200 {
        return Ok(());
    }
    for algorithm in ALGORITHMS {
        let Some(given) = received.header(&format!("x-amz-checksum-{algorithm}")) else { continue };
        if !given.contains('-') && checksum::sum(algorithm, received.body).as_deref() != Some(given) {
            return Err(format!("the body does not have the {algorithm} checksum that came with it"));
        }
    }
    Ok(())
}

/// Takes away what would keep the whole answer from being read: S3 keeps any text that a writer gave for `Expires`.
pub(super) fn before_reading(received: &Received<'_>, response: &mut HttpResponse) {
    if received.operation.service() == "s3"
        && received.header("expires").is_some_and(|expires| timestamp::from_text(expires).is_none())
    {
        response.headers_mut().remove("expires");
    }
}

/// Changes an output as callers want it.
pub(super) fn after_reading(received: &Received<'_>, output: &mut Value) {
    let operation = received.operation;
    match (operation.service(), operation.name()) {
        ("iam", _) => decode_policies(output),
        ("ec2", "GetConsoleOutput") => decode_console(output),
        ("s3", "ListObjects" | "ListObjectsV2" | "ListObjectVersions") => decode_keys(output),
        ("s3", "GetObject" | "HeadObject") => {
            if let (Some(expires), Some(members)) = (received.header("expires"), output.as_object_mut()) {
                members.insert("ExpiresString".to_owned(), Value::from(expires));
            }
        }
        _ => {}
    }
}

fn is(operation: &Operation, service: &str, name: &str) -> bool {
    operation.service() == service && operation.name() == name
}

/// The console's output is base64 text, perhaps in lines; bytes that are not UTF-8 are replaced.
fn decode_console(output: &mut Value) {
    let encoded = output.get("Output").and_then(Value::as_str);
    let encoded = encoded.map(|text| text.split_ascii_whitespace().collect::<String>());
    let decoded = encoded.and_then(|text| STANDARD.decode(text).ok());
    if let (Some(decoded), Some(members)) = (decoded, output.as_object_mut()) {
        members.insert("Output".to_owned(), Value::from(String::from_utf8_lossy(&decoded)));
    }
}

/// S3 writes keys percent-encoded if it was asked to, because XML cannot hold every character; they are given as they are,
/// so that they can be sent back.
fn decode_keys(output: &mut Value) {
    const MEMBERS: &[&str] =
        &["Delimiter", "Marker", "NextMarker", "Prefix", "StartAfter", "KeyMarker", "NextKeyMarker"];
    const LISTS: &[(&str, &str)] =
        &[("Contents", "Key"), ("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")];
    if output.get("EncodingType").and_then(Value::as_str) != Some("url") {
        return;
    }
    for member in MEMBERS {
        output.get_mut(*member).map(decode_key);
    }
    for (list, member) in LISTS {
        for element in output.get_mut(*list).and_then(Value::as_array_mut).into_iter().flatten() {
            element.get_mut(*member).map(decode_key);
        }
    }
}

fn decode_key(value: &mut Value) {
    if let Value::String(text) = value
        && let Ok(decoded) = percent_decode_str(&text.replace('+', " ")).decode_utf8()
    {
        *text = decoded.into_owned();
    }
}

fn is_policy(name: &str) -> bool {
    matches!(name, "PolicyDocument" | "AssumeRolePolicyDocument" | "Document")
}

/// None for what is no policy once it is decoded.
fn decoded_policy(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    serde_json::from_str::<IgnoredAny>(&decoded).ok()?;
    Some(decoded.into_owned())
}

/// IAM sends policy documents percent-encoded; they are given decoded, so that they can be sent back as they are.
fn decode_policies(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries.iter_mut() {
                match value {
                    // A document that already starts as JSON does is not encoded: decoding it would change it.
                    Value::String(text) if is_policy(name) && !text.trim_start().starts_with('{') => {
                        if let Some(decoded) = decoded_policy(text) {
                            *text = decoded;
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
    fn keys_are_decoded_if_they_are_encoded() {
        let encoded = json!({
            "Prefix": "a%20b", "Name": "a%20b", "Contents": [{"Key": "a+b%0A%25"}], "CommonPrefixes": [{"Prefix": "%C3%A9/"}],
        });
        let mut output = encoded.clone();
        decode_keys(&mut output);
        assert_eq!(output, encoded);
        output["EncodingType"] = json!("url");
        decode_keys(&mut output);
        assert_eq!(
            output,
            json!({
                "EncodingType": "url", "Prefix": "a b", "Name": "a%20b", "Contents": [{"Key": "a b\n%"}],
                "CommonPrefixes": [{"Prefix": "é/"}],
            })
        );
    }

    #[test]
    fn the_console_is_text() {
        let mut output = json!({"InstanceId": "i", "Output": "Ym9v\ndAr/"});
        decode_console(&mut output);
        assert_eq!(output, json!({"InstanceId": "i", "Output": "boot\n\u{fffd}"}));
    }
}
