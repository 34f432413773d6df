//! `request` and `endpoint`: what would be sent, and where to.

use std::time::SystemTime;

use aws_call::{BuildError, Credentials, Index, Operation, Request, Target};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, json};

use crate::{
    LineError,
    arguments::{Place, RequestOptions},
    lines::read,
};

/// A call as it stands on a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) region: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Value,
    /// What `cli` left out of a command line, so that its answers can be given to other commands.
    #[serde(default, rename = "ignored")]
    _ignored: IgnoredAny,
}

impl Call {
    pub(crate) fn operation(&self, index: &Index) -> Result<Operation, LineError> {
        Ok(index.operation(&self.service, &self.operation)?)
    }

    /// Renders the call, and says where the parameters do not fit if that is why it cannot be rendered.
    pub(crate) fn render(&self, operation: &Operation, target: &Target) -> Result<Request, LineError> {
        operation.request(&self.parameters, target).map_err(|error| {
            if matches!(error, BuildError::Parameters { .. }) {
                return LineError::from(error).with(operation.validate(&self.parameters));
            }
            LineError::from(error)
        })
    }
}

impl Place {
    /// The line's region, else the command's own.
    pub(crate) fn region(&self, line: Option<&String>) -> Result<String, LineError> {
        line.or(self.region.as_ref()).cloned().ok_or_else(|| {
            LineError::new("no_region", "neither the line nor --region nor AWS_REGION gives a region")
        })
    }
}

/// Answers a line of `request`, signed if there are credentials to sign with.
pub(crate) fn request(
    index: &Index,
    options: &RequestOptions,
    signer: Option<&Credentials>,
    line: &[u8],
) -> Result<Value, LineError> {
    let call: Call = read(line)?;
    let operation = call.operation(index)?;
    let target = Target {
        region: options.place.region(call.region.as_ref())?,
        endpoint: options.endpoint_url.clone(),
    };
    let request = call.render(&operation, &target)?;
    let headers = match signer {
        Some(signer) => request.signed_headers(signer, options.time.unwrap_or_else(SystemTime::now))?,
        None => request.headers.clone(),
    };
    Ok(json!({
        "method": request.method,
        "url": request.url(),
        "headers": by_name(headers),
        "body_base64": STANDARD.encode(&request.body),
    }))
}

/// Headers by name; the values of one that comes more than once are a list.
fn by_name(headers: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut named: Map<String, Value> = Map::new();
    for (name, value) in headers {
        match named.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                named.insert(name, value.into());
            }
        }
    }
    named.into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointQuestion {
    service: String,
    region: Option<String>,
    #[serde(default)]
    parameters: Map<String, Value>,
}

/// Answers a line of `endpoint`.
pub(crate) fn endpoint(index: &Index, place: &Place, line: &[u8]) -> Result<Value, LineError> {
    let mut question: EndpointQuestion = read(line)?;
    if !question.parameters.contains_key("Region") && !question.parameters.contains_key("Endpoint") {
        question.parameters.insert("Region".to_owned(), place.region(question.region.as_ref())?.into());
    }
    let endpoint = index.endpoint(&question.service, &question.parameters)?;
    let endpoint = endpoint.map_err(|reason| LineError::new("endpoint", reason))?;
    let headers: Map<String, Value> =
        endpoint.headers.into_iter().map(|(name, values)| (name, values.into())).collect();
    Ok(json!({"url": endpoint.url, "properties": endpoint.properties, "headers": headers}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_comes_again_keeps_all_its_values() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = by_name([pair("a", "1"), pair("b", "2"), pair("b", "3"), pair("b", "4")]);
        assert_eq!(headers, json!({"a": "1", "b": ["2", "3", "4"]}));
    }
}
