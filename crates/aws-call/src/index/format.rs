//! The file that holds the index.
//!
//! `AWSCALL`, the version of the format (one character), the manifest's length (four bytes, little-endian), the manifest
//! (postcard), then the sections one after the other. A section is a zstd frame; the manifest names its place and its
//! SHA-256, so that the manifest's own SHA-256 stands for the whole index.

#[cfg(test)]
mod form;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::IndexError;
use crate::{model::Service, rules::Partition};

const MAGIC: &[u8] = b"AWSCALL";
/// Raised with every change of what stands in the file, or of how it is encoded.
const VERSION: u8 = b'2';
/// Length of what stands before the manifest.
pub(crate) const HEAD: usize = MAGIC.len() + 1 + 4;

/// Bytes that a manifest may have.
const LONGEST_MANIFEST: usize = 1 << 20;
/// Raw bytes that a section may hold; a larger one is refused before it is decompressed.
const LARGEST_SECTION: usize = 64 << 20;

/// What a file holds and where.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Where the models come from (`botocore 1.43.11`).
    pub(crate) sources: Vec<String>,
    /// Bytes that all other sections are compressed against.
    pub(crate) dictionary: Section,
    /// The partitions.
    pub(crate) partitions: Section,
    /// The services, in ascending order of their names.
    pub(crate) services: Vec<(String, Section)>,
}

/// One zstd frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Section {
    /// Distance from the end of the manifest.
    start: u64,
    /// Compressed length.
    length: u32,
    /// Length when decompressed.
    raw_length: u32,
    /// SHA-256 of the compressed bytes.
    sha256: [u8; 32],
}

/// Packs services into an index.
///
/// # Errors
/// [`IndexError::Pack`] when something cannot be encoded or compressed, or is larger than an index may hold.
pub fn pack(
    sources: Vec<String>,
    partitions: &[Partition],
    services: &[Service],
) -> Result<Vec<u8>, IndexError> {
    let unpackable = |what: &str| IndexError::Pack { what: what.to_owned() };
    let mut raw: Vec<(&str, Vec<u8>)> = Vec::with_capacity(services.len());
    for service in services {
        let bytes = postcard::to_allocvec(service).map_err(|_| unpackable(&service.name))?;
        raw.push((&service.name, bytes));
    }
    raw.sort();
    let dictionary = dictionary(&raw);
    let mut body = Vec::new();
    let dictionary_section = append(&mut body, &dictionary, &[]).ok_or_else(|| unpackable("dictionary"))?;
    let partitions = postcard::to_allocvec(partitions).map_err(|_| unpackable("partitions"))?;
    let partitions = append(&mut body, &partitions, &dictionary).ok_or_else(|| unpackable("partitions"))?;
    let mut packed = Vec::with_capacity(raw.len());
    for (name, bytes) in &raw {
        let section = append(&mut body, bytes, &dictionary).ok_or_else(|| unpackable(name))?;
        packed.push(((*name).to_owned(), section));
    }
    let manifest = Manifest { sources, dictionary: dictionary_section, partitions, services: packed };
    let manifest = postcard::to_allocvec(&manifest).map_err(|_| unpackable("manifest"))?;
    let length = u32::try_from(manifest.len()).map_err(|_| unpackable("manifest"))?;
    if manifest.len() > LONGEST_MANIFEST {
        return Err(unpackable("manifest"));
    }
    Ok([MAGIC, &[VERSION], &length.to_le_bytes(), &manifest, &body].concat())
}

/// What small services have in common: the ends of some of them, where names and endpoint rules stand.
fn dictionary(services: &[(&str, Vec<u8>)]) -> Vec<u8> {
    const TAKEN_FROM: [&str; 8] =
        ["sqs", "glacier", "synthetics", "dax", "codestar-connections", "pipes", "amp", "backup"];
    const BYTES_OF_EACH: usize = 24 << 10;
    let mut dictionary = Vec::new();
    for (_, bytes) in services.iter().filter(|(name, _)| TAKEN_FROM.contains(name)) {
        let tail = bytes.len().saturating_sub(BYTES_OF_EACH);
        dictionary.extend_from_slice(bytes.get(tail..).unwrap_or_default());
    }
    dictionary
}

fn append(body: &mut Vec<u8>, raw: &[u8], dictionary: &[u8]) -> Option<Section> {
    if raw.len() > LARGEST_SECTION {
        return None;
    }
    let compressed = zstd::bulk::Compressor::with_dictionary(19, dictionary).ok()?.compress(raw).ok()?;
    let section = Section {
        start: u64::try_from(body.len()).ok()?,
        length: u32::try_from(compressed.len()).ok()?,
        raw_length: u32::try_from(raw.len()).ok()?,
        sha256: Sha256::digest(&compressed).into(),
    };
    body.extend_from_slice(&compressed);
    Some(section)
}

/// Bytes of the manifest, given the file's first [`HEAD`] bytes.
///
/// # Errors
/// [`IndexError::OtherVersion`] or [`IndexError::NotAnIndex`].
pub(crate) fn manifest_length(head: &[u8]) -> Result<usize, IndexError> {
    let rest = head.strip_prefix(MAGIC).ok_or(IndexError::NotAnIndex)?;
    let (version, length) = rest.split_first().ok_or(IndexError::NotAnIndex)?;
    if *version != VERSION {
        return Err(IndexError::OtherVersion { found: char::from(*version), wanted: char::from(VERSION) });
    }
    let length = <[u8; 4]>::try_from(length).map_err(|_| IndexError::NotAnIndex)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_MANIFEST {
        return Err(IndexError::NotAnIndex);
    }
    Ok(length)
}

impl Section {
    /// Start, counted from the end of the manifest, and compressed length.
    pub(crate) fn place(&self) -> (u64, usize) {
        (self.start, self.length as usize)
    }

    /// Verifies and decompresses the section's bytes.
    pub(crate) fn open(
        &self,
        name: &str,
        compressed: &[u8],
        dictionary: &[u8],
    ) -> Result<Vec<u8>, IndexError> {
        let corrupt = || IndexError::Corrupt { section: name.to_owned() };
        let digest: [u8; 32] = Sha256::digest(compressed).into();
        if digest != self.sha256 || self.raw_length as usize > LARGEST_SECTION {
            return Err(corrupt());
        }
        let mut decompressor =
            zstd::bulk::Decompressor::with_dictionary(dictionary).map_err(|_| corrupt())?;
        let raw = decompressor.decompress(compressed, self.raw_length as usize).map_err(|_| corrupt())?;
        if raw.len() == self.raw_length as usize { Ok(raw) } else { Err(corrupt()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Operation, Shape, Waiter},
        rules::RuleSet,
    };

    #[test]
    fn the_version_follows_the_format() {
        let forms = [
            form::of::<Manifest>(),
            form::of::<Vec<Partition>>(),
            form::of::<Service>(),
            form::of::<Operation>(),
            form::of::<Shape>(),
            form::of::<Waiter>(),
            form::of::<RuleSet>(),
        ];
        let digest = hex::encode(Sha256::digest(forms.concat()));
        // Where the digest is another one, the format is: raise `VERSION`, and write both down here.
        let expected = "cfe229282ea6ab2bb87c1de0bff136f3a48e2b9d2ad49cc024bbea109f2f92df";
        assert_eq!((char::from(VERSION), digest.as_str()), ('2', expected));
    }

    #[test]
    fn a_form_tells_fields_variants_and_their_types() {
        let partition = |literal: &str| {
            format!(
                "Partition{{id:string region_pattern:string regions:[string] outputs:[(string {literal})]}}"
            )
        };
        let (boolean, text) = (partition("Literal:0:Boolean bool"), partition("Literal:1:Text string"));
        assert_eq!(form::of::<Partition>(), format!("{boolean}\n{text}"));
    }
}
