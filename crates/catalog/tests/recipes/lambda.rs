//! Lambda functions.

use changegate_catalog::{ReadAnswer, ReadCall, Recipe, Settled};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{
    Service, call, capture, mark_of, output, paths, recipe, refused, round_trip, try_capture,
};

fn update() -> &'static Recipe {
    recipe("lambda/UpdateFunctionConfiguration")
}

fn function() -> Value {
    json!({
        "FunctionName": "f", "FunctionArn": "arn:aws:lambda:eu-west-1:111111111111:function:f",
        "Runtime": "python3.13", "Role": "arn:aws:iam::111111111111:role/f", "Handler": "app.handler",
        "CodeSize": 100, "Description": "", "Timeout": 3, "MemorySize": 128, "LastModified": "2026-11-01T08:00:00Z",
        "Version": "$LATEST", "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": false},
        "Environment": {"Variables": {"MODE": "prod", "TOKEN": "canary-old"}}, "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "r-1", "State": "Active", "LastUpdateStatus": "Successful", "PackageType": "Zip",
        "Layers": [{"Arn": "arn:aws:lambda:eu-west-1:111111111111:layer:l:1", "CodeSize": 10}],
        "Architectures": ["arm64"], "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
    })
}

/// The function as an answer shows it, updated as an update does it.
struct Lambda(Value);

impl Service for Lambda {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        assert_eq!(
            (read.operation.as_str(), &read.parameters),
            ("GetFunctionConfiguration", &json!({"FunctionName": "f"}))
        );
        output(self.0.clone())
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        assert_eq!(operation, "UpdateFunctionConfiguration");
        for (name, value) in parameters.as_object().unwrap() {
            match name.as_str() {
                "FunctionName" | "RevisionId" => {}
                "Layers" => {
                    let layers = value.as_array().unwrap().iter();
                    self.0["Layers"] = layers.map(|arn| json!({"Arn": arn, "CodeSize": 10})).collect();
                }
                "SnapStart" => {
                    self.0["SnapStart"] = json!({"ApplyOn": value["ApplyOn"], "OptimizationStatus": "Off"});
                }
                // An empty dead-letter queue and an empty key are shown as none.
                "DeadLetterConfig" | "KMSKeyArn" if value == "" || value["TargetArn"] == "" => {
                    self.0.as_object_mut().unwrap().remove(name);
                }
                _ => self.0[name] = value.clone(),
            }
        }
    }
}

fn with(more: Value) -> Value {
    let mut parameters = json!({"FunctionName": "f"});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

#[test]
fn only_what_the_call_sets_is_kept_and_restored() {
    let mut lambda = Lambda(function());
    let trip = round_trip(update().id(), with(json!({"MemorySize": 512, "RevisionId": "r-1"})), &mut lambda);
    assert_eq!(trip.before.state, json!({"MemorySize": 128}));
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(paths(&trip.diff), ["/MemorySize"]);
    assert_eq!(
        trip.plan.calls[0].parameters,
        with(json!({"MemorySize": 128})),
        "no RevisionId: it is another one by then"
    );
    assert_eq!((trip.plan.class, lambda.0), (UndoClass::Full, function()));
}

#[test]
fn the_environment_is_one_and_its_values_are_secrets() {
    let mut lambda = Lambda(function());
    let set =
        json!({"Environment": {"Variables": {"MODE": "prod", "TOKEN": "canary-new", "MORE": "canary-more"}}});
    let trip = round_trip(update().id(), with(set.clone()), &mut lambda);
    assert_eq!(paths(&trip.diff), ["/Environment/Variables/MORE", "/Environment/Variables/TOKEN"]);
    assert_eq!(trip.diff[1].before, Some(mark_of(&json!("canary-old"))));
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(lambda.0, function(), "the undo brings back what was sealed");
    let sensitive = ["/Environment/Variables".to_owned()];
    let sealed =
        update().seal_parameters(&with(set), &sensitive, &mut changegate_catalog::Sealer::new([42; 32]));
    assert_eq!(sealed["Environment"]["Variables"]["TOKEN"], mark_of(&json!("canary-new")));
}

#[test]
fn answers_take_the_form_that_the_call_wants() {
    let mut lambda = Lambda(function());
    let set = json!({
        "Layers": ["arn:aws:lambda:eu-west-1:111111111111:layer:l:2"], "SnapStart": {"ApplyOn": "PublishedVersions"},
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": false},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:111111111111:dead"},
        "KMSKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/1", "Description": "new",
    });
    let trip = round_trip(update().id(), with(set), &mut lambda);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(trip.restored, trip.before);
    let parameters = &trip.plan.calls[0].parameters;
    assert_eq!(parameters["Layers"], json!(["arn:aws:lambda:eu-west-1:111111111111:layer:l:1"]));
    assert_eq!(parameters["DeadLetterConfig"], json!({"TargetArn": ""}));
    assert_eq!(parameters["KMSKeyArn"], json!(""));
    assert_eq!(
        parameters["VpcConfig"],
        json!({"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": false})
    );
    assert_eq!(lambda.0["SnapStart"], function()["SnapStart"]);
}

#[test]
fn an_environment_that_lambda_could_not_decrypt_is_not_taken_for_an_empty_one() {
    let mut broken = function();
    broken["Environment"] =
        json!({"Error": {"ErrorCode": "AccessDeniedException", "Message": "no kms:Decrypt"}});
    let set = call(with(json!({"Environment": {"Variables": {}}})));
    let error = try_capture(update(), &set, &[output(broken.clone())]).unwrap_err();
    assert_eq!(error.code(), "reader_answer_unreadable");
    let other = call(with(json!({"Timeout": 9})));
    assert_eq!(capture(update(), &other, &[output(broken)]).state, json!({"Timeout": 3}));
}

#[test]
fn a_function_must_exist_and_something_must_be_set() {
    let context = call(with(json!({"Timeout": 9})));
    let before = capture(update(), &context, &[refused("ResourceNotFoundException", "Function not found")]);
    assert_eq!(update().undo(&context, &before).unwrap_err().code(), "resource_not_found");
    let nothing = call(with(json!({"RevisionId": "r-1"})));
    let before = capture(update(), &nothing, &[output(function())]);
    assert_eq!(update().undo(&nothing, &before).unwrap_err().code(), "precondition_failed");
}

#[test]
fn an_update_is_settled_by_its_status() {
    let test = update().settle().unwrap();
    let context = call(with(json!({"Timeout": 9})));
    let told = |status: &str, reason: Option<&str>| {
        let mut function = function();
        function["LastUpdateStatus"] = json!(status);
        function["LastUpdateStatusReason"] = json!(reason);
        test.is_settled(&context, &[output(function)]).unwrap()
    };
    assert_eq!(told("Successful", None), Settled::Done);
    assert_eq!(told("InProgress", None), Settled::Wait);
    assert_eq!(told("Failed", Some("no ENI")), Settled::Failed { reason: "no ENI".to_owned() });
    assert!(matches!(told("Failed", None), Settled::Failed { .. }));
    let gone = test.is_settled(&context, &[refused("ResourceNotFoundException", "")]).unwrap();
    assert!(matches!(gone, Settled::Failed { .. }));
    let throttled = test.is_settled(&context, &[refused("TooManyRequestsException", "slow down")]);
    assert_eq!(throttled.unwrap_err().code(), "reader_refused");
}

#[test]
fn the_call_is_allowed_to_pass_exactly_its_role() {
    let role = "arn:aws:iam::111111111111:role/other";
    let needs = update().needs(&call(with(json!({"Role": role}))));
    assert_eq!(needs.len(), 1);
    assert_eq!((needs[0].actions[0].as_str(), needs[0].resources[0].as_str()), ("iam:PassRole", role));
    assert_eq!(needs[0].conditions, json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}));
    let network = update().needs(&call(with(json!({"VpcConfig": {"SubnetIds": ["subnet-1"]}}))));
    assert_eq!(network[0].resources, ["*"]);
}
