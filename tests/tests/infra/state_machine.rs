//! The state machine: errors by name, ids only, a timeout and a catch for every task.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use changegate_lambda::FunctionError;
use serde_json::Value;

use crate::template::{Template, root, texts};

/// The definition of the state machine.
pub struct StateMachine(Value);

impl StateMachine {
    /// Reads `statemachines/change.asl.json`.
    pub fn read() -> Self {
        let text = fs::read_to_string(root().join("statemachines/change.asl.json")).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// Every state, those inside of `Map` states included.
    pub fn states(&self) -> BTreeMap<&str, &Value> {
        let mut all = BTreeMap::new();
        collect(&self.0, &mut all);
        all
    }

    /// Every state that does something outside.
    pub fn tasks(&self) -> BTreeMap<&str, &Value> {
        self.states().into_iter().filter(|(_, state)| state["Type"] == "Task").collect()
    }
}

fn collect<'a>(machine: &'a Value, all: &mut BTreeMap<&'a str, &'a Value>) {
    for (name, state) in machine["States"].as_object().unwrap() {
        assert!(all.insert(name, state).is_none(), "{name} is the name of one state");
        if state["ItemProcessor"].is_object() {
            collect(&state["ItemProcessor"], all);
        }
    }
}

/// The function that a task invokes, by the template's substitutions; none for a task that invokes no function.
pub fn function_of(template: &Template, state: &Value) -> Option<String> {
    let placeholder = state["Parameters"]["FunctionName"].as_str()?;
    let name = placeholder.trim_start_matches("${").trim_end_matches('}');
    let substitutions = &template.resource("ChangeStateMachine")["DefinitionSubstitutions"];
    Some(
        template.function_of(substitutions[name].as_str().unwrap_or_else(|| panic!("{name} is substituted"))),
    )
}

fn errors(state: &Value, field: &str) -> BTreeSet<String> {
    let rules = state[field].as_array().cloned().unwrap_or_default();
    rules.iter().flat_map(|rule| texts(&rule["ErrorEquals"])).collect()
}

#[test]
fn every_error_name_is_one_of_the_functions_or_of_aws() {
    let of_aws = [
        "States.ALL",
        "States.Timeout",
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    ];
    let ours: BTreeSet<&str> = FunctionError::ALL.iter().map(|error| error.as_str()).collect();
    for (name, state) in StateMachine::read().states() {
        for error in errors(state, "Retry").union(&errors(state, "Catch")) {
            assert!(of_aws.contains(&error.as_str()) || ours.contains(error.as_str()), "{name}: {error}");
        }
    }
}

#[test]
fn every_task_has_a_literal_timeout_and_catches_everything() {
    for (name, state) in StateMachine::read().tasks() {
        assert!(state["TimeoutSeconds"].is_u64(), "{name}");
        assert!(errors(state, "Catch").contains("States.ALL"), "{name}");
        for unsupported in ["TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"] {
            assert!(state[unsupported].is_null(), "{name}: {unsupported}");
        }
    }
}

#[test]
fn a_call_is_sent_again_only_if_its_function_never_started() {
    let machine = StateMachine::read();
    let apply = machine.states()["ApplyStep"];
    assert_eq!(errors(apply, "Retry").into_iter().collect::<Vec<_>>(), ["Lambda.TooManyRequestsException"]);
    let caught = apply["Catch"].as_array().unwrap();
    assert!(caught.iter().all(|rule| rule["Next"] == "Observe"), "whatever happened, the record says what");
    assert_eq!(apply["Next"], "Observe");
}

#[test]
fn tasks_are_given_ids_and_nothing_of_what_they_answer_is_kept_but_control_words() {
    let ids = ["tenant", "change", "generation", "step", "token"];
    let (template, machine) = (Template::deployment(), StateMachine::read());
    for (name, state) in machine.tasks() {
        if function_of(&template, state).is_none() {
            continue;
        }
        for key in state["Parameters"]["Payload"].as_object().unwrap().keys() {
            assert!(ids.contains(&key.trim_end_matches(".$")), "{name} is given {key}");
        }
        let kept = state["ResultSelector"].as_object().map(|kept| kept.keys().cloned().collect::<Vec<_>>());
        match kept {
            Some(kept) => assert_eq!(kept, ["next.$", "wait.$"], "{name}"),
            None => assert!(
                state.as_object().unwrap().contains_key("ResultPath") && state["ResultPath"].is_null(),
                "{name}"
            ),
        }
    }
}

#[test]
fn the_record_is_read_consistently_and_only_what_drives_is_read() {
    let machine = StateMachine::read();
    let parameters = &machine.states()["Resume"]["Parameters"];
    assert_eq!(parameters["ConsistentRead"], true);
    assert_eq!(parameters["Key"]["sk"]["S"], "HEAD");
    assert_eq!(parameters["ProjectionExpression"], "#status, #steps, #not_before");
}

#[test]
fn no_comparison_is_used_that_the_emulator_does_not_know() {
    let text = StateMachine::read().0.to_string();
    for unknown in
        ["GreaterThanPath", "LessThanPath", "GreaterThanEqualsPath", "LessThanEqualsPath", "JSONata"]
    {
        assert!(!text.contains(unknown), "{unknown}");
    }
}

#[test]
fn every_substitution_of_the_template_is_used_and_every_placeholder_is_substituted() {
    let template = Template::deployment();
    let substitutions =
        template.resource("ChangeStateMachine")["DefinitionSubstitutions"].as_object().unwrap();
    let text = StateMachine::read().0.to_string();
    let placeholders: BTreeSet<&str> =
        text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(placeholders, substitutions.keys().map(String::as_str).collect());
}
