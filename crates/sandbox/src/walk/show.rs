//! What people read in the terminal.

use serde_json::Value;
use similar::TextDiff;

use crate::description::Sandbox;

/// The title of a change.
pub(super) fn title(change: &Value) -> &str {
    text(change, "/title")
}

/// What is proposed: each call, and how it would be undone.
pub(super) fn proposal(change: &Value) -> String {
    let steps = change.get("steps").and_then(Value::as_array).into_iter().flatten();
    let lines = steps.map(|step| {
        let call = step.get("call").unwrap_or(&Value::Null);
        let class = text(step, "/undo/class");
        format!("  {}  ({}, undo: {class})", spelled(call), text(step, "/action_class"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What came of it: before and after as a diff, who decided, and the request id of AWS.
pub(super) fn outcome(change: &Value) -> String {
    let mut lines = vec![format!("{} {}", text(change, "/id"), text(change, "/status"))];
    for step in change.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let (before, after) = (state(step, "/before/state"), state(step, "/after/state"));
        let diff = TextDiff::from_lines(&before, &after);
        lines.push(diff.unified_diff().context_radius(2).header("before", "after").to_string());
        let (outcome, request) = (text(step, "/attempt/outcome"), text(step, "/attempt/request_id"));
        lines.push(format!("outcome {outcome}, AWS request id {request}"));
    }
    for decision in change.pointer("/approval/decisions").and_then(Value::as_array).into_iter().flatten() {
        let (verb, who, at) =
            (text(decision, "/verb"), text(decision, "/approver"), text(decision, "/decided_at"));
        lines.push(format!("{verb} by {who} at {at}"));
    }
    lines.join("\n")
}

/// The command that proposes the undo.
pub(super) fn how_to_undo(sandbox: &Sandbox, change: &str, key: &str) -> String {
    let (program, endpoint) = (sandbox.changegate.display(), &sandbox.api_url);
    format!(
        "Undo it (again someone must approve):\n  CHANGEGATE_KEY={key} {program} undo {change} --endpoint {endpoint}"
    )
}

/// A call in one line: a text as it is, an object as its parts.
fn spelled(call: &Value) -> String {
    match call.as_str() {
        Some(call) => call.to_owned(),
        None => {
            let parts =
                ["account", "region", "service", "operation", "parameters"].map(|part| call.get(part));
            let parts = parts.into_iter().flatten();
            let words = parts.map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

fn state(step: &Value, pointer: &str) -> String {
    let state = step.pointer(pointer).unwrap_or(&Value::Null);
    let pretty = serde_json::to_string_pretty(state).unwrap_or_else(|_| state.to_string());
    pretty + "\n"
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_outcome_shows_what_changed_who_decided_and_the_request_id() {
        let change = json!({
            "id": "chg_1", "status": "succeeded",
            "steps": [{
                "before": {"state": {"Name": "/a", "Value": "20"}}, "after": {"state": {"Name": "/a", "Value": "40"}},
                "attempt": {"outcome": "succeeded", "request_id": "req-1"},
            }],
            "approval": {"decisions": [{"verb": "approve", "approver": "alice", "decided_at": "2026-11-23T10:00:00Z"}]},
        });
        let shown = outcome(&change);
        assert!(shown.contains("-  \"Value\": \"20\"\n+  \"Value\": \"40\""), "{shown}");
        assert!(shown.contains("AWS request id req-1"), "{shown}");
        assert!(shown.ends_with("approve by alice at 2026-11-23T10:00:00Z"), "{shown}");
    }
}
