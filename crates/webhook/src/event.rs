//! The event that a public ledger entry becomes.

use changegate_change::id::{ChangeId, EntryId, TenantId};
use changegate_change::ledger::{Entry, Kind};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// The media type of an event in CloudEvents 1.0 structured mode.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";

/// A ledger entry that change-management systems are told of. Only a public kind can become one.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicEvent {
    id: EntryId,
    tenant: TenantId,
    change: ChangeId,
    kind: Kind,
    sequence: u64,
    at: Timestamp,
    data: Value,
}

/// The attributes of CloudEvents 1.0, with the `sequence` extension.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a EntryId,
    source: String,
    r#type: String,
    subject: &'a ChangeId,
    time: Timestamp,
    datacontenttype: &'static str,
    sequence: String,
    data: &'a Value,
}

impl PublicEvent {
    /// The event of `entry`; none if its kind is not public.
    ///
    /// Its data are the tenant, the change, its status after the entry, who acted, and the entry's own facts.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        entry.kind.is_public().then(|| Self {
            id: entry.id.clone(),
            tenant: entry.tenant.clone(),
            change: entry.change.clone(),
            kind: entry.kind,
            sequence: entry.sequence,
            at: entry.at,
            data: json!({
                "tenant": entry.tenant,
                "change": entry.change,
                "status": entry.status,
                "actor": entry.actor,
                "facts": entry.data,
            }),
        })
    }

    /// The ledger entry, which is also the webhook's id: the same for every try.
    #[must_use]
    pub const fn id(&self) -> &EntryId {
        &self.id
    }

    /// The event's type: `dev.changegate.change.<kind>.v1`.
    #[must_use]
    pub fn event_type(&self) -> String {
        format!("dev.changegate.change.{}.v1", self.kind)
    }

    /// The event as JSON in CloudEvents 1.0 structured mode, of media type [`MEDIA_TYPE`].
    ///
    /// `source` is `changegate/<tenant>`, `subject` the change, `id` the ledger entry. `sequence` is the entry's
    /// place in the ledger as twenty digits: that extension asks for strings whose order is the events' order.
    ///
    /// # Errors
    /// The entry's facts cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&CloudEvent {
            specversion: "1.0",
            id: &self.id,
            source: format!("changegate/{}", self.tenant),
            r#type: self.event_type(),
            subject: &self.change,
            time: self.at,
            datacontenttype: "application/json",
            sequence: format!("{:020}", self.sequence),
            data: &self.data,
        })
    }
}

#[cfg(test)]
mod tests {
    use changegate_change::ledger::{Actor, Happening};
    use changegate_change::status::Status;

    use super::*;

    fn entry(kind: Kind) -> Entry {
        let what = Happening {
            id: "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            kind,
            at: "2026-11-23T10:00:00.25Z".parse().unwrap(),
            actor: Actor::Agent("deploy-bot".parse().unwrap()),
            status: Status::AwaitingApproval,
            data: json!({"title": "Raise the limit"}),
        };
        Entry::first("demo".parse().unwrap(), "chg_01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(), what)
    }

    #[test]
    fn an_event_has_the_attributes_that_cloudevents_requires_and_ours() {
        let event = PublicEvent::of(&entry(Kind::Proposed)).unwrap();
        let written: Value = serde_json::from_slice(&event.to_json().unwrap()).unwrap();
        assert_eq!(
            written,
            json!({
                "specversion": "1.0",
                "id": "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "source": "changegate/demo",
                "type": "dev.changegate.change.proposed.v1",
                "subject": "chg_01ARZ3NDEKTSV4RRFFQ69G5FAW",
                "time": "2026-11-23T10:00:00.25Z",
                "datacontenttype": "application/json",
                "sequence": "00000000000000000001",
                "data": {
                    "tenant": "demo",
                    "change": "chg_01ARZ3NDEKTSV4RRFFQ69G5FAW",
                    "status": "awaiting_approval",
                    "actor": {"agent": "deploy-bot"},
                    "facts": {"title": "Raise the limit"},
                },
            })
        );
    }

    #[test]
    fn an_entry_that_is_not_public_has_no_event() {
        assert_eq!(PublicEvent::of(&entry(Kind::Resumed)), None);
    }

    #[test]
    fn the_order_of_sequences_as_text_is_their_order_as_numbers() {
        let sequence = |number| {
            let event = PublicEvent::of(&Entry { sequence: number, ..entry(Kind::Approved) }).unwrap();
            let written: Value = serde_json::from_slice(&event.to_json().unwrap()).unwrap();
            written["sequence"].as_str().unwrap().to_owned()
        };
        assert!(sequence(9) < sequence(10) && sequence(10) < sequence(u64::MAX));
    }
}
