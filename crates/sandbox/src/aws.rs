//! An AWS account of the emulator, used as its owner would: with the keys of its root user, which no policy holds back.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_call::Credentials;
use serde_json::Value;

use crate::caller::Caller;
use crate::command;
use crate::error::Result;
use crate::ministack::{ACCOUNT, REGION};

/// The secret of every root key.
const SECRET: &str = "test";

/// The owner of an account.
#[derive(Debug, Clone)]
pub struct Account {
    aws: PathBuf,
    index: PathBuf,
    endpoint: String,
    id: String,
}

impl Account {
    /// The owner of the account with this id.
    #[must_use]
    pub fn owner(aws: &Path, index: &Path, endpoint: &str, id: &str) -> Self {
        Self {
            aws: aws.to_owned(),
            index: index.to_owned(),
            endpoint: endpoint.to_owned(),
            id: id.to_owned(),
        }
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
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", self.access_key().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
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

    /// Calls one operation as the owner.
    ///
    /// # Errors
    /// As [`Caller::call`].
    pub async fn call(&self, service: &str, operation: &str, parameters: &Value) -> Result<Value> {
        self.caller().call(service, operation, parameters).await
    }

    /// The owner as a caller.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let credentials = Credentials::new(self.access_key(), SECRET, None, None, "sandbox");
        Caller::new(&self.endpoint, &self.index, credentials)
    }

    /// A role of the account as a caller. The emulator lets the owner assume any role that trusts a service, so this is how
    /// a test does what a function could do.
    ///
    /// # Errors
    /// There is no such role, or it trusts no service.
    pub async fn role(&self, name: &str) -> Result<Caller> {
        self.caller().assume_role(&format!("arn:aws:iam::{}:role/{name}", self.id)).await
    }

    /// The emulator takes a key of 12 digits for the root key of that account.
    fn access_key(&self) -> &str {
        if self.id == ACCOUNT { "test" } else { &self.id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_account_is_chosen_by_its_key() {
        let owner =
            Account::owner(Path::new("aws"), Path::new("index"), "http://127.0.0.1:1", "111111111111");
        assert!(owner.environment().contains(&("AWS_ACCESS_KEY_ID", "111111111111".to_owned())));
    }
}
