//! What the recipe files say of secrets, read beside the engine: it is the engine that is tried.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use changegate_catalog::Recipe;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a recipe says of secrets.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Secrets {
    #[serde(default)]
    pub(crate) state: Vec<Rule>,
    #[serde(default)]
    pub(crate) parameters: Vec<Rule>,
}

/// A path that leads to secrets, or of which the recipe says that it does not.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rule {
    pub(crate) path: String,
    #[serde(default)]
    when: Option<String>,
}

impl Rule {
    /// Whether the recipe says that nothing there is ever secret.
    pub(crate) fn is_open(&self) -> bool {
        self.when.as_deref() == Some("`false`")
    }
}

/// A recipe as its file has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Written {
    operation: String,
    #[serde(default, rename = "read")]
    pub(crate) reads: Vec<Call>,
    #[serde(default)]
    pub(crate) secrets: Secrets,
    undo: Undo,
    #[serde(default)]
    pub(crate) settle: Option<Settle>,
}

/// A call that a recipe names.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    #[serde(default)]
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    /// Of a read: errors that mean that there is nothing, `Code` or `Code: words`.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Undo {
    #[serde(default)]
    present: Vec<Call>,
    #[serde(default)]
    absent: Vec<Call>,
}

/// A settle test as its recipe has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Settle {
    #[serde(rename = "read")]
    pub(crate) reads: Vec<Call>,
}

impl Written {
    /// What stands for a recipe that was made from the models, whose secrets they name alone.
    pub(crate) fn derived(recipe: &Recipe) -> Self {
        let reads = recipe.readers().into_iter().map(|reader| {
            let (service, operation) = reader.split_once(' ').unwrap();
            Call { service: Some(service.to_owned()), operation: operation.to_owned(), absent: vec![] }
        });
        let undo = Undo { present: vec![], absent: vec![] };
        let operation = recipe.operation().to_owned();
        Self { operation, reads: reads.collect(), secrets: Secrets::default(), undo, settle: None }
    }

    /// The calls of its undo.
    pub(crate) fn undo_calls(&self) -> impl Iterator<Item = &Call> {
        self.undo.present.iter().chain(&self.undo.absent)
    }
}

/// A call that a scenario proves its recipe with.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// Whether there is something before the call.
    pub(crate) present: bool,
    pub(crate) parameters: Value,
}

impl Scenario {
    /// A call that is filled from the model alone.
    pub(crate) fn unproven(recipe: &str) -> Self {
        Self { name: format!("{recipe} (from the model)"), present: true, parameters: json!({}) }
    }
}

#[derive(Deserialize)]
struct RecipeFile {
    service: String,
    recipe: Vec<Written>,
}

#[derive(Deserialize)]
struct ScenarioFile {
    service: String,
    scenario: Vec<WrittenScenario>,
}

#[derive(Deserialize)]
struct WrittenScenario {
    operation: String,
    starts: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    values: BTreeMap<String, Value>,
    #[serde(default)]
    given: Vec<Given>,
    call: changegate_catalog::ValueTemplate,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    save: BTreeMap<String, String>,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The texts of all files of a folder and of the folders in it.
fn files(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (folders, mut paths): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let inside = folders.iter().flat_map(|folder| files(folder));
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.chain(inside).collect()
}

/// Every recipe as it is written, by its id.
pub(crate) fn written() -> BTreeMap<String, Written> {
    let mut all = BTreeMap::new();
    for text in files(&root().join("crates/catalog/recipes")) {
        let file: RecipeFile = toml::from_str(&text).unwrap();
        for recipe in file.recipe {
            all.insert(format!("{}/{}", file.service, recipe.operation), recipe);
        }
    }
    all
}

/// The calls that the recipes are proven with, by the recipe's id. Random values are any that fit; what a scenario would
/// get of AWS's answers is made up.
pub(crate) fn scenarios(account: &str, region: &str) -> BTreeMap<String, Vec<Scenario>> {
    let mut all: BTreeMap<String, Vec<Scenario>> = BTreeMap::new();
    for text in files(&root().join("proofs/scenarios")) {
        let file: ScenarioFile = toml::from_str(&text).unwrap();
        for scenario in file.scenario {
            let mut names: Map<String, Value> =
                scenario.values.iter().map(|(name, random)| (name.clone(), any(name, random))).collect();
            for (name, path) in scenario.given.iter().flat_map(|given| &given.save) {
                names.insert(name.clone(), saved(name, path, &file.service, account, region));
            }
            for (name, value) in [("account", account), ("region", region), ("partition", "aws")] {
                names.insert(name.to_owned(), value.into());
            }
            let recipe = format!("{}/{}", file.service, scenario.operation);
            let name = format!("{recipe} ({}, {})", scenario.starts, scenario.about);
            let present = scenario.starts == "present";
            // A call that is made of an object that AWS gave is filled from the model instead.
            let parameters = scenario.call.evaluate(&names).unwrap_or_else(|_| json!({}));
            all.entry(recipe).or_default().push(Scenario { name, present, parameters });
        }
    }
    all
}

/// A value that the kind of a random value can give.
fn any(name: &str, random: &Value) -> Value {
    let first = |kind: &str| random.get(kind).and_then(|kind| kind.get(0)).cloned();
    if let Some(prefix) = random.get("name").and_then(Value::as_str) {
        return format!("{prefix}-abcdef123456").into();
    }
    if let Some(length) = first("text").or_else(|| first("word")).and_then(|length| length.as_u64()) {
        return format!("{:x<width$}", name.replace('_', ""), width = usize::try_from(length).unwrap())
            .into();
    }
    let some = random.get("some_of").map(|some| Value::from(vec![some[0].clone()]));
    first("integer").or_else(|| first("one_of")).or(some).unwrap_or_else(|| panic!("{name}: {random}"))
}

/// What stands for something of an answer of AWS.
fn saved(name: &str, path: &str, service: &str, account: &str, region: &str) -> Value {
    let is_arn = path.to_ascii_lowercase().contains("arn") || (service == "cloudformation" && path == "Id");
    if is_arn {
        return format!("arn:aws:{service}:{region}:{account}:{name}:{name}-1/{name}-2/3").into();
    }
    format!("{name}-0123456789abcdef0").into()
}
