//! Checksums that requests carry, always in a header: a body that is known as a whole needs no trailer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc};
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::{model::ChecksumRule, request::BuildError};

const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
const CRC64: Crc<u64> = Crc::<u64>::new(&CRC_64_NVME);

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
    let sum = sum(algorithm, body).ok_or_else(|| BuildError::Checksum { algorithm: algorithm.to_owned() })?;
    headers.push((format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase()), sum));
    if let (None, Some(header)) = (chosen, &rule.algorithm_header) {
        headers.push((header.to_ascii_lowercase(), algorithm.to_owned()));
    }
    Ok(())
}

/// The checksum as base64 text of its bytes, the most significant first; `None` for an algorithm that is not known.
pub(crate) fn sum(algorithm: &str, body: &[u8]) -> Option<String> {
    Some(match algorithm.to_ascii_uppercase().as_str() {
        "CRC32" => STANDARD.encode(crc32fast::hash(body).to_be_bytes()),
        "CRC32C" => STANDARD.encode(CRC32C.checksum(body).to_be_bytes()),
        "CRC64NVME" => STANDARD.encode(CRC64.checksum(body).to_be_bytes()),
        "SHA1" => STANDARD.encode(Sha1::digest(body)),
        "SHA256" => STANDARD.encode(Sha256::digest(body)),
        "SHA512" => STANDARD.encode(Sha512::digest(body)),
        _ => return None,
    })
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
    fn cyclic_checksums_have_their_check_values() {
        // From the catalogue of parametrised CRC algorithms, for the text `123456789`.
        let expected = STANDARD.encode(0xe306_9283_u32.to_be_bytes());
        assert_eq!(sum("CRC32C", b"123456789"), Some(expected));
        let expected = STANDARD.encode(0xae8b_1486_0a79_9888_u64.to_be_bytes());
        assert_eq!(sum("CRC64NVME", b"123456789"), Some(expected));
    }

    #[test]
    fn a_checksum_that_the_caller_gives_is_kept() {
        let given = vec![("x-amz-checksum-sha1".to_owned(), "AAAA".to_owned())];
        assert_eq!(added(json!({}), given.clone()).unwrap(), given);
    }

    #[test]
    fn an_algorithm_that_is_not_supported_is_refused() {
        assert!(added(json!({"ChecksumAlgorithm": "XXHASH3"}), Vec::new()).is_err());
    }
}
