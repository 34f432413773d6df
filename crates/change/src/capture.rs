//! The state of what a step touches, as the service read it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::json::StrictJsonError;

/// What a recipe's reader saw: the projection of the resource that the call can change, with secrets as marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// Whether the resource was there.
    pub present: bool,
    /// The projected state; `null` when the resource was absent.
    pub state: Value,
    /// Whether a page or size limit cut the state off. A truncated capture allows no undo.
    pub truncated: bool,
}

impl Capture {
    /// The digest that drift is measured by.
    ///
    /// # Errors
    /// A state that has no canonical form.
    pub fn digest(&self) -> Result<Digest, StrictJsonError> {
        Digest::of(self)
    }
}

/// A capture as a proposal names it: by digest, with the content in a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureRef {
    /// The digest of the capture.
    pub digest: Digest,
    /// Whether it was cut off.
    pub truncated: bool,
}

impl CaptureRef {
    /// The reference to a capture.
    ///
    /// # Errors
    /// A state that has no canonical form.
    pub fn to(capture: &Capture) -> Result<Self, StrictJsonError> {
        Ok(Self { digest: capture.digest()?, truncated: capture.truncated })
    }
}
