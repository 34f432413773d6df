//! The container of an index, as far as it takes to get past its checksums.
//!
//! Kept apart from aws-call, which must not be able to make an index that lies. The seeds hold this to the format: they
//! must load.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const HEAD: usize = 12;

#[derive(Serialize, Deserialize)]
struct Manifest {
    sources: Vec<String>,
    dictionary: Section,
    partitions: Section,
    services: Vec<(String, Section)>,
}

#[derive(Serialize, Deserialize)]
struct Section {
    start: u64,
    length: u32,
    raw_length: u32,
    sha256: [u8; 32],
}

impl Manifest {
    fn sections(&mut self) -> impl Iterator<Item = &mut Section> {
        let services = self.services.iter_mut().map(|(_, section)| section);
        [&mut self.dictionary, &mut self.partitions].into_iter().chain(services)
    }
}

/// Splits a file into manifest and sections.
fn split(file: &[u8]) -> Option<(Manifest, &[u8])> {
    let length = file.get(HEAD - 4..HEAD)?.try_into().ok().map(u32::from_le_bytes)?;
    let end = HEAD.checked_add(length as usize)?;
    Some((postcard::from_bytes(file.get(HEAD..end)?).ok()?, file.get(end..)?))
}

fn joined(magic: &[u8], manifest: &Manifest, body: &[u8]) -> Option<Vec<u8>> {
    let manifest = postcard::to_allocvec(manifest).ok()?;
    let length = u32::try_from(manifest.len()).ok()?.to_le_bytes();
    Some([magic, &length, &manifest, body].concat())
}

/// The file with the checksums of what its sections hold, if it is one; a section that lies outside keeps its own.
pub(crate) fn restamped(file: &[u8]) -> Option<Vec<u8>> {
    let (mut manifest, body) = split(file)?;
    for section in manifest.sections() {
        let start = usize::try_from(section.start).ok()?;
        let range = start..start.saturating_add(section.length as usize);
        if let Some(bytes) = body.get(range) {
            section.sha256 = Sha256::digest(bytes).into();
        }
    }
    joined(file.get(..HEAD - 4)?, &manifest, body)
}

/// The file without dictionary and with sections that are zstd frames but not compressed, so that what a fuzzer changes in
/// them reaches the decoder.
pub fn stored(file: &[u8]) -> Option<Vec<u8>> {
    let (mut manifest, body) = split(file)?;
    let raw = |section: &Section, dictionary: &[u8]| {
        let start = usize::try_from(section.start).ok()?;
        let bytes = body.get(start..start.checked_add(section.length as usize)?)?;
        let mut decompressor = zstd::bulk::Decompressor::with_dictionary(dictionary).ok()?;
        decompressor.decompress(bytes, section.raw_length as usize).ok()
    };
    let dictionary = raw(&manifest.dictionary, &[])?;
    let mut contents = vec![Vec::new()];
    for section in manifest.sections().skip(1) {
        contents.push(raw(section, &dictionary)?);
    }
    let mut stored = Vec::new();
    for (section, content) in manifest.sections().zip(contents) {
        let frame = frame(&content)?;
        section.start = u64::try_from(stored.len()).ok()?;
        section.length = u32::try_from(frame.len()).ok()?;
        section.raw_length = u32::try_from(content.len()).ok()?;
        stored.extend(frame);
    }
    restamped(&joined(file.get(..HEAD - 4)?, &manifest, &stored)?)
}

/// A zstd frame of one raw block (RFC 8878, sections 3.1.1 and 3.1.1.2): magic, a descriptor that announces four bytes of
/// content size, these, the header of a last block, the bytes.
fn frame(content: &[u8]) -> Option<Vec<u8>> {
    const SINGLE_SEGMENT_WITH_SIZE: u8 = 0b1010_0000;
    const LARGEST_BLOCK: usize = 128 << 10;
    let size = u32::try_from(content.len()).ok().filter(|_| content.len() < LARGEST_BLOCK)?;
    let [low, middle, high, _] = (size << 3 | 1).to_le_bytes();
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, SINGLE_SEGMENT_WITH_SIZE];
    frame.extend(size.to_le_bytes());
    frame.extend([low, middle, high]);
    frame.extend(content);
    Some(frame)
}
