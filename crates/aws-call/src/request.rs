//! Requests as they will be sent, but for the signature.

pub(crate) mod checksum;
mod compression;
mod contents;
mod customisation;
mod destination;
mod signing;
mod timestamps;
mod write_value;

use std::borrow::Cow;

use aws_smithy_schema::serde::SerdeError;
use serde_json::{Map, Value};
use url::Url;

pub use signing::SignError;
pub(crate) use write_value::Parameters;

use crate::{index::IndexError, model::Kind, operation::Operation};

/// Longest body that is bytes or text of the caller's own, 5 MB.
const LARGEST_BODY: usize = 5_000_000;

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
    #[error(
        "the checksum algorithm `{algorithm}` is not supported; CRC32, CRC32C, CRC64NVME, SHA1, SHA256 and SHA512 are"
    )]
    Checksum {
        /// Which one was asked for.
        algorithm: String,
    },
    /// The body is longer than the largest that is sent.
    #[error("the body has {bytes} bytes; at most {LARGEST_BODY} are sent")]
    TooLarge {
        /// Its length.
        bytes: usize,
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
    let unsupported = |reason| BuildError::Unsupported { operation: operation.name().to_owned(), reason };
    if let Some(reason) = operation.unsupported() {
        return Err(unsupported(reason.to_owned()));
    }
    if operation.service() == "s3"
        && parameters.get("Bucket").and_then(Value::as_str).is_some_and(|bucket| bucket.ends_with("--x-s3"))
    {
        let reason = "directory buckets want sessions of S3 Express One Zone, which are not supported";
        return Err(unsupported(reason.to_owned()));
    }
    let (request, foreign_signature) = assemble(operation, parameters, target)?;
    if let Some(kinds) = foreign_signature {
        return Err(unsupported(format!("its endpoint wants signatures of the kind `{kinds}`")));
    }
    let raw = matches!(operation.payload()?, Some((_, Kind::Blob(_) | Kind::Text(_))));
    if raw && request.body.len() > LARGEST_BODY {
        return Err(BuildError::TooLarge { bytes: request.body.len() });
    }
    Ok(request)
}

/// The parameters in the form in which they are sent, if that is not the one in which they are given.
pub(crate) fn as_sent(operation: &Operation, parameters: &Value) -> Result<Option<Value>, IndexError> {
    let Some(members) = parameters.as_object() else { return Ok(None) };
    Ok(match customisation::before_rendering(operation, Cow::Borrowed(members))? {
        Cow::Owned(changed) => Some(Value::Object(changed)),
        Cow::Borrowed(_) => None,
    })
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
    let parameters = customisation::before_rendering(operation, parameters)?;
    let endpoint = destination::resolve_endpoint(operation, &parameters, target)?;
    let (signing_name, signing_region, foreign_signature) =
        destination::signing_scope(operation, &endpoint, target);
    let input = operation.input()?;
    let written = operation.wire().write(&Parameters {
        graph: input.graph.as_ref(),
        schema: input.schema,
        values: &parameters,
    });
    let written = written.map_err(|source| BuildError::Parameters { source })?;

    let (headers, body) = contents::of(operation, &parameters, &endpoint, &written)?;
    let base = Url::parse(&endpoint.url).map_err(|_| BuildError::Invalid { part: "endpoint" })?;
    let (path, query) = written.uri().split_once('?').unwrap_or((written.uri(), ""));
    let mut request = Request {
        method: written.method().to_owned(),
        scheme: base.scheme().to_owned(),
        host: destination::host(operation, &parameters, &base, target)?,
        path: destination::joined_path(operation, base.path(), path),
        query: query.to_owned(),
        headers,
        body,
        signing_name,
        signing_region,
    };
    if customisation::sends_query_as_form(operation) {
        request.send_query_as_form();
    }
    request.headers.sort();
    Ok((request, foreign_signature))
}

impl Request {
    fn send_query_as_form(&mut self) {
        "POST".clone_into(&mut self.method);
        self.body = std::mem::take(&mut self.query).into_bytes();
        let content_type = "application/x-www-form-urlencoded".to_owned();
        self.headers.push(("content-type".to_owned(), content_type));
    }
}
