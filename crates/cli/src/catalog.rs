//! The catalogue of recipes, without a deployment.

use std::fs;
use std::path::{Path, PathBuf};

use aws_call::{Index, one_line};
use changegate_catalog::{Catalog, Recipe, recipe_file_schema, toml_files};
use changegate_change::id::ActionClass;
use serde_json::json;

use crate::arguments::{CatalogCommand, Role};
use crate::error::CliError;

pub(crate) fn run(command: &CatalogCommand, as_json: bool) -> Result<String, CliError> {
    match command {
        CatalogCommand::Show { service, operation, index } => show(service, operation, &index.path),
        CatalogCommand::Policy { role, classes, index } => policy(*role, classes, &index.path),
        CatalogCommand::List { service } => Ok(list(service.as_deref(), as_json)),
        CatalogCommand::Lint { files, index } => lint(files, &index.path),
        CatalogCommand::Schema => Ok(format!("{:#}", recipe_file_schema())),
    }
}

fn show(service: &str, operation: &str, index: &Path) -> Result<String, CliError> {
    let catalog = Catalog::builtin();
    if let Some(recipe) = catalog.recipe(service, operation) {
        return Ok(recipe.to_string().trim_end().to_owned());
    }
    if let Some(recipe) = best_effort(&catalog, service, operation, index) {
        return Ok(format!("Nobody has written a recipe; this is what the models give.\n\n{recipe}")
            .trim_end()
            .to_owned());
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

/// What stands in for a recipe, if the models are there and have the operation.
fn best_effort(catalog: &Catalog, service: &str, operation: &str, index: &Path) -> Option<Recipe> {
    let index = Index::open(index).ok()?;
    let operation = index.operation(service, operation).ok().filter(|own| own.access().is_mutating())?;
    Some(catalog.recipe_for(&index, &operation).ok()?.into_owned())
}

fn opened(index: &Path) -> Result<Index, CliError> {
    Index::open(index).map_err(|error| CliError::Form { path: index.to_owned(), reason: error.to_string() })
}

fn policy(role: Role, classes: &[ActionClass], index: &Path) -> Result<String, CliError> {
    let catalog = Catalog::builtin();
    let known = catalog.action_classes();
    if let Some(unknown) = classes.iter().find(|class| !known.contains(class)) {
        let nearest = known.iter().map(ActionClass::as_str).max_by(|one, other| {
            let likeness = |class: &str| strsim::jaro_winkler(unknown.as_str(), class);
            likeness(one).total_cmp(&likeness(other))
        });
        return Err(CliError::NoClass { class: unknown.to_string(), nearest: nearest.map(str::to_owned) });
    }
    let classes = classes.iter().cloned().collect();
    let policies = catalog
        .role_policies(&opened(index)?, &classes)
        .map_err(|error| CliError::Form { path: index.to_owned(), reason: one_line(&error) })?;
    let document = match role {
        Role::Reader => policies.reader,
        Role::Executor => policies.executor,
    };
    Ok(format!("{document:#}"))
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
    let index = opened(index)?;
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

    const INDEX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/index/aws-call.index");

    fn classes(names: &[&str]) -> Vec<ActionClass> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn what_stands_in_for_a_recipe_is_shown_as_such() {
        let shown = show("polly", "DeleteLexicon", Path::new(INDEX)).unwrap();
        assert!(shown.starts_with("Nobody has written a recipe"), "{shown}");
        assert!(shown.contains("polly:GetLexicon (Name: =call.Name)"), "{shown}");
        assert!(show("polly", "GetLexicon", Path::new(INDEX)).is_err(), "a read has none");
    }

    #[test]
    fn policies_name_what_captures_read_and_what_calls_need() {
        let document = |role, names: &[&str]| policy(role, &classes(names), Path::new(INDEX)).unwrap();
        let reader = document(Role::Reader, &["sqs-queues", "polly-other"]);
        for action in ["sqs:GetQueueAttributes", "polly:GetLexicon"] {
            assert!(reader.contains(&format!("\"{action}\"")), "{action}: {reader}");
        }
        assert!(!reader.contains("sqs:SetQueueAttributes"), "{reader}");
        let others = document(Role::Executor, &["iam-other", "sts-other"]);
        for credentials in ["iam:CreateAccessKey", "sts:AssumeRole"] {
            assert!(!others.contains(credentials), "no change can be {credentials}");
        }
        let executor = document(Role::Executor, &["lambda-configuration"]);
        for words in ["lambda:UpdateFunctionConfiguration", "iam:PassRole", "lambda.amazonaws.com"] {
            assert!(executor.contains(words), "{words}: {executor}");
        }
        let error = policy(Role::Reader, &classes(&["sqs-queue"]), Path::new(INDEX)).unwrap_err().to_string();
        assert!(error.contains("did you mean `sqs-queues`?"), "{error}");
    }

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
        let shown = show("ssm", "PutParameter", Path::new(INDEX)).unwrap();
        assert!(shown.starts_with("ssm/PutParameter\n") && shown.contains("\nUndo: full\n"), "{shown}");
    }

    #[test]
    fn what_there_is_instead_is_told() {
        let error = show("ssm", "PutParametr", Path::new(INDEX)).unwrap_err().to_string();
        assert!(error.contains("PutParameter,"), "{error}");
        assert!(show("nothing", "Put", Path::new(INDEX)).unwrap_err().to_string().contains("catalog list"));
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
