//! The configuration of a tenant: what `tenant.toml` says, checked, and signed by `configure`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{AccountId, ActionClass, AgentId, ApproverId, TenantId};
use crate::json::{StrictJsonError, canonical};

/// What a tenant's operators wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// The tenant.
    pub tenant: TenantId,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// Its agents.
    pub agents: Vec<Agent>,
    /// The people who may decide.
    pub approvers: Vec<Approver>,
    /// Where they sign in.
    pub issuers: Vec<Issuer>,
    /// The action classes that are open; all others are locked.
    pub classes: Vec<OpenClass>,
    /// How many of whom.
    pub approval: Approval,
    /// Who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
}

/// An AWS account that agents may propose changes for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// The name that people know it by.
    pub name: String,
    /// The regions that are open.
    pub regions: BTreeSet<String>,
    /// The role that reads states.
    pub reader_role: String,
    /// The role that makes approved calls.
    pub executor_role: String,
}

/// An agent and the hash of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Its name.
    pub id: AgentId,
    /// SHA-256 of its key (`cgk_…`), 64 hexadecimal digits.
    pub key_sha256: String,
    /// The person it works for; they cannot decide its changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<ApproverId>,
}

/// A person who may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Their id in decisions.
    pub id: ApproverId,
    /// The name that others know them by.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// The identity provider that vouches for them.
    pub issuer: String,
    /// Their subject there.
    pub subject: String,
}

/// An OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The issuer identifier, as in its discovery document.
    pub url: String,
    /// The client id of Changegate there.
    pub client_id: String,
}

/// What an agent may see of states, from all to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentSees {
    /// States and diffs, with secrets as fingerprints.
    Full,
    /// The paths that a diff names, without values.
    Names,
    /// Nothing.
    None,
}

/// An action class that the tenant opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenClass {
    /// The class.
    pub id: ActionClass,
    /// What agents see of its states.
    pub agent_sees: AgentSees,
}

/// The approval rule: how many of whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// How many approvers must approve.
    pub required: u32,
    /// Who may; everyone in `approvers` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<BTreeSet<ApproverId>>,
}

/// Where change-management systems listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The address.
    pub url: String,
}

/// A version of the configuration, as signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigVersion {
    /// Its number, from 1.
    pub version: u64,
    /// When it was applied.
    pub applied_at: Timestamp,
    /// The principal that applied it.
    pub applied_by: String,
    /// The ExternalId that Changegate presents to the tenant's roles.
    pub external_id: String,
    /// What was applied.
    pub config: TenantConfig,
}

impl ConfigVersion {
    /// The bytes that are signed: RFC 8785 JSON that names its purpose.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, StrictJsonError> {
        #[derive(Serialize)]
        struct Signed<'a> {
            purpose: &'static str,
            config: &'a ConfigVersion,
        }
        canonical(&Signed { purpose: "changegate config v1", config: self }).map(String::into_bytes)
    }
}

impl TenantConfig {
    /// The digest of all that decides over a change: everything but who is told.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn policy_digest(&self) -> Result<Digest, StrictJsonError> {
        Digest::of(&Self { webhook: None, ..self.clone() })
    }

    /// The account with this id.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// The agent with this id.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == *id)
    }

    /// The approver with this id.
    pub fn approver(&self, id: &ApproverId) -> Option<&Approver> {
        self.approvers.iter().find(|approver| approver.id == *id)
    }

    /// The approver that an identity provider vouches for.
    pub fn approver_by_subject(&self, issuer: &str, subject: &str) -> Option<&Approver> {
        self.approvers.iter().find(|approver| approver.issuer == issuer && approver.subject == subject)
    }

    /// The class, if it is open.
    pub fn open_class(&self, id: &ActionClass) -> Option<&OpenClass> {
        self.classes.iter().find(|class| class.id == *id)
    }
}
