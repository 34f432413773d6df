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

/// A read that a recipe asks for. Its Debug does not show the parameters.
#[derive(Clone, PartialEq)]
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

impl fmt::Debug for ReadCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCall")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// What a read gave. Its Debug shows neither the output nor AWS's words.
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
            Self::Error { code, .. } => f.debug_struct("Error").field("code", code).finish_non_exhaustive(),
        }
    }
}
