//! What is true after a change was made and undone.

use serde::Serialize;
use serde_json::Value;

use crate::receiver::Posts;

/// The evidence, from the record, from the owner of the account and from the change-management system.
#[derive(Debug, Clone)]
pub struct Proof {
    change: Value,
    undo: Value,
    restored: bool,
    changed: bool,
    delivered: usize,
    verified: usize,
}

/// The line, with its members in the order in which people read it.
#[derive(Serialize)]
struct Line {
    change: Value,
    status: Value,
    before: Value,
    after: Value,
    undo: Undo,
    restored: bool,
    webhooks: Webhooks,
}

#[derive(Serialize)]
struct Undo {
    change: Value,
    status: Value,
}

#[derive(Serialize)]
struct Webhooks {
    delivered: usize,
    verified: usize,
}

impl Proof {
    /// Gathers it from both changes, the value as its owner read it before, between and after them, and the webhooks.
    #[must_use]
    pub fn gather(change: &Value, undo: &Value, values: [&str; 3], posts: &Posts) -> Self {
        let [before, between, after] = values;
        Self {
            change: change.clone(),
            undo: undo.clone(),
            restored: before == after,
            changed: before != between,
            delivered: posts.delivered(),
            verified: posts.verified(),
        }
    }

    /// The evidence as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        let part = |change: &Value, pointer: &str| change.pointer(pointer).cloned().unwrap_or(Value::Null);
        let line = Line {
            change: part(&self.change, "/id"),
            status: part(&self.change, "/status"),
            before: part(&self.change, "/steps/0/before/state"),
            after: part(&self.change, "/steps/0/after/state"),
            undo: Undo { change: part(&self.undo, "/id"), status: part(&self.undo, "/status") },
            restored: self.restored,
            webhooks: Webhooks { delivered: self.delivered, verified: self.verified },
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Whether all of it is true: both changes succeeded, the value changed and is what it was before, the record says the
    /// same, and every webhook came with a good signature.
    #[must_use]
    pub fn holds(&self) -> bool {
        let succeeded = |change: &Value| change.get("status").and_then(Value::as_str) == Some("succeeded");
        let state = |change: &Value, pointer: &str| change.pointer(pointer).cloned();
        let recorded = state(&self.change, "/steps/0/before/state").is_some()
            && state(&self.change, "/steps/0/after/state").is_some()
            && state(&self.change, "/steps/0/before/state") != state(&self.change, "/steps/0/after/state");
        let linked = self.undo.get("undoes") == self.change.get("id");
        succeeded(&self.change)
            && succeeded(&self.undo)
            && recorded
            && linked
            && self.changed
            && self.restored
            && self.delivered > 0
            && self.delivered == self.verified
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(status: &str) -> Value {
        let step = json!({"before": {"state": {"Value": "20"}}, "after": {"state": {"Value": "40"}}});
        json!({"id": "chg_1", "status": status, "steps": [step]})
    }

    fn undo() -> Value {
        json!({"id": "chg_2", "status": "succeeded", "undoes": "chg_1"})
    }

    fn posts(verified: bool) -> Posts {
        let post = json!({
            "path": "/hooks/demo", "headers": {"webhook-id": "evt_1"}, "event": {}, "verified": verified, "status": 204,
        });
        Posts(vec![serde_json::from_value(post).unwrap()])
    }

    #[test]
    fn the_line_has_the_promised_members() {
        let proof = Proof::gather(&change("succeeded"), &undo(), ["20", "40", "20"], &posts(true));
        assert!(proof.holds());
        let line: Value = serde_json::from_str(&proof.line()).unwrap();
        assert_eq!(
            line,
            json!({
                "change": "chg_1", "status": "succeeded", "before": {"Value": "20"}, "after": {"Value": "40"},
                "undo": {"change": "chg_2", "status": "succeeded"}, "restored": true,
                "webhooks": {"delivered": 1, "verified": 1},
            })
        );
    }

    #[test]
    fn one_untruth_is_enough() {
        let values = ["20", "40", "20"];
        assert!(!Proof::gather(&change("failed"), &undo(), values, &posts(true)).holds());
        assert!(!Proof::gather(&change("succeeded"), &undo(), ["20", "40", "40"], &posts(true)).holds());
        assert!(!Proof::gather(&change("succeeded"), &undo(), ["20", "20", "20"], &posts(true)).holds());
        assert!(!Proof::gather(&change("succeeded"), &undo(), values, &posts(false)).holds());
        assert!(!Proof::gather(&change("succeeded"), &undo(), values, &Posts(Vec::new())).holds());
        let unrelated = json!({"id": "chg_2", "status": "succeeded"});
        assert!(!Proof::gather(&change("succeeded"), &unrelated, values, &posts(true)).holds());
    }
}
