//! Waiters of a service: how to ask until something has happened.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::SourceError;
use crate::model::{Acceptor, Expected, Matcher, Verdict, Waiter};

#[derive(Deserialize)]
struct WaitersJson {
    waiters: BTreeMap<String, WaiterJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WaiterJson {
    operation: String,
    delay: u32,
    max_attempts: u32,
    acceptors: Vec<AcceptorJson>,
}

#[derive(Deserialize)]
struct AcceptorJson {
    state: String,
    matcher: String,
    expected: Value,
    argument: Option<String>,
}

/// Reads `waiters-2.json`; the waiters come in ascending order of their names.
pub(super) fn read_waiters(service: &str, text: &[u8]) -> Result<Vec<Waiter>, SourceError> {
    let read: WaitersJson = serde_json::from_slice(text)
        .map_err(|source| SourceError::Json { what: format!("{service}: waiters"), source })?;
    read.waiters.into_iter().map(|(name, waiter)| read_waiter(service, name, waiter)).collect()
}

fn read_waiter(service: &str, name: String, source: WaiterJson) -> Result<Waiter, SourceError> {
    let what = format!("{service}: {name}");
    let acceptors = source.acceptors.iter().map(|acceptor| read_acceptor(&what, acceptor));
    Ok(Waiter {
        acceptors: acceptors.collect::<Result<_, _>>()?,
        operation: source.operation,
        delay_seconds: source.delay,
        tries: source.max_attempts,
        name,
    })
}

fn read_acceptor(what: &str, source: &AcceptorJson) -> Result<Acceptor, SourceError> {
    let verdict = match source.state.as_str() {
        "success" => Verdict::Success,
        "failure" => Verdict::Failure,
        "retry" => Verdict::Retry,
        other => return Err(SourceError::model(what, format!("the unknown waiter state `{other}`"))),
    };
    Ok(Acceptor { verdict, matcher: read_matcher(what, source)? })
}

fn read_matcher(what: &str, source: &AcceptorJson) -> Result<Matcher, SourceError> {
    let unknown = |part: &str| {
        SourceError::model(what, format!("an acceptor `{}` with an unknown {part}", source.matcher))
    };
    let expected = || match &source.expected {
        Value::Bool(expected) => Ok(Expected::Boolean(*expected)),
        Value::String(expected) => Ok(Expected::Text(expected.clone())),
        Value::Number(expected) => expected.as_i64().map(Expected::Integer).ok_or_else(|| unknown("number")),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(unknown("value")),
    };
    let expression = || {
        let text = source.argument.as_deref().ok_or_else(|| unknown("path"))?;
        // A path that does not compile is found here, not when somebody waits.
        jmespath::compile(text).map_err(|error| SourceError::model(what, error.to_string()))?;
        Ok::<_, SourceError>(text.to_owned())
    };
    Ok(match source.matcher.as_str() {
        "path" => Matcher::Path { path: expression()?, expected: expected()? },
        "pathAll" => Matcher::PathAll { path: expression()?, expected: expected()? },
        "pathAny" => Matcher::PathAny { path: expression()?, expected: expected()? },
        "status" => Matcher::Status(
            source
                .expected
                .as_u64()
                .and_then(|status| u16::try_from(status).ok())
                .ok_or_else(|| unknown("status"))?,
        ),
        "error" => match &source.expected {
            Value::String(code) => Matcher::Error(code.clone()),
            Value::Bool(true) => Matcher::AnyError,
            Value::Bool(false) => Matcher::NoError,
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return Err(unknown("value"));
            }
        },
        _ => return Err(unknown("kind")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_acceptor(acceptor: &str) -> Result<Vec<Waiter>, SourceError> {
        let text = format!(
            r#"{{"version": 2, "waiters": {{"Up": {{"operation": "Get", "delay": 5, "maxAttempts": 40, "acceptors": [{acceptor}]}}}}}}"#
        );
        read_waiters("service", text.as_bytes())
    }

    #[test]
    fn a_path_that_does_not_compile_is_refused() {
        let acceptor = |path: &str| {
            with_acceptor(&format!(
                r#"{{"state": "success", "matcher": "path", "argument": "{path}", "expected": true}}"#
            ))
        };
        assert!(acceptor("length(A[]) > `0`").is_ok());
        assert!(acceptor("length(A[").unwrap_err().to_string().contains("service: Up"));
    }

    #[test]
    fn an_acceptor_of_an_unknown_kind_is_refused() {
        for acceptor in [
            r#"{"state": "success", "matcher": "inputOutput", "argument": "a", "expected": true}"#,
            r#"{"state": "later", "matcher": "status", "expected": 200}"#,
            r#"{"state": "success", "matcher": "status", "expected": "200"}"#,
            r#"{"state": "success", "matcher": "error", "expected": 5}"#,
        ] {
            assert!(with_acceptor(acceptor).is_err(), "{acceptor}");
        }
    }
}
