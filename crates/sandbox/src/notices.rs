//! What SNS told the approvers. Nobody here reads e-mail, so a queue is subscribed beside them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::aws::Account;
use crate::error::{Result, SandboxError};

const QUEUE: &str = "notices";
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The queue beside the approvers of a tenant.
#[derive(Debug, Clone)]
pub struct Notices {
    account: Account,
    queue_url: String,
}

/// One notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The message attributes that subscriptions filter by.
    pub attributes: Value,
}

impl Notice {
    /// The link in the text: from its scheme to the next blank.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        let start = self.text.find("http://").or_else(|| self.text.find("https://"))?;
        self.text.get(start..)?.split_whitespace().next()
    }
}

impl Notices {
    /// The queue that [`subscribe`](Self::subscribe) made.
    #[must_use]
    pub fn of(account: &Account, queue_url: &str) -> Self {
        Self { account: account.clone(), queue_url: queue_url.to_owned() }
    }

    /// Makes the queue of a tenant and subscribes it to the tenant's topic, whatever the approver.
    ///
    /// # Errors
    /// AWS refuses.
    pub async fn subscribe(account: &Account, tenant: &str, topic: &str) -> Result<String> {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }]});
        let name = format!("{tenant}-{QUEUE}");
        let create = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
        let created = account.call("sqs", "CreateQueue", &create).await?;
        let url = text(&created, "/QueueUrl")?;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
        let attributes = account.call("sqs", "GetQueueAttributes", &asked).await?;
        let arn = text(&attributes, "/Attributes/QueueArn")?;
        let subscription = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn});
        account.call("sns", "Subscribe", &subscription).await?;
        Ok(url)
    }

    /// The next notice about a change, taken from the queue; notices about other changes are left.
    ///
    /// # Errors
    /// None comes in a minute; AWS refuses.
    pub async fn about(&self, change: &str) -> Result<Notice> {
        let since = Instant::now();
        let receive = json!({
            "QueueUrl": self.queue_url, "WaitTimeSeconds": 2, "MaxNumberOfMessages": 10, "VisibilityTimeout": 2,
        });
        while since.elapsed() < MAX_WAIT {
            let received = self.account.call("sqs", "ReceiveMessage", &receive).await?;
            let messages = received.get("Messages").and_then(Value::as_array);
            for message in messages.into_iter().flatten() {
                let notice = read(message)?;
                if notice.text.contains(change) {
                    let receipt = text(message, "/ReceiptHandle")?;
                    let delete = json!({"QueueUrl": self.queue_url, "ReceiptHandle": receipt});
                    self.account.call("sqs", "DeleteMessage", &delete).await?;
                    return Ok(notice);
                }
            }
        }
        Err(SandboxError::Timeout { what: format!("a notice about {change}"), seconds: MAX_WAIT.as_secs() })
    }
}

/// A message of the queue as SNS wrapped it.
fn read(message: &Value) -> Result<Notice> {
    let body = text(message, "/Body")?;
    let envelope: Value = serde_json::from_str(&body)
        .map_err(|error| SandboxError::unexpected(format!("an SNS envelope ({error})"), &body))?;
    Ok(Notice {
        subject: text(&envelope, "/Subject").unwrap_or_default(),
        text: text(&envelope, "/Message")?,
        attributes: envelope.get("MessageAttributes").cloned().unwrap_or(Value::Null),
    })
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| SandboxError::unexpected(format!("a text at `{pointer}`"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_found_in_the_text() {
        let envelope = json!({"Subject": "s", "Message": "Please decide:\nhttp://a.localhost:1/review/demo/chg_1\nThanks"});
        let notice = read(&json!({"Body": envelope.to_string(), "ReceiptHandle": "r"})).unwrap();
        assert_eq!(notice.link(), Some("http://a.localhost:1/review/demo/chg_1"));
        assert!(read(&json!({"Body": "no envelope"})).is_err());
    }
}
