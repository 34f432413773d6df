//! Changes of a tenant, page by page, newest first.

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::head::Head;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::status::Status;

use crate::Store;
use crate::error::StoreError;
use crate::item::string;
use crate::keys;

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records.
    pub heads: Vec<Head>,
    /// The change that the next page begins after; none on the last.
    pub next: Option<ChangeId>,
}

impl Store {
    /// Up to `limit` changes of a tenant that are older than `after`, newest first.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn list(
        &self,
        tenant: &TenantId,
        status: Option<Status>,
        limit: u16,
        after: Option<&ChangeId>,
    ) -> Result<Page, StoreError> {
        let (index, pk_name, sk_name, pk) = match status {
            Some(status) => ("by-status", "status_pk", "status_sk", keys::by_status(tenant, status.as_str())),
            None => ("by-tenant", "list_pk", "list_sk", keys::by_tenant(tenant)),
        };
        let condition = if after.is_some() { "#pk = :pk AND #sk < :after" } else { "#pk = :pk" };
        let mut request = self.dynamodb.query().table_name(&self.tables.changes).index_name(index);
        request =
            request.key_condition_expression(condition).scan_index_forward(false).limit(i32::from(limit) + 1);
        request = request.expression_attribute_names("#pk", pk_name);
        request = request.expression_attribute_values(":pk", AttributeValue::S(pk));
        if let Some(after) = after {
            request = request.expression_attribute_names("#sk", sk_name);
            request = request.expression_attribute_values(":after", AttributeValue::S(after.to_string()));
        }
        let found = request.send().await.map_err(StoreError::service("list changes"))?;
        let mut ids = Vec::new();
        for item in found.items() {
            let id = string(item, sk_name)?;
            ids.push(id.parse::<ChangeId>().map_err(|error| StoreError::malformed(id, error))?);
        }
        let more = ids.len() > usize::from(limit);
        ids.truncate(usize::from(limit));
        let next = if more { ids.last().cloned() } else { None };
        let mut heads = self.heads(tenant, &ids).await?;
        // An index is behind its table for a moment: what changed its status in between does not belong here any more.
        heads.retain(|head| status.is_none_or(|status| head.status == status));
        Ok(Page { heads, next })
    }
}
