//! A CloudFormation template, with its intrinsic functions written as texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A template. `!Ref X` reads `${X}`, `!GetAtt X.Arn` reads `${X.Arn}`, `!Sub` reads as it stands; other intrinsic functions
/// are objects such as `{"Fn::If": […]}`.
pub struct Template(Value);

impl Template {
    /// The template of the deployment.
    pub fn deployment() -> Self {
        Self::read("infra/template.yaml")
    }

    /// The template of a tenant's account.
    pub fn tenant_account() -> Self {
        Self::read("infra/tenant-account.yaml")
    }

    fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap();
        Self(plain(serde_yaml_ng::from_str(&text).unwrap()))
    }

    /// Resources of a type, by logical id.
    pub fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let all = self.0["Resources"].as_object().unwrap();
        let of_kind = all.iter().filter(|(_, resource)| resource["Type"] == kind);
        let found: BTreeMap<&str, &Value> =
            of_kind.map(|(id, resource)| (id.as_str(), &resource["Properties"])).collect();
        assert!(!found.is_empty(), "the template has resources of type {kind}");
        found
    }

    /// The properties of a resource.
    pub fn resource(&self, id: &str) -> &Value {
        let properties = &self.0["Resources"][id]["Properties"];
        assert!(properties.is_object(), "the template has `{id}`");
        properties
    }

    /// The functions, by their names without the prefix.
    pub fn functions(&self) -> BTreeMap<String, &Value> {
        let functions = self.resources("AWS::Lambda::Function");
        functions.values().map(|function| (short(&function["FunctionName"]), *function)).collect()
    }

    /// The function whose logical id is in a reference such as `${ObserveFunction.Arn}`.
    pub fn function_of(&self, reference: &str) -> String {
        let id = reference.trim_start_matches("${").split(['.', '}']).next().unwrap();
        short(&self.resource(id)["FunctionName"])
    }
}

/// A name without the deployment's prefix.
pub fn short(name: &Value) -> String {
    let name = name.as_str().unwrap();
    name.strip_prefix("${Prefix}-").unwrap_or_else(|| panic!("{name} begins with the prefix")).to_owned()
}

/// A text or a list of texts.
pub fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        Value::Array(list) => list.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => panic!("{value} is texts"),
    }
}

fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => serde_json::to_value(number).unwrap(),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(list) => Value::Array(list.into_iter().map(plain).collect()),
        Yaml::Mapping(map) => {
            let entries =
                map.into_iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), plain(value)));
            Value::Object(entries.collect())
        }
        Yaml::Tagged(tagged) => {
            let (tag, value) = (tagged.tag.to_string(), plain(tagged.value));
            match (tag.as_str(), value) {
                ("!Ref" | "!GetAtt", Value::String(name)) => Value::String(format!("${{{name}}}")),
                ("!Sub", Value::String(text)) => Value::String(text),
                (tag, value) => {
                    let name = format!("Fn::{}", tag.trim_start_matches('!'));
                    Value::Object(Map::from_iter([(name, value)]))
                }
            }
        }
    }
}
