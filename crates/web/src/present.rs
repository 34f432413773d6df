//! From what the use case knows of a change to what its page shows.

use changegate_change::capture::Capture;
use changegate_change::decision::Decision;
use changegate_change::id::ApproverId;
use changegate_change::json::{StrictJsonError, canonical};
use changegate_change::proposal::{Proposal, RecipeRef, Step};
use changegate_change::sealed::mark;
use changegate_change::status::Status;
use changegate_change::step_record::{AttemptResult, StepRecord};
use changegate_change::undo::{PlannedCall, UndoPlan};
use changegate_service::review::{Reviewed, WhyNot};
use jiff::Timestamp;
use serde_json::Value;

use crate::page::moment::Moment;
use crate::page::review::{
    self as page, Action, AttemptView, Deadlines, DecisionView, DiffLine, HistoryLine, Parameter,
    PlannedCallView, ReviewPage, Shown, StateSource, StateView, StepView, UndoView,
};
use crate::page::text::{Code, Prose};

/// The characters of a fingerprint that tell one secret from another on a page: `hmac:` and twelve digits.
const FINGERPRINT_SHOWN: usize = 17;

/// The page of a change, as of `now`.
///
/// # Errors
/// A value without a canonical form; nothing that was digested is without one.
pub fn review_page(reviewed: &Reviewed, path: String, now: Timestamp) -> Result<ReviewPage, StrictJsonError> {
    let proposal = reviewed.proposal.get();
    let head = &reviewed.head;
    Ok(ReviewPage {
        path,
        tenant: Code::new(proposal.tenant.as_str()),
        change: Code::new(proposal.change.as_str()),
        viewer: Prose::new(&reviewed.approver.name),
        title: Prose::new(&proposal.title),
        status: head.status,
        why: head.why.as_ref().map(|why| Prose::new(&why.message)),
        reason: Prose::new(&proposal.reason),
        requester: Code::new(proposal.requester.as_str()),
        on_behalf_of: proposal.on_behalf_of.as_ref().map(|id| Prose::new(name_of(reviewed, id))),
        incident: proposal.incident.as_ref().map(Code::new),
        undoes: proposal.undoes.as_ref().map(|undoes| Code::new(undoes.change.as_str())),
        verdict: Prose::new(&proposal.verdict),
        rule: Prose::new(rule(reviewed, proposal)),
        deadlines: Deadlines {
            created: Moment::new(proposal.created_at, now),
            decide_by: Moment::new(proposal.decide_by, now),
            not_before: proposal.not_before.map(|at| Moment::new(at, now)),
            execute_before: head.execute_before.or(proposal.execute_before).map(|at| Moment::new(at, now)),
        },
        digest: Code::new(reviewed.proposal.digest().to_string()),
        steps: steps(reviewed, proposal, now)?,
        decisions: reviewed.decisions.iter().map(|decision| decision_view(reviewed, decision, now)).collect(),
        history: history(reviewed, now),
        action: action(reviewed),
    })
}

fn name_of<'a>(reviewed: &'a Reviewed, id: &'a ApproverId) -> &'a str {
    let named = reviewed.names.iter().find(|(of, _)| of == id);
    named.map_or(id.as_str(), |(_, name)| name.as_str())
}

fn rule(reviewed: &Reviewed, proposal: &Proposal) -> String {
    let names: Vec<&str> = proposal.rule.approvers.iter().map(|id| name_of(reviewed, id)).collect();
    match proposal.rule.required {
        1 => format!("1 approval, by {}", names.join(" or ")),
        required => format!("{required} approvals, by {}", names.join(", ")),
    }
}

fn decision_view(reviewed: &Reviewed, decision: &Decision, now: Timestamp) -> DecisionView {
    DecisionView {
        approver: Prose::new(name_of(reviewed, &decision.approver)),
        own: decision.approver == reviewed.approver.id,
        verb: decision.verb,
        at: Moment::new(decision.decided_at, now),
        note: Prose::new(&decision.note),
    }
}

fn history(reviewed: &Reviewed, now: Timestamp) -> Vec<HistoryLine> {
    let line = |entry: &changegate_change::ledger::Entry| HistoryLine {
        at: Moment::new(entry.at, now),
        kind: Code::new(entry.kind.as_str()),
        actor: Prose::new(entry.actor.to_string()),
    };
    reviewed.ledger.iter().map(line).collect()
}

fn action(reviewed: &Reviewed) -> Action {
    match &reviewed.may_decide {
        Ok(forms) => Action::Decide { approve: forms.approve.clone(), reject: forms.reject.clone() },
        Err(why) => Action::Nothing(Prose::new(why_not(why))),
    }
}

fn why_not(why: &WhyNot) -> &'static str {
    match why {
        WhyNot::NotWaiting(Status::AwaitingApproval) | WhyNot::Decided => {
            "You have decided on this change. It waits for the decision of others."
        }
        WhyNot::NotWaiting(Status::Expired) | WhyNot::TooLate => "The time to decide has passed.",
        WhyNot::NotWaiting(Status::Withdrawn) => {
            "The agent took this change back. There is nothing to decide."
        }
        WhyNot::NotWaiting(_) => "This change is not waiting for a decision.",
        WhyNot::Requester => "The agent works for you, so somebody else must decide.",
        WhyNot::NotNamed => "The rule of this change does not name you: you can read it, but not decide.",
        WhyNot::Stopped => "Changegate is stopped. You can decide when it runs again.",
    }
}

fn steps(reviewed: &Reviewed, proposal: &Proposal, now: Timestamp) -> Result<Vec<StepView>, StrictJsonError> {
    let numbered = (0_u32..).zip(&proposal.steps).zip(&reviewed.before);
    numbered
        .map(|((number, step), before)| {
            let record = reviewed.steps.iter().find(|record| record.number == number);
            let after = reviewed.after.iter().find(|(of, _)| *of == number).map(|(_, capture)| capture);
            step_view(step, before, record, after, now)
        })
        .collect()
}

fn step_view(
    step: &Step,
    before: &Capture,
    record: Option<&StepRecord>,
    after: Option<&Capture>,
    now: Timestamp,
) -> Result<StepView, StrictJsonError> {
    let diff = record.and_then(|record| record.diff.as_ref()).unwrap_or(&step.diff);
    let attempt = record.and_then(|record| record.attempt.as_ref());
    let request = &step.request;
    Ok(StepView {
        service: Code::new(&step.service),
        operation: Code::new(&step.operation),
        account: Code::new(step.account.as_str()),
        account_name: Prose::new(&step.account_name),
        region: Code::new(&step.region),
        access: Code::new(&step.access),
        action_class: Code::new(step.action_class.as_str()),
        executor_role: Code::new(&step.executor_role),
        request: Code::new(format!("{} {}{}", request.method, request.host, request.path)),
        parameters: parameters(&step.parameters)?,
        canonical: Code::new(canonical(&step.parameters)?),
        diff: diff_lines(diff)?,
        attempt: attempt.map(|attempt| attempt_view(attempt, now)),
        after: after.map(state_view),
        before: state_view(before),
        source: state_source(&step.recipe),
        undo: undo_view(&step.undo),
        wider: step.wider.iter().map(Prose::new).collect(),
        risks: step.risks.iter().map(Prose::new).collect(),
        safer: step.safer.iter().map(|own| (Prose::new(&own.says), planned_call(&own.call))).collect(),
        settle: step.settle.as_ref().map(Prose::new),
    })
}

fn attempt_view(attempt: &AttemptResult, now: Timestamp) -> AttemptView {
    let said = match (&attempt.code, &attempt.message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (Some(text), None) | (None, Some(text)) => Some(text.clone()),
        (None, None) => None,
    };
    AttemptView {
        outcome: attempt.outcome,
        at: Moment::new(attempt.ended_at, now),
        request_id: attempt.request_id.as_ref().map(Code::new),
        message: said.map(Prose::new),
    }
}

fn parameters(parameters: &Value) -> Result<Vec<Parameter>, StrictJsonError> {
    let Some(members) = parameters.as_object() else { return Ok(Vec::new()) };
    let parameter =
        |(name, value): (&String, &Value)| Ok(Parameter { name: Code::new(name), value: shown(value)? });
    members.iter().map(parameter).collect()
}

fn shown(value: &Value) -> Result<Shown, StrictJsonError> {
    if let Some(fingerprint) = mark(value) {
        return Ok(Shown::Secret(Code::new(
            fingerprint.as_str().chars().take(FINGERPRINT_SHOWN).collect::<String>(),
        )));
    }
    Ok(Shown::Plain(page::Value { exact: Code::new(canonical(value)?), laid_out: laid_out(value) }))
}

/// What is hard to read as one line of JSON: documents in strings, texts of several lines, nested values.
fn laid_out(value: &Value) -> Option<Code> {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(document @ (Value::Object(_) | Value::Array(_))) => Some(pretty(&document)),
            Ok(_) | Err(_) => text.contains('\n').then(|| Code::new(text)),
        },
        Value::Array(items) if items.len() > 1 => Some(pretty(value)),
        Value::Object(members) if members.len() > 1 => Some(pretty(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn pretty(value: &Value) -> Code {
    Code::new(format!("{value:#}"))
}

fn diff_lines(diff: &Value) -> Result<Vec<DiffLine>, StrictJsonError> {
    let Some(lines) = diff.as_array() else { return Ok(Vec::new()) };
    lines
        .iter()
        .map(|line| {
            let path = match line.get("path").and_then(Value::as_str) {
                Some("") => "the resource as a whole".to_owned(),
                Some(path) => path.to_owned(),
                // Rather a line that nobody can read than one that is missing.
                None => canonical(line)?,
            };
            let side = |name: &str| line.get(name).map(shown).transpose();
            Ok(DiffLine { path: Code::new(path), before: side("before")?, after: side("after")? })
        })
        .collect()
}

fn state_source(recipe: &RecipeRef) -> StateSource {
    match &recipe.best_effort {
        None => StateSource::Recipe,
        Some(best_effort) if best_effort.readers.is_empty() => StateSource::Nothing,
        Some(best_effort) => StateSource::BestEffort(best_effort.readers.iter().map(Code::new).collect()),
    }
}

fn state_view(capture: &Capture) -> StateView {
    if capture.truncated && capture.state.is_null() {
        StateView::Unknown
    } else if capture.present {
        StateView::Present { state: pretty(&capture.state), truncated: capture.truncated }
    } else {
        StateView::Absent
    }
}

fn undo_view(undo: &UndoPlan) -> UndoView {
    UndoView {
        class: undo.class,
        calls: undo.calls.iter().map(planned_call).collect(),
        caveats: undo.caveats.iter().map(Prose::new).collect(),
        planned_by: undo.planned_by,
    }
}

fn planned_call(call: &PlannedCall) -> PlannedCallView {
    PlannedCallView {
        call: Code::new(format!("{} {}", call.service, call.operation)),
        parameters: pretty(&call.parameters),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_shown_whole_and_a_secret_by_its_fingerprint() {
        let long = "x".repeat(100_000);
        let plain = |exact: &str, laid_out: Option<&str>| {
            Shown::Plain(page::Value { exact: Code::new(exact), laid_out: laid_out.map(Code::new) })
        };
        assert_eq!(shown(&json!(long)).unwrap(), plain(&format!("\"{long}\""), None));
        let nested = plain(r#"{"a":2,"b":1}"#, Some("{\n  \"a\": 2,\n  \"b\": 1\n}"));
        assert_eq!(shown(&json!({"b": 1, "a": 2})).unwrap(), nested);
        let mark = json!({"$sealed": format!("hmac:{}", "0123456789abcdef".repeat(4))});
        assert_eq!(shown(&mark).unwrap(), Shown::Secret(Code::new("hmac:0123456789ab")));
    }

    #[test]
    fn documents_and_lines_in_a_text_are_laid_out() {
        assert_eq!(laid_out(&json!("{\"a\":[1]}")), Some(Code::new("{\n  \"a\": [\n    1\n  ]\n}")));
        assert_eq!(laid_out(&json!("one\ntwo")), Some(Code::new("one\ntwo")));
        for plain in [json!("30"), json!("a b"), json!(3), json!(null), json!({"a": 1}), json!([1])] {
            assert_eq!(laid_out(&plain), None, "{plain}");
        }
    }

    #[test]
    fn a_difference_says_which_side_it_is_on_and_a_strange_line_is_not_lost() {
        let lines = diff_lines(&json!([
            {"path": "/Value", "change": "changed", "before": "10", "after": "30"},
            {"path": "/Tier", "change": "added", "after": null},
            {"path": "", "change": "removed", "before": {}},
            {"where": "elsewhere"},
        ]))
        .unwrap();
        let kinds: Vec<_> = lines.iter().map(DiffLine::kind).collect();
        assert_eq!(kinds, ["changed", "added", "removed", "added"]);
        let paths: Vec<_> = lines.into_iter().map(|line| line.path).collect();
        let expected = ["/Value", "/Tier", "the resource as a whole", r#"{"where":"elsewhere"}"#];
        assert_eq!(paths, expected.map(Code::new));
    }
}
