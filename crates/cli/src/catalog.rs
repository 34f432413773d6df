//! The catalogue of recipes, without a deployment.

use std::fs;
use std::path::{Path, PathBuf};

use aws_call::{Index, one_line};
use changegate_catalog::{Catalog, Recipe, recipe_file_schema, toml_files};
use serde_json::json;

use crate::arguments::CatalogCommand;
use crate::error::CliError;

pub(crate) fn run(command: &CatalogCommand, as_json: bool) -> Result<String, CliError> {
    match command {
        CatalogCommand::Show { service, operation } => show(service, operation),
        CatalogCommand::List { service } => Ok(list(service.as_deref(), as_json)),
        CatalogCommand::Lint { files, index } => lint(files, index),
        CatalogCommand::Schema => Ok(format!("{:#}", recipe_file_schema())),
    }
}

fn show(service: &str, operation: &str) -> Result<String, CliError> {
    let catalog = Catalog::builtin();
    if let Some(recipe) = catalog.recipe(service, operation) {
        return Ok(recipe.to_string().trim_end().to_owned());
    }
    let others: Vec<_> =
        catalog.recipes().filter(|own| own.service() == service).map(Recipe::operation).collect();
    let hint = if others.is_empty() {
        "there is none for the service; `changegate catalog list` names them all".to_owned()
    } else {
        format!("for {service} there are {}", others.join(", "))
    };
    Err(CliError::NoRecipe { id: format!("{service}/{operation}"), hint })
}

fn list(service: Option<&str>, as_json: bool) -> String {
    let catalog = Catalog::builtin();
    let wanted = catalog.recipes().filter(|own| service.is_none_or(|service| own.service() == service));
    let line = |recipe: &Recipe| {
        let (id, class, undo) = (recipe.id(), recipe.action_class().as_str(), recipe.undo_class());
        if as_json {
            return json!({"id": id, "action_class": class, "undo": undo, "says": recipe.says()}).to_string();
        }
        format!("{id:<60} undo {:<8} {class}", undo.as_str())
    };
    wanted.map(line).collect::<Vec<_>>().join("\n")
}

/// Compares recipe files with the models, beside all other recipes that are built in.
fn lint(files: &[PathBuf], index: &Path) -> Result<String, CliError> {
    let index = Index::open(index)
        .map_err(|error| CliError::Form { path: index.to_owned(), reason: error.to_string() })?;
    let mut catalog = Catalog::builtin();
    catalog.replace(read(files)?);
    let findings: Vec<_> = catalog.lint(&index).iter().map(ToString::to_string).collect();
    if findings.is_empty() {
        return Ok(format!("{} recipes, no findings", catalog.recipes().count()));
    }
    Err(CliError::Findings(findings))
}

/// The recipes of files, and of the files in folders.
fn read(files_and_folders: &[PathBuf]) -> Result<Catalog, CliError> {
    let mut catalog = Catalog::default();
    for named in files_and_folders {
        let files = toml_files(named).map_err(|source| CliError::File { path: named.clone(), source })?;
        if files.is_empty() {
            return Err(CliError::Form { path: named.clone(), reason: "it holds no recipe file".to_owned() });
        }
        for path in files {
            let text =
                fs::read_to_string(&path).map_err(|source| CliError::File { path: path.clone(), source })?;
            let added = catalog.add_file(&path.display().to_string(), &text);
            added.map_err(|error| CliError::Form { path, reason: one_line(&error) })?;
        }
    }
    Ok(catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalog/recipes");

    #[test]
    fn a_folder_is_read_with_the_folders_within() {
        let built_in = Catalog::builtin();
        let ids = |catalog: &Catalog| catalog.recipes().map(|own| own.id().to_owned()).collect::<Vec<_>>();
        assert_eq!(ids(&read(&[RECIPES.into()]).unwrap()), ids(&built_in));
        let of_a_service = ids(&read(&[PathBuf::from(RECIPES).join("ec2")]).unwrap());
        let wanted: Vec<_> = ids(&built_in).into_iter().filter(|id| id.starts_with("ec2/")).collect();
        assert_eq!(of_a_service, wanted);
    }

    #[test]
    fn a_recipe_that_two_files_have_is_refused() {
        let file = PathBuf::from(RECIPES).join("sqs.toml");
        let error = read(&[file.clone(), file]).unwrap_err().to_string();
        assert!(error.contains("sqs/"), "{error}");
    }

    #[test]
    fn a_folder_without_recipes_and_a_path_to_nothing_are_errors() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        for (path, words) in [(folder, "holds no recipe file"), ("/no/such/file.toml", "cannot be read")] {
            let error = read(&[path.into()]).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_recipe_reads_as_a_person_tells_it() {
        let shown = show("ssm", "PutParameter").unwrap();
        assert!(shown.starts_with("ssm/PutParameter\n") && shown.contains("\nUndo: full\n"), "{shown}");
    }

    #[test]
    fn what_there_is_instead_is_told() {
        let error = show("ssm", "PutParametr").unwrap_err().to_string();
        assert!(error.contains("PutParameter,"), "{error}");
        assert!(show("nothing", "Put").unwrap_err().to_string().contains("catalog list"));
    }

    #[test]
    fn recipes_are_listed_by_service() {
        let listed = list(Some("kms"), false);
        assert!(
            listed.lines().count() > 2 && listed.lines().all(|line| line.starts_with("kms/")),
            "{listed}"
        );
        assert!(list(Some("kms"), true).lines().all(|line| line.starts_with(r#"{"action_class":"#)));
    }
}
