//! The JSON form of botocore's service models, as far as it is read.

use std::collections::{BTreeMap, HashMap};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct ServiceJson {
    pub(super) metadata: MetadataJson,
    #[serde(default)]
    pub(super) operations: BTreeMap<String, OperationJson>,
    pub(super) shapes: HashMap<String, ShapeJson>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetadataJson {
    #[serde(default)]
    pub(super) api_version: String,
    #[serde(default)]
    pub(super) endpoint_prefix: String,
    pub(super) protocol: String,
    #[serde(default)]
    pub(super) protocols: Vec<String>,
    #[serde(default)]
    pub(super) service_id: String,
    #[serde(default = "version_four")]
    pub(super) signature_version: String,
    pub(super) signing_name: Option<String>,
    #[serde(default)]
    pub(super) json_version: Value,
    pub(super) target_prefix: Option<String>,
    #[serde(default)]
    pub(super) xml_namespace: Value,
    #[serde(default)]
    pub(super) aws_query_compatible: Option<Value>,
    #[serde(default)]
    pub(super) auth: Vec<String>,
}

fn version_four() -> String {
    "v4".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OperationJson {
    #[serde(default)]
    pub(super) http: HttpJson,
    pub(super) input: Option<ReferenceJson>,
    pub(super) output: Option<ReferenceJson>,
    #[serde(default)]
    pub(super) documentation: String,
    pub(super) endpoint: Option<EndpointJson>,
    #[serde(default)]
    pub(super) static_context_params: BTreeMap<String, StaticValueJson>,
    #[serde(default)]
    pub(super) operation_context_params: BTreeMap<String, PathJson>,
    #[serde(default, rename = "endpointoperation")]
    pub(super) endpoint_operation: bool,
    #[serde(default, rename = "endpointdiscovery")]
    pub(super) endpoint_discovery: Option<DiscoveryJson>,
    pub(super) authtype: Option<String>,
    #[serde(default, rename = "readonly")]
    pub(super) read_only: bool,
    #[serde(default)]
    pub(super) auth: Option<Vec<String>>,
    #[serde(default)]
    pub(super) http_checksum_required: bool,
    pub(super) http_checksum: Option<HttpChecksumJson>,
    #[serde(rename = "requestcompression")]
    pub(super) request_compression: Option<CompressionJson>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpJson {
    #[serde(default = "post")]
    pub(super) method: String,
    #[serde(default = "root")]
    pub(super) request_uri: String,
}

impl Default for HttpJson {
    fn default() -> Self {
        Self { method: post(), request_uri: root() }
    }
}

fn post() -> String {
    "POST".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointJson {
    pub(super) host_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StaticValueJson {
    pub(super) value: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct PathJson {
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct DiscoveryJson {
    #[serde(default)]
    pub(super) required: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpChecksumJson {
    #[serde(default)]
    pub(super) request_checksum_required: bool,
    pub(super) request_algorithm_member: Option<String>,
    pub(super) request_validation_mode_member: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CompressionJson {
    #[serde(default)]
    pub(super) encodings: Vec<String>,
}

/// A use of a shape, with the traits that the use carries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReferenceJson {
    pub(super) shape: String,
    pub(super) location: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) query_name: Option<String>,
    pub(super) timestamp_format: Option<String>,
    #[serde(default)]
    pub(super) xml_namespace: Value,
    #[serde(default)]
    pub(super) xml_attribute: bool,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) idempotency_token: bool,
    #[serde(default)]
    pub(super) host_label: bool,
    pub(super) context_param: Option<ContextParamJson>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ContextParamJson {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShapeJson {
    #[serde(rename = "type", default = "structure")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "in_order")]
    pub(super) members: Vec<(String, ReferenceJson)>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    pub(super) member: Option<ReferenceJson>,
    pub(super) key: Option<ReferenceJson>,
    pub(super) value: Option<ReferenceJson>,
    #[serde(default, rename = "enum")]
    pub(super) values: Vec<String>,
    pub(super) pattern: Option<String>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) union: bool,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) sparse: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    pub(super) payload: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) timestamp_format: Option<String>,
    #[serde(default)]
    pub(super) xml_namespace: Value,
}

fn structure() -> String {
    "structure".to_owned()
}

/// Reads a JSON object as a list of its entries, so that the order of the text is kept.
fn in_order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, ReferenceJson)>, D::Error> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, ReferenceJson)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    from.deserialize_map(Entries)
}
