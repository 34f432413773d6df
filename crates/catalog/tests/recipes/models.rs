//! The recipes against the models of the services.

use std::path::PathBuf;
use std::sync::LazyLock;

use aws_call::Index;
use changegate_catalog::{Catalog, toml_files};
use serde_json::{Value, json};

use crate::round_trip::CATALOG;

pub(crate) static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let built = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/index/aws-call.index");
    let path = std::env::var_os("AWS_CALL_INDEX").map_or_else(built, PathBuf::from);
    Index::open(&path)
        .unwrap_or_else(|error| panic!("no index at {} ({error}): run `make index`", path.display()))
});

#[test]
fn the_models_know_all_that_the_builtin_recipes_say() {
    let findings: Vec<_> = CATALOG.lint(&INDEX).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

fn findings(file: &str, change: (&str, &str)) -> Vec<String> {
    assert!(file.contains(change.0), "{}", change.0);
    let mut catalog = Catalog::default();
    catalog.add_file("changed.toml", &file.replace(change.0, change.1)).unwrap();
    catalog.lint(&INDEX).iter().map(ToString::to_string).collect()
}

const SSM: &str = include_str!("../../recipes/ssm.toml");
const CLOUDFORMATION: &str = include_str!("../../recipes/cloudformation.toml");

#[test]
fn what_the_models_do_not_know_is_found() {
    let cases = [
        (SSM, ("operation = \"GetParameter\"", "operation = \"GetParametr\""), "GetParameter"),
        (SSM, ("operation = \"PutParameter\"\nsays", "operation = \"PutParameters\"\nsays"), "PutParameter"),
        (SSM, ("service = \"ssm\"", "service = \"smm\""), "ssm"),
        (SSM, ("{ Name = \"=call.Name\" }", "{ Nam = \"=call.Name\" }"), "`/Nam`"),
        (SSM, ("Key = \"Name\", Option", "Key = \"Name\", Opton"), "`/ParameterFilters/0/Opton`"),
        (SSM, ("\"!before || call.Overwrite\"", "\"!before || call.OverWrite\""), "`Overwrite`"),
        (SSM, ("parameters = [{ path = \"/Value\"", "parameters = [{ path = \"/Secret\""), "no `/Secret`"),
        (SSM, ("at = \"/Tags\"", "at = \"/Tag\""), "the state has no `/Tag`"),
        (SSM, ("operation = \"GetParameter\"", "operation = \"LabelParameterVersion\""), "it is not a read"),
        (
            SSM,
            ("operation = \"PutParameter\"\nsays", "operation = \"GetParameter\"\nsays"),
            "it changes nothing",
        ),
        (
            CLOUDFORMATION,
            ("/Parameters/*/ParameterValue\" }]", "/Parameters/*/Value\" }]"),
            "the call has no `/Parameters/*/Value`",
        ),
    ];
    for (file, change, words) in cases {
        let found = findings(file, change);
        assert!(found.iter().any(|finding| finding.contains(words)), "{change:?}: {words}: {found:#?}");
    }
}

#[test]
fn a_recipe_that_keeps_a_secret_of_the_output_is_found() {
    let text = r#"
        service = "iam"
        [[recipe]]
        operation = "CreateAccessKey"
        says = "Makes an access key."
        resource = "the key"
        action_class = "iam-access-keys"
        agent_may_see = "none"
        proof = "documentation"
        witness = { nothing = "the key has no name before it is made" }
        read = [{ name = "keys", operation = "ListAccessKeys", parameters = { UserName = "=call.UserName" } }]
        state = { keep = { Keys = "=read.keys.AccessKeyMetadata[].AccessKeyId" } }
        [recipe.undo]
        class = "full"
        [[recipe.undo.present]]
        operation = "DeleteAccessKey"
        [recipe.undo.present.parameters]
        UserName = { "$output" = "AccessKey.SecretAccessKey" }
        AccessKeyId = { "$output" = "AccessKey.AccessKeyId" }
    "#;
    let mut catalog = Catalog::builtin();
    let mut changed = Catalog::default();
    changed.add_file("changed.toml", text).unwrap();
    catalog.replace(changed);
    let found: Vec<_> = catalog.lint(&INDEX).into_iter().filter(|own| own.place == "output").collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("AccessKey.SecretAccessKey"), "{found:#?}");
}

#[test]
fn a_recipe_that_reads_secrets_and_names_none_is_found() {
    let text = SSM.replace(
        "state = [{ path = \"/Value\", unless = \"contains(['String', 'StringList'], Type)\" }]",
        "",
    );
    let mut catalog = Catalog::default();
    catalog.add_file("changed.toml", &text).unwrap();
    let findings = catalog.lint(&INDEX);
    assert!(findings.iter().any(|finding| finding.message.contains("sensitive")), "{findings:#?}");
}

/// The recipe files as they are written.
static WRITTEN: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let files = toml_files(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recipes")).unwrap();
    let read = |path| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    files.into_iter().map(read).collect()
});

/// The paths into the call of which a recipe itself says whether they are secret.
fn judged(service: &str, operation: &str) -> Vec<String> {
    let files = WRITTEN.iter().filter(|file| file["service"] == service);
    let mut recipes = files.flat_map(|file| file["recipe"].as_array().unwrap());
    let recipe = recipes.find(|recipe| recipe["operation"] == operation).unwrap();
    let rules = recipe["secrets"]["parameters"].as_array().cloned().unwrap_or_default();
    rules.iter().map(|rule| rule["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_sensitive_parameter_is_sealed_unless_the_recipe_judges_it() {
    let mut sealed_paths = 0;
    for recipe in CATALOG.recipes() {
        let operation = INDEX.operation(recipe.service(), recipe.operation()).unwrap();
        let judged = judged(recipe.service(), recipe.operation());
        let mut sealer = changegate_catalog::Sealer::new([1; 32]);
        for path in operation.sensitive_paths().iter().filter(|path| !judged.contains(path)) {
            let leaf = path.split('/').skip(1).collect::<Vec<_>>();
            let parameters = leaf.iter().rev().fold(json!("canary"), |inner, name| match *name {
                "*" => json!([inner]),
                name => json!({ name: inner }),
            });
            let sealed = recipe.seal_parameters(&parameters, operation.sensitive_paths(), &mut sealer);
            assert!(!sealed.to_string().contains("canary"), "{}: {path}", recipe.id());
            sealed_paths += 1;
        }
    }
    assert!(sealed_paths > 5, "{sealed_paths}");
}
