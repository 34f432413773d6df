//! What single services want in requests beyond their models.
//!
//! Source: `botocore.handlers.BUILTIN_HANDLERS`. What each handler that touches requests became here:
//!
//! | handler | here |
//! |---|---|
//! | `remove_bucket_from_url_paths_from_model` | done when the index is built: the bucket is an endpoint parameter |
//! | `remove_accid_host_prefix_from_model` | done when the index is built |
//! | `customize_endpoint_resolver_builtins` | `request/destination.rs` |
//! | `handle_copy_source_param`, `sse_md5`, `copy_source_sse_md5` | `customisation/s3.rs` |
//! | `set_list_objects_encoding_type_url` | `customisation/s3.rs`; answers are decoded again |
//! | `_handle_request_validation_mode_member` | here |
//! | `escape_xml_payload` | the XML codec escapes so everywhere |
//! | `base64_encode_user_data` | here: user data are given as plain text |
//! | `fix_route53_ids`, `inject_account_id` (Glacier) | here |
//! | `add_glacier_version`, `add_glacier_checksums` | here and in `customisation/glacier.rs` |
//! | `add_accept_header` (API Gateway) | here |
//! | `change_get_to_post` (CloudSearch domains) | here |
//! | `inject_api_version_header_if_needed` | here, for operations that ask for endpoints |
//! | `enable_millisecond_timestamp_precision` | not done, as in newer versions: every service gets microseconds |
//! | `inject_presigned_url_ec2`, `inject_presigned_url_rds` | not done: the URL would be signed when the request is rendered, long before it is sent. Such copies take the URL as a parameter, as the services themselves do |
//! | `switch_host_machinelearning` | not done: a parameter never chooses the endpoint. The operation is not supported |
//! | `remove_arn_from_signing_path` | concerns signatures older than version 4 alone |
//! | `disable_signing`, `set_operation_specific_signer` | such operations are not supported |
//! | `generate_idempotent_uuid` | left to the caller, to whom the token is part of what is agreed on |
//! | `validate_bucket_name`, `validate_ascii_metadata` | endpoint rules and headers refuse such values |
//! | `convert_body_to_file_like_object`, `add_expect_header`, `_set_extra_headers_for_unsigned_request` | concern streams |
//! | `add_retry_headers`, `add_recursion_detection_header` | say something of the client, not of the call |
//! | `ParameterAlias`, `ClientMethodAlias`, `handle_service_name_alias` | names of botocore's own; here the models' names count |
//! | `add_generate_presigned_url` and the like, `remove_…` of event streams | methods of botocore's clients |

mod glacier;
mod s3;

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    index::IndexError,
    operation::Operation,
    schemas::{Graph, ROOT},
};

type Parameters<'a> = Cow<'a, Map<String, Value>>;

/// Changes parameters as the service wants them.
pub(crate) fn before_rendering<'a>(
    operation: &Operation,
    parameters: Parameters<'a>,
) -> Result<Parameters<'a>, IndexError> {
    let parameters = match &operation.model().checksum_mode_member {
        Some(member) if parameters.get(member).is_none_or(Value::is_null) => {
            with(parameters, member, "ENABLED".to_owned())
        }
        _ => parameters,
    };
    Ok(match (operation.service(), operation.name()) {
        ("s3", name) => s3::before_rendering(name, parameters),
        ("route53", _) => match &operation.input()?.graph {
            Some(graph) => without_id_prefixes(graph, parameters),
            None => parameters,
        },
        ("glacier", _) if parameters.get("accountId").is_none_or(Value::is_null) => {
            with(parameters, "accountId", "-".to_owned())
        }
        ("ec2", "RunInstances") | ("autoscaling", "CreateLaunchConfiguration") => {
            match parameters.get("UserData").and_then(Value::as_str).map(|text| STANDARD.encode(text)) {
                Some(encoded) => with(parameters, "UserData", encoded),
                None => parameters,
            }
        }
        _ => parameters,
    })
}

/// The parameters with one of them set.
fn with<'a>(mut parameters: Parameters<'a>, name: &str, value: String) -> Parameters<'a> {
    parameters.to_mut().insert(name.to_owned(), Value::String(value));
    parameters
}

/// Route 53 names ids `/hostedzone/Z1` in answers and takes `Z1`.
fn without_id_prefixes<'a>(graph: &Graph, mut parameters: Parameters<'a>) -> Parameters<'a> {
    let members = graph.node(ROOT).map(|root| root.members.as_slice()).unwrap_or_default();
    for member in members {
        let shape = graph.node(member.node).map(|node| node.shape.name.as_str());
        let name = &member.member.name;
        if !matches!(shape, Some("ResourceId" | "DelegationSetId" | "ChangeId")) {
            continue;
        }
        let last = parameters.get(name).and_then(Value::as_str).and_then(|id| id.rsplit_once('/'));
        if let Some(last) = last.map(|(_, last)| last.to_owned()) {
            parameters = with(parameters, name, last);
        }
    }
    parameters
}

/// Adds headers that the model does not name.
pub(crate) fn add_headers(operation: &Operation, body: &[u8], headers: &mut Vec<(String, String)>) {
    let service = &operation.loaded().model;
    let mut add = |name: &str, value: String| {
        if !headers.iter().any(|(present, _)| present == name) {
            headers.push((name.to_owned(), value));
        }
    };
    match (service.name.as_str(), operation.name()) {
        ("apigateway", _) => add("accept", "application/json".to_owned()),
        ("glacier", name) => {
            add("x-amz-glacier-version", service.api_version.clone());
            if matches!(name, "UploadArchive" | "UploadMultipartPart") {
                add("x-amz-content-sha256", glacier::hash(body));
                add("x-amz-sha256-tree-hash", glacier::tree_hash(body));
            }
        }
        _ => {}
    }
    if service.query_compatible {
        add("x-amzn-query-mode", "true".to_owned());
    }
    if operation.model().gives_endpoints {
        add("x-amz-api-version", service.api_version.clone());
    }
}

/// Whether the query is sent as a form instead, since it may be longer than a URL can be.
pub(crate) fn sends_query_as_form(operation: &Operation) -> bool {
    operation.service() == "cloudsearchdomain" && operation.name() == "Search"
}

/// The region of the signature where neither the endpoint rules nor the target name it. AWS Health answers everywhere, but
/// wants signatures of one region of its partition.
///
/// Source: botocore's `endpoints.json`.
pub(crate) fn signing_region(service: &str, region: &str) -> Option<&'static str> {
    let apart = ["us-gov-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-", "eusc-"];
    match service {
        "health" if region.starts_with("cn-") => Some("cn-northwest-1"),
        "health" if !apart.iter().any(|prefix| region.starts_with(prefix)) => Some("us-east-1"),
        _ => None,
    }
}
