//! Task tokens, notices and decisions. Agents' functions cannot read this table.

use changegate_change::decision::SignedDecision;
use changegate_change::id::{ApproverId, ChangeId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{body, with_body};
use crate::keys;

/// The token that ends the wait of one execution.
#[derive(Clone, Serialize, Deserialize)]
pub struct TaskToken {
    /// The generation of the execution.
    pub generation: u64,
    /// The token: whoever has it can end the wait.
    pub token: String,
    /// When it was kept.
    pub kept_at: Timestamp,
}

impl std::fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TaskToken(generation {})", self.generation)
    }
}

/// That an approver was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who.
    pub approver: ApproverId,
    /// SNS's message id.
    pub message_id: String,
    /// When.
    pub sent_at: Timestamp,
}

impl Store {
    /// Keeps the token of an execution; the same task started twice keeps the later one.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn keep_token(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        token: &TaskToken,
    ) -> Result<(), StoreError> {
        let item = with_body(keys::change(tenant, change), keys::token(token.generation), token)?;
        let request = self.dynamodb.put_item().table_name(&self.tables.approvals).set_item(Some(item));
        request.send().await.map_err(StoreError::service("keep a task token"))?;
        Ok(())
    }

    /// The token of an execution.
    ///
    /// # Errors
    /// An item that is not a token; DynamoDB's errors.
    pub async fn token(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        generation: u64,
    ) -> Result<Option<TaskToken>, StoreError> {
        let pk = keys::change(tenant, change);
        let item = self.one(&self.tables.approvals, pk, &keys::token(generation)).await?;
        item.as_ref().map(body).transpose()
    }

    /// Notes that an approver was told.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn note_notice(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        notice: &Notice,
    ) -> Result<(), StoreError> {
        let item = with_body(keys::change(tenant, change), keys::notice(&notice.approver), notice)?;
        let request = self.dynamodb.put_item().table_name(&self.tables.approvals).set_item(Some(item));
        request.send().await.map_err(StoreError::service("note a notice"))?;
        Ok(())
    }

    /// The notices of a change.
    ///
    /// # Errors
    /// An item that is not a notice; DynamoDB's errors.
    pub async fn notices(&self, tenant: &TenantId, change: &ChangeId) -> Result<Vec<Notice>, StoreError> {
        let pk = keys::change(tenant, change);
        let items = self.partition(&self.tables.approvals, pk, Some("NOTICE#")).await?;
        items.iter().map(body).collect()
    }

    /// The decisions on a change, none of them verified.
    ///
    /// # Errors
    /// An item that is not a decision; DynamoDB's errors.
    pub async fn decisions(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
    ) -> Result<Vec<SignedDecision>, StoreError> {
        let pk = keys::change(tenant, change);
        let items = self.partition(&self.tables.approvals, pk, Some("DECISION#")).await?;
        items.iter().map(body).collect()
    }
}
