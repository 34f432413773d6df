//! A recipe as a person reads it.

use std::fmt;

use changegate_change::tenant::AgentSees;
use serde_json::{Map, Value};

use crate::definition::{Definition, Proof, Read, Safer, SecretRule, UndoCall, Witness};
use crate::recipe::Recipe;
use crate::template::Template;

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let definition = self.definition();
        writeln!(f, "{}", self.id())?;
        writeln!(f, "{}", definition.says)?;
        writeln!(f)?;
        field(f, "action class", definition.action_class.as_str())?;
        field(f, "an agent may see", seen(definition.agent_may_see))?;
        field(f, "proven", proven(definition.proof))?;
        field(f, "hash", &self.hash().to_string())?;
        section(f, "Risks", definition.risks.iter().cloned())?;
        section(f, "Reads", definition.reads.iter().map(|read| told_read(self.service(), read)))?;
        section(f, "Requires", requirements(definition))?;
        section(f, "Fills in where the call leaves it out", filled(definition))?;
        section(f, "Keeps of the state", kept(definition))?;
        section(f, "Secrets", secrets(definition))?;
        section(f, "Expected after the call", expected(definition))?;
        undo(f, self.service(), definition)?;
        section(f, "Safer before it", safer(self.service(), definition))?;
        section(f, "Settled", settled(self))?;
        section(f, "Needs besides its own actions", needs(definition))?;
        section(f, "If AWS does not answer", witness(definition))
    }
}

fn field(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "{:<18}{value}", format!("{name}:"))
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: impl IntoIterator<Item = String>) -> fmt::Result {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        writeln!(f, "\n{title}")?;
    }
    for line in lines {
        writeln!(f, "  - {}", one_line(&line))?;
    }
    Ok(())
}

fn seen(sees: AgentSees) -> &'static str {
    match sees {
        AgentSees::Full => "states and diffs, secrets as fingerprints",
        AgentSees::Names => "the names of what changes, without values",
        AgentSees::None => "nothing",
    }
}

fn proven(proof: Proof) -> &'static str {
    match proof {
        Proof::Models => "not at all: derived from the models",
        Proof::Documentation => "from the documentation only",
        Proof::RecordedAnswers => "on recorded answers",
        Proof::OneEmulator => "on one emulator",
        Proof::TwoEmulators => "on two emulators",
    }
}

fn told(template: &Template) -> String {
    match Value::from(template.clone()) {
        Value::Object(map) => told_members(&map),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            plain(&other)
        }
    }
}

fn told_members(map: &Map<String, Value>) -> String {
    map.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => format!("{{{}}}", told_members(map)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// An expression that was written on several lines, on one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn told_read(service: &str, read: &Read) -> String {
    let service = read.service.as_deref().unwrap_or(service);
    let mut line = format!("{service}:{} ({})", read.operation, told(&read.parameters));
    if let Some(items) = &read.for_each {
        line.push_str(&format!(", for each item of {items}"));
    }
    if let Some(when) = &read.when {
        line.push_str(&format!(", if {when}"));
    }
    if let Some(take) = &read.take {
        line.push_str(&format!(", of it {take}"));
    }
    let codes = |patterns: &[crate::definition::ErrorPattern]| {
        patterns.iter().map(|pattern| String::from(pattern.clone())).collect::<Vec<_>>().join(", ")
    };
    if !read.absent.is_empty() {
        line.push_str(&format!("; absent on {}", codes(&read.absent)));
    }
    if !read.not_found.is_empty() {
        line.push_str(&format!("; no such resource on {}", codes(&read.not_found)));
    }
    if !read.unclear.is_empty() {
        line.push_str(&format!("; nothing is known on {}", codes(&read.unclear)));
    }
    line
}

fn requirements(definition: &Definition) -> Vec<String> {
    let exists = definition.must_exist.then(|| "the resource exists (resource_not_found)".to_owned());
    let others = definition
        .requirements
        .iter()
        .map(|own| format!("{} ({}) or else: {}", own.that, own.code, own.says));
    exists.into_iter().chain(others).collect()
}

fn kept(definition: &Definition) -> Vec<String> {
    let keep = match Value::from(definition.state.keep.clone()) {
        Value::Object(map) => map.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            vec![plain(&other)]
        }
    };
    let only = definition.state.only.iter().map(|only| format!("of these only {only}"));
    let lists = definition.state.lists.iter().map(|list| match list.by.as_slice() {
        [] => format!("{} is a set", list.at),
        by => format!("{} is a list without order, its items named by {}", list.at, by.join(" and ")),
    });
    let documents =
        definition.state.documents.iter().map(|path| format!("{path} is a document, whatever its layout"));
    keep.into_iter().chain(only).chain(lists).chain(documents).collect()
}

fn filled(definition: &Definition) -> Vec<String> {
    definition.fill.iter().map(|(name, template)| format!("{name}: {}", told(template))).collect()
}

fn safer(service: &str, definition: &Definition) -> Vec<String> {
    let line = |safer: &Safer| {
        let service = safer.service.as_deref().unwrap_or(service);
        let when = safer.when.as_ref().map(|when| format!(", if {when}")).unwrap_or_default();
        format!("{service}:{} ({}){when}: {}", safer.operation, told(&safer.parameters), safer.says)
    };
    definition.safer.iter().map(line).collect()
}

fn secrets(definition: &Definition) -> Vec<String> {
    let line = |place: &str, rule: &SecretRule| {
        let when = rule.when.as_ref().map(|when| format!(", if {when}")).unwrap_or_default();
        let unless = rule.unless.as_ref().map(|unless| format!(", unless {unless}")).unwrap_or_default();
        format!("{} of the {place}{when}{unless}", rule.path)
    };
    let parameters = definition.secrets.parameters.iter().map(|rule| line("call", rule));
    let state = definition.secrets.state.iter().map(|rule| line("state", rule));
    let none = definition.secrets.none.iter().map(|why| format!("none in the state: {why}"));
    parameters.chain(state).chain(none).collect()
}

fn expected(definition: &Definition) -> Vec<String> {
    let Some(expected) = &definition.expected else { return vec!["cannot be told before".to_owned()] };
    let state = expected.state.as_ref().map_or_else(|| "absent".to_owned(), told);
    let when = expected.when.as_ref().map(|when| format!(", if {when}; otherwise it cannot be told before"));
    vec![format!("{state}{}", when.unwrap_or_default())]
}

fn undo(f: &mut fmt::Formatter<'_>, service: &str, definition: &Definition) -> fmt::Result {
    let undo = &definition.undo;
    let line = |place: &str, call: &UndoCall| {
        let service = call.service.as_deref().unwrap_or(service);
        let each =
            call.for_each.as_ref().map(|items| format!(", for each item of {items}")).unwrap_or_default();
        let when = call.when.as_ref().map(|when| format!(", if {when}")).unwrap_or_default();
        format!("{place}: {service}:{} ({}){each}{when}", call.operation, told(&call.parameters))
    };
    let present = undo.present.iter().map(|call| line("it was there", call));
    let calls = present.chain(undo.absent.iter().map(|call| line("it was absent", call)));
    let caveats = undo.caveats.iter().cloned();
    let limits =
        undo.limits.iter().map(|limit| format!("{} if {}: {}", limit.class.as_str(), limit.when, limit.says));
    section(
        f,
        &format!("Undo: {}", undo.class.as_str()),
        calls.chain(caveats).chain(limits).collect::<Vec<_>>(),
    )
}

fn settled(recipe: &Recipe) -> Vec<String> {
    let Some(test) = recipe.settle() else { return vec!["with AWS's answer".to_owned()] };
    let settle = test.definition();
    let looks = format!(
        "first look after {} s, then growing by {} up to every {} s, for at most {} s",
        settle.first_wait, settle.growth, settle.max_wait, settle.deadline
    );
    let failed = settle.failures.iter().map(|failure| format!("failed if {}", failure.when));
    [settle.says.clone(), looks, format!("done if {}", settle.done)].into_iter().chain(failed).collect()
}

fn needs(definition: &Definition) -> Vec<String> {
    let own = definition.needs.iter().map(|need| {
        let when = need.when.as_ref().map(|when| format!(", if {when}")).unwrap_or_default();
        let conditions =
            need.conditions.as_ref().map(|own| format!(", where {}", told(own))).unwrap_or_default();
        format!("{} on {}{conditions}{when}: {}", need.actions.join(", "), told(&need.resources), need.why)
    });
    let session = "credentials that last: the service goes on working under them".to_owned();
    own.chain(definition.continues_under_caller.then_some(session)).collect()
}

fn witness(definition: &Definition) -> Vec<String> {
    vec![match &definition.witness {
        Witness::State => {
            "the state tells whether the call happened, where it would have changed something".to_owned()
        }
        Witness::Nothing(why) => format!("the state does not tell whether the call happened: {why}"),
    }]
}
