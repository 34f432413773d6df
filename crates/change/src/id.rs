//! Identifiers. Each is a newtype that can only hold a well-formed value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// A text that is not the identifier it was given as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not {expected}")]
pub struct InvalidId {
    input: String,
    expected: &'static str,
}

fn invalid(input: &str, expected: &'static str) -> InvalidId {
    InvalidId { input: input.chars().take(80).collect(), expected }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $accepts:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if $accepts(text) { Ok(Self(text.to_owned())) } else { Err(invalid(text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal, $accepts:ident) => {
        fn $accepts(text: &str) -> bool {
            text.strip_prefix($prefix).is_some_and(is_ulid)
        }

        text_id!($(#[$doc])* $name, $expected, $accepts);

        impl $name {
            /// The identifier with this ULID.
            pub fn new(ulid: Ulid) -> Self {
                Self(format!(concat!($prefix, "{}"), ulid))
            }
        }
    };
}

ulid_id!(
    /// A change: `chg_` and a ULID, so that ids sort by the time of their creation.
    ChangeId, "chg_", "a change id (`chg_` and 26 characters)", is_change_id
);
ulid_id!(
    /// One try to send one step: `att_` and a ULID.
    AttemptId, "att_", "an attempt id (`att_` and 26 characters)", is_attempt_id
);
ulid_id!(
    /// A decision of an approver: `dec_` and a ULID.
    DecisionId, "dec_", "a decision id (`dec_` and 26 characters)", is_decision_id
);
ulid_id!(
    /// An entry of a ledger: `evt_` and a ULID. It is also the id of the webhook that tells of it.
    EntryId, "evt_", "a ledger entry id (`evt_` and 26 characters)", is_entry_id
);

text_id!(
    /// A tenant: 2 to 32 of `a-z`, `0-9` and `-`, beginning with a letter.
    TenantId, "a tenant id (2 to 32 of a-z, 0-9 and -, beginning with a letter)", is_slug
);
text_id!(
    /// An agent of a tenant; the same alphabet as [`TenantId`].
    AgentId, "an agent id (2 to 32 of a-z, 0-9 and -, beginning with a letter)", is_slug
);
text_id!(
    /// A person who may decide; the same alphabet as [`TenantId`].
    ApproverId, "an approver id (2 to 32 of a-z, 0-9 and -, beginning with a letter)", is_slug
);
text_id!(
    /// A class of operations that a tenant opens or locks together: 2 to 64 of `a-z`, `0-9` and `-`, beginning with a letter.
    ActionClass, "an action class (2 to 64 of a-z, 0-9 and -, beginning with a letter)", is_class
);
text_id!(
    /// An AWS account: 12 digits.
    AccountId, "an AWS account id (12 digits)", is_account
);

fn is_ulid(text: &str) -> bool {
    // A ULID in its canonical form: what parses but prints differently (lower case) would be a second name.
    Ulid::from_string(text).is_ok_and(|ulid| ulid.to_string() == text)
}

fn is_slug(text: &str) -> bool {
    is_name(text, 32)
}

/// A class can be named after a service, and some of those have long names.
fn is_class(text: &str) -> bool {
    is_name(text, 64)
}

fn is_name(text: &str, longest: usize) -> bool {
    (2..=longest).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_id_reads_back_as_it_was_written() {
        let id = ChangeId::new(Ulid::from_parts(1_700_000_000_000, 42));
        assert_eq!(id.to_string().parse::<ChangeId>().unwrap(), id);
    }

    #[test]
    fn other_prefixes_cases_and_lengths_are_refused() {
        let ulid = Ulid::from_parts(1_700_000_000_000, 42).to_string();
        for text in
            [ulid.clone(), format!("att_{ulid}"), format!("chg_{}", ulid.to_lowercase()), "chg_".into()]
        {
            assert!(text.parse::<ChangeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tenant_cannot_smuggle_a_key_separator() {
        for text in ["demo#C#chg", "Demo", "d", "1demo", "demo/x", "", &"a".repeat(33)] {
            assert!(text.parse::<TenantId>().is_err(), "{text}");
        }
        assert!("demo-2".parse::<TenantId>().is_ok());
    }
}
