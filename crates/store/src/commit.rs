//! One transaction per state change: record, ledger entry, outbox marker and whatever follows, or nothing.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem, Update};
use changegate_change::decision::SignedDecision;
use changegate_change::digest::Digest;
use changegate_change::head::Head;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::Entry;
use changegate_change::step_record::{Fence, StepRecord};
use jiff::Timestamp;

use crate::Store;
use crate::blob;
use crate::error::StoreError;
use crate::item::{Item, keyed, number, of_head, with_body};
use crate::keys;

/// A part of a transaction: which condition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The record: it has another version, or is already there.
    Head,
    /// The ledger entry.
    Ledger,
    /// The outbox marker.
    Outbox,
    /// The record of a step.
    Step,
    /// The fence: it is taken.
    Fence,
    /// The decision: this approver has already decided.
    Decision,
    /// The nonce: it was used.
    Nonce,
    /// The idempotency record: the key was used.
    Idempotency,
    /// A stop is set.
    Stop,
    /// A blob expired before it was named.
    Blob,
    /// The sweep's watch.
    Watch,
}

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Conditions did not hold; nothing was written.
    #[error("the conditions of {0:?} did not hold")]
    Refused(Vec<Part>),
    /// Another transaction was in the way; nothing was written, and trying again may help.
    #[error("another transaction was in the way")]
    Contended,
    /// The transaction could not be made or sent.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Whether this part's condition did not hold.
    pub fn refused(&self, part: Part) -> bool {
        match self {
            Self::Refused(parts) => parts.contains(&part),
            Self::Contended | Self::Store(_) => false,
        }
    }
}

/// A transaction that is being put together.
#[derive(Debug)]
#[must_use = "nothing is written before `run`"]
pub struct Commit<'a> {
    store: &'a Store,
    parts: Vec<(Part, TransactWriteItem)>,
    malformed: Option<StoreError>,
    token: Option<String>,
}

impl Store {
    /// An empty transaction.
    pub fn commit(&self) -> Commit<'_> {
        Commit { store: self, parts: Vec::new(), malformed: None, token: None }
    }
}

impl Commit<'_> {
    /// A new change: record, first entry, its marker, and a watch for the sweep.
    pub fn create(self, head: &Head, entry: &Entry, look_at: Timestamp) -> Self {
        let watch = crate::watch::item(&head.tenant, &head.change, look_at);
        self.put_new(Part::Head, of_head(head)).entry(entry).put_new(Part::Watch, Ok(watch))
    }

    /// The record and the entry after something happened, if the record still has the version it had.
    pub fn update(mut self, head: &Head, entry: &Entry) -> Self {
        let was = entry.sequence.saturating_sub(1);
        match of_head(head) {
            Ok(item) => {
                let put = self.put(item).condition_expression("version = :was");
                let put = put.expression_attribute_values(":was", number(was));
                self.push(Part::Head, put.build().map(|put| TransactWriteItem::builder().put(put).build()));
            }
            Err(error) => self.malformed = Some(error),
        }
        self.entry(entry)
    }

    fn entry(self, entry: &Entry) -> Self {
        let pk = keys::change(&entry.tenant, &entry.change);
        let this = self.put_new(Part::Ledger, with_body(pk.clone(), keys::ledger(entry.sequence), entry));
        if !entry.kind.is_public() {
            return this;
        }
        this.put_new(Part::Outbox, with_body(pk, keys::outbox(entry.sequence), &entry.sequence))
    }

    /// The record of a step, whatever it was.
    pub fn step(mut self, tenant: &TenantId, change: &ChangeId, step: &StepRecord) -> Self {
        match with_body(keys::change(tenant, change), keys::step(step.number), step) {
            Ok(item) => {
                let put = self.put(item).build().map(|put| TransactWriteItem::builder().put(put).build());
                self.push(Part::Step, put);
            }
            Err(error) => self.malformed = Some(error),
        }
        self
    }

    /// The fence of a step, if nobody took it.
    pub fn fence(self, tenant: &TenantId, change: &ChangeId, fence: &Fence) -> Self {
        let item = with_body(keys::change(tenant, change), keys::fence(fence.step), fence);
        self.put_new(Part::Fence, item)
    }

    /// The decision of an approver, if they have not decided.
    pub fn decision(mut self, decision: &SignedDecision) -> Self {
        let said = &decision.decision;
        let pk = keys::change(&said.tenant, &said.change);
        match with_body(pk, keys::decision(&said.approver), decision) {
            Ok(item) => {
                let put = Put::builder().table_name(&self.store.tables.approvals).set_item(Some(item));
                let put = put.condition_expression("attribute_not_exists(pk)").build();
                self.push(Part::Decision, put.map(|put| TransactWriteItem::builder().put(put).build()));
            }
            Err(error) => self.malformed = Some(error),
        }
        self
    }

    /// Uses a nonce up, if nobody did.
    pub fn use_nonce(
        mut self,
        tenant: &TenantId,
        change: &ChangeId,
        nonce: &Digest,
        until: Timestamp,
    ) -> Self {
        let mut item = keyed(keys::change(tenant, change), keys::nonce(nonce));
        item.insert("expires_at".to_owned(), number(until.as_second()));
        let put = Put::builder().table_name(&self.store.tables.approvals).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        self.push(Part::Nonce, put.map(|put| TransactWriteItem::builder().put(put).build()));
        self
    }

    /// The idempotency record of a submission, if the key is unused.
    pub fn idempotency(self, record: &crate::idempotency::Used, now: Timestamp) -> Self {
        let item = crate::idempotency::item(record, now);
        self.put_new(Part::Idempotency, item)
    }

    /// Only if neither everything nor this tenant is stopped.
    pub fn unless_stopped(mut self, tenant: &TenantId) -> Self {
        for pk in [keys::EVERYTHING.to_owned(), keys::tenant(tenant)] {
            let check = ConditionCheck::builder()
                .table_name(&self.store.tables.config)
                .set_key(Some(keyed(pk, keys::STOP)))
                .condition_expression("attribute_not_exists(pk)")
                .build();
            self.push(
                Part::Stop,
                check.map(|check| TransactWriteItem::builder().condition_check(check).build()),
            );
        }
        self
    }

    /// Takes the expiry of a blob away: the transaction names it.
    pub fn keep(mut self, blob: &blob::Put) -> Self {
        for (pk, sk) in &blob.keys {
            let update = Update::builder()
                .table_name(&self.store.tables.changes)
                .set_key(Some(keyed(pk.clone(), sk)))
                .update_expression("REMOVE expires_at")
                .condition_expression("attribute_exists(pk)")
                .build();
            self.push(Part::Blob, update.map(|update| TransactWriteItem::builder().update(update).build()));
        }
        self
    }

    /// DynamoDB's ClientRequestToken: a transaction that is sent twice within ten minutes happens once.
    pub fn once(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Writes all of it, or nothing.
    ///
    /// # Errors
    /// Which conditions did not hold; DynamoDB's errors.
    pub async fn run(self) -> Result<(), CommitError> {
        if let Some(error) = self.malformed {
            return Err(error.into());
        }
        let (parts, items): (Vec<_>, Vec<_>) = self.parts.into_iter().unzip();
        send(self.store, &parts, items, self.token).await
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.store.tables.changes).set_item(Some(item))
    }

    fn put_new(mut self, part: Part, item: Result<Item, StoreError>) -> Self {
        match item {
            Ok(item) => {
                let put = self.put(item).condition_expression("attribute_not_exists(pk)").build();
                self.push(part, put.map(|put| TransactWriteItem::builder().put(put).build()));
            }
            Err(error) => self.malformed = Some(error),
        }
        self
    }

    fn push<E: ToString>(&mut self, part: Part, item: Result<TransactWriteItem, E>) {
        match item {
            Ok(item) => self.parts.push((part, item)),
            Err(error) => self.malformed = Some(StoreError::malformed("transaction", error)),
        }
    }
}

/// Sends a transaction whose parts are named in the order of its items.
pub(crate) async fn send(
    store: &Store,
    parts: &[Part],
    items: Vec<TransactWriteItem>,
    token: Option<String>,
) -> Result<(), CommitError> {
    let request = store.dynamodb.transact_write_items().set_transact_items(Some(items));
    let result = request.set_client_request_token(token).send().await;
    result.map(|_| ()).map_err(|error| refusal(parts, error))
}

fn refusal(parts: &[Part], error: aws_sdk_dynamodb::error::SdkError<TransactWriteItemsError>) -> CommitError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return StoreError::service("write a transaction")(error).into();
    };
    let reasons = cancelled.cancellation_reasons();
    let refused: Vec<_> = parts
        .iter()
        .zip(reasons)
        .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(part, _)| *part)
        .collect();
    if !refused.is_empty() {
        return CommitError::Refused(refused);
    }
    if reasons.iter().any(|reason| reason.code() == Some("TransactionConflict")) {
        return CommitError::Contended;
    }
    StoreError::service("write a transaction")(error).into()
}
