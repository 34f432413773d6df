//! Lists the recipe files, so that a file in `recipes/` is all that it takes to add a service.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("recipes");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut services = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let service = path.file_stem().ok_or("a file without a name")?.to_string_lossy().into_owned();
            services.push(format!("({service:?}, include_str!({path:?})),\n"));
        }
    }
    services.sort();
    let list = format!("&[\n{}]\n", services.concat());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("recipe_files.rs"), list)?;
    Ok(())
}
