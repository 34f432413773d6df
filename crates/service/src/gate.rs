//! The messages between `api` and `propose`: what passes the gate, and what comes back.
//!
//! `propose` has no route of its own and believes nothing that `api` says: the agent's key passes through, and is
//! authenticated again on the other side.

use std::fmt;

use changegate_change::id::ChangeId;
use changegate_change::request::Violation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::authenticate::authenticate;
use crate::error::{Code, ServiceError};
use crate::propose::Propose;

/// What `propose` is asked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRequest {
    /// The `Authorization` header as the agent sent it.
    pub authorization: Option<String>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// What to do.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Propose a change.
    Propose {
        /// The body as sent.
        body: String,
    },
    /// Preview a change.
    Preview {
        /// The body as sent.
        body: String,
    },
    /// Propose the undo of a change.
    Undo {
        /// The change.
        change: ChangeId,
    },
    /// Withdraw a change.
    Withdraw {
        /// The change.
        change: ChangeId,
    },
}

impl fmt::Debug for GateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match &self.action {
            Action::Propose { .. } => "propose",
            Action::Preview { .. } => "preview",
            Action::Undo { .. } => "undo",
            Action::Withdraw { .. } => "withdraw",
        };
        write!(f, "GateRequest({action})")
    }
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GateAnswer {
    /// It was done.
    Done {
        /// The change, as the agent sees it.
        change: Value,
        /// Whether an earlier submission with the same key had done it.
        replayed: bool,
    },
    /// It was not.
    Problem {
        /// The stable word.
        code: String,
        /// The words for the caller.
        message: String,
        /// What is wrong with the document.
        violations: Vec<ViolationText>,
    },
}

/// A [`Violation`] on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationText {
    path: String,
    rule: String,
    message: String,
    nearest: Option<String>,
}

impl From<&Violation> for ViolationText {
    fn from(v: &Violation) -> Self {
        Self {
            path: v.path.clone(),
            rule: v.rule.clone(),
            message: v.message.clone(),
            nearest: v.nearest.clone(),
        }
    }
}

impl From<ViolationText> for Violation {
    fn from(v: ViolationText) -> Self {
        Self { path: v.path, rule: v.rule, message: v.message, nearest: v.nearest }
    }
}

impl GateAnswer {
    /// The change, or the error as it was on the other side.
    ///
    /// # Errors
    /// The error.
    pub fn into_result(self) -> Result<(Value, bool), ServiceError> {
        match self {
            Self::Done { change, replayed } => Ok((change, replayed)),
            Self::Problem { code, message, violations } => {
                let code =
                    Code::ALL.iter().find(|known| known.as_str() == code).copied().unwrap_or(Code::Internal);
                let violations = violations.into_iter().map(Violation::from).collect();
                Err(ServiceError::violations(code, message, violations))
            }
        }
    }
}

impl Propose {
    /// Does what passed the gate. An error is an answer; the log has its story.
    pub async fn pass(&self, request: GateRequest) -> GateAnswer {
        match self.done(request).await {
            Ok((change, replayed)) => GateAnswer::Done { change, replayed },
            Err(error) => {
                tracing::info!(code = error.code().as_str(), story = error.story(), "refused");
                GateAnswer::Problem {
                    code: error.code().to_string(),
                    message: error.message().to_owned(),
                    violations: error.all_violations().iter().map(ViolationText::from).collect(),
                }
            }
        }
    }

    async fn done(&self, request: GateRequest) -> Result<(Value, bool), ServiceError> {
        let caller = authenticate(&self.store, &self.config_keys, request.authorization.as_deref()).await?;
        let key = request.idempotency_key.as_deref();
        match request.action {
            Action::Propose { body } => {
                let proposed = self.propose(&caller, key, body.as_bytes()).await?;
                Ok((proposed.change, proposed.replayed))
            }
            Action::Preview { body } => Ok((self.preview(&caller, body.as_bytes()).await?, false)),
            Action::Undo { change } => {
                let proposed = self.undo(&caller, key, &change).await?;
                Ok((proposed.change, proposed.replayed))
            }
            Action::Withdraw { change } => Ok((self.withdraw(&caller, &change).await?, false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_passes_the_gate_with_its_code_and_violations() {
        let violation = Violation::new("/steps/0", "missing", "`steps` is required");
        let answer = GateAnswer::Problem {
            code: "invalid_proposal".into(),
            message: "1 violation".into(),
            violations: vec![ViolationText::from(&violation)],
        };
        let text = serde_json::to_string(&answer).unwrap();
        let error = serde_json::from_str::<GateAnswer>(&text).unwrap().into_result().unwrap_err();
        assert_eq!((error.code(), error.all_violations()), (Code::InvalidProposal, &[violation][..]));
    }

    #[test]
    fn a_request_does_not_print_the_key_or_the_body() {
        let request = GateRequest {
            authorization: Some("Bearer cgk_secret".into()),
            idempotency_key: None,
            action: Action::Propose { body: "secret".into() },
        };
        assert_eq!(format!("{request:?}"), "GateRequest(propose)");
    }
}
