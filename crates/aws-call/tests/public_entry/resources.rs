//! What calls touch: the ARNs that policies must name for the operations which operators run most.

use aws_call::{Place, Resource};
use serde_json::Value;

use crate::given::operation;

/// Calls with the ARNs of what they touch. Sources: the resource columns of the service authorization reference, and where it
/// does not say how names become ARNs (documents of Amazon, groups of logs, rules of a bus), the services' own guides.
fn calls() -> Vec<Call> {
    include_str!("resources.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(serde::Deserialize)]
struct Call {
    service: String,
    operation: String,
    parameters: Value,
    arns: Vec<String>,
}

impl Call {
    fn resources(&self) -> Vec<Resource> {
        operation(&self.service, &self.operation).describe(&self.parameters, &PLACE).resources
    }
}

const PLACE: Place<'static> = Place { partition: "aws", account: "111111111111", region: "us-east-1" };

#[test]
fn the_operations_that_are_run_most_touch_what_their_parameters_name() {
    let calls = calls();
    assert!(calls.len() >= 100, "{}", calls.len());
    for call in calls {
        let found: Vec<String> = call.resources().into_iter().map(|resource| resource.arn).collect();
        assert_eq!(found, call.arns, "{} {} {}", call.service, call.operation, call.parameters);
    }
}

#[test]
fn what_is_not_known_is_said_to_be_wide() {
    for resource in calls().iter().flat_map(Call::resources) {
        // The ARN of a group of logs ends with a star, which stands for its streams.
        let open = resource.arn.contains('*') && !resource.arn.ends_with(":log-group:/app/web:*");
        assert_eq!(resource.wildcard, open, "{resource:?}");
    }
}

#[test]
fn no_parameter_widens_what_a_policy_would_allow() {
    for mut call in calls() {
        let plain = call.resources();
        for value in call.parameters.as_object_mut().unwrap().values_mut() {
            if let Some(text) = value.as_str() {
                *value = Value::from(format!("{text}*"));
            }
        }
        for resource in call.resources() {
            assert!(plain.contains(&resource) || resource.wildcard, "{} {resource:?}", call.operation);
        }
    }
}
