//! Checksums that requests carry.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{model::ChecksumRule, request::BuildError};

/// Adds the checksum of `body`: the algorithm that the parameters name, else CRC32, unless they bring one along.
pub(crate) fn add(
    rule: &ChecksumRule,
    parameters: &Map<String, Value>,
    body: &[u8],
    headers: &mut Vec<(String, String)>,
) -> Result<(), BuildError> {
    if headers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-")) {
        return Ok(());
    }
    let member = rule.algorithm_member.as_deref();
    let chosen = member.and_then(|member| parameters.get(member)).and_then(Value::as_str);
    let algorithm = chosen.unwrap_or("CRC32");
    let (name, sum) = match algorithm {
        "CRC32" => ("x-amz-checksum-crc32", STANDARD.encode(crc32fast::hash(body).to_be_bytes())),
        "SHA256" => ("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(body))),
        _ => return Err(BuildError::Checksum { algorithm: algorithm.to_owned() }),
    };
    headers.push((name.to_owned(), sum));
    if let (None, Some(header)) = (chosen, &rule.algorithm_header) {
        headers.push((header.to_ascii_lowercase(), algorithm.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule() -> ChecksumRule {
        ChecksumRule {
            required: true,
            algorithm_member: Some("ChecksumAlgorithm".to_owned()),
            algorithm_header: Some("x-amz-sdk-checksum-algorithm".to_owned()),
        }
    }

    fn added(
        parameters: Value,
        mut headers: Vec<(String, String)>,
    ) -> Result<Vec<(String, String)>, BuildError> {
        add(&rule(), parameters.as_object().unwrap(), b"123456789", &mut headers)?;
        Ok(headers)
    }

    #[test]
    fn crc32_is_added_unless_another_is_chosen() {
        // The check value of CRC-32/ISO-HDLC is cbf43926.
        let expected = STANDARD.encode([0xcb, 0xf4, 0x39, 0x26]);
        let headers = added(json!({}), Vec::new()).unwrap();
        assert_eq!(headers.first().unwrap(), &("x-amz-checksum-crc32".to_owned(), expected));
        assert_eq!(headers.last().unwrap().0, "x-amz-sdk-checksum-algorithm");
        let headers = added(json!({"ChecksumAlgorithm": "SHA256"}), Vec::new()).unwrap();
        assert_eq!(headers.len(), 1);
        assert!(headers.iter().all(|(name, _)| name == "x-amz-checksum-sha256"));
    }

    #[test]
    fn a_checksum_that_the_caller_gives_is_kept() {
        let given = vec![("x-amz-checksum-sha1".to_owned(), "AAAA".to_owned())];
        assert_eq!(added(json!({}), given.clone()).unwrap(), given);
    }

    #[test]
    fn an_algorithm_that_is_not_supported_is_refused() {
        assert!(added(json!({"ChecksumAlgorithm": "XXHASH"}), Vec::new()).is_err());
    }
}
