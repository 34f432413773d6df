//! Writing a tenant's configuration: a version that never changes, and what points to it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use changegate_change::id::{AccountId, AgentId, TenantId};
use changegate_change::tenant::{ConfigVersion, TenantConfig};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, body, with_body};
use crate::keys;
use crate::tenants::{KeyOwner, SignedConfig};

/// How many items a DynamoDB transaction takes.
const TRANSACTION_MAX: usize = 100;

/// Why a version was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutConfigError {
    /// Another version was put in between; nothing was written.
    #[error("version {0} is not the next one")]
    NotNext(u64),
    /// The account belongs to another tenant; nothing was written.
    #[error("account `{0}` belongs to another tenant")]
    AccountTaken(AccountId),
    /// The key is in use by another agent or tenant; nothing was written.
    #[error("the key of agent `{0}` is in use by another agent")]
    KeyTaken(AgentId),
    /// More accounts and keys come and go than one transaction takes; nothing was written.
    #[error("{0} accounts and keys come or go, more than {max} at once", max = TRANSACTION_MAX - 2)]
    TooMany(usize),
    /// Another transaction was in the way; nothing was written, and trying again may help.
    #[error("another transaction was in the way")]
    Contended,
    /// The transaction could not be made or sent.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a part of the transaction is about: who is in the way if its condition does not hold.
#[derive(Debug, Clone)]
enum About {
    Version(u64),
    Account(AccountId),
    Key(AgentId),
}

impl Store {
    /// Puts the version after `previous`: the version itself, the pointer to it, whose its accounts and keys are, and
    /// no longer those that are gone. All of it, or nothing.
    ///
    /// `previous` is the version that the caller read and verified; none before the first.
    ///
    /// # Errors
    /// Who is in the way; DynamoDB's errors.
    pub async fn put_config(
        &self,
        next: &SignedConfig,
        previous: Option<&ConfigVersion>,
    ) -> Result<(), PutConfigError> {
        let parts = self.parts(next, previous)?;
        if parts.len() > TRANSACTION_MAX {
            return Err(PutConfigError::TooMany(parts.len().saturating_sub(2)));
        }
        let (about, items): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let request = self.dynamodb.transact_write_items().set_transact_items(Some(items));
        let result = request.send().await;
        result.map(|_| ()).map_err(|error| in_the_way(&about, error))
    }

    /// Every version of a tenant's configuration, in their order and not verified.
    ///
    /// # Errors
    /// An item that cannot be read; DynamoDB's errors.
    pub async fn config_versions(&self, tenant: &TenantId) -> Result<Vec<SignedConfig>, StoreError> {
        let items = self.partition(&self.tables.config, keys::tenant(tenant), Some("VERSION#")).await?;
        items.iter().map(body).collect()
    }

    fn parts(
        &self,
        next: &SignedConfig,
        previous: Option<&ConfigVersion>,
    ) -> Result<Vec<(About, TransactWriteItem)>, StoreError> {
        let (tenant, number) = (&next.version.config.tenant, next.version.version);
        let pk = keys::tenant(tenant);
        let about = About::Version(number);
        let version = with_body(pk.clone(), keys::version(number), next)?;
        let pointer = with_body(pk.clone(), keys::CURRENT, &number)?;
        let was = previous.map(|was| with_body(pk, keys::CURRENT, &was.version)).transpose()?;
        let mut parts = vec![
            (about.clone(), self.put_if(version, Before::Absent)?),
            (about, self.put_if(pointer, was.as_ref().map_or(Before::Absent, Before::Exactly))?),
        ];
        let config = &next.version.config;
        let old = previous.map(|version| &version.config);
        self.owned_accounts(config, old, &mut parts)?;
        self.owned_keys(config, old, &mut parts)?;
        Ok(parts)
    }

    fn owned_accounts(
        &self,
        config: &TenantConfig,
        old: Option<&TenantConfig>,
        parts: &mut Vec<(About, TransactWriteItem)>,
    ) -> Result<(), StoreError> {
        let ids =
            |config: &TenantConfig| config.accounts.iter().map(|a| a.id.clone()).collect::<BTreeSet<_>>();
        let (now, before) = (ids(config), old.map(ids).unwrap_or_default());
        for id in now.symmetric_difference(&before) {
            let item = with_body(keys::account(id.as_str()), keys::ONLY, &config.tenant)?;
            let write = if now.contains(id) {
                self.put_if(item, Before::AbsentOrSame)?
            } else {
                self.delete_own(&item)?
            };
            parts.push((About::Account(id.clone()), write));
        }
        Ok(())
    }

    fn owned_keys(
        &self,
        config: &TenantConfig,
        old: Option<&TenantConfig>,
        parts: &mut Vec<(About, TransactWriteItem)>,
    ) -> Result<(), StoreError> {
        let pairs = |config: &TenantConfig| {
            let pair =
                |agent: &changegate_change::tenant::Agent| (agent.key_sha256.clone(), agent.id.clone());
            config.agents.iter().map(pair).collect::<BTreeSet<_>>()
        };
        let (now, before) = (pairs(config), old.map(pairs).unwrap_or_default());
        let kept: BTreeSet<_> = now.iter().map(|(hash, _)| hash).collect();
        for pair in now.symmetric_difference(&before) {
            let (hash, agent) = pair;
            let owner = KeyOwner { tenant: config.tenant.clone(), agent: agent.clone() };
            let item = with_body(keys::agent_key(hash), keys::ONLY, &owner)?;
            let write = match (now.contains(pair), kept.contains(hash)) {
                (true, _) => self.put_if(item, Before::AbsentOrSame)?,
                (false, false) => self.delete_own(&item)?,
                // The key went to another agent: its put is refused, and one transaction names an item once.
                (false, true) => continue,
            };
            parts.push((About::Key(agent.clone()), write));
        }
        Ok(())
    }

    fn put_if(&self, item: Item, before: Before<'_>) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.tables.config);
        let put = match before {
            Before::Absent => put.condition_expression("attribute_not_exists(pk)"),
            Before::AbsentOrSame => put
                .condition_expression("attribute_not_exists(pk) OR body = :body")
                .set_expression_attribute_values(Some(body_value(&item))),
            Before::Exactly(was) => put
                .condition_expression("body = :body")
                .set_expression_attribute_values(Some(body_value(was))),
        };
        let put =
            put.set_item(Some(item)).build().map_err(|error| StoreError::malformed("transaction", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_own(&self, item: &Item) -> Result<TransactWriteItem, StoreError> {
        let key = item.iter().filter(|(name, _)| *name == "pk" || *name == "sk");
        let delete = Delete::builder()
            .table_name(&self.tables.config)
            .set_key(Some(key.map(|(name, value)| (name.clone(), value.clone())).collect()))
            .condition_expression("attribute_not_exists(pk) OR body = :body")
            .set_expression_attribute_values(Some(body_value(item)))
            .build()
            .map_err(|error| StoreError::malformed("transaction", error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// What an item must be before it is written.
enum Before<'a> {
    Absent,
    AbsentOrSame,
    Exactly(&'a Item),
}

fn body_value(item: &Item) -> Item {
    let body = item.get(crate::item::BODY).cloned();
    body.map(|body| (":body".to_owned(), body)).into_iter().collect()
}

fn in_the_way(
    about: &[About],
    error: aws_sdk_dynamodb::error::SdkError<TransactWriteItemsError>,
) -> PutConfigError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return StoreError::service("put a configuration")(error).into();
    };
    let reasons = cancelled.cancellation_reasons();
    let code = |code: &str| reasons.iter().position(|reason| reason.code() == Some(code));
    if let Some(about) = code("ConditionalCheckFailed").and_then(|position| about.get(position)) {
        return match about.clone() {
            About::Version(number) => PutConfigError::NotNext(number),
            About::Account(id) => PutConfigError::AccountTaken(id),
            About::Key(agent) => PutConfigError::KeyTaken(agent),
        };
    }
    if code("TransactionConflict").is_some() {
        return PutConfigError::Contended;
    }
    StoreError::service("put a configuration")(error).into()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
    use serde_json::{Value, json};

    use super::*;
    use crate::Tables;

    fn version(number: u64, accounts: &[&str], agents: &[(&str, &str)]) -> SignedConfig {
        let accounts: Vec<_> = accounts.iter().map(|id| {
            json!({"id": id, "name": "x", "regions": ["us-east-1"], "reader_role": "r", "executor_role": "e"})
        }).collect();
        let agents: Vec<_> = agents.iter().map(|(id, hash)| json!({"id": id, "key_sha256": hash})).collect();
        let config = json!({"tenant": "demo", "accounts": accounts, "agents": agents, "approvers": [], "issuers": [],
            "classes": [], "approval": {"required": 1}});
        let version: Value = json!({"version": number, "applied_at": "2026-11-23T10:00:00Z", "applied_by": "ops",
            "external_id": "cgx-1", "config": config});
        SignedConfig { version: serde_json::from_value(version).unwrap(), signature: String::new() }
    }

    /// `put` or `delete`, partition key and condition of every part.
    fn parts(next: &SignedConfig, previous: Option<&SignedConfig>) -> Vec<(&'static str, String, String)> {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config), Tables::default());
        let parts = store.parts(next, previous.map(|signed| &signed.version)).unwrap();
        let shown = |(_, item): (About, TransactWriteItem)| match (item.put, item.delete) {
            (Some(put), None) => ("put", pk(&put.item), put.condition_expression.unwrap()),
            (None, Some(delete)) => ("delete", pk(&delete.key), delete.condition_expression.unwrap()),
            other => panic!("{other:?}"),
        };
        parts.into_iter().map(shown).collect()
    }

    fn pk(item: &Item) -> String {
        format!("{} {}", item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap())
    }

    const ABSENT: &str = "attribute_not_exists(pk)";
    const OURS: &str = "attribute_not_exists(pk) OR body = :body";

    fn part(verb: &'static str, key: &str, condition: &str) -> (&'static str, String, String) {
        (verb, key.to_owned(), condition.to_owned())
    }

    #[test]
    fn a_first_version_is_put_only_where_nothing_is() {
        let expected = [
            part("put", "T#demo VERSION#00000001", ABSENT),
            part("put", "T#demo CURRENT", ABSENT),
            part("put", "ACCOUNT#111111111111 ONLY", OURS),
            part("put", "AGENTKEY#aa ONLY", OURS),
        ];
        assert_eq!(parts(&version(1, &["111111111111"], &[("bot", "aa")]), None), expected);
    }

    #[test]
    fn a_later_version_replaces_exactly_the_one_before_and_lets_go_of_what_is_gone() {
        let old = version(1, &["111111111111", "222222222222"], &[("bot", "aa"), ("kept", "bb")]);
        let new = version(2, &["222222222222", "333333333333"], &[("bot", "cc"), ("kept", "bb")]);
        let expected = [
            part("put", "T#demo VERSION#00000002", ABSENT),
            part("put", "T#demo CURRENT", "body = :body"),
            part("delete", "ACCOUNT#111111111111 ONLY", OURS),
            part("put", "ACCOUNT#333333333333 ONLY", OURS),
            part("delete", "AGENTKEY#aa ONLY", OURS),
            part("put", "AGENTKEY#cc ONLY", OURS),
        ];
        assert_eq!(parts(&new, Some(&old)), expected);
    }

    #[test]
    fn a_key_that_goes_to_another_agent_is_named_once_and_on_the_condition_that_it_was_theirs() {
        let (old, new) = (version(1, &[], &[("bot", "aa")]), version(2, &[], &[("other", "aa")]));
        let keys: Vec<_> =
            parts(&new, Some(&old)).into_iter().filter(|(_, key, _)| key.starts_with("AGENTKEY")).collect();
        assert_eq!(keys, [part("put", "AGENTKEY#aa ONLY", OURS)]);
    }
}
