//! The model index that is shipped beside the executable.

use std::path::PathBuf;

use aws_call::Index;

/// The file's name.
pub const INDEX_FILE: &str = "aws-call.index";

/// Where the index of this executable is.
///
/// # Errors
/// The executable does not know where it is.
pub fn index_path() -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(INDEX_FILE))
}

/// Opens the index; the models in it are read when they are needed.
///
/// # Errors
/// It is not there, or is not what its checksum says.
pub fn open_index() -> Result<Index, Box<dyn std::error::Error + Send + Sync>> {
    let path = index_path()?;
    Index::open(&path)
        .map_err(|error| format!("the index `{}` cannot be opened: {error}", path.display()).into())
}
