//! What `configure` knows of the deployment that it belongs to.

use changegate_change::id::{AccountId, TenantId};

/// The functions and the state machine, by which the roles of this deployment are named.
const ROLES: [&str; 12] = [
    "api",
    "propose",
    "request-approval",
    "review",
    "apply-step",
    "observe",
    "close-change",
    "relay",
    "deliver-webhook",
    "sweep",
    "configure",
    "change",
];

/// This deployment, as the ARN that its approval topics begin with tells:
/// `arn:<partition>:sns:<region>:<account>:<prefix>-approvals-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    topic_prefix: String,
    partition: String,
    account: AccountId,
    prefix: String,
}

/// A text that approval topics do not begin with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not what the ARN of an approval topic begins with")]
pub struct InvalidTopicPrefix {
    input: String,
}

impl std::str::FromStr for Deployment {
    type Err = InvalidTopicPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidTopicPrefix> {
        let wrong = || InvalidTopicPrefix { input: text.to_owned() };
        let parts: Vec<_> = text.split(':').collect();
        let ["arn", partition, "sns", _region, account, name] = parts.as_slice() else { return Err(wrong()) };
        let prefix =
            name.strip_suffix("-approvals-").filter(|prefix| !prefix.is_empty()).ok_or_else(wrong)?;
        Ok(Self {
            topic_prefix: text.to_owned(),
            partition: (*partition).to_owned(),
            account: account.parse().map_err(|_| wrong())?,
            prefix: prefix.to_owned(),
        })
    }
}

impl Deployment {
    /// The name of a tenant's approval topic.
    pub fn topic_name(&self, tenant: &TenantId) -> String {
        let name = self.topic_prefix.rsplit(':').next().unwrap_or_default();
        format!("{name}{tenant}")
    }

    /// The partition that it is in; its tenants' accounts are in the same.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Whether a role is one of its own.
    pub fn owns_role(&self, account: &AccountId, name: &str) -> bool {
        let function = name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        *account == self.account && function.is_some_and(|function| ROLES.contains(&function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPICS: &str = "arn:aws:sns:us-east-1:000000000000:cg-approvals-";

    #[test]
    fn the_deployment_is_told_by_its_topics() {
        let deployment: Deployment = TOPICS.parse().unwrap();
        assert_eq!(deployment.topic_name(&"demo".parse().unwrap()), "cg-approvals-demo");
        assert_eq!(deployment.partition(), "aws");
        for wrong in [
            "",
            "cg-approvals-",
            "arn:aws:sns:us-east-1:000000000000:-approvals-",
            "arn:aws:sqs:us-east-1:000000000000:cg-approvals-",
        ] {
            assert!(wrong.parse::<Deployment>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn its_own_roles_are_those_of_its_functions_in_its_account() {
        let deployment: Deployment = TOPICS.parse().unwrap();
        let (ours, theirs): (AccountId, AccountId) =
            ("000000000000".parse().unwrap(), "111111111111".parse().unwrap());
        assert!(deployment.owns_role(&ours, "cg-apply-step") && deployment.owns_role(&ours, "cg-change"));
        assert!(!deployment.owns_role(&theirs, "cg-apply-step"));
        assert!(!deployment.owns_role(&ours, "cg-reader") && !deployment.owns_role(&ours, "apply-step"));
    }
}
