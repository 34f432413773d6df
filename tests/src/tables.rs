//! The items of the three tables, as somebody who can write a table would see and write them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stack::stack;

/// An item: attributes in DynamoDB's JSON.
pub type Item = BTreeMap<String, Value>;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Changes.
    Changes,
    /// Task tokens, sign-ins, decisions.
    Approvals,
    /// Configurations.
    Config,
}

impl Table {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Changes, Self::Approvals, Self::Config];

    /// Its name.
    pub fn name(self) -> &'static str {
        stack().output(match self {
            Self::Changes => "ChangesTableName",
            Self::Approvals => "ApprovalsTableName",
            Self::Config => "ConfigTableName",
        })
    }

    /// Its ARN.
    pub fn arn(self) -> String {
        let region = &stack().sandbox.region;
        format!("arn:aws:dynamodb:{region}:{}:table/{}", crate::stack::OPERATOR, self.name())
    }

    /// All items whose partition key begins like this, in the order of their keys.
    pub async fn under(self, prefix: &str) -> Vec<Item> {
        let (mut found, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut scan = json!({
                "TableName": self.name(), "ConsistentRead": true,
                "FilterExpression": "begins_with(pk, :prefix)",
                "ExpressionAttributeValues": {":prefix": {"S": prefix}},
            });
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let page = stack().operator().call("dynamodb", "Scan", scan).await;
            let items: Vec<Item> = serde_json::from_value(page["Items"].clone()).expect("items");
            found.extend(items);
            start = page["LastEvaluatedKey"].clone();
            if start.as_object().is_none_or(serde_json::Map::is_empty) {
                break;
            }
        }
        found.sort_by_key(|item| (text(item, "pk").to_owned(), text(item, "sk").to_owned()));
        found
    }

    /// The items of one partition, in the order of their keys.
    pub async fn partition(self, pk: &str) -> Vec<Item> {
        let query = json!({
            "TableName": self.name(), "ConsistentRead": true, "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        });
        let page = stack().operator().call("dynamodb", "Query", query).await;
        serde_json::from_value(page["Items"].clone()).expect("items")
    }

    /// Writes an item, whatever was there.
    pub async fn put(self, item: &Item) {
        let put = json!({"TableName": self.name(), "Item": item});
        stack().operator().call("dynamodb", "PutItem", put).await;
    }

    /// Deletes an item.
    pub async fn delete(self, item: &Item) {
        let key = json!({"pk": item["pk"], "sk": item["sk"]});
        stack()
            .operator()
            .call("dynamodb", "DeleteItem", json!({"TableName": self.name(), "Key": key}))
            .await;
    }

    /// Makes a partition what it was: puts these items and deletes all others.
    pub async fn restore(self, pk: &str, items: &[Item]) {
        for found in self.partition(pk).await {
            if !items.iter().any(|item| item["sk"] == found["sk"]) {
                self.delete(&found).await;
            }
        }
        let now = self.partition(pk).await;
        for item in items.iter().filter(|item| !now.contains(item)) {
            self.put(item).await;
        }
    }
}

/// The text of an attribute; empty if it is not there or no text.
pub fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
}

/// The JSON in an item's `body`.
pub fn body(item: &Item) -> Value {
    serde_json::from_str(text(item, "body")).expect("a body of JSON")
}

/// The item with another body.
#[must_use]
pub fn with_body(item: &Item, body: &Value) -> Item {
    let mut edited = item.clone();
    edited.insert("body".to_owned(), json!({"S": canonical(body)}));
    edited
}

/// RFC 8785 text, as every body is stored.
pub fn canonical(value: &Value) -> String {
    changegate_change::json::canonical(value).expect("a canonical form")
}

/// Everything that the three tables hold of a tenant.
pub async fn everything_of(tenant: &str) -> Vec<(Table, Item)> {
    let mut all = Vec::new();
    for table in Table::ALL {
        for prefix in [format!("T#{tenant}#"), format!("T#{tenant}")] {
            let exact = !prefix.ends_with('#');
            let items = if exact { table.partition(&prefix).await } else { table.under(&prefix).await };
            all.extend(items.into_iter().map(|item| (table, item)));
        }
    }
    all
}
