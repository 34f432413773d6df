//! What operators read.

use serde_json::Value;

use crate::agent_key::AgentKey;
use crate::terminal::{items, line, text};

/// A new key, with what to do with it.
pub(crate) fn new_key(key: &AgentKey) -> String {
    format!(
        "key          {}\nkey_sha256   {}\n\nThe agent keeps the key, in CHANGEGATE_KEY; it is shown this once. \
         tenant.toml holds the hash:\n\n[[agents]]\nid = \"…\"\nkey_sha256 = \"{}\"",
        key.reveal(),
        key.sha256(),
        key.sha256()
    )
}

/// A configuration that was applied.
pub(crate) fn applied(answer: &Value) -> String {
    let news =
        if answer.pointer("/changed") == Some(&Value::Bool(true)) { "now in force" } else { "unchanged" };
    let mut lines = Vec::new();
    line(&mut lines, "tenant", &text(answer, "/tenant"));
    line(&mut lines, "version", &format!("{} ({news})", text(answer, "/version")));
    line(&mut lines, "digest", &text(answer, "/digest"));
    for (position, proof) in items(answer, "/proofs").iter().enumerate() {
        let name = if position == 0 { "proven" } else { "" };
        line(&mut lines, name, &format!("{} by {}", text(proof, "/role"), text(proof, "/by")));
    }
    let secret = text(answer, "/webhook_secret");
    if !secret.is_empty() {
        line(&mut lines, "webhook", &format!("{secret} (the endpoint's secret, shown this once)"));
    }
    lines.join("\n")
}

/// A tenant's configuration in force.
pub(crate) fn shown(answer: &Value) -> String {
    let config = answer.pointer("/config").unwrap_or(&Value::Null);
    let mut lines = Vec::new();
    line(&mut lines, "tenant", &text(config, "/tenant"));
    let version = format!("{}, applied {} by", text(answer, "/version"), text(answer, "/applied_at"));
    line(&mut lines, "version", &format!("{version} {}", text(answer, "/applied_by")));
    line(&mut lines, "external id", &text(answer, "/external_id"));
    for (pointer, what) in [("/everything_stopped", "everything"), ("/stopped", "this tenant")] {
        if let Some(stop) = answer.pointer(pointer).filter(|stop| !stop.is_null()) {
            let why = format!("{what}, by {} at {}", text(stop, "/by"), text(stop, "/at"));
            line(&mut lines, "STOPPED", &format!("{why}: {}", text(stop, "/reason")));
        }
    }
    for account in items(config, "/accounts") {
        let regions: Vec<_> = items(account, "/regions").iter().map(crate::terminal::shown).collect();
        let name = format!("{} {} in {}", text(account, "/id"), text(account, "/name"), regions.join(", "));
        line(&mut lines, "account", &name);
        line(&mut lines, "  reader", &text(account, "/reader_role"));
        line(&mut lines, "  executor", &text(account, "/executor_role"));
    }
    for agent in items(config, "/agents") {
        let person = text(agent, "/on_behalf_of");
        let person = if person.is_empty() { person } else { format!(" for {person}") };
        let hash: String = text(agent, "/key_sha256").chars().take(12).collect();
        line(&mut lines, "agent", &format!("{}{person} (key {hash}…)", text(agent, "/id")));
    }
    for approver in items(config, "/approvers") {
        let name =
            format!("{} {} <{}>", text(approver, "/id"), text(approver, "/name"), text(approver, "/email"));
        line(&mut lines, "approver", &format!("{name} at {}", text(approver, "/issuer")));
    }
    for class in items(config, "/classes") {
        line(
            &mut lines,
            "class",
            &format!("{}, agents see {}", text(class, "/id"), text(class, "/agent_sees")),
        );
    }
    let rule = items(config, "/approval/approvers")
        .iter()
        .map(crate::terminal::shown)
        .collect::<Vec<_>>()
        .join(", ");
    let of = if rule.is_empty() { "all approvers".to_owned() } else { rule };
    line(&mut lines, "approval", &format!("{} of {of}", text(config, "/approval/required")));
    line(&mut lines, "webhook", &text(config, "/webhook/url"));
    lines.join("\n")
}

/// A stop or a start.
pub(crate) fn stopped(answer: &Value) -> String {
    let flag = |pointer| answer.pointer(pointer) == Some(&Value::Bool(true));
    let tenant = text(answer, "/tenant");
    let what = if tenant.is_empty() { "everything".to_owned() } else { format!("tenant {tenant}") };
    match (flag("/stopped"), flag("/was_stopped")) {
        (true, false) => format!("{what} is stopped"),
        (true, true) => format!("{what} was stopped already; the reason is the new one"),
        (false, true) => format!("{what} is started"),
        (false, false) => format!("{what} was not stopped"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_secret_of_an_endpoint_is_printed_only_if_it_came() {
        let mut answer = json!({"tenant": "demo", "version": 2, "changed": true, "digest": "sha256:00",
            "proofs": [{"role": "arn:r", "by": "cg-observe"}, {"role": "arn:e", "by": "cg-apply-step"}]});
        assert_eq!(
            applied(&answer),
            "tenant       demo\nversion      2 (now in force)\ndigest       sha256:00\n\
             proven       arn:r by cg-observe\n             arn:e by cg-apply-step"
        );
        answer["webhook_secret"] = json!("whsec_x");
        assert!(applied(&answer).ends_with("webhook      whsec_x (the endpoint's secret, shown this once)"));
    }

    #[test]
    fn a_stop_says_what_it_changed() {
        let say = |tenant: Value, stopped_now: bool, before: bool| {
            stopped(&json!({"tenant": tenant, "stopped": stopped_now, "was_stopped": before}))
        };
        assert_eq!(say(Value::Null, true, false), "everything is stopped");
        assert_eq!(say(json!("demo"), false, true), "tenant demo is started");
        assert_eq!(say(json!("demo"), false, false), "tenant demo was not stopped");
    }
}
