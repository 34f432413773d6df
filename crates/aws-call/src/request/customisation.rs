//! What single services want in requests beyond their models.
//!
//! Source: `botocore.handlers.BUILTIN_HANDLERS`, as far as it concerns operations without streams.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::operation::Operation;

/// Changes parameters as the service wants them: Route 53 ids without their `/hostedzone/` prefix, Glacier's account `-`.
pub(crate) fn before_rendering<'a>(
    service: &str,
    parameters: Cow<'a, Map<String, Value>>,
) -> Cow<'a, Map<String, Value>> {
    match service {
        "route53" => {
            let mut parameters = parameters;
            for name in ["Id", "HostedZoneId", "ResourceId", "DelegationSetId", "ChangeId"] {
                let id = parameters.get(name).and_then(Value::as_str).filter(|id| id.starts_with('/'));
                if let Some(last) = id.and_then(|id| id.rsplit('/').next()).map(str::to_owned) {
                    parameters.to_mut().insert(name.to_owned(), Value::String(last));
                }
            }
            parameters
        }
        "glacier" if !parameters.contains_key("accountId") => {
            let mut parameters = parameters;
            parameters.to_mut().insert("accountId".to_owned(), Value::from("-"));
            parameters
        }
        _ => parameters,
    }
}

/// Adds headers that the model does not name.
pub(crate) fn add_headers(operation: &Operation, headers: &mut Vec<(String, String)>) {
    let service = &operation.loaded().model;
    let mut add = |name: &str, value: &str| {
        if !headers.iter().any(|(present, _)| present == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    match service.name.as_str() {
        "apigateway" => add("accept", "application/json"),
        "glacier" => add("x-amz-glacier-version", &service.api_version),
        _ => {}
    }
    if service.query_compatible {
        add("x-amzn-query-mode", "true");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosted_zone_ids_lose_their_prefix() {
        let given = json!({"HostedZoneId": "/hostedzone/Z1", "Other": "/a/b"});
        let changed = before_rendering("route53", Cow::Borrowed(given.as_object().unwrap()));
        assert_eq!(Value::Object(changed.into_owned()), json!({"HostedZoneId": "Z1", "Other": "/a/b"}));
    }
}
