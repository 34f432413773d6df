//! Ending a change whose record cannot be trusted.
//!
//! [`crate::Commit::update`] writes the whole record. An edited record must not be written forward, and one that cannot be
//! read cannot be. So this changes the few attributes that end the change and leaves everything else as it was found, for
//! those who look into it.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use changegate_change::digest::Digest;
use changegate_change::head::{Moment, Why};
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::{Entry, Kind};
use changegate_change::status::Status;
use serde_json::json;

use crate::Store;
use crate::commit::{CommitError, Part, send};
use crate::error::StoreError;
use crate::item::{BODY, Item, body, keyed, number, sort_key, string, text, with_body};
use crate::keys;

/// What came of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The change is over, with this status: `failed`, or `unknown` if a fence was taken and the call may have happened.
    Ended(Status),
    /// The change was over already; nothing was written.
    AlreadyOver,
    /// There is no such change; nothing was written.
    NothingThere,
}

/// The write that ends a change, made from its items alone.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    entry: Entry,
    version: Option<AttributeValue>,
}

impl Store {
    /// Ends a change whose record cannot be trusted: `failed`, or `unknown` if a fence was taken.
    ///
    /// # Errors
    /// The record changed in between; DynamoDB's errors.
    pub async fn refuse(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        moment: Moment,
        why: &Why,
    ) -> Result<Refused, CommitError> {
        let items = self.record_items(tenant, change).await?;
        if !items.iter().any(|item| sort_key(item) == keys::HEAD) {
            return Ok(Refused::NothingThere);
        }
        let Some(plan) = plan(tenant, change, &items, moment, why) else { return Ok(Refused::AlreadyOver) };
        let status = plan.entry.status;
        let (parts, writes): (Vec<_>, Vec<_>) = self.writes(&plan, why)?.into_iter().unzip();
        send(self, &parts, writes, None).await?;
        Ok(Refused::Ended(status))
    }

    fn writes(&self, plan: &Plan, why: &Why) -> Result<Vec<(Part, TransactWriteItem)>, StoreError> {
        let entry = &plan.entry;
        let pk = keys::change(&entry.tenant, &entry.change);
        let wrong = |error: aws_sdk_dynamodb::error::BuildError| StoreError::malformed("transaction", error);
        let table = &self.tables.changes;
        let ledger = with_body(pk.clone(), keys::ledger(entry.sequence), entry)?;
        let ledger = Put::builder().table_name(table).set_item(Some(ledger));
        let ledger = ledger.condition_expression("attribute_not_exists(pk)").build().map_err(wrong)?;
        let marker = with_body(pk, keys::outbox(entry.sequence), &entry.sequence)?;
        let marker = Put::builder().table_name(table).set_item(Some(marker)).build().map_err(wrong)?;
        Ok(vec![
            (Part::Head, TransactWriteItem::builder().update(self.ending(plan, why)?).build()),
            (Part::Ledger, TransactWriteItem::builder().put(ledger).build()),
            (Part::Outbox, TransactWriteItem::builder().put(marker).build()),
        ])
    }

    fn ending(&self, plan: &Plan, why: &Why) -> Result<Update, StoreError> {
        let Plan { entry, version } = plan;
        let malformed = |error: &dyn std::fmt::Display| StoreError::malformed(keys::HEAD, error);
        let hash = entry.hash().map_err(|error| malformed(&error))?;
        let why: AttributeValue = serde_dynamo::to_attribute_value(why).map_err(|error| malformed(&error))?;
        let update = Update::builder()
            .table_name(&self.tables.changes)
            .set_key(Some(keyed(keys::change(&entry.tenant, &entry.change), keys::HEAD)))
            .update_expression(
                "SET #status = :status, status_pk = :status_pk, version = :version, ledger = :ledger, \
                 updated_at = :at, why = :why",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(entry.status.as_str()))
            .expression_attribute_values(
                ":status_pk",
                text(keys::by_status(&entry.tenant, entry.status.as_str())),
            )
            .expression_attribute_values(":version", number(entry.sequence))
            .expression_attribute_values(":ledger", text(hash.to_string()))
            .expression_attribute_values(":at", text(entry.at.to_string()))
            .expression_attribute_values(":why", why);
        let update = match version {
            Some(was) => {
                update.condition_expression("version = :was").expression_attribute_values(":was", was.clone())
            }
            None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(version)"),
        };
        update.build().map_err(|error| malformed(&error))
    }
}

/// What ends the change; none if record and ledger both say that it is over.
fn plan(tenant: &TenantId, change: &ChangeId, items: &[Item], moment: Moment, why: &Why) -> Option<Plan> {
    let head = items.iter().find(|item| sort_key(item) == keys::HEAD)?;
    let last = last_entry(items);
    let told = last.and_then(|(_, item)| body::<Entry>(item).ok());
    let said = string(head, "status").ok().and_then(|status| status.parse::<Status>().ok());
    if let (Some(said), Some(told)) = (said, &told)
        && !said.is_open()
        && !told.status.is_open()
    {
        return None;
    }
    // The ledger is asked too: the fence may have been taken while the items were read.
    let entries = items.iter().filter(|item| sort_key(item).starts_with("LEDGER#"));
    let told = entries.filter_map(|item| body::<Entry>(item).ok()).any(|entry| entry.kind == Kind::Executing);
    let fenced = told || items.iter().any(|item| sort_key(item).starts_with("FENCE#"));
    let Moment { id, at, actor } = moment;
    let entry = Entry {
        id,
        tenant: tenant.clone(),
        change: change.clone(),
        sequence: last.map_or(0, |(sequence, _)| sequence) + 1,
        kind: Kind::Refused,
        at,
        actor,
        status: if fenced { Status::Unknown } else { Status::Failed },
        data: json!({ "why": why }),
        previous: last.map(|(_, item)| previous(item)),
    };
    Some(Plan { entry, version: head.get("version").cloned() })
}

/// The ledger entry with the highest place, by its key: its content may be anything.
fn last_entry(items: &[Item]) -> Option<(u64, &Item)> {
    let entries = items.iter().filter_map(|item| {
        let sequence = sort_key(item).strip_prefix("LEDGER#")?.parse::<u64>().ok()?;
        Some((sequence, item))
    });
    entries.max_by_key(|(sequence, _)| *sequence)
}

/// What the new entry names as the one before it: its hash if it is one, else the digest of what stands there.
fn previous(item: &Item) -> Digest {
    let entry = body::<Entry>(item).ok();
    let hash = entry.and_then(|entry| entry.hash().ok());
    hash.unwrap_or_else(|| {
        let found = item.get(BODY).and_then(|value| value.as_s().ok());
        Digest::of_bytes(found.map_or(&[][..], |found| found.as_bytes()))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use changegate_change::head::{Facts, Head};
    use changegate_change::id::{AttemptId, EntryId};
    use changegate_change::ledger::Actor;
    use changegate_change::proposal::SignedProposal;
    use changegate_change::step_fact::StepFact;
    use changegate_change::step_record::Fence;
    use jiff::Timestamp;
    use ulid::Ulid;

    use super::*;
    use crate::record::Record;

    fn moment(number: u128) -> Moment {
        Moment {
            id: EntryId::new(Ulid::from_parts(1, number)),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            actor: Actor::Function("apply-step".into()),
        }
    }

    fn signed() -> SignedProposal {
        let proposal = json!({
            "format": 1, "tenant": "demo", "change": ChangeId::new(Ulid::from_parts(1, 1)), "undoes": null,
            "title": "Raise the pool", "reason": "timeouts", "incident": "INC-1", "narrative": null,
            "requester": "deploy-bot", "on_behalf_of": null, "created_at": "2026-11-23T12:00:00Z",
            "decide_by": "2026-11-24T12:00:00Z", "not_before": null, "execute_before": null,
            "policy": Digest::of_bytes(b"policy"), "verdict": "ask",
            "rule": {"required": 1, "approvers": ["alice"]}, "sealed": null, "steps": [],
        });
        SignedProposal { proposal: serde_json::from_value(proposal).unwrap(), signature: "MEUC".into() }
    }

    /// A record that was approved.
    pub(crate) fn approved() -> Record {
        let (head, entry) = Head::first(&signed(), Digest::of_bytes(b"dossier"), moment(1)).unwrap();
        let facts = Facts { execute_before: Some(moment(2).at), ..Facts::default() };
        let approved = head.then(&entry, moment(2), Kind::Approved, Status::Approved, &facts, json!({}));
        let (head, second) = approved.unwrap();
        Record { head, ledger: vec![entry, second], steps: vec![], fences: vec![], outbox: vec![2] }
    }

    fn fence() -> Fence {
        Fence {
            attempt: AttemptId::new(Ulid::from_parts(1, 1)),
            step: 0,
            generation: 1,
            access_key_id: "ASIA1".into(),
            taken_at: moment(3).at,
            ends_at: None,
        }
    }

    /// The same record after its fence was taken.
    pub(crate) fn executing() -> Record {
        let was = approved();
        let data = StepFact::Started(fence()).data();
        let last = was.last().unwrap();
        let taken =
            was.head.then(last, moment(3), Kind::Executing, Status::Executing, &Facts::default(), data);
        let (head, entry) = taken.unwrap();
        let ledger = was.ledger.iter().cloned().chain([entry]).collect();
        Record { head, ledger, fences: vec![fence()], outbox: vec![2, 3], ..was }
    }

    fn why() -> Why {
        Why { code: "record_altered".into(), message: "the record is not what the ledger says".into() }
    }

    fn planned(items: &[Item]) -> Option<Plan> {
        let head = approved().head;
        plan(&head.tenant, &head.change, items, moment(9), &why())
    }

    #[test]
    fn an_untouched_record_reads_back_from_its_items() {
        let items = approved().to_items().unwrap();
        let read = Record::of_items(&items).unwrap().unwrap();
        assert_eq!((read.head, read.ledger, read.outbox), (approved().head, approved().ledger, vec![2]));
    }

    #[test]
    fn every_attribute_of_a_record_can_be_broken_and_the_change_still_ends() {
        let whole = approved().to_items().unwrap();
        let head = whole[0].clone();
        for name in head.keys().filter(|name| *name != "pk" && *name != "sk") {
            for broken in [None, Some(AttributeValue::Bool(true))] {
                let mut items = whole.clone();
                match broken {
                    None => items[0].remove(name),
                    Some(value) => items[0].insert(name.clone(), value),
                };
                let plan = planned(&items).unwrap();
                assert_eq!((plan.entry.sequence, plan.entry.status), (3, Status::Failed), "{name}");
                assert_eq!(plan.version.as_ref(), items[0].get("version"), "{name}");
            }
        }
    }

    #[test]
    fn a_fence_makes_it_unknown_because_the_call_may_have_happened() {
        let mut with_fence = approved();
        with_fence.fences.push(fence());
        let items = with_fence.to_items().unwrap();
        assert_eq!(planned(&items).unwrap().entry.status, Status::Unknown);
    }

    #[test]
    fn a_fence_that_only_the_ledger_tells_of_makes_it_unknown() {
        let items = Record { fences: vec![], ..executing() }.to_items().unwrap();
        assert_eq!(planned(&items).unwrap().entry.status, Status::Unknown);
    }

    #[test]
    fn a_change_is_over_only_if_record_and_ledger_both_say_so() {
        let mut items = approved().to_items().unwrap();
        items[0].insert("status".into(), text("succeeded"));
        assert!(planned(&items).is_some());
        let record = approved();
        let last = record.last().unwrap();
        let over =
            record.head.then(last, moment(3), Kind::Expired, Status::Expired, &Facts::default(), json!({}));
        let (head, entry) = over.unwrap();
        let ledger = record.ledger.iter().cloned().chain([entry]).collect();
        let items = Record { head, ledger, ..record }.to_items().unwrap();
        assert_eq!(planned(&items), None);
    }

    #[test]
    fn an_entry_that_is_none_is_followed_by_its_bytes() {
        let mut items = approved().to_items().unwrap();
        let second = items.iter_mut().find(|item| sort_key(item) == keys::ledger(2)).unwrap();
        second.insert(BODY.into(), text("{}"));
        let plan = planned(&items).unwrap();
        assert_eq!(plan.entry.previous, Some(Digest::of_bytes(b"{}")));
        assert_eq!(plan.entry.sequence, 3);
    }
}
