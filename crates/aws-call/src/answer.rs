//! Answers: outputs, and what errors say about whether a call took effect.

mod customisation;
mod read_value;
mod refusal_codes;

use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;
use aws_smithy_xml::protocol::aws_rest_xml::find_error_element_slice;
use serde_json::{Map, Value};

pub(crate) use read_value::read;
use refusal_codes::is_refusal;
pub(crate) use refusal_codes::is_throttling;

use crate::{
    model::Protocol,
    operation::Operation,
    outcome::{NoAnswer, Outcome, Output, Refusal},
};

/// Reads an answer of `operation`.
pub(crate) fn parse(
    operation: &Operation,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Outcome {
    let response = match response(status, headers, body) {
        Ok(response) => response,
        Err(reason) => {
            return Outcome::NoAnswer(NoAnswer {
                reason,
                status: Some(status),
                code: None,
                request_id: request_id(headers, body),
            });
        }
    };
    let request_id = request_id(headers, body);
    let success = (200..300).contains(&status);
    if success && !customisation::is_error_despite_success(operation, body) {
        return match read_output(operation, &response, body) {
            Ok(output) => Outcome::Done(Output { output, status, request_id }),
            Err(reason) => Outcome::DoneUnreadable { reason, request_id },
        };
    }
    let error = read_error(operation, &response, headers, body);
    classify(status, error, body.is_empty(), request_id)
}

struct ServiceError {
    code: Option<String>,
    message: String,
}

fn classify(status: u16, error: ServiceError, empty: bool, request_id: Option<String>) -> Outcome {
    let ServiceError { code, message } = error;
    let listed = code.as_deref().is_some_and(is_refusal);
    let timed_out =
        status == 408 || matches!(code.as_deref(), Some("RequestTimeout" | "RequestTimeoutException"));
    let client_error = (400..500).contains(&status) && (code.is_some() || empty);
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

fn response(status: u16, headers: &[(String, String)], body: &[u8]) -> Result<HttpResponse, String> {
    let code = StatusCode::try_from(status).map_err(|_| "the status is not one of HTTP".to_owned())?;
    let mut response = HttpResponse::new(code, SdkBody::from(body.to_vec()));
    for (name, value) in headers {
        // A header that is not valid cannot belong to the output.
        let _ = response.headers_mut().try_append(name.to_ascii_lowercase(), value.clone());
    }
    Ok(response)
}

fn read_output(operation: &Operation, response: &HttpResponse, body: &[u8]) -> Result<Value, String> {
    if let Some(location) = customisation::bucket_location(operation, body) {
        return Ok(location);
    }
    let graph = operation.output().map_err(|error| error.to_string())?;
    let Some(graph) = graph else { return Ok(Value::Object(Map::new())) };
    let mut output = operation.wire().read(graph, response).map_err(|error| error.to_string())?;
    customisation::after_reading(operation, &mut output);
    Ok(output)
}

fn read_error(
    operation: &Operation,
    response: &HttpResponse,
    headers: &[(String, String)],
    body: &[u8],
) -> ServiceError {
    let service = &operation.loaded().model;
    let (code, message) = match service.protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => xml_error(body),
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RpcV2Cbor => {
            let metadata = operation.wire().read_error(response);
            (metadata.code().map(str::to_owned), metadata.message().map(str::to_owned))
        }
    };
    // Services that used to speak the query protocol give its codes in a header.
    let former = header(headers, "x-amzn-query-error").filter(|_| service.query_compatible);
    let former = former.and_then(|value| value.split(';').next()).filter(|code| !code.is_empty());
    let code = former.map(str::to_owned).or(code).filter(|code| is_code(code));
    ServiceError { code, message: message.unwrap_or_default() }
}

/// Codes are short words; anything else is not an error of a service.
fn is_code(code: &str) -> bool {
    (1..=128).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:#".contains(&byte))
}

/// Code and message of an XML error, inside `<Error>` wherever that is.
fn xml_error(body: &[u8]) -> (Option<String>, Option<String>) {
    let text = String::from_utf8_lossy(find_error_element_slice(body));
    let whole = String::from_utf8_lossy(body);
    let of = |name: &str| element(&text, name).or_else(|| element(&whole, name));
    (of("Code"), of("Message").or_else(|| of("message")))
}

/// Text of the first element with this name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    let (content, _) = after.split_once(&format!("</{name}>"))?;
    let content = content.trim();
    if content.contains('<') {
        return None;
    }
    let unescaped = content
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    Some(unescaped)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(present, _)| present.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The id under which the service knows the call, from headers or an XML body.
pub(crate) fn request_id(headers: &[(String, String)], body: &[u8]) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-amz-requestid"]
        .iter()
        .find_map(|name| header(headers, name))
        .map(str::to_owned)
        .or_else(|| {
            let text = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('<'))?;
            ["RequestId", "RequestID", "requestId"].iter().find_map(|name| element(text, name))
        })
}
