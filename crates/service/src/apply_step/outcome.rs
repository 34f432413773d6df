//! What came of a call that was sent, and how it is written.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_call::{NoAnswer, Outcome as Sent, Refusal};
use changegate_catalog::{KeptOutput, keep_output};
use changegate_change::id::AttemptId;
use changegate_change::ledger::Kind;
use changegate_change::status::{Event, Status};
use changegate_change::step_record::{AttemptResult, Outcome};
use changegate_store::record::Record;
use jiff::Timestamp;
use serde_json::Value;

use super::fence::Taken;
use super::preparation::Ready;
use super::{ApplyStep, Cleared};
use crate::error::ServiceError;

/// How long to wait before an outcome is written again, in milliseconds.
const WRITE_AGAIN: [u64; 5] = [100, 300, 900, 2_000, 4_000];
/// The longest message of AWS that is kept, in characters.
const MESSAGE_MAX: usize = 500;
/// What stands in place of AWS's words about a call that holds a secret.
pub const WITHHELD: &str = "AWS's words are left out because the call holds a secret";

/// The most of an output that is kept, in bytes of JSON.
const OUTPUT_MAX: usize = 2_000;

/// How a call ended. Of the output it has only what undo and settle test need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    outcome: Outcome,
    request_id: Option<String>,
    code: Option<String>,
    message: Option<String>,
    output: KeptOutput,
}

impl Ended {
    /// How a call ended, and what is `needed` of its output. Of a call with a secret, AWS's words are not kept: they may
    /// quote a parameter.
    pub fn of(sent: Sent, secret: bool, needed: &BTreeSet<String>) -> Self {
        let words = |words: String| Some(if secret { WITHHELD.to_owned() } else { limited(&words) });
        match sent {
            Sent::NotSent { reason } => Self {
                outcome: Outcome::Failed,
                request_id: None,
                code: Some("not_sent".into()),
                message: Some(limited(&format!("not sent: {reason}"))),
                output: KeptOutput::new(),
            },
            Sent::Refused(Refusal { code, message, request_id, .. }) => Self {
                outcome: Outcome::Failed,
                request_id,
                code: Some(limited(&code)),
                message: words(message),
                output: KeptOutput::new(),
            },
            Sent::NoAnswer(NoAnswer { reason, code, request_id, .. }) => Self {
                outcome: Outcome::Unknown,
                request_id,
                code: Some(code.map_or_else(|| "no_answer".into(), |code| limited(&code))),
                message: words(reason),
                output: KeptOutput::new(),
            },
            Sent::Done(output) => Self {
                outcome: Outcome::Succeeded,
                request_id: output.request_id,
                code: None,
                message: None,
                output: kept(needed, &output.output),
            },
            Sent::DoneUnreadable { request_id, .. } => Self {
                outcome: Outcome::Succeeded,
                request_id,
                code: Some("output_unreadable".into()),
                message: Some("AWS accepted the call; its output could not be read".into()),
                output: KeptOutput::new(),
            },
        }
    }

    /// The same as the result of an attempt.
    pub fn result(self, attempt: AttemptId, ended_at: Timestamp) -> AttemptResult {
        let Self { outcome, request_id, code, message, output } = self;
        AttemptResult { attempt, outcome, request_id, code, message, output, ended_at }
    }
}

/// What is needed of an output; nothing if that is too much, so that who needs it says that it is missing.
fn kept(needed: &BTreeSet<String>, output: &Value) -> KeptOutput {
    let kept = keep_output(needed, output);
    let size: usize = kept.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    if size <= OUTPUT_MAX { kept } else { KeptOutput::new() }
}

/// The entry and the event of an outcome, for a change in `status`; none if the outcome changes nothing there.
///
/// An attempt that was given up can still report: its outcome is the evidence that ends `unknown`.
fn event(outcome: Outcome, status: Status) -> Option<(Kind, Event)> {
    match (outcome, status) {
        (Outcome::Succeeded, Status::Executing) => Some((Kind::CallSucceeded, Event::CallSucceeded)),
        (Outcome::Failed, Status::Executing) => Some((Kind::CallFailed, Event::CallFailed)),
        (Outcome::Unknown, Status::Executing) => Some((Kind::CallUnknown, Event::CallUnknown)),
        (Outcome::Succeeded, Status::Unknown) => Some((Kind::CallSucceeded, Event::ReconcileSucceeded)),
        (Outcome::Failed, Status::Unknown) => Some((Kind::CallFailed, Event::ReconcileFailed)),
        (Outcome::Succeeded | Outcome::Failed | Outcome::Unknown, _) => None,
    }
}

impl ApplyStep {
    /// Writes what came of the call. If that does not work the fence remains, and the call counts as unknown.
    pub(super) async fn write_outcome(
        &self,
        cleared: &Cleared<'_>,
        taken: &Taken,
        ready: &Ready,
        sent: Sent,
    ) {
        let ended = Ended::of(sent, ready.secret, &ready.needed_output);
        let result = ended.result(taken.fence.attempt.clone(), self.clock.now());
        for wait in WRITE_AGAIN {
            match self.write_result(cleared, taken, &result).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(attempt = %result.attempt, story = error.story(), "the outcome was not written");
                }
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        tracing::error!(?result, change = %cleared.record.head.change, "the outcome could not be written");
    }

    async fn write_result(
        &self,
        cleared: &Cleared<'_>,
        taken: &Taken,
        result: &AttemptResult,
    ) -> Result<(), ServiceError> {
        let (tenant, change) = (&cleared.record.head.tenant, &cleared.record.head.change);
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        let Some((kind, event)) = wanted(&record, taken, result) else { return Ok(()) };
        let late = record.head.status == Status::Unknown;
        self.recorder().write_attempt(&record, taken.fence.step, result.clone(), kind, event).await?;
        if late {
            // The execution took the change for over: the sweep starts another that settles it.
            self.store.look_again(tenant, change, self.clock.now()).await?;
        }
        Ok(())
    }
}

/// What is to be written of a result, if the fence is still this attempt's and the record does not have it yet.
fn wanted(record: &Record, taken: &Taken, result: &AttemptResult) -> Option<(Kind, Event)> {
    let fence = record.fence(taken.fence.step).filter(|fence| **fence == taken.fence)?;
    let known = record.step(fence.step)?.attempt.as_ref();
    if known.is_some_and(|known| known.outcome == result.outcome) {
        return None;
    }
    event(result.outcome, record.head.status)
}

/// AWS's words on one line, not too long.
fn limited(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use aws_call::Output;
    use changegate_change::status::next;
    use serde_json::json;

    use super::*;

    const OUTCOMES: [Outcome; 3] = [Outcome::Succeeded, Outcome::Failed, Outcome::Unknown];

    fn every_answer() -> Vec<(Sent, Outcome, &'static str)> {
        let id = || Some("request-1".to_owned());
        vec![
            (Sent::NotSent { reason: "connection refused".into() }, Outcome::Failed, "not_sent"),
            (
                Sent::Refused(Refusal {
                    status: 400,
                    code: "Throttling".into(),
                    message: "slow down".into(),
                    request_id: id(),
                }),
                Outcome::Failed,
                "Throttling",
            ),
            (
                Sent::NoAnswer(NoAnswer { reason: "reset".into(), ..NoAnswer::default() }),
                Outcome::Unknown,
                "no_answer",
            ),
            (
                Sent::NoAnswer(NoAnswer {
                    reason: "500".into(),
                    status: Some(500),
                    code: Some("InternalError".into()),
                    request_id: id(),
                }),
                Outcome::Unknown,
                "InternalError",
            ),
            (
                Sent::Done(Output { output: json!({"Secret": "hunter2"}), status: 200, request_id: id() }),
                Outcome::Succeeded,
                "",
            ),
            (
                Sent::DoneUnreadable { reason: "hunter2 is no JSON".into(), request_id: id() },
                Outcome::Succeeded,
                "output_unreadable",
            ),
        ]
    }

    #[test]
    fn every_answer_has_one_outcome_and_a_place_in_the_lifecycle() {
        for (sent, outcome, code) in every_answer() {
            let ended = Ended::of(sent, false, &BTreeSet::new());
            assert_eq!((ended.outcome, ended.code.as_deref().unwrap_or_default()), (outcome, code));
            let (_, event) = event(outcome, Status::Executing).unwrap();
            let status = next(Status::Executing, event).unwrap();
            let expected = match outcome {
                Outcome::Succeeded => Status::Settling,
                Outcome::Failed => Status::Failed,
                Outcome::Unknown => Status::Unknown,
            };
            assert_eq!(status, expected);
        }
    }

    #[test]
    fn a_late_report_ends_unknown_and_nothing_else() {
        for status in Status::ALL {
            for outcome in OUTCOMES {
                let follows = event(outcome, status).map(|(_, event)| next(status, event).unwrap());
                let expected = match (status, outcome) {
                    (Status::Executing | Status::Unknown, Outcome::Succeeded) => Some(Status::Settling),
                    (Status::Executing | Status::Unknown, Outcome::Failed) => Some(Status::Failed),
                    (Status::Executing, Outcome::Unknown) => Some(Status::Unknown),
                    _ => None,
                };
                assert_eq!(follows, expected, "{status} {outcome:?}");
            }
        }
    }

    #[test]
    fn nothing_of_an_output_and_no_words_about_a_secret_are_kept() {
        for (sent, _, _) in every_answer() {
            assert!(
                !format!("{:?}", Ended::of(sent, false, &BTreeSet::from(["Name".to_owned()])))
                    .contains("hunter2")
            );
        }
        let message = "Value 'hunter2' at 'value' failed to satisfy constraint".to_owned();
        for sent in [
            Sent::Refused(Refusal {
                status: 400,
                code: "ValidationException".into(),
                message: message.clone(),
                request_id: None,
            }),
            Sent::NoAnswer(NoAnswer { reason: message, status: Some(500), code: None, request_id: None }),
        ] {
            assert!(!format!("{:?}", Ended::of(sent, true, &BTreeSet::new())).contains("hunter2"));
        }
    }

    #[test]
    fn what_is_needed_of_an_output_is_kept_unless_it_is_too_much() {
        let needs = BTreeSet::from(["Rules[].Id".to_owned()]);
        let done = |id: &str| {
            let output = json!({"Rules": [{"Id": id}], "Secret": "hunter2"});
            Ended::of(Sent::Done(Output { output, status: 200, request_id: None }), false, &needs).output
        };
        assert_eq!(done("sgr-1"), KeptOutput::from([("Rules[].Id".to_owned(), json!(["sgr-1"]))]));
        assert_eq!(done(&"x".repeat(OUTPUT_MAX)), KeptOutput::new());
    }

    #[test]
    fn words_of_aws_are_one_short_line() {
        assert_eq!(limited("two\nlines\u{1b}[31m"), "two lines [31m");
        assert_eq!(limited(&"x".repeat(10_000)).len(), MESSAGE_MAX);
    }
}
