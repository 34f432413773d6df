//! Proof that a tenant's roles let us in with the ExternalId, and without it nobody.

use std::sync::Arc;

use aws_sdk_lambda::error::DisplayErrorContext;
use aws_sdk_lambda::primitives::Blob;
use changegate_change::request::Violation;
use changegate_change::tenant::TenantConfig;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::error::{Code, ServiceError};
use crate::probe::{Probe, ProbeAnswer, ProbeEvent};

/// How many functions are asked at a time.
const AT_ONCE: usize = 8;

/// The functions that assume tenants' roles.
#[derive(Debug, Clone)]
pub struct Provers {
    /// Invokes them.
    pub lambda: aws_sdk_lambda::Client,
    /// Assumes reader roles.
    pub observe_function: String,
    /// Assumes reader and executor roles.
    pub apply_step_function: String,
}

/// A role that one of our functions can assume with the ExternalId and cannot without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Proof {
    /// The role.
    pub role: String,
    /// The function that assumed it.
    pub by: String,
    #[serde(skip)]
    path: String,
}

impl Provers {
    /// Proves every role of a configuration for every function that assumes it.
    ///
    /// # Errors
    /// `role_not_proven` with every role that is not; `unavailable` if one could not be asked.
    pub async fn prove(&self, config: &TenantConfig, external_id: &str) -> Result<Vec<Proof>, ServiceError> {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut asked = JoinSet::new();
        for proof in self.wanted(config) {
            let (this, permits) = (self.clone(), Arc::clone(&permits));
            let with = Probe {
                tenant: config.tenant.clone(),
                role: proof.role.clone(),
                external_id: external_id.to_owned(),
                with: true,
            };
            asked.spawn(async move {
                let _permit = permits.acquire().await.map_err(ServiceError::internal)?;
                let without = Probe { with: false, ..with.clone() };
                let answers = (this.ask(&proof.by, with).await?, this.ask(&proof.by, without).await?);
                Ok::<_, ServiceError>((proof, answers))
            });
        }
        let (mut proofs, mut violations) = (Vec::new(), Vec::new());
        while let Some(ended) = asked.join_next().await {
            let (proof, (with, without)) = ended.map_err(ServiceError::internal)??;
            match verdict(&with, &without)? {
                None => proofs.push(proof),
                Some(reason) => violations.push(unproven(&proof, &reason)),
            }
        }
        proofs.sort();
        if violations.is_empty() {
            return Ok(proofs);
        }
        violations.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
        let message = "the trust policies of these roles do not do what they must; nothing was applied";
        Err(ServiceError::violations(Code::RoleNotProven, message, violations))
    }

    fn wanted(&self, config: &TenantConfig) -> Vec<Proof> {
        let (observe, apply_step) = (&self.observe_function, &self.apply_step_function);
        let of = |(position, account): (usize, &changegate_change::tenant::Account)| {
            let proof = |role: &str, key: &str, by: &str| Proof {
                role: role.to_owned(),
                by: by.to_owned(),
                path: format!("/accounts/{position}/{key}"),
            };
            [
                proof(&account.reader_role, "reader_role", observe),
                proof(&account.reader_role, "reader_role", apply_step),
                proof(&account.executor_role, "executor_role", apply_step),
            ]
        };
        config.accounts.iter().enumerate().flat_map(of).collect()
    }

    async fn ask(&self, function: &str, probe: Probe) -> Result<ProbeAnswer, ServiceError> {
        let failed = |cause: String| {
            let message = format!("`{function}` could not be asked to prove a role; try again");
            ServiceError::new(Code::Unavailable, message).because(cause)
        };
        let payload = Blob::new(serde_json::to_vec(&ProbeEvent { probe })?);
        let request = self.lambda.invoke().function_name(function).payload(payload);
        let answer = request.send().await.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_some() {
            return Err(failed(String::from_utf8_lossy(&payload).into_owned()));
        }
        serde_json::from_slice(&payload).map_err(|error| failed(error.to_string()))
    }
}

/// Why the two answers prove nothing; none if they do.
fn verdict(with: &ProbeAnswer, without: &ProbeAnswer) -> Result<Option<String>, ServiceError> {
    let unclear = |answer: &ProbeAnswer| {
        let code = answer.code.clone().unwrap_or_default();
        ServiceError::new(Code::Unavailable, "sts gave no clear answer; try again").because(code)
    };
    if with.denied() {
        return Ok(Some("cannot be assumed with the tenant's ExternalId".to_owned()));
    }
    if !with.assumed {
        return Err(unclear(with));
    }
    if without.assumed {
        return Ok(Some(
            "can be assumed without the tenant's ExternalId: its trust policy must ask for it".to_owned(),
        ));
    }
    if without.denied() { Ok(None) } else { Err(unclear(without)) }
}

fn unproven(proof: &Proof, reason: &str) -> Violation {
    Violation::new(
        proof.path.clone(),
        "trust",
        format!("`{}` {reason} (asked by `{}`)", proof.role, proof.by),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(assumed: bool, code: Option<&str>) -> ProbeAnswer {
        ProbeAnswer { assumed, code: code.map(str::to_owned) }
    }

    #[test]
    fn a_role_is_proven_only_by_a_yes_with_and_a_no_without() {
        let (yes, no) = (answer(true, None), answer(false, Some("AccessDenied")));
        let unclear = answer(false, Some("ThrottlingException"));
        assert_eq!(verdict(&yes, &no).unwrap(), None);
        assert!(verdict(&no, &no).unwrap().unwrap().contains("cannot be assumed"));
        assert!(verdict(&yes, &yes).unwrap().unwrap().contains("without"));
        assert_eq!(verdict(&yes, &unclear).unwrap_err().code(), Code::Unavailable);
        assert_eq!(verdict(&unclear, &no).unwrap_err().code(), Code::Unavailable);
    }
}
