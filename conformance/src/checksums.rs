//! Checksums of bodies, worked out bit by bit and by other libraries than those of `aws-call` where there are some.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The checksum as base64 text; `None` for an algorithm that is not known.
pub(crate) fn of(algorithm: &str, body: &[u8]) -> Option<String> {
    let digest = |algorithm| digest::digest(algorithm, body).as_ref().to_vec();
    let cyclic = |polynomial: u64, bits: u32| {
        let sum = cyclic(polynomial, bits, body).to_be_bytes();
        sum.get(sum.len() - bits as usize / 8..).map(<[u8]>::to_vec)
    };
    let sum = match algorithm {
        "crc32" => cyclic(0xedb8_8320, 32)?,
        "crc32c" => cyclic(0x82f6_3b78, 32)?,
        "crc64nvme" => cyclic(0x9a6c_9329_ac4b_c9b5, 64)?,
        "sha1" => digest(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        "sha256" => digest(&digest::SHA256),
        "sha512" => digest(&digest::SHA512),
        _ => return None,
    };
    Some(STANDARD.encode(sum))
}

/// A reflected CRC whose register starts with ones and is inverted at the end; `polynomial` is bit-reversed.
fn cyclic(polynomial: u64, bits: u32, body: &[u8]) -> u64 {
    let ones = u64::MAX >> (64 - bits);
    let register = body.iter().fold(ones, |register, byte| {
        (0..8).fold(register ^ u64::from(*byte), |register, _| {
            if register & 1 == 1 { register >> 1 ^ polynomial } else { register >> 1 }
        })
    });
    register ^ ones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyclic_checksums_have_their_check_values() {
        for (polynomial, bits, check) in [
            (0xedb8_8320, 32, 0xcbf4_3926),
            (0x82f6_3b78, 32, 0xe306_9283),
            (0x9a6c_9329_ac4b_c9b5, 64, 0xae8b_1486_0a79_9888),
        ] {
            assert_eq!(cyclic(polynomial, bits, b"123456789"), check);
        }
    }
}
