//! The index that is fuzzed with, and a service that speaks CBOR, which no service of the index prefers.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use aws_call::{
    Index,
    model::Service,
    pack,
    source::{IamData, ServiceSources, read_partitions, read_service},
};
use serde_json::{Map, Value, json};

use crate::container::stored;

/// The built index: `AWS_CALL_INDEX`, else the workspace's own.
pub(crate) fn index() -> Index {
    let path = env::var_os("AWS_CALL_INDEX")
        .map_or_else(|| workspace().join("target/index/aws-call.index"), PathBuf::from);
    Index::open(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// CloudWatch as a service that speaks nothing but CBOR; its model says that it does.
pub(crate) fn cbor_index() -> Index {
    let mut cloudwatch = Sources::of("cloudwatch");
    cloudwatch.speak("smithy-rpc-v2-cbor");
    opened(packed(&[cloudwatch], &read_json("partitions.json")))
}

/// Operations whose command lines differ in kind. With all the others, most time would go into finding the name that is
/// most like a misspelt one.
const OF_COMMANDS: [(&str, &[&str]); 13] = [
    ("bedrock-runtime", &["Converse"]),
    ("cloudwatch", &["GetMetricStatistics", "PutMetricData"]),
    ("dynamodb", &["PutItem"]),
    (
        "ec2",
        &["AuthorizeSecurityGroupIngress", "DescribeInstances", "ModifyInstanceAttribute", "RunInstances"],
    ),
    ("ecs", &["CreateCluster"]),
    ("eks", &["CreateNodegroup"]),
    ("iam", &["ListUsers", "PutRolePolicy"]),
    ("kinesis", &["PutRecord"]),
    ("lambda", &["UpdateFunctionConfiguration"]),
    ("s3", &["ListBuckets"]),
    ("sns", &["Publish"]),
    ("sqs", &["SetQueueAttributes"]),
    ("ssm", &["PutParameter", "SendCommand"]),
];

/// An index of these operations.
pub(crate) fn command_index() -> Index {
    let services = OF_COMMANDS.map(|(name, operations)| {
        let mut service = Sources::of(name);
        service.keep(operations);
        service
    });
    opened(packed(&services, &read_json("partitions.json")))
}

/// A small index per protocol, with recursive shapes and rules.
pub fn small_indexes() -> Vec<(&'static str, Vec<u8>)> {
    let small: Value = serde_json::from_str(include_str!("../small-service.json"))
        .unwrap_or_else(|error| panic!("the small service: {error}"));
    let part = |name: &str| small.get(name).cloned().unwrap_or_default();
    let protocols = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"];
    let indexes = protocols.map(|protocol| {
        let mut service =
            Sources { name: "small", model: small.clone(), rules: part("rules"), paginators: json!({}) };
        service.speak(protocol);
        let stored = stored(&packed(&[service], &part("partitions")));
        (protocol, stored.unwrap_or_else(|| panic!("the container is not what is expected")))
    });
    indexes.to_vec()
}

/// What a service is read from.
struct Sources {
    name: &'static str,
    model: Value,
    rules: Value,
    paginators: Value,
}

impl Sources {
    /// A service of AWS, in its newest version.
    fn of(name: &'static str) -> Self {
        let folder = botocore().join("botocore/data").join(name);
        let versions = fs::read_dir(&folder).into_iter().flatten();
        let newest = versions.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).max();
        let version = newest.unwrap_or_else(|| panic!("`{}` is empty", folder.display()));
        let read = |file: &str| read_json(&format!("{name}/{version}/{file}"));
        let paginators = folder.join(&version).join("paginators-1.json").exists();
        Self {
            name,
            model: read("service-2.json"),
            rules: read("endpoint-rule-set-1.json"),
            paginators: if paginators { read("paginators-1.json") } else { json!({}) },
        }
    }

    fn part(&mut self, name: &str) -> Option<&mut Map<String, Value>> {
        self.model.get_mut(name)?.as_object_mut()
    }

    fn speak(&mut self, protocol: &str) {
        if let Some(metadata) = self.part("metadata") {
            metadata.insert("protocols".to_owned(), json!([protocol]));
        }
    }

    fn keep(&mut self, operations: &[&str]) {
        if let Some(all) = self.part("operations") {
            all.retain(|name, _| operations.contains(&name.as_str()));
            assert_eq!(all.len(), operations.len(), "not all of {operations:?} exist");
        }
    }

    fn read(&self) -> Service {
        let texts = [&self.model, &self.rules, &self.paginators].map(Value::to_string);
        let [model, rules, paginators] = &texts;
        let sources = ServiceSources {
            name: self.name,
            service: model.as_bytes(),
            endpoint_rules: rules.as_bytes(),
            paginators: Some(paginators.as_bytes()),
            waiters: None,
        };
        read_service(sources, &IamData::default()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn packed(services: &[Sources], partitions: &Value) -> Vec<u8> {
    let services: Vec<Service> = services.iter().map(Sources::read).collect();
    let partitions = read_partitions(partitions.to_string().as_bytes());
    let partitions = partitions.unwrap_or_else(|error| panic!("{error}"));
    pack(Vec::new(), &partitions, &services).unwrap_or_else(|error| panic!("{error}"))
}

fn opened(bytes: Vec<u8>) -> Index {
    Index::from_bytes(bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// A file of botocore's data.
fn read_json(path: &str) -> Value {
    let path = botocore().join("botocore/data").join(path);
    let bytes =
        fs::read(&path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// The fetched models.
fn botocore() -> PathBuf {
    let models = workspace().join(".local/models");
    let folders = fs::read_dir(&models).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let oldest = folders.filter(|path| path.to_string_lossy().contains("/botocore-")).min();
    oldest.unwrap_or_else(|| {
        panic!("`{}` has no models; `scripts/fetch-models` fetches them", models.display())
    })
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
