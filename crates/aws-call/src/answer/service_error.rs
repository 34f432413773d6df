//! Errors of services: code and message.

use serde_json::Value;

use super::Received;
use crate::model::Protocol;

/// What an error says; the code is none if it does not look like an error of a service.
pub(super) struct ServiceError {
    pub(super) code: Option<String>,
    pub(super) message: String,
}

/// Reads the error that `received` is.
pub(super) fn read(received: &Received<'_>) -> ServiceError {
    let service = &received.operation.loaded().model;
    let (code, message) = match service.protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => {
            let scanned = received.scanned();
            let part =
                |part: fn(&super::Scanned) -> &Option<String>| scanned.and_then(|xml| part(xml).clone());
            (part(|xml| &xml.code), part(|xml| &xml.message))
        }
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RpcV2Cbor => {
            match received.response() {
                Ok(response) => {
                    let error = received.operation.wire().read_error(&response);
                    let code = error.code().map(str::to_owned).or_else(|| code_in_header(received));
                    (code, error.message().map(str::to_owned))
                }
                Err(_) => (code_in_header(received), None),
            }
        }
    };
    // Services that used to speak the query protocol give its codes in a header.
    let former = received.header("x-amzn-query-error").filter(|_| service.query_compatible);
    let former = former.and_then(|value| value.split(';').next()).filter(|code| !code.is_empty());
    let code = former.map(str::to_owned).or(code).filter(|code| is_code(code));
    let message = message.or_else(|| oauth_message(received)).unwrap_or_default();
    ServiceError { code, message }
}

/// The code of a JSON error whose body says nothing or cannot be read (`Code:http://internal.amazon.com/…`).
fn code_in_header(received: &Received<'_>) -> Option<String> {
    let code = received.header("x-amzn-errortype")?.split(':').next()?;
    Some(code.rsplit('#').next().unwrap_or(code).trim().to_owned())
}

/// SSO OIDC answers errors as OAuth 2.0 does (RFC 6749, section 5.2).
fn oauth_message(received: &Received<'_>) -> Option<String> {
    if received.operation.service() != "sso-oidc" {
        return None;
    }
    let body: Value = serde_json::from_slice(received.body).ok()?;
    body.get("error_description").and_then(Value::as_str).map(str::to_owned)
}

/// Codes are short words; anything else is not an error of a service.
fn is_code(code: &str) -> bool {
    (1..=128).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:#".contains(&byte))
}
