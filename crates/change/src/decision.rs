//! What an approver said, and what is signed of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{ApproverId, ChangeId, DecisionId, TenantId};
use crate::json::{StrictJsonError, canonical};

/// What an approver can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Yes, exactly this.
    Approve,
    /// No.
    Reject,
}

impl Verb {
    /// The name in forms, tables and APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

impl std::str::FromStr for Verb {
    type Err = UnknownVerb;
    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        [Self::Approve, Self::Reject].into_iter().find(|verb| verb.as_str() == text).ok_or(UnknownVerb)
    }
}

/// A text that is neither `approve` nor `reject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a decision is `approve` or `reject`")]
pub struct UnknownVerb;

/// One approver's approve or reject of one digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The tenant of the change.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The digest that the approver saw.
    pub digest: Digest,
    /// Who decided.
    pub approver: ApproverId,
    /// The identity provider that vouched for them.
    pub issuer: String,
    /// Their subject there.
    pub subject: String,
    /// What they said.
    pub verb: Verb,
    /// What they wrote beside it.
    pub note: String,
    /// When.
    pub decided_at: Timestamp,
}

/// A decision with its signature, as stored: nothing in it is believed before [`SignedDecision::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedDecision {
    /// What was said.
    pub decision: Decision,
    /// ECDSA P-256 over SHA-256 of [`Decision::signed_bytes`], DER, base64.
    pub signature: String,
}

/// A decision whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDecision(Decision);

impl Decision {
    /// The bytes that are signed: RFC 8785 JSON that names its purpose, so that no other signed document can pass for it.
    ///
    /// # Errors
    /// A value that has no canonical form.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, StrictJsonError> {
        #[derive(Serialize)]
        struct Signed<'a> {
            purpose: &'static str,
            decision: &'a Decision,
        }
        canonical(&Signed { purpose: "changegate decision v1", decision: self }).map(String::into_bytes)
    }
}

impl SignedDecision {
    /// The decision, if `verifies(message, signature)` says that its signature is right.
    pub fn verify(self, verifies: impl FnOnce(&[u8], &str) -> bool) -> Option<VerifiedDecision> {
        let message = self.decision.signed_bytes().ok()?;
        verifies(&message, &self.signature).then_some(VerifiedDecision(self.decision))
    }
}

impl VerifiedDecision {
    /// The decision.
    pub fn get(&self) -> &Decision {
        &self.0
    }
}
