//! Stacks. MiniStack 1.5.33 does not show the service role of a stack, so that every update of one is refused there.

use changegate_catalog::{Evidence, ReadAnswer, ReadCall, Recipe, Sealer, Settled};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{KEY, Service, call, capture, mark_of, output, paths, recipe, refused, round_trip};

fn update() -> &'static Recipe {
    recipe("cloudformation/UpdateStack")
}

const ROLE: &str = "arn:aws:iam::111111111111:role/stack";

fn stack() -> Value {
    json!({
        "StackId": "arn:aws:cloudformation:eu-west-1:111111111111:stack/app/1", "StackName": "app",
        "CreationTime": "2026-10-01T08:00:00Z", "LastUpdatedTime": "2026-11-01T08:00:00Z",
        "StackStatus": "UPDATE_COMPLETE", "RoleARN": ROLE, "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [
            {"ParameterKey": "Size", "ParameterValue": "2"},
            {"ParameterKey": "Password", "ParameterValue": "****"},
            {"ParameterKey": "Image", "ParameterValue": "/image", "ResolvedValue": "ami-1"},
        ],
        "Tags": [{"Key": "team", "Value": "red"}], "EnableTerminationProtection": false, "DisableRollback": false,
    })
}

/// A stack, its template and the value behind its NoEcho parameter.
struct Stack {
    shown: Value,
    template: String,
    password: String,
}

impl Service for Stack {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        assert_eq!(read.parameters["StackName"], "app");
        match read.operation.as_str() {
            "DescribeStacks" => output(json!({"Stacks": [self.shown]})),
            "GetTemplate" => output(json!({"TemplateBody": self.template, "StagesAvailable": ["Original"]})),
            other => panic!("{other} is not modelled"),
        }
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        assert_eq!(operation, "UpdateStack");
        if let Some(template) = parameters.get("TemplateBody") {
            self.template = template.as_str().unwrap().to_owned();
        }
        for given in parameters["Parameters"].as_array().unwrap() {
            if given["UsePreviousValue"] == true {
                continue;
            }
            if given["ParameterKey"] == "Password" {
                self.password = given["ParameterValue"].as_str().unwrap().to_owned();
                continue;
            }
            let shown = self.shown["Parameters"].as_array_mut().unwrap();
            let own = shown.iter_mut().find(|own| own["ParameterKey"] == given["ParameterKey"]).unwrap();
            own["ParameterValue"] = given["ParameterValue"].clone();
        }
        for name in ["Tags", "Capabilities", "RoleARN"] {
            if let Some(value) = parameters.get(name) {
                self.shown[name] = value.clone();
            }
        }
    }
}

fn model() -> Stack {
    Stack { shown: stack(), template: "{\"Resources\":{}}".to_owned(), password: "canary-old".to_owned() }
}

fn parameter(key: &str, value: &str) -> Value {
    json!({"ParameterKey": key, "ParameterValue": value})
}

fn previous(key: &str) -> Value {
    json!({"ParameterKey": key, "UsePreviousValue": true})
}

fn resize(size: &str) -> Value {
    json!({
        "StackName": "app", "UsePreviousTemplate": true, "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [parameter("Size", size), previous("Password"), previous("Image")],
    })
}

#[test]
fn a_parameter_is_put_back_with_the_template_that_is_there() {
    let mut service = model();
    let trip = round_trip(update().id(), resize("5"), &mut service);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(paths(&trip.diff), ["/Parameters/[ParameterKey=Size]/ParameterValue"]);
    assert_eq!((&trip.diff[0].before, &trip.diff[0].after), (&Some(json!("2")), &Some(json!("5"))));
    assert_eq!(trip.plan.class, UndoClass::Partial);
    assert_eq!(
        trip.plan.calls[0].parameters,
        json!({
            "StackName": "app", "UsePreviousTemplate": true, "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [previous("Password"), parameter("Image", "/image"), parameter("Size", "2")],
        })
    );
    assert_eq!((service.shown, service.password.as_str()), (stack(), "canary-old"));
}

#[test]
fn a_template_goes_back_as_text() {
    let mut service = model();
    let mut parameters = resize("5");
    parameters.as_object_mut().unwrap().remove("UsePreviousTemplate");
    parameters["TemplateBody"] = json!("{\"Resources\":{\"Queue\":{\"Type\":\"AWS::SQS::Queue\"}}}");
    parameters["Tags"] = json!([]);
    let trip = round_trip(update().id(), parameters, &mut service);
    assert_eq!(trip.expected, None, "what a template makes of the stack, only CloudFormation knows");
    assert_eq!(
        paths(&trip.diff),
        [
            "/Parameters/[ParameterKey=Size]/ParameterValue",
            "/Tags/[Key=team]",
            "/TemplateBody/Resources/Queue",
        ]
    );
    assert_eq!(trip.restored, trip.before);
    assert_eq!((service.shown, service.template.as_str()), (stack(), "{\"Resources\":{}}"));
    assert!(
        trip.plan.caveats.iter().any(|caveat| caveat.contains("drops a NoEcho")),
        "{:?}",
        trip.plan.caveats
    );
}

#[test]
fn a_no_echo_parameter_is_never_in_clear_and_keeps_its_new_value() {
    let mut parameters = resize("2");
    parameters["Parameters"][1] = parameter("Password", "canary-new");
    let context = call(parameters.clone());
    let before = capture(update(), &context, &[output(json!({"Stacks": [stack()]}))]);
    let expected = update().expected(&context, &before, &mut Sealer::new(KEY)).unwrap().unwrap();
    let diff = update().diff(&before, &expected);
    assert_eq!(paths(&diff), ["/Parameters/[ParameterKey=Password]/ParameterValue"]);
    assert_eq!(diff[0].after, Some(mark_of(&json!("canary-new"))));
    let plan = update().undo(&context, &before).unwrap();
    assert!(plan.caveats.iter().any(|caveat| caveat.contains("keeps the new value")), "{:?}", plan.caveats);
    let printed = format!("{before:?} {expected:?} {plan:?} {diff:?}");
    assert!(!printed.contains("canary"), "{printed}");
    let sealed = update().seal_parameters(&parameters, &[], &mut Sealer::new(KEY));
    assert!(!sealed.to_string().contains("canary"), "{sealed}");
    assert_eq!(update().evidence(&before, Some(&expected), &before), Evidence::Unclear);
}

#[test]
fn a_parameter_that_the_template_may_make_secret_is_shown_as_one() {
    let mut parameters = resize("2");
    parameters["Parameters"].as_array_mut().unwrap().push(parameter("Fresh", "canary-fresh"));
    let context = call(parameters);
    let before = capture(update(), &context, &[output(json!({"Stacks": [stack()]}))]);
    let expected = update().expected(&context, &before, &mut Sealer::new(KEY)).unwrap().unwrap();
    assert!(!serde_json::to_string(&expected).unwrap().contains("canary"));
}

#[test]
fn nothing_is_expected_of_parameters_that_fall_back_to_defaults() {
    let mut parameters = resize("5");
    parameters["Parameters"].as_array_mut().unwrap().pop();
    let context = call(parameters);
    let before = capture(update(), &context, &[output(json!({"Stacks": [stack()]}))]);
    assert_eq!(update().expected(&context, &before, &mut Sealer::new(KEY)).unwrap(), None);
}

fn refusal(parameters: Value, change: impl Fn(&mut Value)) -> String {
    let mut stack = stack();
    change(&mut stack);
    let context = call(parameters);
    let count = update().reads(&context, &[]).unwrap().len();
    let answers = [vec![output(json!({"Stacks": [stack]}))], vec![output(json!({})); count - 1]].concat();
    let before = capture(update(), &context, &answers);
    update().undo(&context, &before).unwrap_err().code().to_owned()
}

#[test]
fn a_stack_needs_a_service_role_and_the_call_its_template_in_itself() {
    let without_role = refusal(resize("5"), |stack| drop(stack.as_object_mut().unwrap().remove("RoleARN")));
    assert_eq!(without_role, "stack_without_service_role");
    for name in ["TemplateURL", "StackPolicyURL", "StackPolicyDuringUpdateURL"] {
        let mut parameters = resize("5");
        parameters[name] = json!("https://s3.amazonaws.com/b/t.json");
        assert_eq!(refusal(parameters, |_| ()), "precondition_failed", "{name}");
    }
    let nothing = json!({"StackName": "app", "Parameters": []});
    assert_eq!(refusal(nothing, |_| ()), "precondition_failed");
}

#[test]
fn a_stack_that_does_not_exist_is_told_from_other_validation_errors() {
    let context = call(resize("5"));
    let gone = refused("ValidationError", "Stack with id app does not exist");
    let before = capture(update(), &context, &[gone]);
    let error = update().undo(&context, &before).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("resource_not_found", "the stack app does not exist")
    );
    let other = refused("ValidationError", "1 validation error detected: value at 'stackName'");
    let error = crate::round_trip::try_capture(update(), &context, &[other]).unwrap_err();
    assert_eq!(error.code(), "reader_refused");
}

#[test]
fn a_template_too_large_for_a_call_is_not_promised_back() {
    let mut parameters = resize("5");
    parameters["TemplateBody"] = json!("{}");
    let context = call(parameters);
    let large = "x".repeat(51_201);
    let answers = [output(json!({"Stacks": [stack()]})), output(json!({"TemplateBody": large}))];
    let before = capture(update(), &context, &answers);
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::None, 0));
    assert!(plan.caveats.iter().any(|caveat| caveat.contains("51,200")));
}

#[test]
fn an_update_is_settled_when_it_is_complete_and_failed_when_it_was_rolled_back() {
    let test = update().settle().unwrap();
    let context = call(resize("5"));
    let told = |status: &str| {
        let stack = json!({"StackStatus": status, "StackStatusReason": "no capacity"});
        test.is_settled(&context, &[output(json!({"Stacks": [stack]}))]).unwrap()
    };
    assert_eq!(told("UPDATE_COMPLETE"), Settled::Done);
    for status in [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "CREATE_COMPLETE",
    ] {
        assert_eq!(told(status), Settled::Wait, "{status}");
    }
    for status in ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"] {
        assert_eq!(told(status), Settled::Failed { reason: format!("{status}: no capacity") });
    }
}

#[test]
fn only_a_new_service_role_needs_to_be_passed() {
    assert_eq!(update().needs(&call(resize("5"))), []);
    let mut parameters = resize("5");
    parameters["RoleARN"] = json!("arn:aws:iam::111111111111:role/other");
    let context = call(parameters);
    let needs = update().needs(&context);
    assert_eq!(needs[0].resources, ["arn:aws:iam::111111111111:role/other"]);
    let before = capture(update(), &context, &[output(json!({"Stacks": [stack()]}))]);
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!(plan.calls[0].parameters["RoleARN"], ROLE);
}
