//! `fuzz-seeds FOLDER` writes the seeds of the target `index`: small indexes of the current format.

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let folder =
        env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| io::Error::other("fuzz-seeds FOLDER"))?;
    fs::create_dir_all(&folder)?;
    for (protocol, index) in fuzz_targets::small_indexes() {
        fs::write(folder.join(protocol), index)?;
    }
    Ok(())
}
