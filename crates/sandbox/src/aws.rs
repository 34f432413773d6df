//! An AWS account of the emulator, used as its owner would: with the keys of its root user, which no policy holds back.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::command;
use crate::error::{Result, SandboxError};
use crate::ministack::{ACCOUNT, REGION};

/// The owner of an account.
#[derive(Debug, Clone)]
pub struct Account {
    aws: PathBuf,
    endpoint: String,
    id: String,
}

impl Account {
    /// The owner of the account with this id.
    #[must_use]
    pub fn owner(aws: &Path, endpoint: &str, id: &str) -> Self {
        Self { aws: aws.to_owned(), endpoint: endpoint.to_owned(), id: id.to_owned() }
    }

    /// The id, 12 digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The endpoint of every service.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What a program must have in its environment to act as the owner, and nothing of this machine's own AWS settings.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 9] {
        // The emulator takes a key of 12 digits for the root key of that account.
        let key = if self.id == ACCOUNT { "test" } else { &self.id };
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", key.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_PAGER", String::new()),
        ]
    }

    /// A program with that environment.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for foreign in [
            "AWS_PROFILE",
            "AWS_DEFAULT_PROFILE",
            "AWS_SESSION_TOKEN",
            "AWS_CA_BUNDLE",
            "HTTP_PROXY",
            "http_proxy",
        ] {
            command.env_remove(foreign);
        }
        command.envs(self.environment());
        command
    }

    /// Runs the AWS command line and gives what it printed.
    ///
    /// # Errors
    /// It ends with an error.
    pub async fn cli(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.command(&self.aws);
        command.args(arguments);
        command::run(command).await
    }

    /// Calls one operation, named as in the AWS documentation, and gives its output.
    ///
    /// # Errors
    /// AWS refuses it.
    pub async fn call(&self, service: &str, operation: &str, parameters: &Value) -> Result<Value> {
        let (operation, parameters) = (kebab(operation), parameters.to_string());
        let arguments = [service, &operation, "--output", "json", "--cli-input-json", &parameters];
        let printed = self.cli(&arguments).await?;
        if printed.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&printed)
            .map_err(|error| SandboxError::unexpected("JSON from the AWS CLI", error))
    }
}

/// `GetParameter` as the command line spells it: `get-parameter`.
fn kebab(operation: &str) -> String {
    let mut spelled = String::new();
    let mut after_lower = false;
    for c in operation.chars() {
        if c.is_ascii_uppercase() && after_lower {
            spelled.push('-');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        spelled.push(c.to_ascii_lowercase());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_spelled_as_the_command_line_does() {
        assert_eq!(kebab("GetParameter"), "get-parameter");
        assert_eq!(kebab("ListSubscriptionsByTopic"), "list-subscriptions-by-topic");
    }

    #[test]
    fn a_tenant_account_is_chosen_by_its_key() {
        let owner = Account::owner(Path::new("aws"), "http://127.0.0.1:1", "111111111111");
        assert!(owner.environment().contains(&("AWS_ACCESS_KEY_ID", "111111111111".to_owned())));
    }
}
