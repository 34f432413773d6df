//! Attempt, outcome and after capture of one step.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::capture::CaptureRef;
use crate::digest::Digest;
use crate::id::AttemptId;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// AWS accepted the call.
    Succeeded,
    /// AWS refused it, or it was not sent.
    Failed,
    /// It may have happened.
    Unknown,
}

/// The item that lets exactly one attempt send one step. Once taken it is never taken again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fence {
    /// The attempt that took it.
    pub attempt: AttemptId,
    /// The step.
    pub step: u32,
    /// The generation of the execution.
    pub generation: u64,
    /// The access key id of the attempt's credentials: CloudTrail finds the call by it.
    pub access_key_id: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// After this moment the attempt's credentials do not work for the call; none if the service goes on under them.
    pub ends_at: Option<Timestamp>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptResult {
    /// The attempt.
    pub attempt: AttemptId,
    /// How it ended.
    pub outcome: Outcome,
    /// The id that AWS gave the request.
    pub request_id: Option<String>,
    /// The error code, if it did not succeed.
    pub code: Option<String>,
    /// The error in words, if it did not succeed.
    pub message: Option<String>,
    /// What the undo needs of the output, by the expression that the plan names it with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub output: BTreeMap<String, Value>,
    /// When the answer was read, or waiting for it ended.
    pub ended_at: Timestamp,
}

/// What is known of one step after the proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// The step, from 0.
    pub number: u32,
    /// The before capture, as in the proposal.
    pub before: Digest,
    /// What came of the attempt.
    pub attempt: Option<AttemptResult>,
    /// Whether the settle test said done; `false` in a step that is over means: not settled by its deadline.
    pub settled: bool,
    /// The state after.
    pub after: Option<CaptureRef>,
    /// What changed, by path.
    pub diff: Option<Value>,
}

impl StepRecord {
    /// The record of a step that nothing was done for.
    pub fn planned(number: u32, before: Digest) -> Self {
        Self { number, before, attempt: None, settled: false, after: None, diff: None }
    }
}
