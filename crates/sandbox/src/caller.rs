//! Whoever calls AWS with some credentials.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use aws_call::{Client, ClientConfig, Credentials, Index, NoAnswer, Outcome, Refusal, Target, Url};
use serde_json::{Value, json};

use crate::error::{Result, SandboxError};
use crate::ministack::REGION;

const CONNECT: Duration = Duration::from_secs(5);
const SEND: Duration = Duration::from_secs(40);

/// The index is large and the same for every caller of a process.
static INDEX: OnceLock<Index> = OnceLock::new();

/// A principal of the emulator.
#[derive(Debug, Clone)]
pub struct Caller {
    endpoint: String,
    index: PathBuf,
    credentials: Credentials,
}

impl Caller {
    /// The principal that these credentials belong to.
    #[must_use]
    pub fn new(endpoint: &str, index: &Path, credentials: Credentials) -> Self {
        Self { endpoint: endpoint.to_owned(), index: index.to_owned(), credentials }
    }

    /// The credentials, for a request that no operation stands for.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Calls one operation once, and gives its output.
    ///
    /// # Errors
    /// [`SandboxError::Refused`] with AWS's code; the operation or its parameters are wrong; no answer.
    pub async fn call(&self, service: &str, operation: &str, parameters: &Value) -> Result<Value> {
        let name = format!("{service}:{operation}");
        let wrong = |error: &dyn std::fmt::Display| {
            SandboxError::unexpected(format!("`{name}` can be called"), error)
        };
        let operation = index(&self.index)?.operation(service, operation).map_err(|error| wrong(&error))?;
        let endpoint = Url::parse(&self.endpoint).map_err(|error| wrong(&error))?;
        let target = Target { region: REGION.to_owned(), endpoint: Some(endpoint) };
        let request = operation.request(parameters, &target).map_err(|error| wrong(&error))?;
        let client = Client::new(ClientConfig {
            connect_timeout: CONNECT,
            send_timeout: SEND,
            user_agent: "changegate-sandbox".to_owned(),
        });
        match client.send(&operation, &request, &self.credentials, SystemTime::now(), None).await {
            Outcome::Done(done) => Ok(done.output),
            Outcome::Refused(Refusal { code, message, .. }) => {
                Err(SandboxError::Refused { call: name, code, message })
            }
            Outcome::NotSent { reason } | Outcome::DoneUnreadable { reason, .. } => Err(wrong(&reason)),
            Outcome::NoAnswer(NoAnswer { reason, code, .. }) => {
                Err(SandboxError::unexpected(format!("`{name}` is answered"), code.unwrap_or(reason)))
            }
        }
    }

    /// Whoever this caller becomes by assuming a role.
    ///
    /// # Errors
    /// The role does not trust the caller, or the caller may not assume it.
    pub async fn assume(&self, parameters: &Value) -> Result<Self> {
        let assumed = self.call("sts", "AssumeRole", parameters).await?;
        let text = |name: &str| {
            let found = assumed.pointer(&format!("/Credentials/{name}")).and_then(Value::as_str);
            found.map(str::to_owned).ok_or_else(|| SandboxError::unexpected("credentials of a session", name))
        };
        let (key, secret, token) = (text("AccessKeyId")?, text("SecretAccessKey")?, text("SessionToken")?);
        let credentials = Credentials::new(key, secret, Some(token), None, "sandbox");
        Ok(Self { credentials, ..self.clone() })
    }

    /// Whoever this caller becomes by assuming the role with this ARN, asked for nothing more.
    ///
    /// # Errors
    /// As [`assume`](Self::assume).
    pub async fn assume_role(&self, arn: &str) -> Result<Self> {
        self.assume(&json!({"RoleArn": arn, "RoleSessionName": "sandbox"})).await
    }
}

fn index(path: &Path) -> Result<&'static Index> {
    if let Some(index) = INDEX.get() {
        return Ok(index);
    }
    if !path.is_file() {
        let remedy = "run `make index`".to_owned();
        return Err(SandboxError::Missing { what: path.display().to_string(), remedy });
    }
    let opened = Index::open(path).map_err(|error| SandboxError::unexpected("an index that opens", error))?;
    Ok(INDEX.get_or_init(|| opened))
}
