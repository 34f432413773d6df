//! Builds every recipe file of `recipes/` in, one text per recipe, so that a process reads only the recipes that it uses.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("recipes");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let added = add_file(&path, &mut entries);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    entries.sort();
    let list = format!("&[\n{}]\n", entries.concat());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("built_in.rs"), list)?;
    Ok(())
}

fn add_file(path: &Path, entries: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let file: Table = fs::read_to_string(path)?.parse()?;
    let service = text(&file, "service")?;
    if path.file_stem().is_none_or(|stem| stem != service) {
        return Err(format!("the file is not named after its service `{service}`").into());
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
