//! Which glibc a binary needs. Amazon Linux 2023, where functions run, has 2.34.
//!
//! A dynamic loader refuses a binary that names a symbol version it does not have (System V ABI, GNU symbol
//! versioning), and it refuses it at the start of the function, on AWS. So it is looked at here.

use std::fmt;

use object::elf::{FileHeader64, SHT_DYNSYM};
use object::read::elf::{FileHeader, Sym as _};
use object::{Endianness, read};

/// The glibc of Amazon Linux 2023.
pub(crate) const AMAZON_LINUX_2023: GlibcVersion = GlibcVersion { major: 2, minor: 34 };

const PREFIX: &str = "GLIBC_";

/// A version of glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GlibcVersion {
    major: u32,
    minor: u32,
}

impl GlibcVersion {
    /// Reads the name of a symbol version, such as `GLIBC_2.34` or `GLIBC_2.2.5`.
    fn of_symbol_version(name: &str) -> Option<Self> {
        let mut numbers = name.strip_prefix(PREFIX)?.split('.').map(str::parse::<u32>);
        let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        numbers.all(|patch| patch.is_ok()).then_some(Self { major, minor })
    }
}

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why a binary cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GlibcError {
    /// It is no 64-bit ELF file that can be read.
    #[error("it is not an ELF binary that can be read")]
    Unreadable(#[source] read::Error),
    /// It needs a newer glibc than there is.
    #[error("`{symbol}` needs `{version}`, and functions run with glibc {limit}")]
    TooNew { symbol: String, version: String, limit: GlibcVersion },
}

impl From<read::Error> for GlibcError {
    fn from(error: read::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// The newest glibc version that a binary names, or none if it needs no glibc.
///
/// # Errors
/// It cannot be read, or a symbol needs a version over `limit`. A version of glibc that is no number, such as
/// `GLIBC_PRIVATE`, counts as too new: nobody promises that it is there.
pub(crate) fn newest_glibc(binary: &[u8], limit: GlibcVersion) -> Result<Option<GlibcVersion>, GlibcError> {
    let mut newest = None;
    for (symbol, version) in glibc_symbols(binary)? {
        match GlibcVersion::of_symbol_version(&version) {
            Some(needed) if needed <= limit => newest = newest.max(Some(needed)),
            Some(_) | None => return Err(GlibcError::TooNew { symbol, version, limit }),
        }
    }
    Ok(newest)
}

/// Symbols that a binary takes from glibc, with their versions. Versions that it needs without a symbol, which are
/// properties of the loader, are named with their library.
fn glibc_symbols(binary: &[u8]) -> Result<Vec<(String, String)>, read::Error> {
    let header = FileHeader64::<Endianness>::parse(binary)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, binary)?;
    let mut found = Vec::new();
    if let Some((mut libraries, strings)) = sections.gnu_verneed(endian, binary)? {
        let strings = sections.strings(endian, binary, strings)?;
        while let Some((library, mut versions)) = libraries.next()? {
            let library = text(library.file(endian, strings)?);
            while let Some(version) = versions.next()? {
                found.push((library.clone(), text(version.name(endian, strings)?)));
            }
        }
    }
    let symbols = sections.symbols(endian, binary, SHT_DYNSYM)?;
    if let Some(versions) = sections.versions(endian, binary)? {
        for (index, symbol) in symbols.enumerate() {
            let version = versions.version(versions.version_index(endian, index).into())?;
            if let (true, Some(version)) = (symbol.is_undefined(endian), version) {
                found.push((text(symbols.symbol_name(endian, symbol)?), text(version.name())));
            }
        }
    }
    found.retain(|(_, version)| version.starts_with(PREFIX));
    // Symbols say more than libraries do, so that an error names one where there is one.
    found.sort_by_key(|(name, _)| name.contains(".so"));
    Ok(found)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_binary() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_binary_of_this_machine_names_its_glibc() {
        let anything = GlibcVersion { major: 9, minor: 0 };
        let newest = newest_glibc(&this_binary(), anything).unwrap().unwrap();
        assert!(newest >= GlibcVersion { major: 2, minor: 17 }, "{newest}");
    }

    #[test]
    fn what_is_too_new_is_named_with_its_symbol() {
        let error = newest_glibc(&this_binary(), GlibcVersion { major: 2, minor: 1 }).unwrap_err();
        let GlibcError::TooNew { symbol, version, .. } = error else { panic!("{error}") };
        assert!(version.starts_with("GLIBC_2.") && !symbol.contains(".so"), "{symbol} {version}");
    }

    #[test]
    fn a_version_that_is_no_number_is_none() {
        let version = GlibcVersion::of_symbol_version;
        assert_eq!(version("GLIBC_2.2.5"), Some(GlibcVersion { major: 2, minor: 2 }));
        assert!(version("GLIBC_2.34") < version("GLIBC_2.100"));
        for name in ["GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR", "GCC_3.0", "GLIBC_2", "GLIBC_2.x"] {
            assert_eq!(version(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_no_binary_is_refused() {
        let error = newest_glibc(b"#!/bin/sh\n", AMAZON_LINUX_2023).unwrap_err();
        assert!(matches!(error, GlibcError::Unreadable(_)));
    }
}
