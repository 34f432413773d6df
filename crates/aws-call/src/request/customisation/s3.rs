//! What S3 wants.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Parameters, with};
use crate::json_form;

/// What stays as it is in the source of a copy: unreserved characters (RFC 3986) and the slashes of keys.
const IN_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub(super) fn before_rendering<'a>(operation: &str, parameters: Parameters<'a>) -> Parameters<'a> {
    let parameters = with_http_date(with_key_digests(operation, parameters));
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    match operation {
        "CopyObject" | "UploadPartCopy" => match text("CopySource").map(encoded_source) {
            Some(source) => with(parameters, "CopySource", source),
            None => parameters,
        },
        // Keys may hold characters that XML cannot.
        "ListObjects" | "ListObjectsV2" | "ListObjectVersions" if text("EncodingType").is_none() => {
            with(parameters, "EncodingType", "url".to_owned())
        }
        _ => parameters,
    }
}

/// Keys of the customer's own are given as they are, and sent with their digest in base64; a caller who gives the digest has
/// encoded the key already.
fn with_key_digests<'a>(operation: &str, mut parameters: Parameters<'a>) -> Parameters<'a> {
    let prefixes: &[&str] = match operation {
        "CopyObject" | "UploadPartCopy" => &["SSECustomer", "CopySourceSSECustomer"],
        "HeadObject"
        | "GetObject"
        | "PutObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "CompleteMultipartUpload"
        | "SelectObjectContent" => &["SSECustomer"],
        _ => &[],
    };
    for prefix in prefixes {
        let (name, digest_name) = (format!("{prefix}Key"), format!("{prefix}KeyMD5"));
        let Some(key) = parameters.get(&name).and_then(Value::as_str).map(str::to_owned) else { continue };
        if !parameters.contains_key(&digest_name) {
            let digest = STANDARD.encode(Md5::digest(key.as_bytes()));
            parameters = with(with(parameters, &name, STANDARD.encode(key)), &digest_name, digest);
        }
    }
    parameters
}

/// `Expires` is text in the model, but S3 wants the time as an HTTP date.
fn with_http_date(parameters: Parameters<'_>) -> Parameters<'_> {
    let time = parameters.get("Expires").and_then(json_form::timestamp);
    match time.and_then(|time| json_form::http_date(&time)) {
        Some(date) => with(parameters, "Expires", date),
        None => parameters,
    }
}

/// The source with its key percent-encoded, but for a version id at its end.
fn encoded_source(source: &str) -> String {
    const VERSION: &str = "?versionId=";
    // An id has no blanks, so that it stands behind the last one.
    let last_blank = source.rfind(char::is_whitespace).unwrap_or_default();
    let is_version = |at: &usize| *at >= last_blank && at + VERSION.len() < source.len();
    let mut places = source.match_indices(VERSION).map(|(at, _)| at);
    let (path, version) = source.split_at(places.find(is_version).unwrap_or(source.len()));
    format!("{}{version}", utf8_percent_encode(path, IN_SOURCE))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::*;

    fn changed(operation: &str, parameters: Value) -> Value {
        let parameters = parameters.as_object().unwrap();
        Value::Object(before_rendering(operation, Cow::Borrowed(parameters)).into_owned())
    }

    #[test]
    fn the_source_of_a_copy_is_encoded_but_for_its_version() {
        for (given, sent) in [
            ("b/a key", "b/a%20key"),
            ("b/k+?versionId=a=b", "b/k%2B?versionId=a=b"),
            ("b/k?versionId=a b", "b/k%3FversionId%3Da%20b"),
        ] {
            assert_eq!(changed("CopyObject", json!({"CopySource": given})), json!({"CopySource": sent}));
        }
    }

    #[test]
    fn a_key_is_sent_with_its_digest_unless_the_caller_gives_one() {
        let sent = changed("PutObject", json!({"SSECustomerKey": "k"}));
        assert_eq!(sent, json!({"SSECustomerKey": "aw==", "SSECustomerKeyMD5": "jOSxayK1iJSqhsQh6HWd8w=="}));
        let given = json!({"SSECustomerKey": "aw==", "SSECustomerKeyMD5": "x"});
        assert_eq!(changed("PutObject", given.clone()), given);
    }

    #[test]
    fn expiry_is_sent_as_an_http_date() {
        for given in [json!("1994-11-06T08:49:37Z"), json!("Sun, 06 Nov 1994 08:49:37 GMT")] {
            let expected = json!({"Expires": "Sun, 06 Nov 1994 08:49:37 GMT"});
            assert_eq!(changed("PutObject", json!({"Expires": given})), expected);
        }
    }
}
