//! What agents, and the people beside them, read of changes.

use serde_json::Value;

use crate::terminal::{items, line, shown, text};

/// How many characters of a title a list shows.
const TITLE_MAX: usize = 60;

/// A change, or the preview of one.
pub(crate) fn change(change: &Value) -> String {
    let mut lines = Vec::new();
    line(&mut lines, "change", &text(change, "/id"));
    line(&mut lines, "status", &text(change, "/status"));
    line(
        &mut lines,
        "because",
        &joined(&[text(change, "/why/message"), in_brackets(&text(change, "/why/code"))]),
    );
    line(&mut lines, "title", &text(change, "/title"));
    line(&mut lines, "reason", &text(change, "/reason"));
    line(&mut lines, "incident", &text(change, "/incident"));
    let person = text(change, "/on_behalf_of");
    let person = if person.is_empty() { person } else { format!("for {person}") };
    line(&mut lines, "requester", &joined(&[text(change, "/requester"), person]));
    for (name, pointer) in [
        ("undoes", "/undoes"),
        ("undone by", "/undone_by"),
        ("decide by", "/decide_by"),
        ("not before", "/not_before"),
        ("run before", "/execute_before"),
        ("digest", "/digest"),
    ] {
        line(&mut lines, name, &text(change, pointer));
    }
    for one in items(change, "/steps") {
        step(&mut lines, one);
    }
    approval(&mut lines, change);
    lines.join("\n")
}

fn step(lines: &mut Vec<String>, step: &Value) {
    let call = format!("{}:{}", text(step, "/call/service"), text(step, "/call/operation"));
    let account = joined(&[text(step, "/call/account"), in_brackets(&text(step, "/call/account_name"))]);
    lines.push(String::new());
    line(lines, "step", &format!("{call} in account {account}, {}", text(step, "/call/region")));
    line(lines, "class", &joined(&[text(step, "/action_class"), in_brackets(&text(step, "/access"))]));
    line(lines, "parameters", &text(step, "/call/parameters"));
    for (position, difference) in items(step, "/diff").iter().enumerate() {
        line(lines, if position == 0 { "diff" } else { "" }, &diff_line(difference));
    }
    for wider in items(step, "/wider") {
        line(lines, "wider", &shown(wider));
    }
    undo(lines, step);
    line(lines, "outcome", &joined(&[text(step, "/attempt/outcome"), text(step, "/attempt/code")]));
    line(lines, "aws request", &text(step, "/attempt/request_id"));
}

/// `+ path: new`, `- path: old`, `~ path: old → new`; values only as far as the agent may see them.
fn diff_line(difference: &Value) -> String {
    let path = text(difference, "/path");
    let path = if path.is_empty() { "everything".to_owned() } else { path };
    let (before, after) = (difference.get("before").map(shown), difference.get("after").map(shown));
    let sign = match text(difference, "/change").as_str() {
        "added" => '+',
        "removed" => '-',
        _ => '~',
    };
    match (before, after) {
        (Some(before), Some(after)) => format!("{sign} {path}: {before} → {after}"),
        (Some(value), None) | (None, Some(value)) => format!("{sign} {path}: {value}"),
        (None, None) => format!("{sign} {path}"),
    }
}

fn undo(lines: &mut Vec<String>, step: &Value) {
    let call = |call: &Value| format!("{}:{}", text(call, "/service"), text(call, "/operation"));
    let calls = items(step, "/undo/calls").iter().map(call).collect::<Vec<_>>().join(", then ");
    line(lines, "undo", &joined(&[text(step, "/undo/class"), in_brackets(&calls)]));
    for caveat in items(step, "/undo/caveats") {
        line(lines, "  caveat", &shown(caveat));
    }
}

fn approval(lines: &mut Vec<String>, change: &Value) {
    let who = items(change, "/approval/approvers").iter().map(shown).collect::<Vec<_>>().join(", ");
    lines.push(String::new());
    line(lines, "approval", &format!("{} of {who} must approve", text(change, "/approval/required")));
    for decision in items(change, "/approval/decisions") {
        let said = format!("{} by {}", text(decision, "/verb"), text(decision, "/approver"));
        let note = text(decision, "/note");
        let note = if note.is_empty() { note } else { format!(": {note}") };
        line(lines, "decision", &format!("{said} at {}{note}", text(decision, "/decided_at")));
    }
}

/// A page of changes.
pub(crate) fn list(page: &Value) -> String {
    let mut lines = Vec::new();
    for change in items(page, "/changes") {
        let title: String = text(change, "/title").chars().take(TITLE_MAX).collect();
        let (id, status) = (text(change, "/id"), text(change, "/status"));
        lines.push(format!("{id}  {status:<18} {:<14} {title}", text(change, "/requester")));
    }
    if lines.is_empty() {
        lines.push("no changes".to_owned());
    }
    let cursor = text(page, "/next_cursor");
    if !cursor.is_empty() {
        lines.push(format!("more: --cursor {cursor}"));
    }
    lines.join("\n")
}

fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_reads_from_what_it_is_to_who_decided() {
        let shown = change(&json!({
            "id": "chg_1", "status": "succeeded", "title": "Raise the limit", "reason": "it is too\u{1b}[1Alow",
            "requester": "deploy-bot", "on_behalf_of": "alice", "decide_by": "2026-11-24T10:00:00Z",
            "steps": [{
                "call": {"account": "111111111111", "account_name": "staging", "region": "us-east-1", "service": "ssm",
                    "operation": "PutParameter", "parameters": {"Name": "/limit", "Value": "2"}},
                "access": "write", "action_class": "ssm-parameters",
                "diff": [{"path": "/Value", "change": "changed", "before": "1", "after": "2"}, {"path": "/Tier", "change": "added"}],
                "undo": {"class": "full", "calls": [{"service": "ssm", "operation": "PutParameter"}], "caveats": ["a new version"]},
                "attempt": {"outcome": "succeeded", "request_id": "aws-7"},
            }],
            "approval": {"required": 1, "approvers": ["bob"],
                "decisions": [{"approver": "bob", "verb": "approve", "note": "fine", "decided_at": "2026-11-23T11:00:00Z"}]},
        }));
        let expected = "\
change       chg_1
status       succeeded
title        Raise the limit
reason       it is too\u{fffd}[1Alow
requester    deploy-bot for alice
decide by    2026-11-24T10:00:00Z

step         ssm:PutParameter in account 111111111111 (staging), us-east-1
class        ssm-parameters (write)
parameters   {\"Name\":\"/limit\",\"Value\":\"2\"}
diff         ~ /Value: 1 → 2
             + /Tier
undo         full (ssm:PutParameter)
  caveat     a new version
outcome      succeeded
aws request  aws-7

approval     1 of bob must approve
decision     approve by bob at 2026-11-23T11:00:00Z: fine";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_list_says_that_it_is_empty_or_goes_on() {
        assert_eq!(list(&json!({"changes": []})), "no changes");
        let page = json!({"changes": [{"id": "chg_1", "status": "approved", "requester": "bot", "title": "x"}], "next_cursor": "c"});
        assert_eq!(list(&page), "chg_1  approved           bot            x\nmore: --cursor c");
    }
}
