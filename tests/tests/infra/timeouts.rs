//! The invariant of timeouts: a call of the SDK gives up before its function does, and a function ends a minute before the
//! state machine gives up on it. Else something could still happen after everyone believes that it is over.

use changegate_lambda::clients::{CALL_TIMEOUT, INVOKE_TIMEOUT};

use crate::state_machine::{StateMachine, function_of};
use crate::template::Template;

/// How long API Gateway waits for a function, in seconds.
const GATEWAY: u64 = 30;
/// What lies between a function's timeout and its state's.
const MARGIN: u64 = 60;

fn timeout(template: &Template, function: &str) -> u64 {
    let functions = template.functions();
    functions[function]["Timeout"].as_u64().unwrap_or_else(|| panic!("{function} has a timeout"))
}

#[test]
fn a_call_of_the_sdk_gives_up_before_its_function() {
    let template = Template::deployment();
    for name in template.functions().keys() {
        assert!(CALL_TIMEOUT.as_secs() < timeout(&template, name), "{name}");
    }
    for name in ["api", "configure", "sweep"] {
        assert!(INVOKE_TIMEOUT.as_secs() < timeout(&template, name), "{name} invokes others");
    }
}

#[test]
fn a_proposal_that_takes_too_long_is_reported_by_propose_and_not_by_who_waits_for_it() {
    let template = Template::deployment();
    assert!(timeout(&template, "propose") < INVOKE_TIMEOUT.as_secs());
}

#[test]
fn a_function_ends_a_minute_before_its_state() {
    let (template, machine) = (Template::deployment(), StateMachine::read());
    let mut checked = 0;
    for (name, state) in machine.tasks() {
        let Some(function) = function_of(&template, state) else { continue };
        let of_state =
            state["TimeoutSeconds"].as_u64().unwrap_or_else(|| panic!("{name} has a literal timeout"));
        assert!(timeout(&template, &function) < of_state - MARGIN, "{name}");
        checked += 1;
    }
    assert_eq!(checked, 4, "request-approval, apply-step, observe, close-change");
}

#[test]
fn a_function_behind_the_gateway_answers_before_the_gateway_gives_up() {
    let template = Template::deployment();
    for integration in template.resources("AWS::ApiGatewayV2::Integration").values() {
        let function = template.function_of(integration["IntegrationUri"].as_str().unwrap());
        assert!(timeout(&template, &function) < GATEWAY, "{function}");
    }
}

#[test]
fn a_message_stays_hidden_for_six_times_as_long_as_its_function_may_run() {
    let template = Template::deployment();
    let hidden = template.resource("WebhookQueue")["VisibilityTimeout"].as_u64().unwrap();
    assert!(hidden >= 6 * timeout(&template, "deliver-webhook"));
}

#[test]
fn a_sweep_ends_before_the_next_one() {
    assert!(timeout(&Template::deployment(), "sweep") < 60);
}
