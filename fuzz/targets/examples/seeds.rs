//! Writes the seeds of the target `index` anew, which a change of the index's format makes necessary.

use std::{fs, path::Path};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/index");
    fs::create_dir_all(&folder)?;
    for (protocol, index) in fuzz_targets::small_indexes() {
        fs::write(folder.join(protocol), index)?;
    }
    Ok(())
}
