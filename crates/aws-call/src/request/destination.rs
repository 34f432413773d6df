//! Where a request goes: endpoint, host, path, and the scope of its signature.

use serde_json::{Map, Value};
use url::Url;

use super::{BuildError, Target, customisation};
use crate::{
    endpoint::{self, Endpoint},
    operation::Operation,
};

/// The endpoint that the service's rules give for a call.
pub(super) fn resolve_endpoint(
    operation: &Operation,
    parameters: &Map<String, Value>,
    target: &Target,
) -> Result<Endpoint, BuildError> {
    let loaded = operation.loaded();
    let mut context = Map::new();
    let bucket_is_arn =
        parameters.get("Bucket").and_then(Value::as_str).is_some_and(|bucket| bucket.starts_with("arn:"));
    for parameter in &loaded.rules.parameters {
        let value = match parameter.built_in.as_deref() {
            Some("AWS::Region") => Value::from(target.region.clone()),
            Some("SDK::Endpoint") => match &target.endpoint {
                Some(url) => Value::from(url.as_str().trim_end_matches('/')),
                None => continue,
            },
            // A replaced endpoint has no host names for buckets. Where a bucket is can be asked of any region only if the
            // host does not name the bucket.
            Some("AWS::S3::ForcePathStyle") => Value::Bool(
                operation.name() == "GetBucketLocation" || (!bucket_is_arn && target.endpoint.is_some()),
            ),
            Some("AWS::Auth::AccountIdEndpointMode") => Value::from("preferred"),
            Some("AWS::S3::UseArnRegion" | "AWS::S3Control::UseArnRegion") => Value::Bool(true),
            _ => continue,
        };
        context.insert(parameter.name.clone(), value);
    }
    for (name, value) in &operation.model().static_context {
        context.insert(name.clone(), endpoint::literal_value(value));
    }
    for member in operation.input_members()? {
        if let (Some(name), Some(value)) = (&member.context_parameter, parameters.get(&member.name)) {
            context.insert(name.clone(), value.clone());
        }
    }
    for (name, path) in &operation.model().context_paths {
        if let Some(value) = found(path, parameters) {
            context.insert(name.clone(), value);
        }
    }
    endpoint::resolve(&loaded.rules, &loaded.partitions, &context)
        .map_err(|reason| BuildError::Endpoint { reason })
}

/// What a JMESPath expression finds in the parameters.
fn found(path: &str, parameters: &Map<String, Value>) -> Option<Value> {
    let found = jmespath::compile(path).ok()?.search(parameters).ok()?;
    serde_json::to_value(&*found).ok().filter(|value| !value.is_null())
}

/// Name and region of the signature: those of the endpoint's `sigv4` scheme, else the service's and the target's. Then the
/// endpoint's schemes, if there are some and `sigv4` is none of them.
pub(super) fn signing_scope(
    operation: &Operation,
    endpoint: &Endpoint,
    target: &Target,
) -> (String, String, Option<String>) {
    let name = operation.loaded().model.signing_name.clone();
    let region = customisation::signing_region(operation.service(), &target.region);
    let region = region.map_or_else(|| target.region.clone(), str::to_owned);
    let Some(schemes) = endpoint.properties.get("authSchemes").and_then(Value::as_array) else {
        return (name, region, None);
    };
    let named = |scheme: &&Value| scheme.get("name").and_then(Value::as_str) == Some("sigv4");
    let Some(scheme) = schemes.iter().find(named) else {
        let names: Vec<_> = schemes.iter().filter_map(|scheme| scheme.get("name")?.as_str()).collect();
        return (name, region, Some(names.join("`, `")));
    };
    let text = |key: &str| scheme.get(key).and_then(Value::as_str).map(str::to_owned);
    (text("signingName").unwrap_or(name), text("signingRegion").unwrap_or(region), None)
}

/// The endpoint's host, with the operation's prefix unless the endpoint was replaced.
pub(super) fn host(
    operation: &Operation,
    parameters: &Map<String, Value>,
    base: &Url,
    target: &Target,
) -> Result<String, BuildError> {
    let invalid = || BuildError::Invalid { part: "host" };
    let host = base.host_str().ok_or_else(invalid)?;
    let host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let Some(prefix) = operation.model().host_prefix.as_deref().filter(|_| target.endpoint.is_none()) else {
        return Ok(host);
    };
    let mut filled = String::new();
    let mut rest = prefix;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').ok_or_else(invalid)?;
        let value = parameters.get(label).and_then(Value::as_str).ok_or_else(invalid)?;
        let valid = (1..=63).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !valid {
            return Err(invalid());
        }
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    Ok(format!("{filled}{rest}{host}"))
}

/// The path behind that of the endpoint.
pub(super) fn joined_path(operation: &Operation, base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    // A bucket's own path is `/bucket`, not `/bucket/`.
    if path == "/" && !base.is_empty() && operation.service() == "s3" {
        return base.to_owned();
    }
    format!("{base}/{}", path.strip_prefix('/').unwrap_or(path))
}
