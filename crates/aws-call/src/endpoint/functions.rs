//! The functions of endpoint rules.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use super::literal_value;
use crate::rules::Partition;

/// `aws.partition`: the partition that lists the region, else the one whose pattern matches it, else the first.
pub(super) fn partition(partitions: &[Partition], region: &str) -> Value {
    let listed = |partition: &&Partition| partition.regions.iter().any(|listed| listed == region);
    let matching = |partition: &&Partition| {
        regex_lite::Regex::new(&partition.region_pattern).is_ok_and(|pattern| pattern.is_match(region))
    };
    let found = partitions.iter().find(listed).or_else(|| partitions.iter().find(matching));
    let Some(partition) = found.or_else(|| partitions.first()) else { return Value::Null };
    let mut outputs: Map<String, Value> =
        partition.outputs.iter().map(|(name, value)| (name.clone(), literal_value(value))).collect();
    outputs.insert("name".to_owned(), Value::String(partition.id.clone()));
    Value::Object(outputs)
}

/// `getAttr`: `a.b[1]`.
pub(super) fn attribute(value: &Value, path: &str) -> Value {
    let mut here = Some(value);
    for segment in path.split('.') {
        let (name, position) = match segment.split_once('[') {
            Some((name, position)) => (name, position.trim_end_matches(']').parse::<usize>().ok()),
            None => (segment, None),
        };
        if !name.is_empty() {
            here = here.and_then(|value| value.get(name));
        }
        if segment.contains('[') {
            here = position.and_then(|position| here.and_then(|value| value.get(position)));
        }
    }
    here.cloned().unwrap_or(Value::Null)
}

/// `aws.parseArn`
pub(super) fn parse_arn(arn: &str) -> Value {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, resource] = parts.as_slice() else {
        return Value::Null;
    };
    if *scheme != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
        return Value::Null;
    }
    json!({
        "partition": partition,
        "service": service,
        "region": region,
        "accountId": account,
        "resourceId": resource.split([':', '/']).collect::<Vec<_>>(),
    })
}

/// `parseURL`
pub(super) fn parse_url(url: &str) -> Value {
    let Some((scheme, rest)) = url.split_once("://") else { return Value::Null };
    if !matches!(scheme, "http" | "https") || rest.contains(['?', '#']) {
        return Value::Null;
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if authority.is_empty() {
        return Value::Null;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    json!({
        "scheme": scheme,
        "authority": authority,
        "path": path,
        "normalizedPath": format!("{}/", path.trim_end_matches('/')),
        "isIp": authority.starts_with('[') || host.parse::<Ipv4Addr>().is_ok(),
    })
}

/// `uriEncode`: everything but unreserved characters.
pub(super) fn uri_encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// `isValidHostLabel`
pub(super) fn is_valid_host_label(text: &str, allow_dots: bool) -> bool {
    let valid = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if allow_dots { text.split('.').all(valid) } else { valid(text) }
}

/// `aws.isVirtualHostableS3Bucket`
pub(super) fn is_virtual_hostable_bucket(bucket: &str, allow_dots: bool) -> bool {
    let valid = |label: &str| {
        (3..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if allow_dots {
        bucket.split('.').all(valid) && bucket.parse::<Ipv4Addr>().is_err()
    } else {
        valid(bucket)
    }
}

/// `substring`, counted from the end if `reverse`.
pub(super) fn substring(text: &Value, start: Option<u64>, stop: Option<u64>, reverse: bool) -> Value {
    let found = || {
        let text = text.as_str().filter(|text| text.is_ascii())?;
        let start = usize::try_from(start?).ok()?;
        let stop = usize::try_from(stop?).ok()?;
        if start >= stop || stop > text.len() {
            return None;
        }
        if reverse { text.get(text.len() - stop..text.len() - start) } else { text.get(start..stop) }
    };
    found().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_substring_counts_from_either_end() {
        assert_eq!(substring(&json!("abcdef"), Some(0), Some(2), false), "ab");
        assert_eq!(substring(&json!("abcdef"), Some(0), Some(2), true), "ef");
        assert_eq!(substring(&json!("abc"), Some(0), Some(4), false), Value::Null);
    }

    #[test]
    fn attributes_follow_names_and_positions() {
        let arn = parse_arn("arn:aws:s3:us-east-1:1:accesspoint/name");
        assert_eq!(attribute(&arn, "resourceId[1]"), "name");
        assert_eq!(attribute(&arn, "resourceId[9]"), Value::Null);
    }
}
