//! Whether a tenant's role can be assumed, asked of the function that will assume it.
//!
//! `configure` may assume no role of a tenant. It asks `observe` and `apply-step`, with the ExternalId and without: a
//! trust policy that lets us in without it would let every other tenant of this deployment in.

use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sts::types::Tag;
use changegate_change::id::TenantId;
use serde::{Deserialize, Serialize};

use crate::error::{Code, ServiceError};

/// What a probing session may do.
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
/// The name and source identity of probing sessions, as CloudTrail shows them, and the value of their tag `change`.
const SESSION: &str = "changegate-probe";
/// The shortest session that STS gives.
const SESSION_SECONDS: i32 = 900;
/// What STS says if a trust policy does not let us in.
const DENIED: &str = "AccessDenied";

/// The event of a function that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeEvent {
    /// The question.
    pub probe: Probe,
}

/// A role that may be assumed, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The tenant, for the session tag.
    pub tenant: TenantId,
    /// The role.
    pub role: String,
    /// The tenant's ExternalId.
    pub external_id: String,
    /// Whether to present it.
    pub with: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeAnswer {
    /// Whether the role was assumed.
    pub assumed: bool,
    /// STS's error code, if it gave one.
    pub code: Option<String>,
}

impl ProbeAnswer {
    /// Whether STS said no, rather than nothing or something else.
    pub fn denied(&self) -> bool {
        !self.assumed && self.code.as_deref() == Some(DENIED)
    }
}

/// Tries to assume the role as it is assumed for a change, with tags and source identity, and with a session policy that
/// allows nothing. The credentials are dropped.
///
/// # Errors
/// `unavailable` if STS did not answer.
pub async fn probe(sts: &aws_sdk_sts::Client, asked: &Probe) -> Result<ProbeAnswer, ServiceError> {
    let mut request = sts.assume_role().role_arn(&asked.role).role_session_name(SESSION);
    request = request.source_identity(SESSION).policy(NOTHING).duration_seconds(SESSION_SECONDS);
    for (key, value) in [("tenant", asked.tenant.as_str()), ("change", SESSION)] {
        request = request.tags(Tag::builder().key(key).value(value).build().map_err(ServiceError::internal)?);
    }
    if asked.with {
        request = request.external_id(&asked.external_id);
    }
    match request.send().await {
        Ok(_) => Ok(ProbeAnswer { assumed: true, code: None }),
        Err(error) if error.as_service_error().is_some() => {
            Ok(ProbeAnswer { assumed: false, code: error.code().map(str::to_owned) })
        }
        Err(error) => Err(ServiceError::new(Code::Unavailable, "sts did not answer; try again")
            .because(DisplayErrorContext(&error).to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_no_of_sts_is_a_denial() {
        let answer = |assumed, code: Option<&str>| ProbeAnswer { assumed, code: code.map(str::to_owned) };
        assert!(answer(false, Some("AccessDenied")).denied());
        for other in [answer(true, None), answer(false, None), answer(false, Some("Throttling"))] {
            assert!(!other.denied(), "{other:?}");
        }
    }

    #[test]
    fn an_event_with_anything_else_in_it_is_not_a_probe() {
        let probe =
            json!({"tenant": "demo", "role": "arn:aws:iam::1:role/r", "external_id": "x", "with": true});
        assert!(serde_json::from_value::<ProbeEvent>(json!({"probe": probe})).is_ok());
        assert!(serde_json::from_value::<ProbeEvent>(json!({"probe": probe, "step": 1})).is_err());
    }

    #[test]
    fn the_session_policy_of_a_probe_is_json_that_denies_everything() {
        let policy: serde_json::Value = serde_json::from_str(NOTHING).unwrap();
        assert_eq!(policy["Statement"], json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    }
}
