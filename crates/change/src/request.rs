//! What an agent submits, read strictly: every violation at once, nothing believed.

mod step;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

pub use step::StepRequest;

/// The longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// The longest reason, in characters.
pub const REASON_MAX: usize = 4_000;
/// The longest incident reference, in characters.
pub const INCIDENT_MAX: usize = 200;
/// The largest narrative, in bytes of JSON.
pub const NARRATIVE_MAX: usize = 64 * 1024;
/// How many steps a change can have. Sets of steps need compensation, which the workflow does not have yet.
pub const STEPS_MAX: usize = 1;
/// How many calls an agent can supply to undo a step.
pub const UNDO_MAX: usize = 25;
/// How far away `decide_by` can be.
pub const DECIDE_BY_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How far away `decide_by` is unless said.
pub const DECIDE_BY_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
/// How far away `execute_before` can be.
pub const EXECUTE_BEFORE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long after the decision a change can run unless said.
pub const EXECUTE_WITHIN_DEFAULT: SignedDuration = SignedDuration::from_hours(4);

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where, as a JSON pointer (RFC 6901).
    pub path: String,
    /// Which rule, as a stable word.
    pub rule: String,
    /// What is wrong, in words.
    pub message: String,
    /// For a misspelt name, the nearest that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

impl Violation {
    /// A violation without a suggestion.
    pub fn new(path: impl Into<String>, rule: &str, message: impl Into<String>) -> Self {
        Self { path: path.into(), rule: rule.to_owned(), message: message.into(), nearest: None }
    }
}

/// A well-formed submission. Whether its steps exist and are allowed is for others to say.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposalRequest {
    /// One line that names the change.
    pub title: String,
    /// Why it is needed.
    pub reason: String,
    /// The calls.
    pub steps: Vec<StepRequest>,
    /// Until when people can decide.
    pub decide_by: Timestamp,
    /// Before when it must not run.
    pub not_before: Option<Timestamp>,
    /// Until when it can run; decision + 4 h if not said.
    pub execute_before: Option<Timestamp>,
    /// The incident that it belongs to.
    pub incident: Option<String>,
    /// The run behind it.
    pub narrative: Option<Value>,
}

impl ProposalRequest {
    /// Reads a submission.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(document: &Value, now: Timestamp) -> Result<Self, Vec<Violation>> {
        let mut reader = Reader { violations: Vec::new() };
        let Some(map) = document.as_object() else {
            return Err(vec![Violation::new("", "type", "a proposal is a JSON object")]);
        };
        reader.known_keys(
            "",
            map,
            &[
                "title",
                "reason",
                "steps",
                "decide_by",
                "not_before",
                "execute_before",
                "incident",
                "narrative",
            ],
        );
        let title = reader.text(map, "", "title", TITLE_MAX);
        let reason = reader.text(map, "", "reason", REASON_MAX);
        let steps = reader.steps(map);
        let decide_by = reader.time(map, "decide_by").unwrap_or(now + DECIDE_BY_DEFAULT);
        let not_before = reader.time(map, "not_before");
        let execute_before = reader.time(map, "execute_before");
        reader.deadlines(now, decide_by, not_before, execute_before);
        let incident =
            map.contains_key("incident").then(|| reader.text(map, "", "incident", INCIDENT_MAX)).flatten();
        let narrative = reader.narrative(map);
        match (title, reason, steps) {
            (Some(title), Some(reason), Some(steps)) if reader.violations.is_empty() => {
                Ok(Self { title, reason, steps, decide_by, not_before, execute_before, incident, narrative })
            }
            _ => Err(reader.violations),
        }
    }
}

struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    fn refuse<T>(&mut self, path: String, rule: &str, message: impl Into<String>) -> Option<T> {
        self.violations.push(Violation::new(path, rule, message));
        None
    }

    fn known_keys(&mut self, at: &str, map: &Map<String, Value>, known: &[&str]) {
        let known: BTreeSet<&str> = known.iter().copied().collect();
        for key in map.keys().filter(|key| !known.contains(key.as_str())) {
            let names = known.iter().copied().collect::<Vec<_>>().join(", ");
            let message = format!("`{key}` is not a field here; the fields are {names}");
            self.violations.push(Violation::new(format!("{at}/{}", escape(key)), "unknown", message));
        }
    }

    fn text(&mut self, map: &Map<String, Value>, at: &str, key: &str, longest: usize) -> Option<String> {
        let path = format!("{at}/{key}");
        let Some(value) = map.get(key) else {
            return self.refuse(path, "missing", format!("`{key}` is required"));
        };
        let Some(text) = value.as_str() else {
            return self.refuse(path, "type", format!("`{key}` is a string"));
        };
        let length = text.chars().count();
        if text.trim().is_empty() || length > longest {
            return self.refuse(
                path,
                "length",
                format!("`{key}` has 1 to {longest} characters, not {length}"),
            );
        }
        Some(text.to_owned())
    }

    fn time(&mut self, map: &Map<String, Value>, key: &str) -> Option<Timestamp> {
        let value = map.get(key)?;
        let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        time.or_else(|| {
            self.refuse(format!("/{key}"), "type", format!("`{key}` is an RFC 3339 time with its offset"))
        })
    }

    fn deadlines(
        &mut self,
        now: Timestamp,
        decide_by: Timestamp,
        not_before: Option<Timestamp>,
        execute_before: Option<Timestamp>,
    ) {
        if decide_by <= now || decide_by > now + DECIDE_BY_MAX {
            self.refuse::<()>(
                "/decide_by".into(),
                "range",
                "`decide_by` is in the future and at most 14 days away",
            );
        }
        if let Some(limit) = execute_before
            && (limit <= now || limit > now + EXECUTE_BEFORE_MAX)
        {
            let message = "`execute_before` is in the future and at most 30 days away";
            self.refuse::<()>("/execute_before".into(), "range", message);
        }
        let latest = execute_before.unwrap_or(decide_by + EXECUTE_WITHIN_DEFAULT);
        if not_before.is_some_and(|start| start >= latest) {
            self.refuse::<()>("/not_before".into(), "range", "`not_before` is earlier than `execute_before`");
        }
    }

    fn narrative(&mut self, map: &Map<String, Value>) -> Option<Value> {
        let value = map.get("narrative")?;
        if !value.is_object() {
            return self.refuse("/narrative".into(), "type", "`narrative` is an object");
        }
        if value.to_string().len() > NARRATIVE_MAX {
            return self.refuse("/narrative".into(), "length", "`narrative` has at most 64 KiB of JSON");
        }
        Some(value.clone())
    }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn good() -> Value {
        json!({
            "title": "Raise the pool", "reason": "Timeouts at checkout",
            "steps": [{"account": "111111111111", "region": "us-east-1", "service": "ssm",
                       "operation": "PutParameter", "parameters": {"Name": "/pool"}}],
        })
    }

    fn rules(document: &Value) -> Vec<(String, String)> {
        let violations = ProposalRequest::read(document, now()).unwrap_err();
        violations.into_iter().map(|violation| (violation.path, violation.rule)).collect()
    }

    #[test]
    fn a_good_proposal_gets_the_default_deadline() {
        let request = ProposalRequest::read(&good(), now()).unwrap();
        assert_eq!(request.decide_by, "2026-11-24T12:00:00Z".parse().unwrap());
        assert_eq!(request.execute_before, None);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let document = json!({
            "titel": "x", "reason": 7, "decide_by": "tomorrow",
            "steps": [{"account": "1", "region": "", "service": "ssm", "parameters": []}],
        });
        let paths: Vec<_> = rules(&document).into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "/titel",
                "/title",
                "/reason",
                "/steps/0/account",
                "/steps/0/region",
                "/steps/0/operation",
                "/steps/0/parameters",
                "/decide_by",
            ]
        );
    }

    #[test]
    fn deadlines_out_of_range_are_refused() {
        for (key, value, at) in [
            ("decide_by", "2026-11-23T12:00:00Z", "/decide_by"),
            ("decide_by", "2026-12-07T12:00:01Z", "/decide_by"),
            ("execute_before", "2026-12-23T12:00:01Z", "/execute_before"),
            ("not_before", "2026-11-24T16:00:00Z", "/not_before"),
        ] {
            let mut document = good();
            document[key] = json!(value);
            assert_eq!(rules(&document), [(at.to_owned(), "range".to_owned())], "{key} {value}");
        }
    }

    #[test]
    fn a_forged_seal_mark_is_refused() {
        let mut document = good();
        document["steps"][0]["parameters"]["Value"] = json!({"$sealed": "hmac:00"});
        assert_eq!(rules(&document), [("/steps/0/parameters".to_owned(), "reserved".to_owned())]);
    }

    #[test]
    fn the_undo_of_a_step_is_read_as_strictly_as_its_call() {
        let mut document = good();
        let call = json!({"service": "ssm", "operation": "DeleteParameter", "parameters": {"Name": "/pool"}});
        document["steps"][0]["undo"] = json!([call]);
        let request = ProposalRequest::read(&document, now()).unwrap();
        assert_eq!(request.steps[0].undo[0].operation, "DeleteParameter");
        for (undo, at, rule) in [
            (json!({}), "/steps/0/undo", "length"),
            (json!([]), "/steps/0/undo", "length"),
            (Value::from(vec![call; UNDO_MAX + 1]), "/steps/0/undo", "length"),
            (json!(["x"]), "/steps/0/undo/0", "type"),
            (json!([{"service": "s", "operation": "o"}]), "/steps/0/undo/0/parameters", "missing"),
            (
                json!([{"service": "s", "operation": "o", "parameters": {"V": {"$sealed": "hmac:00"}}}]),
                "/steps/0/undo/0/parameters",
                "reserved",
            ),
        ] {
            document["steps"][0]["undo"] = undo.clone();
            assert_eq!(rules(&document), [(at.to_owned(), rule.to_owned())], "{undo}");
        }
    }

    #[test]
    fn no_step_and_too_many_steps_are_refused() {
        let mut document = good();
        document["steps"] = json!([]);
        assert_eq!(rules(&document), [("/steps".to_owned(), "length".to_owned())]);
        let step = good()["steps"][0].clone();
        document["steps"] = Value::from(vec![step; STEPS_MAX + 1]);
        assert_eq!(rules(&document), [("/steps".to_owned(), "length".to_owned())]);
    }
}
