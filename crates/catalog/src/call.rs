//! What a recipe is applied to: a call, the reads it asks for, and their answers.

use std::fmt;

use serde_json::Value;

/// The call that a step makes, with its parameters in clear. Its Debug does not show them.
#[derive(Clone, PartialEq)]
pub struct CallContext {
    /// The account, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The partition (`aws`, `aws-cn`, `aws-us-gov`).
    pub partition: String,
    /// The parameters, every secret revealed.
    pub parameters: Value,
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("account", &self.account)
            .field("region", &self.region)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}

/// A read that a recipe asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadCall {
    /// The service, as the models name it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Its parameters.
    pub parameters: Value,
    /// Whether all pages are wanted.
    pub pages: bool,
}

/// What a read gave. Its Debug does not show the output.
#[derive(Clone, PartialEq)]
pub enum ReadAnswer {
    /// AWS answered.
    Output {
        /// The output; of several pages the merged one.
        value: Value,
        /// Whether a page limit cut it off.
        truncated: bool,
    },
    /// AWS refused.
    Error {
        /// The error code, without a namespace.
        code: String,
        /// AWS's words.
        message: String,
    },
}

impl fmt::Debug for ReadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output { truncated, .. } => {
                f.debug_struct("Output").field("truncated", truncated).finish_non_exhaustive()
            }
            Self::Error { code, message } => {
                f.debug_struct("Error").field("code", code).field("message", message).finish()
            }
        }
    }
}
