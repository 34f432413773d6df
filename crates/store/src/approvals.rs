//! Task tokens, notices and decisions. Agents' functions cannot read this table.

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::decision::SignedDecision;
use changegate_change::id::{ApproverId, ChangeId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{body, number, with_body};
use crate::keys;

/// How many tokens of an execution are tried: more than tries of a task can overlap.
const TOKENS_MAX: i32 = 8;
/// How long a token stays: longer than the task that waits with it.
const TOKEN_TTL: SignedDuration = SignedDuration::from_hours(16 * 24);

/// A token that ends the wait of one execution, if that still waits with it.
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
    /// Keeps a token of an execution, beside those of earlier tries of the task. A try that comes late keeps its token after the
    /// one that the execution waits with, so none may take the place of another.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn keep_token(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        token: &TaskToken,
    ) -> Result<(), StoreError> {
        let sk = keys::token(token.generation, token.kept_at, &token.token);
        let mut item = with_body(keys::change(tenant, change), sk, token)?;
        item.insert("expires_at".to_owned(), number((token.kept_at + TOKEN_TTL).as_second()));
        let request = self.dynamodb.put_item().table_name(&self.tables.approvals).set_item(Some(item));
        request.send().await.map_err(StoreError::service("keep a task token"))?;
        Ok(())
    }

    /// The last tokens of an execution, the latest first. At most one of them is the one that it waits with.
    ///
    /// # Errors
    /// An item that is not a token; DynamoDB's errors.
    pub async fn tokens(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        generation: u64,
    ) -> Result<Vec<TaskToken>, StoreError> {
        let request = self.dynamodb.query().table_name(&self.tables.approvals).consistent_read(true);
        let request = request.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
        let request =
            request.expression_attribute_values(":pk", AttributeValue::S(keys::change(tenant, change)));
        let request = request
            .expression_attribute_values(":prefix", AttributeValue::S(keys::tokens(generation)))
            .scan_index_forward(false)
            .limit(TOKENS_MAX);
        let page = request.send().await.map_err(StoreError::service("find task tokens"))?;
        page.items().iter().map(body).collect()
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
