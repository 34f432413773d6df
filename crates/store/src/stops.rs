//! What is stopped: everything, or a tenant.

use changegate_change::id::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{body, keyed, with_body};
use crate::keys;

/// A stop: while it is there, nothing is proposed, decided or sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The principal that stopped it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What is stopped or started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Everything,
    /// One tenant.
    Tenant(TenantId),
}

impl Scope {
    fn pk(&self) -> String {
        match self {
            Self::Everything => keys::EVERYTHING.to_owned(),
            Self::Tenant(tenant) => keys::tenant(tenant),
        }
    }
}

impl Store {
    /// Whether everything, or this tenant, is stopped. An item of whatever form stops.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn stopped(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        for scope in [Scope::Everything, Scope::Tenant(tenant.clone())] {
            if self.one(&self.tables.config, scope.pk(), keys::STOP).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The stop of a scope, if it is stopped.
    ///
    /// # Errors
    /// An item that is not a stop; DynamoDB's errors.
    pub async fn stop_of(&self, scope: &Scope) -> Result<Option<Stop>, StoreError> {
        let item = self.one(&self.tables.config, scope.pk(), keys::STOP).await?;
        item.as_ref().map(body).transpose()
    }

    /// Stops a scope; a later stop replaces an earlier one.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn put_stop(&self, scope: &Scope, stop: &Stop) -> Result<(), StoreError> {
        let item = with_body(scope.pk(), keys::STOP, stop)?;
        let request = self.dynamodb.put_item().table_name(&self.tables.config).set_item(Some(item));
        request.send().await.map_err(StoreError::service("put a stop"))?;
        Ok(())
    }

    /// Starts a scope again, and says whether it was stopped.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn remove_stop(&self, scope: &Scope) -> Result<bool, StoreError> {
        let request = self.dynamodb.delete_item().table_name(&self.tables.config);
        let request = request.set_key(Some(keyed(scope.pk(), keys::STOP)));
        let request = request.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
        let answer = request.send().await.map_err(StoreError::service("remove a stop"))?;
        Ok(answer.attributes.is_some_and(|item| !item.is_empty()))
    }
}
