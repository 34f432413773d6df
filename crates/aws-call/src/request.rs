//! Requests as they will be sent, but for the signature.

mod checksum;
mod compression;
mod customisation;
mod signing;
mod write_value;

use std::borrow::Cow;

use aws_smithy_schema::serde::SerdeError;
use serde_json::{Map, Value};
use url::Url;

pub use signing::SignError;
pub(crate) use write_value::Parameters;

use crate::{
    endpoint::{self, Endpoint},
    index::IndexError,
    model::{Kind, Location, Protocol},
    operation::Operation,
};

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Region (`eu-west-1`).
    pub region: String,
    /// Endpoint that replaces the service's own. It is the process's setting (`AWS_ENDPOINT_URL`); a caller's parameters
    /// never choose it.
    pub endpoint: Option<Url>,
}

/// A rendered request without signature. Equal parameters and targets give equal requests, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// `https` or `http`.
    pub scheme: String,
    /// Host, with the port if it is not the scheme's own.
    pub host: String,
    /// Percent-encoded path, starting with `/`.
    pub path: String,
    /// Percent-encoded query without `?`; empty if there is none.
    pub query: String,
    /// Headers with lower-case names in ascending order, without `host`, `content-length` and what signing adds.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Service name of the signature's scope.
    pub signing_name: String,
    /// Region of the signature's scope.
    pub signing_region: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("headers", &names)
            .field("body", &format_args!("<{} bytes>", self.body.len()))
            .field("signing_name", &self.signing_name)
            .field("signing_region", &self.signing_region)
            .finish_non_exhaustive()
    }
}

/// Why a request cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Calls of this operation are not supported.
    #[error("`{operation}` cannot be called: {reason}")]
    Unsupported {
        /// Which operation.
        operation: String,
        /// Why.
        reason: String,
    },
    /// The parameters do not fit the model; [`Operation::validate`] says where.
    #[error("the parameters do not fit the operation")]
    Parameters {
        /// What does not fit.
        #[source]
        source: SerdeError,
    },
    /// The parameters are not an object.
    #[error("the parameters are not a JSON object")]
    NotAnObject,
    /// There is no endpoint for these parameters in this region.
    #[error("there is no endpoint: {reason}")]
    Endpoint {
        /// The endpoint rules' own words.
        reason: String,
    },
    /// The request needs a checksum of a kind that is not supported.
    #[error("the checksum algorithm `{algorithm}` is not supported; CRC32 and SHA256 are")]
    Checksum {
        /// Which one was asked for.
        algorithm: String,
    },
    /// A host label, header or path is not valid.
    #[error("the request would have an invalid {part}")]
    Invalid {
        /// Which part.
        part: &'static str,
    },
    /// The index cannot be used.
    #[error("the operation's model cannot be read")]
    Index(#[from] IndexError),
}

/// Renders `parameters` as a request of `operation`.
pub(crate) fn build(
    operation: &Operation,
    parameters: &Value,
    target: &Target,
) -> Result<Request, BuildError> {
    if let Some(reason) = operation.unsupported() {
        return Err(BuildError::Unsupported {
            operation: operation.name().to_owned(),
            reason: reason.to_owned(),
        });
    }
    let (request, foreign_signature) = assemble(operation, parameters, target)?;
    match foreign_signature {
        None => Ok(request),
        Some(kinds) => Err(BuildError::Unsupported {
            operation: operation.name().to_owned(),
            reason: format!("its endpoint wants signatures of the kind `{kinds}`"),
        }),
    }
}

/// Renders `parameters` as a request of `operation`, supported or not.
pub(crate) fn render(
    operation: &Operation,
    parameters: &Value,
    target: &Target,
) -> Result<Request, BuildError> {
    assemble(operation, parameters, target).map(|(request, _)| request)
}

/// The request, and what kinds of signature its endpoint wants if Signature Version 4 is none of them.
fn assemble(
    operation: &Operation,
    parameters: &Value,
    target: &Target,
) -> Result<(Request, Option<String>), BuildError> {
    let parameters = match parameters {
        Value::Null => Cow::Owned(Map::new()),
        Value::Object(parameters) => Cow::Borrowed(parameters),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(BuildError::NotAnObject);
        }
    };
    let parameters = customisation::before_rendering(operation.service(), parameters);
    let endpoint = resolve_endpoint(operation, &parameters, target)?;
    let (signing_name, signing_region, foreign_signature) = signing_scope(operation, &endpoint, target);
    let input = operation.input()?;
    let written = operation.wire().write(&Parameters {
        graph: input.graph.as_ref(),
        schema: input.schema,
        values: &parameters,
    });
    let written = written.map_err(|source| BuildError::Parameters { source })?;

    let mut headers: Vec<(String, String)> = written
        .headers()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| name != "content-length" && name != "host")
        .collect();
    for (name, values) in &endpoint.headers {
        headers.extend(values.iter().map(|value| (name.to_ascii_lowercase(), value.clone())));
    }
    let mut body = written.body().bytes().unwrap_or_default().to_vec();
    if let Some(document) = document_payload(operation, &parameters)? {
        body = document.to_string().into_bytes();
    }
    if operation.loaded().model.protocol == Protocol::RpcV2Cbor && input.graph.is_none() {
        body.clear();
        headers.retain(|(name, _)| name != "content-type");
    }
    add_content_type(operation, &parameters, &mut headers)?;
    customisation::add_headers(operation, &mut headers);
    if operation.model().compressed {
        compression::compress(&mut body, &mut headers);
    }
    if let Some(rule) = &operation.model().checksum {
        checksum::add(rule, &parameters, &body, &mut headers)?;
    }
    headers.sort();

    let base = Url::parse(&endpoint.url).map_err(|_| BuildError::Invalid { part: "endpoint" })?;
    let (path, query) = written.uri().split_once('?').unwrap_or((written.uri(), ""));
    let request = Request {
        method: written.method().to_owned(),
        scheme: base.scheme().to_owned(),
        host: host(operation, &parameters, &base, target)?,
        path: joined_path(operation, base.path(), path),
        query: query.to_owned(),
        headers,
        body,
        signing_name,
        signing_region,
    };
    Ok((request, foreign_signature))
}

fn resolve_endpoint(
    operation: &Operation,
    parameters: &Map<String, Value>,
    target: &Target,
) -> Result<Endpoint, BuildError> {
    let loaded = operation.loaded();
    let mut context = Map::new();
    for parameter in &loaded.rules.parameters {
        let value = match parameter.built_in.as_deref() {
            Some("AWS::Region") => Value::from(target.region.clone()),
            Some("SDK::Endpoint") => match &target.endpoint {
                Some(url) => Value::from(url.as_str().trim_end_matches('/')),
                None => continue,
            },
            // A replaced endpoint has no host names for buckets.
            Some("AWS::S3::ForcePathStyle") => Value::Bool(target.endpoint.is_some()),
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
    endpoint::resolve(&loaded.rules, &loaded.partitions, &context)
        .map_err(|reason| BuildError::Endpoint { reason })
}

/// Name and region of the signature: those of the endpoint's `sigv4` scheme, else the service's and the target's. Then the
/// endpoint's schemes, if there are some and `sigv4` is none of them.
fn signing_scope(
    operation: &Operation,
    endpoint: &Endpoint,
    target: &Target,
) -> (String, String, Option<String>) {
    let (name, region) = (operation.loaded().model.signing_name.clone(), target.region.clone());
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
fn host(
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

fn joined_path(operation: &Operation, base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    // A bucket's own path is `/bucket`, not `/bucket/`.
    if path == "/" && !base.is_empty() && operation.service() == "s3" {
        return base.to_owned();
    }
    format!("{base}/{}", path.strip_prefix('/').unwrap_or(path))
}

/// The body, if it is any JSON value, which the codecs do not write.
fn document_payload<'a>(
    operation: &Operation,
    parameters: &'a Map<String, Value>,
) -> Result<Option<&'a Value>, BuildError> {
    let payload = operation.payload()?.filter(|(_, kind)| matches!(kind, Kind::Document));
    Ok(payload.and_then(|(member, _)| parameters.get(&member.name)))
}

/// Names the type of a body that is text, bytes or any JSON value, unless a member has.
fn add_content_type(
    operation: &Operation,
    parameters: &Map<String, Value>,
    headers: &mut Vec<(String, String)>,
) -> Result<(), BuildError> {
    if headers.iter().any(|(name, _)| name == "content-type") {
        return Ok(());
    }
    let Some((member, kind)) = operation.payload()? else { return Ok(()) };
    if member.location != Location::Body || !parameters.contains_key(&member.name) {
        return Ok(());
    }
    let content_type = match kind {
        Kind::Text(_) => "text/plain",
        Kind::Blob(_) => "application/octet-stream",
        Kind::Document => "application/json",
        Kind::Structure(_)
        | Kind::Union(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Boolean
        | Kind::Integer { .. }
        | Kind::Float { .. }
        | Kind::Timestamp(_) => return Ok(()),
    };
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    Ok(())
}
