//! Compressed request bodies.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

/// Shortest body that is worth it, in bytes; the SDKs' default.
const SHORTEST: usize = 10_240;

/// Compresses a long body with gzip and says so in `content-encoding`, after what is there already.
pub(crate) fn compress(body: &mut Vec<u8>, headers: &mut Vec<(String, String)>) {
    if body.len() < SHORTEST {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail; if it did, the body would go uncompressed.
    let Ok(compressed) = encoder.write_all(body).and_then(|()| encoder.finish()) else { return };
    *body = compressed;
    match headers.iter_mut().find(|(name, _)| name == "content-encoding") {
        Some((_, encodings)) => encodings.push_str(", gzip"),
        None => headers.push(("content-encoding".to_owned(), "gzip".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_long_body_is_compressed_and_a_short_one_is_not() {
        let (mut short, mut long) = (vec![b'a'; SHORTEST - 1], vec![b'a'; SHORTEST]);
        let (mut headers, mut none) = (Vec::new(), Vec::new());
        compress(&mut short, &mut none);
        compress(&mut long, &mut headers);
        assert_eq!((short.len(), none.len()), (SHORTEST - 1, 0));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(long.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, vec![b'a'; SHORTEST]);
        assert_eq!(headers, [("content-encoding".to_owned(), "gzip".to_owned())]);
    }
}
