//! Reading a change.

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::head::Head;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::ledger::{Entry, Kind};
use changegate_change::step_fact::StepFact;
use changegate_change::step_record::{Fence, StepRecord};

use crate::Store;
use crate::error::StoreError;
use crate::item::{BODY, Item, body, of_head, sort_key, string, to_head, with_body};
use crate::keys;

/// How often a record is read until it is of one moment: more transactions than a change has at once.
const READS: u32 = 5;

/// All items of one change but its blobs, read consistently.
#[derive(Debug, Clone)]
pub struct Record {
    /// The record.
    pub head: Head,
    /// The ledger, in its order.
    pub ledger: Vec<Entry>,
    /// The steps, in their order.
    pub steps: Vec<StepRecord>,
    /// The fences that were taken.
    pub fences: Vec<Fence>,
    /// The places of the entries that are not relayed yet.
    pub outbox: Vec<u64>,
}

impl Record {
    /// The record in the items of a change's partition; none if there is no HEAD among them.
    ///
    /// # Errors
    /// An item that does not have its form, an attribute too many, or an item that does not belong to a change.
    pub fn of_items(items: &[Item]) -> Result<Option<Self>, StoreError> {
        let mut head = None;
        let (mut ledger, mut steps, mut fences, mut outbox) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for item in items {
            let sk = sort_key(item);
            if item.get("pk") != items.first().and_then(|first| first.get("pk")) {
                return Err(StoreError::malformed(sk, "it belongs to another change"));
            }
            match sk.split_once('#').map_or(sk, |(kind, _)| kind) {
                keys::HEAD => head = Some(to_head(item)?),
                "LEDGER" => ledger.push(only_body::<Entry>(item, |entry| keys::ledger(entry.sequence))?),
                "STEP" => steps.push(only_body::<StepRecord>(item, |step| keys::step(step.number))?),
                "FENCE" => fences.push(only_body::<Fence>(item, |fence| keys::fence(fence.step))?),
                "OUTBOX" => outbox.push(only_body::<u64>(item, |sequence| keys::outbox(*sequence))?),
                _ => return Err(StoreError::malformed(sk, "it does not belong to a change")),
            }
        }
        Ok(head.map(|head| Self { head, ledger, steps, fences, outbox }))
    }

    /// The items that the record is stored as.
    ///
    /// # Errors
    /// A part that cannot be mapped.
    pub fn to_items(&self) -> Result<Vec<Item>, StoreError> {
        let pk = keys::change(&self.head.tenant, &self.head.change);
        let mut items = vec![of_head(&self.head)?];
        for entry in &self.ledger {
            items.push(with_body(pk.clone(), keys::ledger(entry.sequence), entry)?);
        }
        for step in &self.steps {
            items.push(with_body(pk.clone(), keys::step(step.number), step)?);
        }
        for fence in &self.fences {
            items.push(with_body(pk.clone(), keys::fence(fence.step), fence)?);
        }
        for sequence in &self.outbox {
            items.push(with_body(pk.clone(), keys::outbox(*sequence), sequence)?);
        }
        Ok(items)
    }

    /// The last ledger entry, which the next one follows.
    ///
    /// INVARIANT: it is the one whose version HEAD has. A write is conditional on the version of the entry before it; if HEAD was
    /// read before a transaction and the ledger after it, that condition would hold for a HEAD that nobody has read.
    ///
    /// # Errors
    /// There is none, or HEAD has another version.
    pub fn last(&self) -> Result<&Entry, StoreError> {
        let last =
            self.ledger.last().ok_or_else(|| StoreError::malformed("LEDGER", "the ledger is empty"))?;
        if last.sequence == self.head.version {
            return Ok(last);
        }
        Err(StoreError::malformed("LEDGER", "its last entry does not have the version of HEAD"))
    }

    /// Whether all of it is from between the same two transactions: HEAD, steps, fences and outbox are those of the ledger.
    pub fn is_of_one_moment(&self) -> bool {
        let head = &self.head;
        let named = |last: &Entry| last.hash().is_ok_and(|hash| hash == head.ledger);
        let count = |kind: Kind| self.ledger.iter().filter(|entry| entry.kind == kind).count();
        self.last().is_ok_and(named)
            && self.fences.len() == count(Kind::Executing)
            && self.outbox.iter().all(|sequence| *sequence <= head.version)
            && self.steps.iter().all(|step| self.told(step))
    }

    /// Whether the ledger tells of a step what its record says.
    fn told(&self, step: &StepRecord) -> bool {
        let (mut attempt, mut settled) = (None, false);
        for entry in &self.ledger {
            match StepFact::of(entry) {
                Ok(Some(StepFact::Ended { number, result })) if number == step.number => {
                    attempt = Some(result)
                }
                Ok(Some(StepFact::Observed { number, settled: is, .. })) if number == step.number => {
                    settled = is
                }
                Ok(
                    Some(StepFact::Started(_) | StepFact::Ended { .. } | StepFact::Observed { .. }) | None,
                ) => {}
                Err(_) => return false,
            }
        }
        step.attempt == attempt && step.settled == settled
    }

    /// The fence of a step.
    pub fn fence(&self, step: u32) -> Option<&Fence> {
        self.fences.iter().find(|fence| fence.step == step)
    }

    /// The record of a step.
    pub fn step(&self, number: u32) -> Option<&StepRecord> {
        self.steps.iter().find(|step| step.number == number)
    }
}

impl Store {
    /// The record of a change, read consistently.
    ///
    /// # Errors
    /// An item that is not a record; DynamoDB's errors.
    pub async fn head(&self, tenant: &TenantId, change: &ChangeId) -> Result<Option<Head>, StoreError> {
        let item = self.one(&self.tables.changes, keys::change(tenant, change), keys::HEAD).await?;
        item.as_ref().map(to_head).transpose()
    }

    /// Everything of a change but its blobs, read consistently.
    ///
    /// DynamoDB reads the items of a query one by one, and a transaction may come in between ("read-committed", in its developer
    /// guide under transactions). Such a mixture is read again. One that stays was not made by a transaction, and is given as
    /// it is, for those who look into it.
    ///
    /// # Errors
    /// An item that does not have its form, or that does not belong to a change; DynamoDB's errors.
    pub async fn record(&self, tenant: &TenantId, change: &ChangeId) -> Result<Option<Record>, StoreError> {
        for _ in 1..READS {
            let record = Record::of_items(&self.record_items(tenant, change).await?)?;
            if record.as_ref().is_none_or(Record::is_of_one_moment) {
                return Ok(record);
            }
        }
        Record::of_items(&self.record_items(tenant, change).await?)
    }

    /// The items that a [`Record`] is made of, as they are.
    pub(crate) async fn record_items(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
    ) -> Result<Vec<Item>, StoreError> {
        self.partition(&self.tables.changes, keys::change(tenant, change), None).await
    }

    /// The records of changes, in the order given; those that are gone are left out.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn heads(&self, tenant: &TenantId, changes: &[ChangeId]) -> Result<Vec<Head>, StoreError> {
        let mut heads = Vec::with_capacity(changes.len());
        for change in changes {
            heads.extend(self.head(tenant, change).await?);
        }
        Ok(heads)
    }

    /// One item, read consistently.
    pub(crate) async fn one(&self, table: &str, pk: String, sk: &str) -> Result<Option<Item>, StoreError> {
        let request = self.dynamodb.get_item().table_name(table).consistent_read(true);
        let request = request.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk.to_owned()));
        Ok(request.send().await.map_err(StoreError::service("get an item"))?.item)
    }

    /// The items of a partition in the order of their sort keys, read consistently.
    pub(crate) async fn partition(
        &self,
        table: &str,
        pk: String,
        prefix: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let condition =
                if prefix.is_some() { "pk = :pk AND begins_with(sk, :prefix)" } else { "pk = :pk" };
            let mut request = self.dynamodb.query().table_name(table).consistent_read(true);
            request = request.key_condition_expression(condition).set_exclusive_start_key(start);
            request = request.expression_attribute_values(":pk", AttributeValue::S(pk.clone()));
            if let Some(prefix) = prefix {
                request =
                    request.expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
            }
            let page = request.send().await.map_err(StoreError::service("query a partition"))?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

fn only_body<T: serde::de::DeserializeOwned + serde::Serialize>(
    item: &Item,
    key: impl FnOnce(&T) -> String,
) -> Result<T, StoreError> {
    let sk = sort_key(item);
    let value: T = body(item)?;
    if item.keys().any(|name| !["pk", "sk", BODY].contains(&name.as_str())) || key(&value) != sk {
        return Err(StoreError::malformed(sk, "it has an attribute or a key that is not its own"));
    }
    let again =
        changegate_change::json::canonical(&value).map_err(|error| StoreError::malformed(sk, error))?;
    if again != string(item, BODY)? {
        return Err(StoreError::malformed(sk, "its body is not in canonical form"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use changegate_change::status::Status;

    use super::*;
    use crate::refuse::tests::{approved, executing};

    #[test]
    fn a_record_between_two_transactions_is_of_one_moment() {
        for record in [approved(), executing()] {
            assert!(record.is_of_one_moment(), "{record:?}");
            assert_eq!(record.last().unwrap().sequence, record.head.version);
        }
    }

    #[test]
    fn a_record_of_which_any_part_was_read_before_a_transaction_and_the_rest_after_it_is_not_of_one_moment() {
        let (was, is) = (approved(), executing());
        let mixtures: [fn(&mut Record, &Record); 4] = [
            |mixed, was| mixed.head = was.head.clone(),
            |mixed, was| mixed.ledger = was.ledger.clone(),
            |mixed, was| mixed.fences = was.fences.clone(),
            |mixed, was| (mixed.head, mixed.ledger) = (was.head.clone(), was.ledger.clone()),
        ];
        for (number, mix) in mixtures.iter().enumerate() {
            let mut mixed = is.clone();
            mix(&mut mixed, &was);
            assert!(!mixed.is_of_one_moment(), "mixture {number}");
        }
    }

    #[test]
    fn nothing_follows_an_entry_that_head_does_not_know() {
        // The call is on its way; HEAD was read before its fence was taken, and would still allow a withdrawal.
        let mixed = Record { head: approved().head, ..executing() };
        assert_eq!(mixed.head.status, Status::Approved);
        assert!(matches!(mixed.last(), Err(StoreError::Malformed { .. })));
    }
}
