//! What can go wrong, as a person and as a machine reads it.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::terminal::{items, plain, text};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// No endpoint was given.
    #[error("where is the deployment? give --endpoint or set CHANGEGATE_ENDPOINT")]
    NoEndpoint,
    /// The endpoint is no URL.
    #[error("the endpoint `{0}` is not a URL")]
    Endpoint(String),
    /// There is no agent key.
    #[error("agents' commands need the agent key in CHANGEGATE_KEY")]
    NoKey,
    /// The agent key does not have its form. It is not repeated.
    #[error("CHANGEGATE_KEY is not an agent key (`cgk_` and at least 43 characters)")]
    WrongKey,
    /// There are no AWS credentials, or no region.
    #[error("operators' commands are signed with AWS credentials: {0}")]
    Credentials(String),
    /// A request could not be signed or written.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// A file could not be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not have its form.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The catalogue has no recipe for an operation.
    #[error("there is no recipe {id}; {hint}")]
    NoRecipe {
        /// The operation.
        id: String,
        /// What there is instead.
        hint: String,
    },
    /// No operation is of this action class.
    #[error("there is no action class `{class}`{}", did_you_mean(.nearest.as_deref()))]
    NoClass {
        /// The class.
        class: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// Recipes say what the models do not know, one line each.
    #[error("{}\n{} findings", .0.join("\n"), .0.len())]
    Findings(Vec<String>),
    /// This machine has no randomness.
    #[error("this machine gives no randomness")]
    NoRandomness,
    /// The deployment did not answer.
    #[error("{reason}{}", hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    NoAnswer {
        /// Why.
        reason: String,
        /// What can be done.
        hint: Option<String>,
    },
    /// The deployment refused it.
    #[error("the deployment refused it")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem (RFC 9457), or what else it answered.
        problem: Value,
    },
}

impl CliError {
    /// For a machine: the problem as it came, or one of our own.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Refused { problem, .. } => problem.to_string(),
            other => json!({"title": "Not done", "detail": other.to_string()}).to_string(),
        }
    }

    /// For a person: what went wrong, then each violation with its path.
    pub(crate) fn to_text(&self) -> String {
        let Self::Refused { status, problem } = self else {
            let lines: Vec<_> = self.to_string().lines().map(plain).collect();
            return format!("error: {}", lines.join("\n"));
        };
        let code = text(problem, "/code");
        if code.is_empty() {
            // Not from Changegate: the gateway in front of it answers for itself.
            return format!("error: the deployment answered {status}: {}", text(problem, "/message"));
        }
        let mut lines = vec![format!("error: {} ({code})", text(problem, "/detail"))];
        for violation in items(problem, "/violations") {
            let path = text(violation, "/path");
            let path = if path.is_empty() { "/".to_owned() } else { path };
            lines.push(format!("  {path}"));
            let near = text(violation, "/nearest");
            let near = did_you_mean(Some(near.as_str()).filter(|name| !name.is_empty()));
            lines.push(format!("      {}{near}", text(violation, "/message")));
        }
        let request = text(problem, "/request_id");
        if !request.is_empty() {
            lines.push(format!("  request {request}"));
        }
        lines.join("\n")
    }

    /// 1: refused; 2: asked wrongly; 3: no answer, so it is not known whether it was done.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused { .. } => 1,
            Self::NoAnswer { .. } => 3,
            Self::Findings(_) => 1,
            Self::NoEndpoint
            | Self::Endpoint(_)
            | Self::NoRecipe { .. }
            | Self::NoClass { .. }
            | Self::NoKey
            | Self::WrongKey
            | Self::Credentials(_)
            | Self::Request(_)
            | Self::File { .. }
            | Self::Form { .. }
            | Self::NoRandomness => 2,
        })
    }
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_its_code_and_each_violation_with_its_path() {
        let problem = json!({
            "type": "/errors/invalid_config", "title": "Invalid config", "status": 422, "code": "invalid_config",
            "detail": "the configuration has 2 violations; nothing was applied", "request_id": "req-7",
            "violations": [
                {"path": "/accounts/0/regions", "rule": "empty", "message": "at least one region is open"},
                {"path": "", "rule": "type", "message": "this is a \u{1b}[2Ktable", "nearest": "tenant"}],
        });
        let text = CliError::Refused { status: 422, problem }.to_text();
        assert_eq!(
            text,
            "error: the configuration has 2 violations; nothing was applied (invalid_config)\n  \
               /accounts/0/regions\n      at least one region is open\n  \
               /\n      this is a \u{fffd}[2Ktable; did you mean `tenant`?\n  \
               request req-7"
        );
    }

    #[test]
    fn what_the_gateway_says_itself_is_told_with_its_status() {
        let text = CliError::Refused { status: 403, problem: json!({"message": "Forbidden"}) }.to_text();
        assert_eq!(text, "error: the deployment answered 403: Forbidden");
    }
}
