//! Events whose outbox marker is still there although the relay should have taken it: they are handed to it again.

use aws_sdk_lambda::error::DisplayErrorContext;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use changegate_store::keys;
use changegate_store::record::Record;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::{Code, ServiceError};
use crate::overdue::RELAY_WITHIN;

/// The function that relays events. It alone may write to the queue and take markers away.
#[derive(Debug, Clone)]
pub struct Relay {
    lambda: aws_sdk_lambda::Client,
    function: String,
}

impl Relay {
    /// The relay of this name.
    pub fn new(lambda: aws_sdk_lambda::Client, function: impl Into<String>) -> Self {
        Self { lambda, function: function.into() }
    }

    /// Hands what was left behind to the relay again. Says whether there was something.
    ///
    /// # Errors
    /// The relay could not be invoked.
    pub(super) async fn left_behind(&self, record: &Record, now: Timestamp) -> Result<bool, ServiceError> {
        let left = left(record, now);
        if left.is_empty() {
            return Ok(false);
        }
        let request = self.lambda.invoke().function_name(&self.function);
        let request = request.invocation_type(InvocationType::Event);
        let request = request.payload(Blob::new(serde_json::to_vec(&event(record, &left))?));
        request.send().await.map_err(|error| {
            ServiceError::new(Code::Unavailable, "the relay could not be invoked; try again")
                .because(DisplayErrorContext(&error).to_string())
        })?;
        Ok(true)
    }
}

/// The markers whose entries are older than the relay takes.
fn left(record: &Record, now: Timestamp) -> Vec<u64> {
    let old = |sequence: u64| {
        let entry = record.ledger.iter().find(|entry| entry.sequence == sequence);
        entry.is_some_and(|entry| now.duration_since(entry.at) > RELAY_WITHIN)
    };
    record.outbox.iter().copied().filter(|sequence| old(*sequence)).collect()
}

/// The markers as the relay gets them from the table's stream.
fn event(record: &Record, markers: &[u64]) -> Value {
    let pk = keys::change(&record.head.tenant, &record.head.change);
    let records: Vec<_> = markers
        .iter()
        .map(|sequence| {
            let key = json!({"pk": {"S": pk}, "sk": {"S": keys::outbox(*sequence)}});
            let mut image = key.clone();
            if let Some(image) = image.as_object_mut() {
                image.insert("body".to_owned(), json!({"S": sequence.to_string()}));
            }
            let id = format!("{}-{sequence}", record.head.change);
            json!({
                "eventID": id, "eventName": "INSERT", "eventSource": "aws:dynamodb", "eventVersion": "1.1",
                "dynamodb": {"Keys": key, "NewImage": image, "SequenceNumber": sequence.to_string(),
                             "StreamViewType": "NEW_IMAGE"},
            })
        })
        .collect();
    json!({ "Records": records })
}

#[cfg(test)]
mod tests {
    use changegate_change::status::Status;
    use jiff::SignedDuration;

    use super::*;
    use crate::relay::{Marker, StreamBatch};
    use crate::sample::record;

    #[test]
    fn a_marker_is_left_behind_after_two_minutes_and_not_before() {
        let mut record = record(Status::Approved);
        record.outbox = vec![1, 2];
        let written = record.ledger[0].at;
        assert_eq!(left(&record, written + RELAY_WITHIN), Vec::<u64>::new());
        assert_eq!(left(&record, written + RELAY_WITHIN + SignedDuration::from_millis(1)), [1]);
        assert_eq!(left(&record, written + SignedDuration::from_hours(1)), [1, 2]);
    }

    #[test]
    fn the_relay_reads_what_it_is_handed_as_its_stream() {
        let record = record(Status::Approved);
        let batch: StreamBatch = serde_json::from_value(event(&record, &[1, 2])).unwrap();
        let markers: Vec<_> = batch.records.iter().map(Marker::of).collect();
        let expected = [1, 2].map(|sequence| {
            Some(Marker::new(record.head.tenant.clone(), record.head.change.clone(), sequence))
        });
        assert_eq!(markers, expected);
    }
}
