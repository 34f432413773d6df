//! What a running sandbox is made of.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agent::{Agent, AgentKey};
use crate::aws::Account;
use crate::error::{Result, SandboxError};
use crate::ministack::ACCOUNT;
use crate::notices::Notices;
use crate::receiver::Receiver;

/// Where programs that run in a sandbox find its description.
pub const VARIABLE: &str = "CHANGEGATE_SANDBOX";

/// A running sandbox. Its description holds keys that open nothing but the sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sandbox {
    /// Its name.
    pub name: String,
    /// Everything that it keeps.
    pub folder: PathBuf,
    /// Ports of its services.
    pub ports: Ports,
    /// The endpoint of every AWS service, `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Where agents, approvers and operators go, as they would type it.
    pub api_url: String,
    /// The issuer of the OpenID provider.
    pub issuer: String,
    /// The receiver of webhooks, without a path.
    pub receiver: String,
    /// The region of everything.
    pub region: String,
    /// The deployment's prefix.
    pub prefix: String,
    /// The outputs of `infra/template.yaml`.
    pub outputs: BTreeMap<String, String>,
    /// The AWS command line.
    pub aws: PathBuf,
    /// The index of AWS operations.
    pub index: PathBuf,
    /// The `changegate` command line.
    pub changegate: PathBuf,
    /// The tenants that were seeded, by name.
    pub tenants: BTreeMap<String, Tenant>,
}

/// Ports on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// The emulator.
    pub gateway: u16,
    /// The OpenID provider.
    pub issuer: u16,
    /// The receiver of webhooks.
    pub receiver: u16,
}

/// A tenant that was seeded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tenant {
    /// Its only account.
    pub account: String,
    /// The `ExternalId` that its roles ask for.
    pub external_id: String,
    /// The keys of its agents, by id.
    pub agents: BTreeMap<String, AgentKey>,
    /// The subjects of its approvers, by id.
    pub approvers: BTreeMap<String, String>,
    /// The queue beside its approvers.
    pub notices: String,
    /// What was applied.
    pub config: PathBuf,
}

impl Sandbox {
    /// The sandbox that this process runs in, as `sandbox with` says.
    ///
    /// # Errors
    /// The process does not run in one.
    pub fn from_environment() -> Result<Self> {
        let path = env::var_os(VARIABLE).ok_or_else(|| SandboxError::Missing {
            what: VARIABLE.to_owned(),
            remedy: "run this with `sandbox with -- COMMAND`".to_owned(),
        })?;
        Self::read(Path::new(&path))
    }

    /// The sandbox that a file describes.
    ///
    /// # Errors
    /// The file cannot be read or describes none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).map_err(SandboxError::file(path))?;
        serde_json::from_slice(&text).map_err(|error| {
            SandboxError::unexpected(format!("`{}` describes a sandbox", path.display()), error)
        })
    }

    /// Writes the description where only its owner can read it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| SandboxError::unexpected("a description that is JSON", error))?;
        let part = path.with_extension("part");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
        file.and_then(|mut file| file.write_all(&text)).map_err(SandboxError::file(&part))?;
        fs::rename(&part, path).map_err(SandboxError::file(path))
    }

    /// An output of the template.
    ///
    /// # Errors
    /// The template has no such output.
    pub fn output(&self, name: &str) -> Result<&str> {
        let output = self.outputs.get(name).map(String::as_str);
        output.ok_or_else(|| SandboxError::unexpected("the template has this output", name))
    }

    /// The owner of an account.
    #[must_use]
    pub fn account(&self, id: &str) -> Account {
        Account::owner(&self.aws, &self.index, &self.endpoint, id)
    }

    /// The owner of the account that Changegate is deployed in.
    #[must_use]
    pub fn operator(&self) -> Account {
        self.account(ACCOUNT)
    }

    /// A seeded tenant.
    ///
    /// # Errors
    /// It was not seeded.
    pub fn tenant(&self, name: &str) -> Result<&Tenant> {
        self.tenants.get(name).ok_or_else(|| SandboxError::unexpected("a tenant that was seeded", name))
    }

    /// An agent of a seeded tenant.
    ///
    /// # Errors
    /// There is no such tenant or agent.
    pub fn agent(&self, tenant: &str, agent: &str) -> Result<Agent> {
        let key = self.tenant(tenant)?.agents.get(agent);
        let key = key.ok_or_else(|| SandboxError::unexpected("an agent that was seeded", agent))?;
        Ok(Agent::new(&self.api_url, key))
    }

    /// The notices of a seeded tenant.
    ///
    /// # Errors
    /// There is no such tenant.
    pub fn notices(&self, tenant: &str) -> Result<Notices> {
        Ok(Notices::of(&self.operator(), &self.tenant(tenant)?.notices))
    }

    /// The receiver of webhooks.
    #[must_use]
    pub fn receiver(&self) -> Receiver {
        Receiver::at(&self.receiver)
    }
}
