//! Verdicts: may an agent propose this, and who must approve it.
//!
//! Today the policy is what a tenant's configuration says: accounts and regions that are open, action classes that are
//! open, one approval rule. Default deny: what no line allows is refused, with the reason.

use std::collections::BTreeSet;

use changegate_change::id::{AccountId, ActionClass, AgentId, ApproverId};
use changegate_change::quorum::ApprovalRule;
use changegate_change::tenant::{Account, Agent, TenantConfig};

/// What a step is about, as far as policy cares.
#[derive(Debug, Clone, Copy)]
pub struct StepFacts<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The region.
    pub region: &'a str,
    /// The action class of its operation.
    pub class: &'a ActionClass,
}

/// It may be proposed, and these people are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why, in words.
    pub words: String,
    /// How many of whom.
    pub rule: ApprovalRule,
}

/// It may not be proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The tenant does not have the account.
    #[error("account `{0}` is not one of this tenant's")]
    UnknownAccount(AccountId),
    /// The region is not open in the account.
    #[error("region `{region}` is not open in account `{account}`; open are {open}")]
    RegionNotAllowed {
        /// The account.
        account: AccountId,
        /// The region.
        region: String,
        /// The regions that are.
        open: String,
    },
    /// The tenant did not open the class.
    #[error("action class `{class}` is not open; open are {open}")]
    ClassNotOpen {
        /// The class.
        class: ActionClass,
        /// The classes that are.
        open: String,
    },
    /// Too few people could approve it.
    #[error(
        "the approval rule asks for {required} approvers and {available} may decide this agent's changes"
    )]
    NobodyCanApprove {
        /// How many must.
        required: u32,
        /// How many may.
        available: usize,
    },
}

/// The account of a step, if it and the region are open.
///
/// # Errors
/// Why not.
pub fn open_account<'a>(
    config: &'a TenantConfig,
    id: &AccountId,
    region: &str,
) -> Result<&'a Account, Denial> {
    let account = config.account(id).ok_or_else(|| Denial::UnknownAccount(id.clone()))?;
    if account.regions.contains(region) {
        return Ok(account);
    }
    let open = account.regions.iter().cloned().collect::<Vec<_>>().join(", ");
    Err(Denial::RegionNotAllowed { account: id.clone(), region: region.to_owned(), open })
}

/// The verdict over a change with these steps.
///
/// # Errors
/// Why it may not be proposed.
pub fn verdict(config: &TenantConfig, agent: &Agent, steps: &[StepFacts<'_>]) -> Result<Verdict, Denial> {
    for step in steps {
        open_account(config, step.account, step.region)?;
        if config.open_class(step.class).is_none() {
            let open = config.classes.iter().map(|class| class.id.to_string()).collect::<Vec<_>>().join(", ");
            return Err(Denial::ClassNotOpen { class: step.class.clone(), open });
        }
    }
    let rule = rule(config, agent);
    if rule.required == 0 || rule.approvers.len() < usize::try_from(rule.required).unwrap_or(usize::MAX) {
        return Err(Denial::NobodyCanApprove { required: rule.required, available: rule.approvers.len() });
    }
    let classes: BTreeSet<_> = steps.iter().map(|step| step.class.as_str()).collect();
    let classes = classes.into_iter().collect::<Vec<_>>().join(", ");
    let words = format!(
        "{classes} is open to {}; {} of {} must approve",
        agent_name(&agent.id),
        rule.required,
        names(&rule)
    );
    Ok(Verdict { words, rule })
}

fn rule(config: &TenantConfig, agent: &Agent) -> ApprovalRule {
    let known = config.approvers.iter().map(|approver| approver.id.clone());
    let may: BTreeSet<ApproverId> = match &config.approval.approvers {
        Some(named) => known.filter(|id| named.contains(id)).collect(),
        None => known.collect(),
    };
    let approvers = may.into_iter().filter(|id| agent.on_behalf_of.as_ref() != Some(id)).collect();
    ApprovalRule { required: config.approval.required, approvers }
}

fn agent_name(id: &AgentId) -> String {
    format!("agent {id}")
}

fn names(rule: &ApprovalRule) -> String {
    rule.approvers.iter().map(ApproverId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config() -> TenantConfig {
        serde_json::from_value(json!({
            "tenant": "demo",
            "accounts": [{"id": "111111111111", "name": "staging", "regions": ["us-east-1"],
                "reader_role": "arn:aws:iam::111111111111:role/r", "executor_role": "arn:aws:iam::111111111111:role/e"}],
            "agents": [{"id": "bot", "key_sha256": "00", "on_behalf_of": "alice"}, {"id": "free", "key_sha256": "01"}],
            "approvers": [
                {"id": "alice", "name": "Alice", "email": "a@x", "issuer": "https://id", "subject": "a"},
                {"id": "bob", "name": "Bob", "email": "b@x", "issuer": "https://id", "subject": "b"}],
            "issuers": [{"url": "https://id", "client_id": "c"}],
            "classes": [{"id": "ssm-parameters", "agent_sees": "full"}],
            "approval": {"required": 1},
        }))
        .unwrap()
    }

    fn ask(
        config: &TenantConfig,
        agent: &str,
        account: &str,
        region: &str,
        class: &str,
    ) -> Result<Verdict, Denial> {
        let agent = config.agent(&agent.parse().unwrap()).unwrap();
        let (account, class) = (account.parse().unwrap(), class.parse().unwrap());
        verdict(config, agent, &[StepFacts { account: &account, region, class: &class }])
    }

    #[test]
    fn the_person_that_an_agent_works_for_is_not_among_those_who_may_decide() {
        let config = config();
        let people = |agent| {
            ask(&config, agent, "111111111111", "us-east-1", "ssm-parameters").unwrap().rule.approvers
        };
        assert_eq!(people("bot"), BTreeSet::from(["bob".parse().unwrap()]));
        assert_eq!(people("free").len(), 2);
    }

    #[test]
    fn unknown_accounts_closed_regions_and_locked_classes_are_denied() {
        let config = config();
        let denied = |account, region, class| ask(&config, "bot", account, region, class).unwrap_err();
        assert!(matches!(denied("222222222222", "us-east-1", "ssm-parameters"), Denial::UnknownAccount(_)));
        assert!(matches!(
            denied("111111111111", "eu-west-1", "ssm-parameters"),
            Denial::RegionNotAllowed { .. }
        ));
        assert!(matches!(
            denied("111111111111", "us-east-1", "iam-role-policies"),
            Denial::ClassNotOpen { .. }
        ));
    }

    #[test]
    fn a_rule_that_nobody_can_satisfy_denies_instead_of_waiting() {
        let mut config = config();
        config.approval.approvers = Some(BTreeSet::from(["alice".parse().unwrap()]));
        let denial = ask(&config, "bot", "111111111111", "us-east-1", "ssm-parameters").unwrap_err();
        assert_eq!(denial, Denial::NobodyCanApprove { required: 1, available: 0 });
        config.approval.required = 0;
        assert!(ask(&config, "free", "111111111111", "us-east-1", "ssm-parameters").is_err());
    }
}
