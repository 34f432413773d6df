//! Asks people: keeps the token that ends the execution's wait, and tells every approver once.

use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use changegate_change::id::{ApproverId, ChangeId, TenantId};
use changegate_change::proposal::{Proposal, VerifiedProposal};
use changegate_change::status::Status;
use changegate_store::Store;
use changegate_store::approvals::{Notice as Told, TaskToken};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::keys::Verifier;
use crate::notice::Notice;
use crate::verify::believed;

/// The task: a change, and the token that ends the wait.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The number of the execution that waits.
    pub generation: u64,
    /// The token: whoever has it can end the wait.
    pub token: String,
}

impl std::fmt::Debug for ApprovalTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApprovalTask({} of {}, generation {})", self.change, self.tenant, self.generation)
    }
}

/// What asking needs.
#[derive(Debug)]
pub struct RequestApproval {
    /// The tables.
    pub store: Store,
    /// Where notices go.
    pub sns: aws_sdk_sns::Client,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// What the ARN of every approval topic begins with; the tenant follows.
    pub topic_prefix: String,
    /// Where people reach this deployment.
    pub public_url: String,
    /// Time and randomness.
    pub clock: Clock,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// How many approvers were told by this task.
    pub told: u32,
}

impl RequestApproval {
    /// Keeps the token and tells the approvers that were not told before. The token is kept in any case, so that the
    /// sweep can end the wait of a change that does not wait for people.
    ///
    /// # Errors
    /// Somebody could not be told, or the token not be kept; the same may work later.
    pub async fn ask(&self, task: &ApprovalTask) -> Result<Asked, ServiceError> {
        let ApprovalTask { tenant, change, generation, token } = task;
        let kept_at = self.clock.now();
        let token = TaskToken { generation: *generation, token: token.clone(), kept_at };
        self.store.keep_token(tenant, change, &token).await?;
        let told = match self.waiting(task).await? {
            Some(proposal) => self.tell(proposal.get()).await?,
            None => 0,
        };
        Ok(Asked { tenant: tenant.clone(), change: change.clone(), told })
    }

    /// The proposal, if it verifies and its change waits for people in this execution.
    async fn waiting(&self, task: &ApprovalTask) -> Result<Option<VerifiedProposal>, ServiceError> {
        let (tenant, change) = (&task.tenant, &task.change);
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        let head = &record.head;
        if head.status != Status::AwaitingApproval || head.generation != task.generation {
            tracing::info!(%change, status = head.status.as_str(), "nobody is told: it does not wait for people here");
            return Ok(None);
        }
        let dossier = Dossier::load(&self.store, tenant, change, &head.dossier).await?;
        let public = self.proposal_keys.public_key().await?;
        let proposal = believed(&record, &dossier, |message, signature| public.verifies(message, signature));
        proposal.map(Some).map_err(|refusal| {
            let why = refusal.why();
            ServiceError::new(Code::VerificationFailed, "what is stored of this change does not verify")
                .because(format!("{}: {}", why.code, why.message))
        })
    }

    /// Tells every approver of the rule once. One who cannot be told does not keep the others from being told.
    async fn tell(&self, proposal: &Proposal) -> Result<u32, ServiceError> {
        let (tenant, change) = (&proposal.tenant, &proposal.change);
        let before = self.store.notices(tenant, change).await?;
        let notice = Notice::of(proposal, &self.public_url);
        let (mut told, mut failed) = (0, None);
        for approver in &proposal.rule.approvers {
            if before.iter().any(|told| told.approver == *approver) {
                continue;
            }
            match self.tell_one(proposal, approver, &notice).await {
                Ok(()) => told += 1,
                Err(error) => {
                    tracing::warn!(%change, %approver, story = error.story(), "not told");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(told), Err)
    }

    async fn tell_one(
        &self,
        proposal: &Proposal,
        approver: &ApproverId,
        notice: &Notice,
    ) -> Result<(), ServiceError> {
        let topic = format!("{}{}", self.topic_prefix, proposal.tenant);
        let request = self.sns.publish().topic_arn(topic).message_structure("json");
        let request = request.subject(&notice.subject).message(&notice.message);
        let request = request.message_attributes("approver", attribute(approver.as_str())?);
        let request = request.message_attributes("tenant", attribute(proposal.tenant.as_str())?);
        let sent = request.send().await.map_err(|error| {
            ServiceError::new(Code::Unavailable, "sns did not take a notice; try again")
                .because(DisplayErrorContext(&error).to_string())
        })?;
        let told = Told {
            approver: approver.clone(),
            message_id: sent.message_id.unwrap_or_default(),
            sent_at: self.clock.now(),
        };
        Ok(self.store.note_notice(&proposal.tenant, &proposal.change, &told).await?)
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, ServiceError> {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(value);
    attribute.build().map_err(ServiceError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_the_sample_event_is_read_and_not_printed() {
        let event = include_str!("../../../events/request-approval/ask.json");
        let task: ApprovalTask = serde_json::from_str(event).unwrap();
        assert!(!task.token.is_empty() && !format!("{task:?}").contains(&task.token));
    }
}
