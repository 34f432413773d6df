//! The catalogue of recipes, without a deployment.

use std::fs;
use std::path::{Path, PathBuf};

use aws_call::{Index, one_line};
use changegate_catalog::{Catalog, Recipe, recipe_file_schema};
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

/// Reads recipe files and compares them with the models, all recipes that are built in beside them.
fn lint(files: &[PathBuf], index: &Path) -> Result<String, CliError> {
    let index = Index::open(index)
        .map_err(|error| CliError::Form { path: index.to_owned(), reason: error.to_string() })?;
    let mut catalog = Catalog::builtin();
    for path in files {
        let text =
            fs::read_to_string(path).map_err(|source| CliError::File { path: path.clone(), source })?;
        let replaced = catalog.replace_file(&path.display().to_string(), &text);
        replaced.map_err(|error| CliError::Form { path: path.clone(), reason: one_line(&error) })?;
    }
    let findings: Vec<_> = catalog.lint(&index).iter().map(ToString::to_string).collect();
    if findings.is_empty() {
        return Ok(format!("{} recipes, no findings", catalog.recipes().count()));
    }
    Err(CliError::Findings(findings))
}

#[cfg(test)]
mod tests {
    use super::*;

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
