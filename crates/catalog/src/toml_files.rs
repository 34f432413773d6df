//! Where recipe files lie. The build script is made with this as well.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The TOML files in a folder and in the folders within, ordered by path. A path that is a file is that file, whatever its name.
///
/// # Errors
/// There is nothing, or it cannot be read.
pub fn toml_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        fs::metadata(path)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "toml") {
            files.extend(toml_files(&path)?);
        }
    }
    files.sort();
    Ok(files)
}
