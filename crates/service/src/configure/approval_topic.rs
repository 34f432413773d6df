//! A tenant's approval topic: one e-mail subscription per address, each for the notices of its approvers only.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sns::error::DisplayErrorContext;
use changegate_change::id::TenantId;
use changegate_change::tenant::Approver;
use serde_json::json;

use super::deployment::Deployment;
use crate::error::{Code, ServiceError};

/// The key that SNS encrypts with unless told otherwise.
const KEY_ALIAS: &str = "alias/aws/sns";
const EMAIL: &str = "email";
/// The attribute of a notice that names whom it is for.
pub const APPROVER_ATTRIBUTE: &str = "approver";

/// A subscription as SNS lists it; unconfirmed ones have no ARN yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subscription {
    arn: Option<String>,
    address: String,
}

/// What must be done so that the subscriptions are those of the approvers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Plan {
    /// Addresses to subscribe, with their filter policies.
    subscribe: Vec<(String, String)>,
    /// Subscriptions to set the filter policy of.
    set: Vec<(String, String)>,
    /// Subscriptions of people who are approvers no more.
    unsubscribe: Vec<String>,
}

/// The filter policy of every address: the approvers who get their notices there.
fn filters(approvers: &[Approver]) -> BTreeMap<&str, String> {
    let mut people: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for approver in approvers {
        people.entry(&approver.email).or_default().insert(approver.id.as_str());
    }
    people
        .into_iter()
        .map(|(address, ids)| (address, json!({ APPROVER_ATTRIBUTE: ids }).to_string()))
        .collect()
}

fn plan(approvers: &[Approver], existing: &[Subscription]) -> Plan {
    let wanted = filters(approvers);
    let mut plan = Plan::default();
    for (address, filter) in &wanted {
        let confirmed = existing.iter().find(|old| old.address == *address).and_then(|old| old.arn.clone());
        match confirmed {
            Some(arn) => plan.set.push((arn, filter.clone())),
            // One that waits for its confirmation is subscribed again: SNS sends the question once more.
            None => plan.subscribe.push(((*address).to_owned(), filter.clone())),
        }
    }
    let gone = existing.iter().filter(|old| !wanted.contains_key(old.address.as_str()));
    plan.unsubscribe = gone.filter_map(|old| old.arn.clone()).collect();
    plan
}

/// Makes the topic of a tenant and its subscriptions what the approvers need; done twice, it changes nothing. What was
/// subscribed by other means than e-mail is left alone.
///
/// # Errors
/// SNS's errors, as `unavailable`.
pub(super) async fn keep_topic(
    sns: &aws_sdk_sns::Client,
    deployment: &Deployment,
    tenant: &TenantId,
    approvers: &[Approver],
) -> Result<(), ServiceError> {
    let made = sns.create_topic().name(deployment.topic_name(tenant)).send().await;
    let made = made.map_err(|error| unavailable("make the approval topic", error))?;
    let topic = made.topic_arn.ok_or_else(|| ServiceError::internal("sns gave no topic"))?;
    let encrypted = sns.set_topic_attributes().topic_arn(&topic).attribute_name("KmsMasterKeyId");
    if let Err(error) = encrypted.attribute_value(KEY_ALIAS).send().await {
        // Notices hold nothing secret: better an approver who is told than a key that must be there.
        tracing::warn!(error = %DisplayErrorContext(&error), "the approval topic is not encrypted");
    }
    let plan = plan(approvers, &subscriptions(sns, &topic).await?);
    for (address, filter) in plan.subscribe {
        subscribe(sns, &topic, &address, &filter).await?;
    }
    for (arn, filter) in plan.set {
        for (name, value) in [("FilterPolicyScope", "MessageAttributes"), ("FilterPolicy", filter.as_str())] {
            let request = sns.set_subscription_attributes().subscription_arn(&arn);
            let set = request.attribute_name(name).attribute_value(value).send().await;
            set.map_err(|error| unavailable("filter a subscription", error))?;
        }
    }
    for arn in plan.unsubscribe {
        let ended = sns.unsubscribe().subscription_arn(arn).send().await;
        ended.map_err(|error| unavailable("end a subscription", error))?;
    }
    Ok(())
}

async fn subscribe(
    sns: &aws_sdk_sns::Client,
    topic: &str,
    address: &str,
    filter: &str,
) -> Result<(), ServiceError> {
    let request = sns.subscribe().topic_arn(topic).protocol(EMAIL).endpoint(address);
    let request =
        request.attributes("FilterPolicy", filter).attributes("FilterPolicyScope", "MessageAttributes");
    let done = request.return_subscription_arn(true).send().await;
    done.map(|_| ()).map_err(|error| unavailable("subscribe an approver", error))
}

async fn subscriptions(sns: &aws_sdk_sns::Client, topic: &str) -> Result<Vec<Subscription>, ServiceError> {
    let mut found = Vec::new();
    let mut pages = sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| unavailable("list subscriptions", error))?;
        for listed in page.subscriptions.unwrap_or_default() {
            if listed.protocol.as_deref() != Some(EMAIL) {
                continue;
            }
            let arn = listed.subscription_arn.filter(|arn| arn.starts_with("arn:"));
            found.push(Subscription { arn, address: listed.endpoint.unwrap_or_default() });
        }
    }
    Ok(found)
}

fn unavailable(what: &str, error: impl std::error::Error) -> ServiceError {
    let message = format!("sns could not {what}; apply it again");
    ServiceError::new(Code::Unavailable, message).because(DisplayErrorContext(&error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approver(id: &str, email: &str) -> Approver {
        Approver {
            id: id.parse().unwrap(),
            name: id.into(),
            email: email.into(),
            issuer: "https://id.example".into(),
            subject: id.into(),
        }
    }

    fn subscription(arn: Option<&str>, address: &str) -> Subscription {
        Subscription { arn: arn.map(str::to_owned), address: address.into() }
    }

    #[test]
    fn new_approvers_are_subscribed_present_ones_filtered_and_former_ones_unsubscribed() {
        let approvers = [approver("alice", "a@x"), approver("bob", "b@x"), approver("carol", "c@x")];
        let existing = [
            subscription(Some("arn:alice"), "a@x"),
            subscription(None, "b@x"),
            subscription(Some("arn:mallory"), "m@x"),
            subscription(None, "waiting@x"),
        ];
        let filter = |id: &str| format!(r#"{{"approver":["{id}"]}}"#);
        let expected = Plan {
            subscribe: vec![("b@x".into(), filter("bob")), ("c@x".into(), filter("carol"))],
            set: vec![("arn:alice".into(), filter("alice"))],
            unsubscribe: vec!["arn:mallory".into()],
        };
        assert_eq!(plan(&approvers, &existing), expected);
    }

    #[test]
    fn two_approvers_with_one_address_share_a_subscription() {
        let plan = plan(&[approver("bob", "ops@x"), approver("alice", "ops@x")], &[]);
        assert_eq!(plan.subscribe, [("ops@x".to_owned(), r#"{"approver":["alice","bob"]}"#.to_owned())]);
    }
}
