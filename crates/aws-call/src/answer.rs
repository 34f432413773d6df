//! Answers: outputs, and what errors say about whether a call took effect.

mod customisation;
mod read_value;
mod refusal_codes;
mod service_error;
mod timestamp;
mod xml;

use std::borrow::Cow;

use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

pub(crate) use read_value::read;
use refusal_codes::is_refusal;
pub(crate) use refusal_codes::is_throttling;
use service_error::ServiceError;
use xml::Scanned;

use crate::{
    model::Protocol,
    operation::Operation,
    outcome::{NoAnswer, Outcome, Output, Refusal},
};

/// Longest body of an answer, in bytes.
const LONGEST_BODY: usize = 32 << 20;
/// Longest body of an answer that is a stream, in bytes. It is given as text within JSON, which is no place for large data.
const LONGEST_STREAM: usize = 5 << 20;

/// Longest body that an answer of `operation` may have, in bytes.
pub(crate) fn longest_body(operation: &Operation) -> usize {
    if operation.model().streams { LONGEST_STREAM } else { LONGEST_BODY }
}

/// An answer whose body is longer than [`longest_body`] allows and was not read to its end.
pub(crate) fn too_long(operation: &Operation, status: u16, headers: &[(String, String)]) -> Outcome {
    let reason = format!("the answer's body is larger than {} MB", longest_body(operation) >> 20);
    let request_id = request_id(headers);
    if is_success(status) {
        return Outcome::DoneUnreadable { reason, request_id };
    }
    Outcome::NoAnswer(NoAnswer { reason, status: Some(status), code: None, request_id })
}

/// Reads an answer of `operation`.
pub(crate) fn parse(
    operation: &Operation,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Outcome {
    let received = Received::new(operation, status, headers, body);
    if is_success(status) && body.len() > longest_body(operation) {
        return too_long(operation, status, headers);
    }
    if is_success(status) && !customisation::is_error_despite_success(&received) {
        let request_id = received.request_id();
        return match received.output() {
            Ok(output) => Outcome::Done(Output { output, status, request_id }),
            Err(reason) => Outcome::DoneUnreadable { reason, request_id },
        };
    }
    classify(&received, service_error::read(&received))
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn classify(received: &Received<'_>, error: ServiceError) -> Outcome {
    let status = received.status;
    let request_id = received.request_id();
    let ServiceError { code, message } = error;
    let listed = code.as_deref().is_some_and(is_refusal);
    let timed_out =
        status == 408 || matches!(code.as_deref(), Some("RequestTimeout" | "RequestTimeoutException"));
    let client_error = (400..500).contains(&status) && (code.is_some() || received.body.is_empty());
    if !timed_out && ((listed && status >= 400) || client_error) {
        let code = code.unwrap_or_else(|| format!("HTTP {status}"));
        return Outcome::Refused(Refusal { status, code, message, request_id });
    }
    let reason = match status {
        200..300 => "a success that holds an error",
        300..400 => "a redirect",
        _ if timed_out => "the service waited for the request in vain",
        400..500 => "an error that cannot be read",
        _ => "an error of the service",
    };
    Outcome::NoAnswer(NoAnswer { reason: reason.to_owned(), status: Some(status), code, request_id })
}

/// An answer as it came.
struct Received<'a> {
    operation: &'a Operation,
    status: u16,
    headers: &'a [(String, String)],
    body: &'a [u8],
    /// The body, if it is XML and not empty, or why it is not.
    xml: Option<Result<Scanned, String>>,
}

impl<'a> Received<'a> {
    fn new(operation: &'a Operation, status: u16, headers: &'a [(String, String)], body: &'a [u8]) -> Self {
        let in_xml = match operation.loaded().model.protocol {
            Protocol::AwsQuery | Protocol::Ec2Query => true,
            Protocol::RestXml => {
                !is_success(status)
                    || operation.answers_with_document()
                    || customisation::is_read_by_hand(operation)
            }
            Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RpcV2Cbor => false,
        };
        let xml = (in_xml && !body.is_empty()).then(|| xml::scan(body));
        Self { operation, status, headers, body, xml }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        header(self.headers, name)
    }

    fn scanned(&self) -> Option<&Scanned> {
        self.xml.as_ref()?.as_ref().ok()
    }

    /// The id under which the service knows the call, from headers or an XML body.
    fn request_id(&self) -> Option<String> {
        request_id(self.headers).or_else(|| self.scanned()?.request_id.clone())
    }

    fn response(&self) -> Result<HttpResponse, String> {
        let code =
            StatusCode::try_from(self.status).map_err(|_| "the status is not one of HTTP".to_owned())?;
        let body = match &self.xml {
            Some(Ok(scanned)) => scanned.for_codec(self.body),
            Some(Err(_)) | None => Cow::Borrowed(self.body),
        };
        let mut response = HttpResponse::new(code, SdkBody::from(body.into_owned()));
        for (name, value) in self.headers {
            // A header that is not valid cannot belong to the output.
            let _ = response.headers_mut().try_append(name.to_ascii_lowercase(), value.clone());
        }
        Ok(response)
    }

    fn output(&self) -> Result<Value, String> {
        let graph = self.operation.output().map_err(|error| error.to_string())?;
        let Some(graph) = graph else { return Ok(Value::Object(Map::new())) };
        if let Some(Err(reason)) = &self.xml {
            return Err(reason.clone());
        }
        if let Some(location) = customisation::bucket_location(self) {
            return Ok(location);
        }
        customisation::has_its_checksum(self)?;
        let mut response = self.response()?;
        customisation::before_reading(self, &mut response);
        let read = self.operation.wire().read(graph, &response);
        let mut output = read.map_err(|error| error.to_string())?;
        customisation::after_reading(self, &mut output);
        Ok(output)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(present, _)| present.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The id under which the service knows the call, from headers.
pub(crate) fn request_id(headers: &[(String, String)]) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-amz-requestid"]
        .iter()
        .find_map(|name| header(headers, name))
        .map(str::to_owned)
}
