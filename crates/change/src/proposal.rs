//! The immutable content of a change: all that an approver approves, and what the digest is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::capture::CaptureRef;
use crate::digest::Digest;
use crate::id::{AccountId, ActionClass, AgentId, ApproverId, ChangeId, TenantId};
use crate::json::{StrictJsonError, canonical};
use crate::quorum::ApprovalRule;
use crate::request::EXECUTE_WITHIN_DEFAULT;
use crate::tenant::AgentSees;
use crate::undo::{PlannedCall, UndoPlan};

/// The version of the digested form.
pub const FORMAT: u32 = 1;

/// All that an approver approves. Its digest is [`Proposal::digest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The version of this form: [`FORMAT`].
    pub format: u32,
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The change that this one undoes.
    pub undoes: Option<Undoes>,
    /// One line that names it.
    pub title: String,
    /// Why it is needed; the agent's words, never trusted.
    pub reason: String,
    /// The incident that it belongs to.
    pub incident: Option<String>,
    /// The digest of the run behind it.
    pub narrative: Option<Digest>,
    /// Who asks.
    pub requester: AgentId,
    /// For whom; they cannot decide.
    pub on_behalf_of: Option<ApproverId>,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// Until when people can decide.
    pub decide_by: Timestamp,
    /// Before when it must not run.
    pub not_before: Option<Timestamp>,
    /// Until when it can run; decision + 4 h if none.
    pub execute_before: Option<Timestamp>,
    /// The digest of the tenant's policy when it was proposed.
    pub policy: Digest,
    /// The policy's verdict in words: why it may be proposed and must be asked.
    pub verdict: String,
    /// How many of whom.
    pub rule: ApprovalRule,
    /// The digest of the encrypted secrets.
    pub sealed: Option<Digest>,
    /// The calls, in their order.
    pub steps: Vec<Step>,
}

/// The change that an undo undoes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undoes {
    /// Its id.
    pub change: ChangeId,
    /// The after capture that must still be the present state.
    pub after: Digest,
}

/// One call, with all that surrounds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The account.
    pub account: AccountId,
    /// The name that people know the account by.
    pub account_name: String,
    /// The partition (`aws`).
    pub partition: String,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The parameters, idempotency token resolved, secrets as marks.
    pub parameters: Value,
    /// The access level of the operation (`write`, `tagging`, `permissions`).
    pub access: String,
    /// The action class that the tenant opened.
    pub action_class: ActionClass,
    /// The request as it will be sent.
    pub request: RequestFingerprint,
    /// The role that reads.
    pub reader_role: String,
    /// The role that calls.
    pub executor_role: String,
    /// The session policy of the call, without its end.
    pub session_policy: Value,
    /// Whether the session policy gets an early end; not if the service goes on under the caller's credentials.
    pub ends_early: bool,
    /// What the session policy allows beyond the resource, in words.
    pub wider: Vec<String>,
    /// The state before.
    pub before: CaptureRef,
    /// What the call is expected to change, by path, as the approver sees it.
    pub diff: Value,
    /// The recipe.
    pub recipe: RecipeRef,
    /// The hash of the model index.
    pub index: String,
    /// The planned undo.
    pub undo: UndoPlan,
    /// How it is known that AWS has finished, in words; none if the answer is the end.
    pub settle: Option<String>,
    /// What the recipe warns of.
    pub risks: Vec<String>,
    /// The most that the recipe lets agents see of the states; the tenant can allow less.
    pub agent_may_see: AgentSees,
    /// Calls that would make the change safer if they were made before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub safer: Vec<SaferCall>,
}

/// A call that makes a change safer if it is made before it: a snapshot, a version. Nobody makes it unless it is proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaferCall {
    /// What it is good for.
    pub says: String,
    /// The call.
    pub call: PlannedCall,
}

/// The catalogue's entry that planned a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeRef {
    /// Its id (`ssm/PutParameter`).
    pub id: String,
    /// The digest of its content.
    pub hash: Digest,
    /// Set if nobody has written the recipe: it was made from the models, and nothing of it was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_effort: Option<BestEffort>,
}

/// What stands in for a recipe that nobody has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestEffort {
    /// The reads whose answers are taken for the state (`polly GetLexicon`); none if the models show no fitting one.
    pub readers: Vec<String>,
}

/// A rendered request, without what varies from send to send (date, credentials, signature).
///
/// Where parameters are sealed, what can hold a secret or tell of one is `hmac:…` under the tenant's key: body, query, headers
/// but for the form of the body, and host and path if a sealed parameter is a part of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFingerprint {
    /// The method.
    pub method: String,
    /// The host, with its port where it is not the scheme's.
    pub host: String,
    /// The path, encoded.
    pub path: String,
    /// The query, encoded.
    pub query: String,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// `sha256:…` of the body, or `hmac:…` where parameters are sealed: a plain hash of a short secret could be guessed.
    pub body: String,
    /// The service that it is signed for.
    pub signing_name: String,
    /// The region that it is signed for.
    pub signing_region: String,
}

impl Proposal {
    /// The digest that approvers approve.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn digest(&self) -> Result<Digest, StrictJsonError> {
        Digest::of(self)
    }

    /// The last moment at which it can run, when it was decided at `decided_at`.
    pub fn execute_before(&self, decided_at: Timestamp) -> Timestamp {
        self.execute_before.unwrap_or(decided_at + EXECUTE_WITHIN_DEFAULT)
    }

    /// The step with this number, from 0.
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(usize::try_from(number).ok()?)
    }
}

/// A proposal with its signature, as stored: nothing in it is believed before [`SignedProposal::verify`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedProposal {
    /// The content.
    pub proposal: Proposal,
    /// ECDSA P-256 over SHA-256 of [`signed_bytes`], DER, base64.
    pub signature: String,
}

/// A proposal whose digest and signature were verified.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedProposal {
    proposal: Proposal,
    digest: Digest,
}

/// The bytes that are signed of a proposal: its digest, with the purpose and the place that it belongs to.
///
/// # Errors
/// A value that has no canonical form.
pub fn signed_bytes(
    tenant: &TenantId,
    change: &ChangeId,
    digest: &Digest,
) -> Result<Vec<u8>, StrictJsonError> {
    #[derive(Serialize)]
    struct Signed<'a> {
        purpose: &'static str,
        tenant: &'a TenantId,
        change: &'a ChangeId,
        digest: &'a Digest,
    }
    canonical(&Signed { purpose: "changegate proposal v1", tenant, change, digest }).map(String::into_bytes)
}

/// Why a stored proposal is not believed.
#[derive(Debug, thiserror::Error)]
pub enum UnverifiedProposal {
    /// It belongs to another tenant or change.
    #[error("the proposal belongs to another change")]
    Foreign,
    /// Its form is of another version.
    #[error("the proposal has format {found}, not {FORMAT}")]
    Format {
        /// The version found.
        found: u32,
    },
    /// The signature is not of this content.
    #[error("the signature of the proposal does not verify")]
    Signature,
    /// It has no canonical form.
    #[error("the proposal cannot be digested")]
    Form(#[from] StrictJsonError),
}

impl SignedProposal {
    /// The proposal, if it is this change's and `verifies(message, signature)` says that its signature is right.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(
        self,
        tenant: &TenantId,
        change: &ChangeId,
        verifies: impl FnOnce(&[u8], &str) -> bool,
    ) -> Result<VerifiedProposal, UnverifiedProposal> {
        if self.proposal.tenant != *tenant || self.proposal.change != *change {
            return Err(UnverifiedProposal::Foreign);
        }
        if self.proposal.format != FORMAT {
            return Err(UnverifiedProposal::Format { found: self.proposal.format });
        }
        let digest = self.proposal.digest()?;
        if !verifies(&signed_bytes(tenant, change, &digest)?, &self.signature) {
            return Err(UnverifiedProposal::Signature);
        }
        Ok(VerifiedProposal { proposal: self.proposal, digest })
    }
}

impl VerifiedProposal {
    /// The content.
    pub fn get(&self) -> &Proposal {
        &self.proposal
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
