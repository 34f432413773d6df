//! From the webhook queue to a tenant's endpoint.
//!
//! One message is one ledger entry, one invocation one try. A message that is reported as failed comes again when the
//! wait of [`changegate_webhook::backoff`] is over; after its last try the queue moves it to the dead letters. Tries are
//! at least once and in no order: the event's id is the same each time, and its place in the ledger is inside.

use changegate_change::id::TenantId;
use changegate_egress::Egress;
use changegate_store::Store;
use changegate_webhook::backoff::wait_after;
use changegate_webhook::{Delivery, PublicEvent, WebhookSecret, deliver};
use serde::Deserialize;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::error::{Code, ServiceError};
use crate::keys::{DerivedKeys, Verifier};
use crate::relay::{BatchFailures, FailedItem, WebhookMessage, WebhookQueue};

/// A batch of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QueueBatch {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<QueueRecord>,
}

/// A message as Lambda hands it over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueRecord {
    /// Its id, by which a failure is reported.
    pub message_id: String,
    /// What it is hidden by.
    pub receipt_handle: String,
    /// A [`WebhookMessage`].
    pub body: String,
    /// What the queue knows of it.
    pub attributes: QueueAttributes,
}

/// What the queue knows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QueueAttributes {
    /// How often it was received, this time included; a number in a string.
    #[serde(rename = "ApproximateReceiveCount")]
    pub receive_count: String,
}

impl QueueRecord {
    /// The number of this try, from 1.
    fn attempt(&self) -> u32 {
        self.attributes.receive_count.parse().unwrap_or(1).max(1)
    }
}

/// The secret that a tenant and its endpoint share: another endpoint has another one.
///
/// # Errors
/// KMS's errors.
pub async fn webhook_secret(
    keys: &DerivedKeys,
    tenant: &TenantId,
    url: &str,
) -> Result<WebhookSecret, ServiceError> {
    let key = keys.derive(&format!("changegate webhook v1 {tenant} {url}")).await?;
    WebhookSecret::from_bytes(key).map_err(ServiceError::internal)
}

/// What became of a message.
#[derive(Debug)]
enum Fate {
    /// There is nothing more to do.
    Over,
    /// It comes again, not before this long if somebody asked for it.
    Again(Option<Duration>),
}

/// The use case.
#[derive(Debug)]
pub struct DeliverWebhook {
    /// Reads ledgers and configurations.
    pub store: Store,
    /// Verifies configurations.
    pub config_keys: Verifier,
    /// What secrets are derived from.
    pub webhook_keys: DerivedKeys,
    /// The queue that messages come from.
    pub queue: WebhookQueue,
    /// The way out.
    pub egress: Egress,
    /// Time and randomness.
    pub clock: Clock,
}

impl DeliverWebhook {
    /// Tries every message of a batch once, and names those that must come again.
    pub async fn deliver(&self, batch: &QueueBatch) -> BatchFailures {
        let mut failures = BatchFailures::default();
        for record in &batch.records {
            let fate = self.deliver_one(record).await.unwrap_or_else(|error| {
                tracing::warn!(story = error.story(), message = record.message_id, "a webhook was not tried");
                Fate::Again(None)
            });
            if let Fate::Again(asked) = fate {
                self.hide(record, asked).await;
                failures.items.push(FailedItem { id: record.message_id.clone() });
            }
        }
        failures
    }

    async fn deliver_one(&self, record: &QueueRecord) -> Result<Fate, ServiceError> {
        let message: WebhookMessage = serde_json::from_str(&record.body)
            .map_err(|error| ServiceError::internal(format!("a message is not ours: {error}")))?;
        let config = VerifiedConfig::load(&self.store, &self.config_keys, &message.tenant).await?;
        let Some(webhook) = &config.config().webhook else {
            tracing::info!(entry = %message.entry, "the tenant has no endpoint");
            return Ok(Fate::Over);
        };
        let Some(event) = self.event(&message).await? else { return Ok(Fate::Over) };
        let secret = webhook_secret(&self.webhook_keys, &message.tenant, &webhook.url).await?;
        let tried = deliver(&self.egress, &webhook.url, &secret, &event, self.clock.now()).await;
        let delivery = tried.map_err(ServiceError::internal)?;
        Ok(fate(&message, record.attempt(), delivery))
    }

    async fn event(&self, message: &WebhookMessage) -> Result<Option<PublicEvent>, ServiceError> {
        let entry = self.store.entry(&message.tenant, &message.change, message.sequence).await?;
        let entry = entry.filter(|entry| {
            entry.id == message.entry && entry.tenant == message.tenant && entry.change == message.change
        });
        let missing =
            || ServiceError::new(Code::VerificationFailed, "a message names no entry of its ledger");
        Ok(PublicEvent::of(&entry.ok_or_else(missing)?))
    }

    /// Without this the message would come again after the queue's own timeout: early, but it comes.
    async fn hide(&self, record: &QueueRecord, asked: Option<Duration>) {
        let jitter = jitter(self.clock.ulid(self.clock.now()).random());
        let wait = wait_after(record.attempt(), jitter, asked);
        let seconds = i32::try_from(wait.as_secs()).unwrap_or(i32::MAX);
        if let Err(error) = self.queue.hide(&record.receipt_handle, seconds).await {
            tracing::warn!(story = error.story(), message = record.message_id, "a message was not hidden");
        }
    }
}

fn fate(message: &WebhookMessage, attempt: u32, delivery: Delivery) -> Fate {
    let entry = message.entry.as_str();
    match delivery {
        Delivery::Delivered { status } => {
            tracing::info!(entry, attempt, status = status.as_u16(), "a webhook was delivered");
            Fate::Over
        }
        Delivery::Gone => {
            tracing::warn!(entry, attempt, tenant = %message.tenant, "the endpoint is gone; the webhook is dropped");
            Fate::Over
        }
        Delivery::RetryLater { reason, retry_after } => {
            let cause = std::error::Error::source(&reason).map(ToString::to_string);
            tracing::warn!(entry, attempt, %reason, cause, "a webhook did not arrive");
            Fate::Again(retry_after)
        }
    }
}

/// A random number as a part of 1.
fn jitter(random: u128) -> f64 {
    let part = u32::try_from(random % 1000).unwrap_or_default();
    f64::from(part) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: &str = include_str!("../../../events/deliver-webhook/one-entry.json");

    #[test]
    fn a_queue_batch_names_the_entry_and_the_try() {
        let batch: QueueBatch = serde_json::from_str(BATCH).unwrap();
        let record = &batch.records[0];
        let message: WebhookMessage = serde_json::from_str(&record.body).unwrap();
        assert_eq!((message.tenant.as_str(), message.sequence, record.attempt()), ("demo", 2, 3));
    }

    #[test]
    fn a_receive_count_that_is_no_number_is_the_first_try() {
        let mut record = serde_json::from_str::<QueueBatch>(BATCH).unwrap().records.remove(0);
        for text in ["", "0", "many"] {
            record.attributes.receive_count = text.into();
            assert_eq!(record.attempt(), 1, "{text}");
        }
    }

    #[test]
    fn jitter_is_a_part_of_one() {
        assert_eq!((jitter(0), jitter(u128::MAX) < 1.0, jitter(1999) > 0.99), (0.0, true, true));
    }
}
