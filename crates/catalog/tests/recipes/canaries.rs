//! Secrets that must not be found: in no capture, plan, diff, message or Debug of anything.

use changegate_catalog::{CallContext, ReadAnswer, Recipe, Sealer};
use serde_json::{Value, json};

use crate::round_trip::{KEY, call, output, recipe};

const SENSITIVE: [&str; 3] = ["/Value", "/Environment/Variables", "/Parameters/*/ParameterValue"];

/// All that leaves the engine for a call and the answers before and after it, as text.
fn all_that_leaves(
    recipe: &Recipe,
    context: &CallContext,
    before: &[ReadAnswer],
    after: &[ReadAnswer],
) -> String {
    let mut sealer = Sealer::new(KEY);
    let one = recipe.capture(context, before, &mut sealer).unwrap();
    let other = recipe.capture(context, after, &mut sealer).unwrap();
    let expected = recipe.expected(context, &one, &mut sealer).unwrap();
    let plan = recipe.undo(context, &one).unwrap();
    let diff = recipe.diff(&one, &other);
    let plain = changegate_catalog::diff(&one, &other);
    let sensitive = SENSITIVE.map(str::to_owned);
    let parameters = recipe.seal_parameters(&context.parameters, &sensitive, &mut sealer);
    let errors = [
        recipe.capture(context, &before[1..], &mut sealer).err(),
        recipe
            .capture(context, &vec![output(json!({"Parameter": [], "Stacks": 3})); before.len()], &mut sealer)
            .err(),
    ];
    let needs = recipe.needs(context);
    [
        format!("{one:?}{other:?}{expected:?}{plan:?}{diff:?}{plain:?}{parameters:?}{errors:?}{needs:?}"),
        format!("{context:?}{before:?}{after:?}{sealer:?}{:?}", sealer.clone().vault()),
        serde_json::to_string(&(&one, &other, &expected, &plan, &diff, &plain)).unwrap(),
        parameters.to_string(),
    ]
    .concat()
}

fn must_not_leak(id: &str, parameters: Value, before: &[ReadAnswer], after: &[ReadAnswer]) {
    let leaves = all_that_leaves(recipe(id), &call(parameters), before, after);
    assert!(leaves.contains("hmac:"), "{id}: nothing was sealed, so nothing was tried");
    assert!(!leaves.contains("canary"), "{id}: {leaves}");
}

#[test]
fn secure_strings_do_not_leave() {
    let stored = |value: &str| {
        vec![
            crate::ssm::parameter("SecureString", value),
            crate::ssm::metadata(json!({"Type": "SecureString", "KeyId": "alias/app"})),
        ]
    };
    for number in 0..100 {
        let (old, new) = (format!("canary-old-{number}"), format!("canary-new-{number}"));
        let tags = vec![output(json!({"TagList": []}))];
        let mut put = json!({"Name": "/a", "Value": new, "Overwrite": true});
        if number % 2 == 0 {
            put["Type"] = json!("SecureString");
        }
        must_not_leak("ssm/PutParameter", put, &stored(&old), &stored(&new));
        let with_tags = |value: &str| [stored(value), tags.clone()].concat();
        must_not_leak("ssm/DeleteParameter", json!({"Name": "/a"}), &with_tags(&old), &with_tags(&old));
    }
}

#[test]
fn a_new_secure_string_does_not_leave() {
    let put = json!({"Name": "/a", "Value": "canary", "Type": "SecureString"});
    let after = [
        crate::ssm::parameter("SecureString", "canary"),
        crate::ssm::metadata(json!({"Type": "SecureString", "KeyId": "alias/aws/ssm"})),
    ];
    must_not_leak("ssm/PutParameter", put, &crate::ssm::absent(), &after);
}

#[test]
fn environment_variables_do_not_leave() {
    let function = |value: &str| {
        vec![output(
            json!({"FunctionName": "f", "Environment": {"Variables": {"A": value, "B": "canary-same"}}}),
        )]
    };
    for number in 0..100 {
        let (old, new) = (format!("canary-old-{number}"), format!("canary-new-{number}"));
        let set = json!({"FunctionName": "f", "Environment": {"Variables": {"A": new, "B": "canary-same"}}});
        must_not_leak("lambda/UpdateFunctionConfiguration", set, &function(&old), &function(&new));
    }
}

#[test]
fn stack_parameters_of_a_call_do_not_leave() {
    for number in 0..100 {
        let stack = vec![output(json!({"Stacks": [{
            "StackName": "s", "RoleARN": "arn:aws:iam::1:role/r", "StackStatus": "UPDATE_COMPLETE",
            "Parameters": [{"ParameterKey": "P", "ParameterValue": "****"}],
        }]}))];
        let parameters = json!([
            {"ParameterKey": "P", "ParameterValue": format!("canary-known-{number}")},
            {"ParameterKey": "Q", "ParameterValue": format!("canary-unknown-{number}")},
        ]);
        let update = json!({"StackName": "s", "UsePreviousTemplate": true, "Parameters": parameters});
        must_not_leak("cloudformation/UpdateStack", update, &stack, &stack);
    }
}
