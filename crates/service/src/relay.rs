//! From the outbox to the webhook queue.
//!
//! A ledger entry of a public kind is written with a marker in the outbox. The stream of the table brings the marker
//! here; the entry's place goes to the queue, then the marker goes away. Done twice, the endpoint gets the event twice
//! under the same id. What is lost on the way keeps its marker, and the sweep sends it again.

use aws_sdk_sqs::error::DisplayErrorContext;
use changegate_change::id::{ChangeId, EntryId, TenantId};
use changegate_change::ledger::Entry;
use changegate_store::Store;
use serde::{Deserialize, Serialize};

use crate::error::{Code, ServiceError};

/// What the queue holds of a ledger entry: where to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookMessage {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The entry.
    pub entry: EntryId,
    /// Its place in the ledger.
    pub sequence: u64,
}

impl WebhookMessage {
    /// The message for an entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            tenant: entry.tenant.clone(),
            change: entry.change.clone(),
            entry: entry.id.clone(),
            sequence: entry.sequence,
        }
    }
}

/// The queue of what is to be delivered.
#[derive(Debug, Clone)]
pub struct WebhookQueue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl WebhookQueue {
    /// The queue with this URL.
    pub fn new(sqs: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self { sqs, url: url.into() }
    }

    /// Puts a message into the queue.
    ///
    /// # Errors
    /// SQS's errors, as `unavailable`.
    pub async fn send(&self, message: &WebhookMessage) -> Result<(), ServiceError> {
        let body = serde_json::to_string(message)?;
        let request = self.sqs.send_message().queue_url(&self.url).message_body(body);
        let sent = request.send().await;
        sent.map(|_| ()).map_err(|error| unavailable(&DisplayErrorContext(&error).to_string()))
    }

    /// Hides a message that was received for this many seconds more.
    ///
    /// # Errors
    /// SQS's errors, as `unavailable`.
    pub async fn hide(&self, receipt: &str, seconds: i32) -> Result<(), ServiceError> {
        let request = self.sqs.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let hidden = request.visibility_timeout(seconds).send().await;
        hidden.map(|_| ()).map_err(|error| unavailable(&DisplayErrorContext(&error).to_string()))
    }
}

fn unavailable(detail: &str) -> ServiceError {
    ServiceError::new(Code::Unavailable, "the webhook queue did not answer; try again").because(detail)
}

/// A batch of the table's stream, of which only the keys are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamBatch {
    /// The records, in the order in which they were written.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamRecord {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName")]
    pub event: String,
    /// What of the table.
    pub dynamodb: StreamItem,
}

/// An item of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamItem {
    /// Its key.
    #[serde(rename = "Keys")]
    pub keys: StreamKeys,
    /// Its place in the stream, by which a failure is reported.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: String,
}

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamKeys {
    /// The partition key.
    pub pk: StreamText,
    /// The sort key.
    pub sk: StreamText,
}

/// A string attribute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamText {
    /// The string.
    #[serde(rename = "S")]
    pub text: String,
}

/// Where a marker points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    tenant: TenantId,
    change: ChangeId,
    sequence: u64,
}

impl Marker {
    /// The marker of the entry at this place.
    pub fn new(tenant: TenantId, change: ChangeId, sequence: u64) -> Self {
        Self { tenant, change, sequence }
    }

    /// The marker that a record of the stream is the insertion of; none if it is of something else.
    pub fn of(record: &StreamRecord) -> Option<Self> {
        let keys = &record.dynamodb.keys;
        let sequence = keys.sk.text.strip_prefix("OUTBOX#").filter(|_| record.event == "INSERT")?;
        let (tenant, change) = keys.pk.text.strip_prefix("T#")?.split_once("#C#")?;
        Some(Self::new(tenant.parse().ok()?, change.parse().ok()?, sequence.parse().ok()?))
    }
}

/// Which records of a batch must come again (Lambda's partial batch response).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BatchFailures {
    /// The records.
    #[serde(rename = "batchItemFailures")]
    pub items: Vec<FailedItem>,
}

/// A record that must come again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedItem {
    /// A sequence number of a stream, or a message id of a queue.
    #[serde(rename = "itemIdentifier")]
    pub id: String,
}

impl BatchFailures {
    /// This record alone.
    pub fn only(id: impl Into<String>) -> Self {
        Self { items: vec![FailedItem { id: id.into() }] }
    }
}

/// The use case.
#[derive(Debug, Clone)]
pub struct Relay {
    store: Store,
    queue: WebhookQueue,
}

impl Relay {
    /// Relays from the store to the queue.
    pub fn new(store: Store, queue: WebhookQueue) -> Self {
        Self { store, queue }
    }

    /// Relays a batch. A stream comes again from the first failure on, so nothing after it is tried.
    pub async fn relay(&self, batch: &StreamBatch) -> BatchFailures {
        for record in &batch.records {
            let Some(marker) = Marker::of(record) else { continue };
            if let Err(error) = self.relay_one(&marker).await {
                if error.code().retryable() {
                    tracing::warn!(story = error.story(), change = %marker.change, "a marker comes again");
                    return BatchFailures::only(&record.dynamodb.sequence_number);
                }
                // Coming again would not help and would hold up what follows.
                tracing::error!(story = error.story(), change = %marker.change, "a marker was left");
            }
        }
        BatchFailures::default()
    }

    /// Relays what one marker points to, and takes the marker away. The sweep uses it for markers that were left.
    ///
    /// # Errors
    /// The store's and the queue's errors; `verification_failed` if there is no such entry.
    pub async fn relay_one(&self, marker: &Marker) -> Result<(), ServiceError> {
        let Marker { tenant, change, sequence } = marker;
        let entry = self.store.entry(tenant, change, *sequence).await?.ok_or_else(|| {
            ServiceError::new(Code::VerificationFailed, "an outbox marker points to no ledger entry")
        })?;
        if (&entry.tenant, &entry.change, entry.sequence) != (tenant, change, *sequence) {
            let message = "an outbox marker points to an entry of another change";
            return Err(ServiceError::new(Code::VerificationFailed, message));
        }
        self.queue.send(&WebhookMessage::of(&entry)).await?;
        Ok(self.store.relayed(tenant, change, *sequence).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: &str = include_str!("../../../events/relay/outbox-insert.json");

    fn batch() -> StreamBatch {
        serde_json::from_str(BATCH).unwrap()
    }

    #[test]
    fn a_stream_batch_names_the_marker() {
        let batch = batch();
        let marker = Marker::of(&batch.records[0]).unwrap();
        let expected =
            Marker::new("demo".parse().unwrap(), "chg_01KAZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(), 2);
        assert_eq!(marker, expected);
    }

    #[test]
    fn removals_and_other_items_are_not_markers() {
        let record = batch().records.remove(0);
        let with = |event: &str, pk: &str, sk: &str| {
            let mut record = record.clone();
            record.event = event.into();
            record.dynamodb.keys =
                StreamKeys { pk: StreamText { text: pk.into() }, sk: StreamText { text: sk.into() } };
            record
        };
        let pk = &record.dynamodb.keys.pk.text;
        for foreign in [
            with("REMOVE", pk, "OUTBOX#000002"),
            with("INSERT", pk, "LEDGER#000002"),
            with("INSERT", pk, "OUTBOX#two"),
            with("INSERT", "T#demo", "OUTBOX#000002"),
            with("INSERT", "T#Demo#C#chg_01KAZ3NDEKTSV4RRFFQ69G5FAV", "OUTBOX#000002"),
        ] {
            assert_eq!(Marker::of(&foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn a_message_reads_back_and_holds_nothing_but_the_place() {
        let message = WebhookMessage {
            tenant: "demo".parse().unwrap(),
            change: "chg_01KAZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            entry: "evt_01KAZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
            sequence: 2,
        };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(
            text,
            r#"{"tenant":"demo","change":"chg_01KAZ3NDEKTSV4RRFFQ69G5FAV","entry":"evt_01KAZ3NDEKTSV4RRFFQ69G5FAW","sequence":2}"#
        );
        assert_eq!(serde_json::from_str::<WebhookMessage>(&text).unwrap(), message);
    }

    #[test]
    fn failures_are_written_as_lambda_reads_them() {
        let text = serde_json::to_string(&BatchFailures::only("7")).unwrap();
        assert_eq!(text, r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
        assert_eq!(serde_json::to_string(&BatchFailures::default()).unwrap(), r#"{"batchItemFailures":[]}"#);
    }
}
