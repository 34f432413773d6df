//! What an operation does to an account.

use serde::{Deserialize, Serialize};

/// What calling an operation does, after the access level of its IAM actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Lists resources.
    List,
    /// Reads a resource.
    Read,
    /// Changes tags only.
    Tagging,
    /// Changes a resource.
    Write,
    /// Changes who may do what.
    Permissions,
    /// Hands out credentials, whatever else it does.
    Credentials,
    /// Not known; to be treated as a change.
    #[default]
    Unknown,
}

impl Access {
    /// Whether a call may change something: everything but [`Access::Read`] and [`Access::List`].
    #[must_use]
    pub fn is_mutating(self) -> bool {
        match self {
            Self::Read | Self::List => false,
            Self::Tagging | Self::Write | Self::Permissions | Self::Credentials | Self::Unknown => true,
        }
    }

    /// The name used in JSON (`read`, `permissions`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Tagging => "tagging",
            Self::Write => "write",
            Self::Permissions => "permissions",
            Self::Credentials => "credentials",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
