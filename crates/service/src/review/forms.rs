//! The two forms of an approver's page, and how one that comes back is known.

use changegate_change::decision::Verb;
use changegate_change::digest::Digest;
use changegate_change::head::Head;
use changegate_change::id::ApproverId;
use changegate_change::proposal::VerifiedProposal;
use jiff::{SignedDuration, Timestamp};

use super::Review;
use super::decide::UnverifiedDecisionForm;
use super::session_secret::SessionSecret;
use crate::error::{Code, ServiceError};
use crate::nonce::{BoundTo, Nonce};

/// How long a form can be sent after its page was drawn.
pub const FORM_TTL: SignedDuration = SignedDuration::from_mins(15);

/// The nonces of the two forms.
#[derive(Debug, Clone)]
pub struct Forms {
    /// For `approve`.
    pub approve: String,
    /// For `reject`.
    pub reject: String,
    /// Until when.
    pub until: Timestamp,
}

impl Review {
    pub(super) fn forms(
        &self,
        head: &Head,
        approver: &ApproverId,
        secret: Option<&SessionSecret>,
    ) -> Result<Forms, ServiceError> {
        let now = self.clock.now();
        let until = now + FORM_TTL;
        let issue = |verb| {
            let bound =
                BoundTo { tenant: &head.tenant, change: &head.change, digest: head.digest, approver, verb };
            let secret =
                secret.ok_or_else(|| ServiceError::new(Code::SignInRequired, "sign in to decide"))?;
            Nonce::issue(secret, &bound, until, self.clock.ulid(now)).map(|nonce| nonce.to_string())
        };
        Ok(Forms { approve: issue(Verb::Approve)?, reject: issue(Verb::Reject)?, until })
    }

    /// What the nonce of a form is kept under once it is used, if the form is theirs and in time.
    pub(super) fn nonce(
        &self,
        form: &UnverifiedDecisionForm,
        proposal: &VerifiedProposal,
        approver: &ApproverId,
        secret: Option<&SessionSecret>,
        now: Timestamp,
    ) -> Result<Digest, ServiceError> {
        let invalid = || {
            let message = "this form was used, has expired, or is not yours; open the page again";
            ServiceError::new(Code::NonceInvalid, message)
        };
        let bound = BoundTo {
            tenant: &form.tenant,
            change: &form.change,
            digest: proposal.digest(),
            approver,
            verb: form.verb,
        };
        let nonce: Nonce = form.nonce.parse().map_err(|_| invalid())?;
        if nonce.is_for(secret.ok_or_else(invalid)?, &bound, now) { Ok(nonce.hash()) } else { Err(invalid()) }
    }
}
