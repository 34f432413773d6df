//! The variables of a function. Each is read once, when the function starts; nothing else looks at the environment.

use std::collections::BTreeMap;
use std::str::FromStr;

use changegate_store::Tables;
use url::Url;

macro_rules! variables {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// A variable that a deployment sets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Variable {
            $($(#[$doc])* $name,)+
        }

        impl Variable {
            /// Every variable.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name in the environment.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

variables! {
    /// The table of changes.
    ChangesTable = "CHANGES_TABLE";
    /// The table of approvals.
    ApprovalsTable = "APPROVALS_TABLE";
    /// The table of configurations.
    ConfigTable = "CONFIG_TABLE";
    /// ARN of the key that signs proposals.
    ProposalKey = "PROPOSAL_KEY";
    /// ARN of the key that signs decisions.
    DecisionKey = "DECISION_KEY";
    /// ARN of the key that signs configurations.
    ConfigKey = "CONFIG_KEY";
    /// ARN of the key that seals secrets.
    SealKey = "SEAL_KEY";
    /// ARN of the HMAC key that fingerprints are derived from.
    FingerprintKey = "FINGERPRINT_KEY";
    /// ARN of the HMAC key that cursors are authenticated with.
    CursorKey = "CURSOR_KEY";
    /// ARN of the HMAC key that webhook secrets are derived from.
    WebhookKey = "WEBHOOK_KEY";
    /// ARN of the state machine of a change.
    StateMachineArn = "STATE_MACHINE_ARN";
    /// Name of the function that proposes.
    ProposeFunction = "PROPOSE_FUNCTION";
    /// Name of the function that observes.
    ObserveFunction = "OBSERVE_FUNCTION";
    /// Name of the function that applies steps.
    ApplyStepFunction = "APPLY_STEP_FUNCTION";
    /// Name of the function that relays.
    RelayFunction = "RELAY_FUNCTION";
    /// What the ARN of every approval topic begins with; the tenant follows.
    TopicPrefix = "TOPIC_PREFIX";
    /// URL of the webhook queue.
    WebhookQueueUrl = "WEBHOOK_QUEUE_URL";
    /// Where people and agents reach this deployment.
    PublicUrl = "PUBLIC_URL";
    /// `true` if requests to tenants' addresses may go to this machine.
    EgressAllowLoopback = "EGRESS_ALLOW_LOOPBACK";
    /// JSON object from issuer to client secret, for providers that know no public clients.
    ClientSecrets = "CLIENT_SECRETS";
    /// The account of this deployment.
    OwnAccount = "OWN_ACCOUNT";
    /// What the names of this deployment's resources begin with.
    OwnPrefix = "OWN_PREFIX";
    /// Ids of this deployment's keys, with commas between them.
    OwnKeys = "OWN_KEYS";
    /// Id of this deployment's HTTP API.
    OwnApi = "OWN_API";
    /// How many seconds the sweep leaves a change alone after it looked.
    SweepLookSeconds = "SWEEP_LOOK_SECONDS";
    /// Where AWS is, if not at its usual endpoints.
    AwsEndpointUrl = "AWS_ENDPOINT_URL";
    /// The region of this function.
    AwsRegion = "AWS_REGION";
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A function that is not set up as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is not set, or empty.
    #[error("the variable `{0}` is not set")]
    Missing(Variable),
    /// A variable does not have its form.
    #[error("the variable `{variable}` is not {expected}")]
    Wrong {
        /// Which.
        variable: Variable,
        /// What it must be.
        expected: &'static str,
    },
}

/// What a deployment told a function.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// The environment that `lookup` knows.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let known = Variable::ALL.iter().map(|variable| variable.as_str());
        let set = known.filter_map(|name| Some((name, lookup(name).filter(|value| !value.is_empty())?)));
        Self(set.collect())
    }

    /// A variable that may be unset; an empty one counts as unset.
    pub fn optional(&self, variable: Variable) -> Option<&str> {
        self.0.get(variable.as_str()).map(String::as_str)
    }

    /// A variable that must be set.
    ///
    /// # Errors
    /// It is not.
    pub fn text(&self, variable: Variable) -> Result<String, EnvironmentError> {
        self.optional(variable).map(str::to_owned).ok_or(EnvironmentError::Missing(variable))
    }

    /// A URL that must be set.
    ///
    /// # Errors
    /// It is not, or is no URL.
    pub fn url(&self, variable: Variable) -> Result<Url, EnvironmentError> {
        self.parsed(variable, "a URL")?.ok_or(EnvironmentError::Missing(variable))
    }

    /// A URL that may be unset.
    ///
    /// # Errors
    /// It is set and no URL.
    pub fn optional_url(&self, variable: Variable) -> Result<Option<Url>, EnvironmentError> {
        self.parsed(variable, "a URL")
    }

    /// A whole number, or `default` if it is unset.
    ///
    /// # Errors
    /// It is set and no whole number.
    pub fn number(&self, variable: Variable, default: u64) -> Result<u64, EnvironmentError> {
        Ok(self.parsed(variable, "a whole number")?.unwrap_or(default))
    }

    /// A switch: `true`, or `false` like everything that is unset.
    ///
    /// # Errors
    /// It is set and neither.
    pub fn flag(&self, variable: Variable) -> Result<bool, EnvironmentError> {
        Ok(self.parsed(variable, "`true` or `false`")?.unwrap_or(false))
    }

    /// A list with commas; empty if it is unset.
    pub fn list(&self, variable: Variable) -> Vec<String> {
        let text = self.optional(variable).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// The tables that this function was told of. The names of the others stay empty, so that using one fails.
    pub fn tables(&self) -> Tables {
        let name = |variable| self.optional(variable).unwrap_or_default().to_owned();
        Tables {
            changes: name(Variable::ChangesTable),
            approvals: name(Variable::ApprovalsTable),
            config: name(Variable::ConfigTable),
        }
    }

    fn parsed<T: FromStr>(
        &self,
        variable: Variable,
        expected: &'static str,
    ) -> Result<Option<T>, EnvironmentError> {
        let parsed = self.optional(variable).map(str::parse).transpose();
        parsed.map_err(|_| EnvironmentError::Wrong { variable, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &'static [(&'static str, &'static str)]) -> Environment {
        Environment::read(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        for environment in [with(&[]), with(&[("PROPOSAL_KEY", "")])] {
            let error = environment.text(Variable::ProposalKey).unwrap_err();
            assert_eq!(error.to_string(), "the variable `PROPOSAL_KEY` is not set");
        }
    }

    #[test]
    fn a_wrong_variable_is_named_and_not_repeated() {
        let environment = with(&[("PUBLIC_URL", "hunter2"), ("EGRESS_ALLOW_LOOPBACK", "yes")]);
        let url = environment.url(Variable::PublicUrl).unwrap_err().to_string();
        assert_eq!(url, "the variable `PUBLIC_URL` is not a URL");
        assert!(environment.flag(Variable::EgressAllowLoopback).is_err());
    }

    #[test]
    fn a_function_that_was_not_told_of_a_table_does_not_know_its_name() {
        let tables = with(&[("CHANGES_TABLE", "cg-changes")]).tables();
        assert_eq!((tables.changes.as_str(), tables.approvals.as_str()), ("cg-changes", ""));
    }

    #[test]
    fn unset_switches_are_off_and_unset_lists_empty() {
        assert!(!with(&[]).flag(Variable::EgressAllowLoopback).unwrap());
        assert!(with(&[]).list(Variable::OwnKeys).is_empty());
        assert_eq!(with(&[("OWN_KEYS", "a, b,")]).list(Variable::OwnKeys), ["a", "b"]);
    }
}
