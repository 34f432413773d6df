//! Mapping between domain types and items.
//!
//! The record is mapped attribute by attribute: Step Functions reads some, conditions name others. Everything else is one
//! attribute `body` of RFC 8785 JSON, so that what was hashed or signed is what is stored.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::head::Head;
use changegate_change::json::canonical;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::keys;

/// An item.
pub type Item = HashMap<String, AttributeValue>;

/// The attribute that holds an item's JSON.
pub const BODY: &str = "body";

/// A string attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An item with its keys.
pub fn keyed(pk: String, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An item with its keys and a JSON body.
///
/// # Errors
/// A value that has no canonical form.
pub fn with_body(pk: String, sk: impl Into<String>, body: &impl Serialize) -> Result<Item, StoreError> {
    let sk = sk.into();
    let json = canonical(body).map_err(|error| StoreError::malformed(&sk, error))?;
    let mut item = keyed(pk, sk);
    item.insert(BODY.to_owned(), text(json));
    Ok(item)
}

/// The string in an attribute.
///
/// # Errors
/// The attribute is missing or no string.
pub fn string<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let found = item.get(name).and_then(|value| value.as_s().ok());
    found
        .map(String::as_str)
        .ok_or_else(|| StoreError::malformed(sort_key(item), format!("`{name}` is not a string")))
}

/// The value in an item's JSON body.
///
/// # Errors
/// The body is missing or does not have that form.
pub fn body<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let json = string(item, BODY)?;
    serde_json::from_str(json).map_err(|error| StoreError::malformed(sort_key(item), error))
}

/// An item's sort key, for messages.
pub fn sort_key(item: &Item) -> &str {
    item.get("sk").and_then(|value| value.as_s().ok()).map_or("?", String::as_str)
}

/// The item of a record, index attributes included.
///
/// # Errors
/// A record that cannot be mapped.
pub fn of_head(head: &Head) -> Result<Item, StoreError> {
    let mapped: Item =
        serde_dynamo::to_item(head).map_err(|error| StoreError::malformed(keys::HEAD, error))?;
    let mut item = mapped;
    item.retain(|_, value| !value.is_null());
    item.extend(keyed(keys::change(&head.tenant, &head.change), keys::HEAD));
    let id = head.change.to_string();
    item.insert("list_pk".to_owned(), text(keys::by_tenant(&head.tenant)));
    item.insert("list_sk".to_owned(), text(&id));
    item.insert("status_pk".to_owned(), text(keys::by_status(&head.tenant, head.status.as_str())));
    item.insert("status_sk".to_owned(), text(&id));
    if let Some(incident) = &head.incident {
        item.insert("ref_pk".to_owned(), text(keys::by_incident(&head.tenant, incident)));
        item.insert("ref_sk".to_owned(), text(&id));
    }
    Ok(item)
}

/// The record in an item.
///
/// # Errors
/// The item is not a record, or its index attributes are not those of the record.
pub fn to_head(item: &Item) -> Result<Head, StoreError> {
    const INDEXES: [&str; 8] =
        ["pk", "sk", "list_pk", "list_sk", "status_pk", "status_sk", "ref_pk", "ref_sk"];
    let mut fields = item.clone();
    fields.retain(|name, _| !INDEXES.contains(&name.as_str()));
    let head: Head =
        serde_dynamo::from_item(fields).map_err(|error| StoreError::malformed(keys::HEAD, error))?;
    if of_head(&head)? != *item {
        return Err(StoreError::malformed(keys::HEAD, "its keys are not those of the record"));
    }
    Ok(head)
}
