//! Parameter Store, on answers as AWS gives them.

use changegate_catalog::{DiffChange, Evidence, ReadAnswer, Recipe, Sealer};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{call, capture, mark_of, output, recipe, refused, try_capture};

fn put() -> &'static Recipe {
    recipe("ssm/PutParameter")
}

pub(crate) fn parameter(kind: &str, value: &str) -> ReadAnswer {
    output(json!({"Parameter": {
        "Name": "/app/greeting", "Type": kind, "Value": value, "Version": 3,
        "LastModifiedDate": "2026-11-20T10:00:00Z", "DataType": "text",
        "ARN": "arn:aws:ssm:eu-west-1:111111111111:parameter/app/greeting",
    }}))
}

pub(crate) fn metadata(more: Value) -> ReadAnswer {
    let mut found = json!({
        "Name": "/app/greeting", "Type": "String", "Version": 3, "Tier": "Standard", "Policies": [],
        "LastModifiedDate": "2026-11-20T10:00:00Z", "LastModifiedUser": "arn:aws:iam::111111111111:user/alice",
    });
    found.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    output(json!({"Parameters": [found]}))
}

pub(crate) fn absent() -> Vec<ReadAnswer> {
    vec![refused("ParameterNotFound", ""), output(json!({"Parameters": []}))]
}

fn present() -> Vec<ReadAnswer> {
    vec![parameter("String", "hello"), metadata(json!({"Description": "says hello"}))]
}

fn overwrite(value: &str) -> Value {
    json!({"Name": "/app/greeting", "Value": value, "Overwrite": true})
}

#[test]
fn a_parameter_is_read_with_its_metadata() {
    let reads = put().reads(&call(overwrite("x")), &[]).unwrap();
    let asked: Vec<_> =
        reads.iter().map(|read| (read.operation.as_str(), &read.parameters, read.pages)).collect();
    let filters =
        json!({"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["/app/greeting"]}]});
    let expected = [
        ("GetParameter", &json!({"Name": "/app/greeting", "WithDecryption": true}), false),
        ("DescribeParameters", &filters, true),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn an_existing_parameter_is_put_back_with_all_that_put_resets() {
    let context = call(overwrite("goodbye"));
    let before = capture(put(), &context, &present());
    assert_eq!(
        before.state,
        json!({
            "Value": "hello", "Type": "String", "DataType": "text", "Description": "says hello",
            "AllowedPattern": "", "Tier": "Standard",
        })
    );
    let plan = put().undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::Full, 1));
    assert_eq!(plan.calls[0].operation, "PutParameter");
    assert_eq!(
        plan.calls[0].parameters,
        json!({
            "Name": "/app/greeting", "Value": "hello", "Type": "String", "DataType": "text", "Overwrite": true,
            "Description": "says hello", "AllowedPattern": "",
        })
    );
}

#[test]
fn a_new_parameter_is_deleted_again() {
    let context = call(json!({"Name": "/app/greeting", "Value": "hello", "Type": "String"}));
    let before = capture(put(), &context, &absent());
    assert!(!before.present && before.state.is_null());
    let plan = put().undo(&context, &before).unwrap();
    assert_eq!(plan.calls[0].operation, "DeleteParameter");
    assert_eq!(plan.calls[0].parameters, json!({"Name": "/app/greeting"}));
}

#[test]
fn a_secure_string_is_nowhere_in_clear_and_goes_back_with_its_key() {
    let context = call(overwrite("new-secret"));
    let answers = [
        parameter("SecureString", "old-secret"),
        metadata(json!({"Type": "SecureString", "KeyId": "alias/app"})),
    ];
    let before = capture(put(), &context, &answers);
    assert_eq!(before.state["Value"], mark_of(&json!("old-secret")));
    let undo = put().undo(&context, &before).unwrap();
    assert_eq!(undo.calls[0].parameters["Value"], mark_of(&json!("old-secret")));
    assert_eq!(undo.calls[0].parameters["KeyId"], json!("alias/app"));
    let expected = put().expected(&context, &before, &mut Sealer::new([42; 32])).unwrap().unwrap();
    assert_eq!(expected.state["Value"], mark_of(&json!("new-secret")));
    assert_eq!(expected.state["KeyId"], json!("alias/aws/ssm"), "without KeyId AWS takes its own key");
    let diff = put().diff(&before, &expected);
    assert_eq!(crate::round_trip::paths(&diff), ["/KeyId", "/Value"]);
    assert!(diff.iter().all(|line| line.change == DiffChange::Changed));
}

#[test]
fn the_value_in_a_call_is_a_secret_unless_the_call_says_that_it_is_none() {
    let sensitive = ["/Value".to_owned()];
    let sealed =
        |parameters: &Value| put().seal_parameters(parameters, &sensitive, &mut Sealer::new([42; 32]));
    for kind in ["String", "StringList"] {
        let open = json!({"Name": "/a", "Value": "hello", "Type": kind});
        assert_eq!(sealed(&open), open);
    }
    for more in [json!({"Type": "SecureString"}), json!({}), json!({"Type": "Unheard"})] {
        let mut parameters = json!({"Name": "/a", "Value": "hello"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(sealed(&parameters)["Value"], mark_of(&json!("hello")), "{more}");
    }
}

#[test]
fn what_aws_would_refuse_is_refused_before() {
    let refusal = |parameters: Value, answers: &[ReadAnswer]| {
        let context = call(parameters);
        let before = capture(put(), &context, answers);
        put().undo(&context, &before).unwrap_err()
    };
    let with_tags =
        json!({"Name": "/a", "Value": "x", "Overwrite": true, "Tags": [{"Key": "k", "Value": "v"}]});
    let tagged = [present(), vec![output(json!({"TagList": []}))]].concat();
    let cases = [
        (json!({"Name": "/a", "Value": "x", "Type": "String"}), present(), "Overwrite"),
        (json!({"Name": "/a", "Value": "x"}), absent(), "Type"),
        (
            json!({"Name": "/a", "Value": "x", "Overwrite": true, "Type": "SecureString"}),
            present(),
            "another type",
        ),
        (json!({"Name": "/a:3", "Value": "x", "Overwrite": true}), present(), "version"),
        (with_tags, tagged, "Tags"),
    ];
    for (parameters, answers, words) in cases {
        let error = refusal(parameters, &answers);
        assert_eq!(error.code(), "precondition_failed");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_tier_that_was_raised_stays_and_the_plan_says_so() {
    let context = call(json!({"Name": "/a", "Value": "x", "Overwrite": true, "Tier": "Advanced"}));
    let before = capture(put(), &context, &present());
    let plan = put().undo(&context, &before).unwrap();
    assert_eq!(plan.class, UndoClass::Partial);
    assert!(plan.caveats.iter().any(|caveat| caveat.contains("stays Advanced")));
    assert_eq!(plan.calls[0].parameters.get("Tier"), None, "AWS refuses to go back to Standard");
}

#[test]
fn policies_of_an_advanced_parameter_go_back_as_one_list() {
    let context = call(overwrite("x"));
    let policy = r#"{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2030-01-01T00:00:00Z"}}"#;
    let policies = json!([{"PolicyText": policy, "PolicyType": "Expiration", "PolicyStatus": "Pending"}]);
    let answers = [parameter("String", "hello"), metadata(json!({"Tier": "Advanced", "Policies": policies}))];
    let before = capture(put(), &context, &answers);
    let plan = put().undo(&context, &before).unwrap();
    assert_eq!(plan.calls[0].parameters["Policies"], json!(format!("[{policy}]")));
    assert_eq!(plan.calls[0].parameters["Tier"], "Advanced");
}

#[test]
fn a_value_without_metadata_is_not_taken_for_the_state() {
    let answers = [parameter("String", "hello"), output(json!({"Parameters": []}))];
    let error = try_capture(put(), &call(overwrite("x")), &answers).unwrap_err();
    assert_eq!(error.code(), "reader_answer_unreadable");
}

#[test]
fn a_reader_that_may_not_read_is_told_and_never_taken_for_absence() {
    let answers = [
        refused("AccessDeniedException", "not authorized to perform: ssm:GetParameter"),
        absent()[1].clone(),
    ];
    let error = try_capture(put(), &call(overwrite("x")), &answers).unwrap_err();
    assert_eq!(error.code(), "reader_refused");
    assert!(error.to_string().contains("ssm:GetParameter"), "{error}");
}

#[test]
fn the_state_tells_whether_a_put_happened_only_where_it_would_differ() {
    let context = call(overwrite("goodbye"));
    let before = capture(put(), &context, &present());
    let expected = put().expected(&context, &before, &mut Sealer::new([42; 32])).unwrap();
    let answers = [parameter("String", "goodbye"), present()[1].clone()];
    let after = capture(put(), &context, &answers);
    assert_eq!(put().evidence(&before, expected.as_ref(), &after), Evidence::Happened);
    assert_eq!(put().evidence(&before, expected.as_ref(), &before), Evidence::DidNotHappen);
    assert_eq!(put().evidence(&before, Some(&before), &before), Evidence::Unclear);
    assert_eq!(put().evidence(&before, None, &after), Evidence::Unclear);
}

#[test]
fn a_secure_string_needs_its_key_through_parameter_store_only() {
    let secure =
        |key: Value| json!({"Name": "app/token", "Value": "x", "Type": "SecureString", "KeyId": key});
    let arn = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555";
    let any = "arn:aws:kms:eu-west-1:111111111111:key/*";
    let cases = [
        (Value::Null, any),
        (json!("alias/app"), any),
        (json!("arn:aws:kms:eu-west-1:111111111111:alias/app"), any),
        (json!(arn), arn),
        (json!("11111111-2222-3333-4444-555555555555"), arn),
    ];
    for (key, resource) in cases {
        let needs = put().needs(&call(secure(key.clone())));
        assert_eq!(needs.len(), 1);
        assert_eq!(needs[0].resources, [resource], "{key}");
        assert_eq!(
            needs[0].conditions,
            json!({"StringEquals": {
                "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
                "kms:EncryptionContext:PARAMETER_ARN": "arn:aws:ssm:eu-west-1:111111111111:parameter/app/token",
            }})
        );
    }
    let plain = call(json!({"Name": "/a", "Value": "x", "Type": "String"}));
    assert_eq!(put().needs(&plain), []);
}

#[test]
fn a_deleted_parameter_comes_back_without_its_history() {
    let delete = recipe("ssm/DeleteParameter");
    let context = call(json!({"Name": "/app/greeting"}));
    let tags = output(json!({"TagList": [{"Key": "team", "Value": "red"}, {"Key": "aws:x", "Value": "y"}]}));
    let before = capture(delete, &context, &[present(), vec![tags]].concat());
    let plan = delete.undo(&context, &before).unwrap();
    assert_eq!(plan.class, UndoClass::Partial);
    assert!(plan.caveats[0].contains("history"));
    assert_eq!(
        plan.calls[0].parameters,
        json!({
            "Name": "/app/greeting", "Value": "hello", "Type": "String", "DataType": "text", "Tier": "Standard",
            "Description": "says hello", "Tags": [{"Key": "team", "Value": "red"}],
        })
    );
    let expected = delete.expected(&context, &before, &mut Sealer::new([42; 32])).unwrap().unwrap();
    assert!(!expected.present);
}

#[test]
fn a_parameter_that_is_not_there_cannot_be_deleted() {
    let delete = recipe("ssm/DeleteParameter");
    let context = call(json!({"Name": "/app/greeting"}));
    let answers = [absent(), vec![refused("InvalidResourceId", "")]].concat();
    let before = capture(delete, &context, &answers);
    let error = delete.undo(&context, &before).unwrap_err();
    assert_eq!(error.code(), "resource_not_found");
    assert_eq!(error.to_string(), "the parameter /app/greeting does not exist");
}
