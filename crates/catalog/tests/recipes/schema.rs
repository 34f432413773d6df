//! The JSON Schema of recipe files, asked of a validator that others wrote, beside the reader.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use changegate_catalog::{Catalog, recipe_file_schema, toml_files};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

const SCHEMA: &str = "recipe.schema.json";

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&recipe_file_schema()).unwrap());

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes")
}

fn by_schema(text: &str) -> Result<(), String> {
    let value: Value = toml::from_str(text).map_err(|error| error.to_string())?;
    let errors: Vec<_> = VALIDATOR
        .iter_errors(&value)
        .map(|error| format!("{}: {:.300}", error.instance_path(), error.to_string()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

fn by_reader(text: &str) -> Result<(), String> {
    Catalog::default().add_file("a.toml", text).map_err(|error| {
        let first: &(dyn Error + 'static) = &error;
        std::iter::successors(Some(first), |&error| error.source())
            .map(|error| format!("{error}\n"))
            .collect()
    })
}

#[test]
fn the_schema_beside_the_recipes_is_that_of_the_reader() {
    let written = fs::read_to_string(folder().join(SCHEMA)).unwrap();
    let now = format!("{:#}\n", recipe_file_schema());
    assert!(written == now, "write it anew: changegate catalog schema > crates/catalog/recipes/{SCHEMA}");
}

#[test]
fn the_schema_is_one() {
    let schema = recipe_file_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn every_key_says_what_it_means() {
    let schema = recipe_file_schema();
    let mut types: Vec<_> = schema["$defs"].as_object().unwrap().iter().collect();
    let name = "the file".to_owned();
    types.push((&name, &schema));
    let mut silent = Vec::new();
    for (name, own) in types {
        let keys = own["properties"].as_object().into_iter().flatten();
        let described = keys.map(|(key, value)| (format!("{name}.{key}"), &value["description"]));
        let all = described.chain([(name.clone(), &own["description"])]);
        silent.extend(all.filter(|(_, text)| text.as_str().is_none_or(str::is_empty)).map(|(key, _)| key));
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn every_recipe_file_has_the_form_and_names_the_schema() {
    let files = toml_files(&folder()).unwrap();
    assert!(files.len() > 50, "{}", files.len());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        by_schema(&text).unwrap_or_else(|errors| panic!("{}: {errors}", path.display()));
        let named = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap_or_default();
        let resolved = path.parent().unwrap().join(named);
        assert!(
            !named.is_empty() && resolved.canonicalize().ok() == folder().join(SCHEMA).canonicalize().ok(),
            "the first line of {} must be `#:schema ` and where {SCHEMA} is from there",
            path.display()
        );
    }
}

/// A recipe with every part that the mistakes below are made in.
const RIGHT: &str = r#"
service = "ssm"

[[recipe]]
operation = "PutParameter"
says = "Creates a parameter."
resource = "=join(' ', ['the parameter', call.Name])"
action_class = "ssm-parameters"
agent_may_see = "full"
proof = "documentation"
witness = "state"
deep = false
risks = ["Readers see it."]

[[recipe.read]]
name = "parameter"
operation = "GetParameter"
parameters = { Name = "=call.Name" }
take = "Parameter"
absent = ["ParameterNotFound", "ValidationError: does not exist", "HTTP 404"]

[recipe.state]
keep = { Value = "=read.parameter.Value", Tags = "=read.parameter.Tags" }
lists = [{ at = "/Tags", by = ["Key"] }]

[[recipe.require]]
that = "call.Name"
says = "It needs a name."

[recipe.secrets]
state = [{ path = "/Value" }]

[recipe.undo]
class = "partial"
caveats = ["The history stays."]

[[recipe.undo.present]]
operation = "PutParameter"
parameters = { Name = "=call.Name", Value = "=before.Value" }

[[recipe.undo.absent]]
operation = "DeleteParameter"
parameters = { Name = { "$output" = "Name" } }

[recipe.settle]
says = "It is there."
first_wait = 1
growth = 1.5
max_wait = 10
deadline = 60
read = [{ name = "again", operation = "GetParameter", parameters = { Name = "=call.Name" } }]
done = "read.again"

[[recipe.needs]]
why = "It is encrypted."
actions = ["kms:Encrypt"]
resources = ["*"]
"#;

/// What is wrong, the part of the right file, what stands in its place.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "a key of the file that does not exist",
        "service = \"ssm\"",
        "service = \"ssm\"\nregion = \"eu-central-1\"",
    ),
    ("no service", "service = \"ssm\"", ""),
    ("a misspelt key", "says = \"Creates a parameter.\"", "sais = \"Creates a parameter.\""),
    ("a key of a read that does not exist", "take = \"Parameter\"", "take = \"Parameter\"\nretry = true"),
    ("a key of a secret that does not exist", "{ path = \"/Value\" }", "{ path = \"/Value\", if = \"a\" }"),
    ("no operation", "operation = \"PutParameter\"\nsays", "says"),
    ("no witness", "witness = \"state\"", ""),
    ("no class of the undo", "class = \"partial\"", ""),
    ("a truth value as text", "deep = false", "deep = \"no\""),
    ("a text in place of a list", "risks = [\"Readers see it.\"]", "risks = \"Readers see it.\""),
    ("a number in place of a text", "says = \"It is there.\"", "says = 5"),
    ("half a second", "first_wait = 1\n", "first_wait = 0.5\n"),
    ("a negative wait", "first_wait = 1\n", "first_wait = -1\n"),
    ("no wait", "first_wait = 1\n", "first_wait = 0\n"),
    ("waits that shrink", "growth = 1.5", "growth = 0.5"),
    ("an action class in capitals", "action_class = \"ssm-parameters\"", "action_class = \"SSM\""),
    ("an action class of one letter", "action_class = \"ssm-parameters\"", "action_class = \"s\""),
    ("what agents may see, unknown", "agent_may_see = \"full\"", "agent_may_see = \"all\""),
    ("an undo class that does not exist", "class = \"partial\"", "class = \"most\""),
    ("a proof that does not exist", "proof = \"documentation\"", "proof = \"three_emulators\""),
    ("a witness that does not exist", "witness = \"state\"", "witness = \"hearsay\""),
    ("no witness, without a reason", "witness = \"state\"", "witness = \"nothing\""),
    ("a path without its slash", "path = \"/Value\"", "path = \"Value\""),
    ("a path with an empty name", "at = \"/Tags\"", "at = \"/Tags//Key\""),
    ("an expression of nothing", "that = \"call.Name\"", "that = \"\""),
    ("a template of nothing", "{ Name = \"=call.Name\" }\ntake", "{ Name = \"=\" }\ntake"),
    (
        "a placeholder with something beside it",
        "{ \"$output\" = \"Name\" }",
        "{ \"$output\" = \"Name\", Key = 1 }",
    ),
    ("a placeholder that is no text", "{ \"$output\" = \"Name\" }", "{ \"$output\" = 1 }"),
    ("an error that is a sentence", "\"ParameterNotFound\"", "\"it is not found\""),
    ("an error without words", "\"ValidationError: does not exist\"", "\"ValidationError: \""),
    ("secrets, and a reason why there are none", "[recipe.secrets]", "[recipe.secrets]\nnone = \"public\""),
    ("an undo that is not full, and nothing says why", "caveats = [\"The history stays.\"]", ""),
    ("calls of an undo that there is not", "class = \"partial\"", "class = \"none\""),
    ("a recipe that reads nothing", "[[recipe.read]]", "read = []\n[[recipe.reads]]"),
];

#[test]
fn a_mistake_is_refused_by_the_schema_and_by_the_reader() {
    by_schema(RIGHT).unwrap();
    by_reader(RIGHT).unwrap();
    for (what, right, wrong) in MISTAKES {
        assert_eq!(RIGHT.matches(right).count(), 1, "{what}: `{right}`");
        let text = RIGHT.replace(right, wrong);
        assert!(text.parse::<toml::Table>().is_ok(), "{what} is no TOML, which is no test of the form");
        assert!(by_schema(&text).is_err(), "the schema takes {what}");
        assert!(by_reader(&text).is_err(), "the reader takes {what}");
    }
}

#[test]
fn an_undo_without_calls_is_refused_unless_there_is_none() {
    let (head, tail) = RIGHT.split_once("[[recipe.undo.present]]").unwrap();
    let rest = tail.split_once("[recipe.settle]").unwrap().1;
    let text = format!("{head}[recipe.settle]{rest}");
    assert!(by_schema(&text).is_err() && by_reader(&text).is_err());
    let none = text.replace("class = \"partial\"", "class = \"none\"");
    assert_eq!((by_schema(&none), by_reader(&none)), (Ok(()), Ok(())));
}

/// The words in backticks after `expected`.
fn expected_words(message: &str) -> BTreeSet<&str> {
    let (_, list) = message.split_once("expected").unwrap_or_else(|| panic!("{message}"));
    list.lines().next().unwrap().split('`').skip(1).step_by(2).collect()
}

#[test]
fn words_that_the_reader_knows_are_those_of_the_schema() {
    let schema = recipe_file_schema();
    let cases = [
        ("agent_may_see = \"full\"", "agent_may_see = \"?\"", "/$defs/Recipe/properties/agent_may_see"),
        ("class = \"partial\"", "class = \"?\"", "/$defs/Undo/properties/class"),
        ("proof = \"documentation\"", "proof = \"?\"", "/$defs/Proof"),
    ];
    for (right, wrong, place) in cases {
        let refusal = by_reader(&RIGHT.replace(right, wrong)).unwrap_err();
        let variants = schema.pointer(place).unwrap()["oneOf"].as_array().unwrap();
        let words: BTreeSet<_> = variants.iter().filter_map(|variant| variant["const"].as_str()).collect();
        assert_eq!(expected_words(&refusal), words, "{place}: {refusal}");
    }
}

fn with(right: &str, text: &str) -> String {
    assert_eq!(RIGHT.matches(right).count(), 1, "{right}");
    RIGHT.replace(right, &toml::Value::from(text).to_string())
}

proptest! {
    #[test]
    fn schema_and_reader_agree_on_action_classes(text in "[a-zA-Z0-9 -]{0,3}[a-z0-9-]{0,34}") {
        let text = with("\"ssm-parameters\"", &text);
        prop_assert_eq!(by_schema(&text).is_ok(), by_reader(&text).is_ok());
    }

    #[test]
    fn schema_and_reader_agree_on_paths(text in "(/|[a-zÄ~*]|~0|~1| |\n){0,8}") {
        let text = with("\"/Tags\"", &text);
        prop_assert_eq!(by_schema(&text).is_ok(), by_reader(&text).is_ok());
    }

    #[test]
    fn schema_and_reader_agree_on_errors(text in "(HTTP )?[A-Za-z._:ä-]{0,6}(: |:)?[a-z: ä\n]{0,4}") {
        let text = with("\"ParameterNotFound\"", &text);
        prop_assert_eq!(by_schema(&text).is_ok(), by_reader(&text).is_ok());
    }

    #[test]
    fn the_schema_takes_every_template_that_the_reader_takes(text in "[=$]?[ \n'a-z`.]{0,6}") {
        let text = with("\"=join(' ', ['the parameter', call.Name])\"", &text);
        prop_assert!(by_schema(&text).is_ok() || by_reader(&text).is_err());
    }
}
