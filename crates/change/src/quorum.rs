//! How many of whom, and the only way to an approved proposal.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decision::{Verb, VerifiedDecision};
use crate::digest::Digest;
use crate::id::{ApproverId, ChangeId, TenantId};
use crate::proposal::{Proposal, VerifiedProposal};
use crate::tenant::TenantConfig;

/// The rule of one change, resolved when it was proposed and part of its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// How many approvers must approve.
    pub required: u32,
    /// Who may; the person that the agent works for is not among them.
    pub approvers: BTreeSet<ApproverId>,
}

/// How far a change is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuorumStatus {
    /// More approvals are needed.
    Open {
        /// How many there are.
        approved: u32,
    },
    /// The last needed approval was given at this time.
    Satisfied {
        /// When.
        at: Timestamp,
    },
    /// Somebody said no.
    Rejected {
        /// Who.
        by: ApproverId,
    },
}

/// Counts the decisions that are about this digest and by those who may decide; others do not count. One rejection ends it.
pub fn quorum(
    rule: &ApprovalRule,
    tenant: &TenantId,
    change: &ChangeId,
    digest: &Digest,
    decisions: &[VerifiedDecision],
) -> QuorumStatus {
    let mut counted: Vec<_> = decisions
        .iter()
        .map(VerifiedDecision::get)
        .filter(|d| d.tenant == *tenant && d.change == *change && d.digest == *digest)
        .filter(|d| rule.approvers.contains(&d.approver))
        .collect();
    counted.sort_by(|a, b| (a.decided_at, &a.id).cmp(&(b.decided_at, &b.id)));
    if let Some(no) = counted.iter().find(|decision| decision.verb == Verb::Reject) {
        return QuorumStatus::Rejected { by: no.approver.clone() };
    }
    let mut approved = BTreeSet::new();
    for yes in counted {
        approved.insert(&yes.approver);
        if rule.required > 0 && approved.len() >= usize::try_from(rule.required).unwrap_or(usize::MAX) {
            return QuorumStatus::Satisfied { at: yes.decided_at };
        }
    }
    QuorumStatus::Open { approved: u32::try_from(approved.len()).unwrap_or(u32::MAX) }
}

/// A proposal that the people whom its rule names approved, as their verified decisions show.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovedProposal {
    proposal: VerifiedProposal,
    approved_at: Timestamp,
}

/// Why a proposal is not approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// The decisions do not satisfy the rule.
    #[error("the decisions that verify do not satisfy the approval rule")]
    Quorum,
    /// The policy of the tenant is not the one that was approved.
    #[error("the tenant's policy changed after the proposal")]
    Policy,
    /// A decision was made after `decide_by`.
    #[error("a decision was made after decide_by")]
    Late,
    /// A decision names an approver whom the configuration does not know by that sign-in.
    #[error("the decision of `{approver}` was signed in as somebody whom the configuration does not know")]
    Identity {
        /// The approver it names.
        approver: ApproverId,
    },
}

impl ApprovedProposal {
    /// The approved proposal, if `decisions` satisfy its rule under the tenant's present configuration.
    ///
    /// # Errors
    /// Why it is not approved.
    pub fn new(
        proposal: VerifiedProposal,
        decisions: &[VerifiedDecision],
        config: &TenantConfig,
    ) -> Result<Self, NotApproved> {
        let content = proposal.get();
        if config.policy_digest().ok() != Some(content.policy) || config.tenant != content.tenant {
            return Err(NotApproved::Policy);
        }
        for decision in decisions.iter().map(VerifiedDecision::get) {
            let known = config.approver(&decision.approver);
            if !known.is_some_and(|a| a.issuer == decision.issuer && a.subject == decision.subject) {
                return Err(NotApproved::Identity { approver: decision.approver.clone() });
            }
            if decision.decided_at > content.decide_by {
                return Err(NotApproved::Late);
            }
        }
        match quorum(&content.rule, &content.tenant, &content.change, &proposal.digest(), decisions) {
            QuorumStatus::Satisfied { at } => Ok(Self { proposal, approved_at: at }),
            QuorumStatus::Open { .. } | QuorumStatus::Rejected { .. } => Err(NotApproved::Quorum),
        }
    }

    /// The content.
    pub fn get(&self) -> &Proposal {
        self.proposal.get()
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.proposal.digest()
    }

    /// When the rule was satisfied.
    pub fn approved_at(&self) -> Timestamp {
        self.approved_at
    }

    /// The last moment at which it can run.
    pub fn execute_before(&self) -> Timestamp {
        self.get().execute_before(self.approved_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;
    use crate::decision::{Decision, SignedDecision};
    use crate::id::DecisionId;

    const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "mallory"];

    fn decided(number: u128, who: &str, verb: Verb, digest: &Digest) -> VerifiedDecision {
        let decision = Decision {
            id: DecisionId::new(Ulid::from_parts(1, number)),
            tenant: "demo".parse().unwrap(),
            change: change(),
            digest: *digest,
            approver: who.parse().unwrap(),
            issuer: "https://id.example".into(),
            subject: who.into(),
            verb,
            note: String::new(),
            decided_at: Timestamp::from_second(1_800_000_000 + i64::try_from(number).unwrap()).unwrap(),
        };
        SignedDecision { decision, signature: String::new() }.verify(|_, _| true).unwrap()
    }

    fn change() -> ChangeId {
        ChangeId::new(Ulid::from_parts(1, 1))
    }

    fn count(required: u32, decisions: &[VerifiedDecision]) -> QuorumStatus {
        let approvers = PEOPLE[..3].iter().map(|name| name.parse().unwrap()).collect();
        let rule = ApprovalRule { required, approvers };
        quorum(&rule, &"demo".parse().unwrap(), &change(), &Digest::of_bytes(b"it"), decisions)
    }

    #[test]
    fn a_second_approval_by_the_same_approver_does_not_count() {
        let digest = Digest::of_bytes(b"it");
        let twice =
            [decided(1, "alice", Verb::Approve, &digest), decided(2, "alice", Verb::Approve, &digest)];
        assert_eq!(count(2, &twice), QuorumStatus::Open { approved: 1 });
    }

    #[test]
    fn an_approval_of_another_digest_does_not_count() {
        let other = decided(1, "alice", Verb::Approve, &Digest::of_bytes(b"something else"));
        assert_eq!(count(1, &[other]), QuorumStatus::Open { approved: 0 });
    }

    #[test]
    fn a_rule_that_requires_nobody_is_never_satisfied() {
        let yes = decided(1, "alice", Verb::Approve, &Digest::of_bytes(b"it"));
        assert!(!matches!(count(0, &[yes]), QuorumStatus::Satisfied { .. }));
    }

    proptest! {
        #[test]
        fn a_quorum_is_satisfied_exactly_by_enough_different_approvers_and_no_rejection(
            required in 1_u32..4,
            said in prop::collection::vec((0_usize..4, any::<bool>()), 0..8),
        ) {
            let digest = Digest::of_bytes(b"it");
            let decisions: Vec<_> = said.iter().enumerate().map(|(number, (who, yes))| {
                decided(number as u128, PEOPLE[*who], if *yes { Verb::Approve } else { Verb::Reject }, &digest)
            }).collect();
            let may = said.iter().filter(|(who, _)| *who < 3);
            let refused = may.clone().any(|(_, yes)| !yes);
            let people: BTreeSet<_> = may.filter(|(_, yes)| *yes).map(|(who, _)| who).collect();
            let satisfied = matches!(count(required, &decisions), QuorumStatus::Satisfied { .. });
            prop_assert_eq!(satisfied, !refused && people.len() >= required as usize);
        }
    }
}
