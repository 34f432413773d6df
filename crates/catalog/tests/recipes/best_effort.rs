//! What the models alone give for operations that nobody has written a recipe for.

use std::collections::BTreeSet;

use aws_call::{Operation, ParameterKind};
use changegate_catalog::{ReadAnswer, ReadCall, Recipe, Sealer};
use changegate_change::capture::Capture;
use changegate_change::undo::UndoClass;
use serde_json::{Map, Value, json};

use crate::models::INDEX;
use crate::round_trip::{CATALOG, KEY, call, output, try_capture};

fn derived(service: &str, operation: &str) -> Recipe {
    let operation = INDEX.operation(service, operation).unwrap();
    let recipe = CATALOG.recipe_for(&INDEX, &operation).unwrap().into_owned();
    assert!(recipe.is_best_effort(), "{}", recipe.id());
    recipe
}

fn read(service: &str, operation: &str, parameters: Value) -> Vec<(String, Value)> {
    let reads = derived(service, operation).reads(&call(parameters), &[]).unwrap();
    reads.into_iter().map(|ReadCall { operation, parameters, .. }| (operation, parameters)).collect()
}

#[test]
fn the_reader_is_the_one_of_the_same_thing_with_the_same_parameters() {
    let none = ("", json!({}));
    for (service, operation, parameters, (reader, asked)) in [
        ("dms", "ModifyEndpoint", json!({"EndpointArn": "arn"}), none.clone()),
        ("polly", "DeleteLexicon", json!({"Name": "mine"}), ("GetLexicon", json!({"Name": "mine"}))),
        (
            "polly",
            "PutLexicon",
            json!({"Name": "mine", "Content": "<x/>"}),
            ("GetLexicon", json!({"Name": "mine"})),
        ),
        ("ec2", "ModifyIpam", json!({"IpamId": "ipam-1"}), ("DescribeIpams", json!({"IpamIds": ["ipam-1"]}))),
        (
            "lightsail",
            "StopRelationalDatabase",
            json!({"relationalDatabaseName": "db"}),
            ("GetRelationalDatabase", json!({"relationalDatabaseName": "db"})),
        ),
        (
            "signer",
            "UntagResource",
            json!({"resourceArn": "arn", "tagKeys": ["a"]}),
            ("ListTagsForResource", json!({"resourceArn": "arn"})),
        ),
        (
            "kinesis",
            "IncreaseStreamRetentionPeriod",
            json!({"StreamName": "s", "RetentionPeriodHours": 48}),
            ("DescribeStream", json!({"StreamName": "s"})),
        ),
        ("kinesis", "IncreaseStreamRetentionPeriod", json!({"RetentionPeriodHours": 48}), none.clone()),
        ("iot", "UpdateIndexingConfiguration", json!({}), ("GetIndexingConfiguration", json!({}))),
        (
            "schemas",
            "DeleteResourcePolicy",
            json!({"RegistryName": "r"}),
            ("GetResourcePolicy", json!({"RegistryName": "r"})),
        ),
        (
            "codeartifact",
            "DeleteDomain",
            json!({"domain": "d", "domainOwner": "1"}),
            ("DescribeDomain", json!({"domain": "d", "domainOwner": "1"})),
        ),
        (
            "proton",
            "CancelServiceInstanceDeployment",
            json!({"serviceInstanceName": "i", "serviceName": "s"}),
            ("GetServiceInstance", json!({"name": "i", "serviceName": "s"})),
        ),
        ("workdocs", "CreateFolder", json!({"ParentFolderId": "f"}), none.clone()),
        ("ses", "VerifyEmailAddress", json!({"EmailAddress": "a@example.com"}), none),
    ] {
        let expected = if reader.is_empty() { vec![] } else { vec![(reader.to_owned(), asked)] };
        assert_eq!(read(service, operation, parameters), expected, "{service} {operation}");
    }
}

/// Something for every parameter of an operation.
fn filled(operation: &Operation) -> Value {
    let value = |kind: &ParameterKind| match kind {
        ParameterKind::Text | ParameterKind::Choice => json!("x"),
        ParameterKind::Texts => json!(["x"]),
        ParameterKind::Shape(_) => json!({}),
    };
    let parameters = operation.parameters().unwrap();
    let members = parameters.into_iter().map(|own| (own.name, value(&own.kind)));
    Value::Object(members.collect::<Map<_, _>>())
}

#[test]
fn every_operation_has_a_recipe_that_fits_the_models_and_undoes_nothing() {
    let (mut seen, mut unseen) = (0, 0);
    let classes = CATALOG.action_classes();
    for service in INDEX.services() {
        for name in INDEX.operations(service).unwrap() {
            let operation = INDEX.operation(service, &name).unwrap();
            if !operation.access().is_mutating() || CATALOG.recipe(service, &name).is_some() {
                continue;
            }
            let recipe = derived(service, &name);
            assert_eq!(recipe.undo_class(), UndoClass::None);
            assert!(classes.contains(recipe.action_class()), "{}", recipe.action_class());
            let reads = recipe.reads(&call(filled(&operation)), &[]).unwrap();
            for read in &reads {
                let reader = INDEX.operation(&read.service, &read.operation).unwrap();
                assert!(!reader.access().is_mutating(), "{service} {name} reads with {}", read.operation);
                let wrong = reader.validate(&read.parameters);
                let of_its_own = |path: &str| path.matches('/').count() == 1;
                let unfit = wrong
                    .iter()
                    .find(|own| matches!(own.rule, "unknown" | "missing") && of_its_own(&own.path));
                assert_eq!(unfit, None, "{service} {name} reads with {}", read.operation);
            }
            if reads.is_empty() { unseen += 1 } else { seen += 1 }
        }
    }
    println!("{seen} operations without a recipe can be read, {unseen} cannot");
    assert!(seen > 2 * unseen, "{seen} can be read, {unseen} cannot");
}

#[test]
fn the_state_is_the_answer_without_times_and_secrets() {
    let modify = derived("lightsail", "UpdateRelationalDatabase");
    let context = call(json!({"relationalDatabaseName": "db", "masterUserPassword": "hunter2"}));
    let answer = |at: &str| output(json!({"relationalDatabase": {"name": "db", "createdAt": at}}));
    let (one, other) = (answer("2026-01-01T00:00:00Z"), answer("2026-02-01T00:00:00Z"));
    let before = try_capture(&modify, &context, &[one]).unwrap();
    assert_eq!(before.state, json!({"relationalDatabase": {"name": "db"}}));
    assert_eq!(before, try_capture(&modify, &context, &[other]).unwrap());
    assert_eq!(modify.undo(&context, &before).unwrap().class, UndoClass::None);
    assert_eq!(modify.expected(&context, &before, &mut Sealer::new(KEY)).unwrap(), None);

    let update = derived("amplify", "CreateBranch");
    let context = call(json!({"appId": "a", "branchName": "main"}));
    let answer = json!({"branch": {"branchName": "main", "environmentVariables": {"TOKEN": "hunter2"}}});
    let before = try_capture(&update, &context, &[output(answer)]).unwrap();
    assert!(!before.state.to_string().contains("hunter2"), "{}", before.state);
}

#[test]
fn an_error_of_the_reader_means_absent_unknown_or_failure() {
    let delete = derived("polly", "DeleteLexicon");
    let context = call(json!({"Name": "mine"}));
    let refused = |code: &str| ReadAnswer::Error { code: code.into(), message: "words".into() };
    let capture = |code: &str| try_capture(&delete, &context, &[refused(code)]);
    let absent = Capture { present: false, state: Value::Null, truncated: false };
    let unknown = Capture { present: true, state: Value::Null, truncated: true };
    for code in [
        "LexiconNotFoundException",
        "NoSuchLexicon",
        "InvalidLexicon.NotFound",
        "ResourceDoesNotExist",
        "HTTP 404",
    ] {
        assert_eq!(capture(code).unwrap(), absent, "{code}");
    }
    for code in ["ValidationException", "InvalidParameterValue", "UnsupportedOperation"] {
        assert_eq!(capture(code).unwrap(), unknown, "{code}");
    }
    for code in [
        "ThrottlingException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "ExpiredToken",
        "InternalFailure",
        "ServiceUnavailable",
        "AccessDeniedException",
    ] {
        assert_eq!(capture(code).unwrap_err().code(), "reader_refused", "{code}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_says_so() {
    let verify = derived("ses", "VerifyEmailAddress");
    let context = call(json!({"EmailAddress": "a@example.com"}));
    let before = try_capture(&verify, &context, &[]).unwrap();
    assert!(before.truncated && before.state.is_null());
    let plan = verify.undo(&context, &before).unwrap();
    assert!(plan.caveats[0].contains("no recipe"), "{plan:?}");
    assert!(verify.risk_notes()[0].contains("no read"), "{:?}", verify.risk_notes());
}

#[test]
fn every_service_has_a_class_for_what_has_no_recipe_and_there_are_no_others() {
    let classes = CATALOG.action_classes();
    let others: BTreeSet<_> =
        classes.iter().filter_map(|class| class.as_str().strip_suffix("-other")).collect();
    assert_eq!(others, INDEX.services().into_iter().collect());
}

#[test]
fn the_same_models_give_the_same_recipe() {
    assert_eq!(derived("polly", "PutLexicon").hash(), derived("polly", "PutLexicon").hash());
    assert_ne!(derived("polly", "PutLexicon").hash(), derived("polly", "DeleteLexicon").hash());
}
