//! Hashes of uploads to Glacier.
//!
//! Source: "Computing Checksums" in the Amazon S3 Glacier developer guide.

use sha2::{Digest, Sha256, digest::Output};

const LEAF: usize = 1 << 20;

/// Hexadecimal SHA-256.
pub(super) fn hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// Hexadecimal hash of the tree over the hashes of every mebibyte.
pub(super) fn tree_hash(body: &[u8]) -> String {
    let mut level: Vec<Output<Sha256>> = body.chunks(LEAF).map(Sha256::digest).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [alone] => *alone,
                _ => pair.iter().fold(Sha256::new(), |hash, child| hash.chain_update(child)).finalize(),
            })
            .collect();
    }
    level.first().map_or_else(|| hash(body), hex::encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_a_mebibyte_the_tree_hash_is_the_hash() {
        for body in [Vec::new(), vec![7; LEAF]] {
            assert_eq!(tree_hash(&body), hash(&body));
        }
    }

    #[test]
    fn an_odd_leaf_goes_up_as_it_is() {
        let body = vec![1; 2 * LEAF + 1];
        let pair = [Sha256::digest(&body[..LEAF]), Sha256::digest(&body[LEAF..2 * LEAF])].concat();
        let root = [Sha256::digest(pair), Sha256::digest([1])].concat();
        assert_eq!(tree_hash(&body), hash(&root));
    }
}
