//! The archive of a function: the same bytes for the same contents.

use std::io::{self, Cursor, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// The name under which the runtime starts the program.
pub(crate) const PROGRAM: &str = "bootstrap";
/// The index in the archive, beside the program.
pub(crate) const INDEX: &str = "aws-call.index";
const SLOWEST: i64 = 9;

/// The archive with a program and, if it needs one, the index. Files are in the order of their names and have the
/// first time that an archive can express.
///
/// # Errors
/// The archive would be larger than an archive may be.
pub(crate) fn archive(program: &[u8], index: Option<&[u8]>) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().last_modified_time(DateTime::default());
    if let Some(index) = index {
        // The index is compressed already.
        let stored = plain.compression_method(CompressionMethod::Stored);
        zip.start_file(INDEX, stored.unix_permissions(0o644))?;
        zip.write_all(index)?;
    }
    let small = plain.compression_method(CompressionMethod::Deflated).compression_level(Some(SLOWEST));
    zip.start_file(PROGRAM, small.unix_permissions(0o755))?;
    zip.write_all(program)?;
    Ok(zip.finish()?.into_inner())
}

/// Unpacks an archive into a folder, as the service does before it starts a function.
///
/// # Errors
/// It is no archive, or a file cannot be written.
pub(crate) fn unpack(archive: &[u8], folder: &Path) -> io::Result<()> {
    let mut zip = ZipArchive::new(Cursor::new(archive))?;
    zip.extract(folder)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_same_contents_give_the_same_bytes() {
        let first = archive(b"program", Some(b"index")).unwrap();
        assert_eq!(archive(b"program", Some(b"index")).unwrap(), first);
        assert_ne!(archive(b"another", Some(b"index")).unwrap(), first);
    }

    #[test]
    fn what_is_unpacked_can_be_started_and_has_the_index_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let packed = archive(b"program", Some(b"index")).unwrap();
        unpack(&packed, folder.path()).unwrap();
        let program = folder.path().join(PROGRAM);
        assert_eq!(std::fs::read(&program).unwrap(), b"program");
        assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(std::fs::read(folder.path().join(INDEX)).unwrap(), b"index");
    }

    #[test]
    fn a_function_without_index_has_its_program_alone() {
        let folder = tempfile::tempdir().unwrap();
        unpack(&archive(b"program", None).unwrap(), folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
