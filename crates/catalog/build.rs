//! Builds every recipe file of `recipes/` in, one text per recipe, so that a process reads only the recipes that it uses.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};
use toml_files::toml_files;

#[path = "src/toml_files.rs"]
#[expect(unreachable_pub, reason = "it is public in the library")]
mod toml_files;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("recipes");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = Vec::new();
    for path in toml_files(&folder)? {
        let named = path.strip_prefix(&folder)?.with_extension("");
        let service = named.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        let added = add_file(&path, service, &mut entries);
        added.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    entries.sort();
    let list = format!("&[\n{}]\n", entries.concat());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("built_in.rs"), list)?;
    Ok(())
}

/// Adds the recipes of a file that is named after this service, or lies in a folder that is.
fn add_file(path: &Path, named: &str, entries: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let file: Table = fs::read_to_string(path)?.parse()?;
    let service = text(&file, "service")?;
    if named != service {
        return Err(format!("neither it nor its folder is named after its service `{service}`").into());
    }
    for recipe in file.get("recipe").and_then(Value::as_array).ok_or("it has no recipe")? {
        let recipe = recipe.as_table().ok_or("a recipe is no table")?;
        let (operation, class) = (text(recipe, "operation")?, text(recipe, "action_class")?);
        let definition = serde_json::to_string(recipe)?;
        entries.push(format!(
            "BuiltIn {{ service: {service:?}, operation: {operation:?}, action_class: {class:?}, definition: {definition:?} }},\n"
        ));
    }
    Ok(())
}

fn text<'a>(table: &'a Table, name: &str) -> Result<&'a str, Box<dyn Error>> {
    Ok(table.get(name).and_then(Value::as_str).ok_or_else(|| format!("a recipe has no `{name}`"))?)
}
