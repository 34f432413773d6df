//! What the engine does whatever the recipe.

use changegate_catalog::{Catalog, CatalogError, ReadAnswer, STATE_MAX, Sealer};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{CATALOG, KEY, call, capture, output, recipe, try_capture};

fn put_policy(document: &str) -> Value {
    json!({"RoleName": "app", "PolicyName": "p", "PolicyDocument": document})
}

fn policy_answers(document: &str) -> [ReadAnswer; 2] {
    [output(json!({"Role": {}})), output(json!({"PolicyDocument": document}))]
}

#[test]
fn a_state_over_the_limit_is_truncated_still_shows_drift_and_is_not_undone() {
    let put = recipe("iam/PutRolePolicy");
    let context = call(put_policy("{}"));
    let before = capture(put, &context, &policy_answers(&"a".repeat(STATE_MAX)));
    assert!(before.truncated && before.present);
    assert!(serde_json::to_string(&before).unwrap().len() < 300);
    let plan = put.undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::None, 0));
    let drifted = capture(put, &context, &policy_answers(&"b".repeat(STATE_MAX)));
    assert_ne!(before.digest().unwrap(), drifted.digest().unwrap());
    assert_eq!(put.expected(&context, &before, &mut Sealer::new(KEY)).unwrap(), None);
}

#[test]
fn an_answer_that_a_page_limit_cut_off_is_not_undone() {
    let create = recipe("ec2/CreateTags");
    let context = call(json!({"Resources": ["i-1"], "Tags": [{"Key": "a", "Value": "b"}]}));
    let before =
        capture(create, &context, &[ReadAnswer::Output { value: json!({"Tags": []}), truncated: true }]);
    assert!(before.truncated);
    let plan = create.undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::None, 0));
    assert!(plan.caveats[0].contains("too large"));
}

#[test]
fn a_mark_in_an_answer_is_not_taken_for_a_secret() {
    let update = recipe("lambda/UpdateFunctionConfiguration");
    let context = call(json!({"FunctionName": "f", "LoggingConfig": {"LogFormat": "JSON"}}));
    let forged = json!({"LoggingConfig": {"$sealed": "hmac:00"}});
    assert_eq!(
        try_capture(update, &context, &[output(forged)]).unwrap_err().code(),
        "reader_answer_unreadable"
    );
}

#[test]
fn a_mark_in_a_call_makes_nothing_expected() {
    let update = recipe("lambda/UpdateFunctionConfiguration");
    let variables = json!({"Environment": {"Variables": {"$sealed": "hmac:00"}}, "FunctionName": "f"});
    let context = call(variables);
    let before = capture(update, &context, &[output(json!({"FunctionName": "f"}))]);
    assert_eq!(update.expected(&context, &before, &mut Sealer::new(KEY)).unwrap(), None);
}

#[test]
fn answers_that_do_not_belong_to_the_reads_are_refused() {
    let put = recipe("ssm/PutParameter");
    let context = call(json!({"Name": "/a", "Value": "x"}));
    for count in [0, 1, 3] {
        let answers = vec![output(json!({})); count];
        assert_eq!(
            try_capture(put, &context, &answers).unwrap_err().code(),
            "reader_answer_unreadable",
            "{count}"
        );
    }
}

#[test]
fn every_undo_is_made_of_calls_that_have_a_recipe_of_the_same_class() {
    let calls = [
        ("ssm/PutParameter", "ssm/DeleteParameter"),
        ("ec2/CreateTags", "ec2/DeleteTags"),
        ("s3/PutBucketTagging", "s3/DeleteBucketTagging"),
        ("iam/PutRolePolicy", "iam/DeleteRolePolicy"),
    ];
    for (one, other) in calls {
        assert_eq!(recipe(one).action_class(), recipe(other).action_class());
    }
}

#[test]
fn the_hash_follows_the_content_and_not_the_layout() {
    let text = include_str!("../../recipes/iam/roles.toml");
    let hash = |text: &str| {
        let mut catalog = Catalog::default();
        catalog.add_file("roles.toml", text).unwrap();
        catalog.recipe("iam", "PutRolePolicy").unwrap().hash()
    };
    let built_in = CATALOG.recipe("iam", "PutRolePolicy").unwrap().hash();
    assert_eq!(hash(&format!("# a comment\n\n{text}")), built_in);
    assert_ne!(
        hash(&text.replace("IAM needs some seconds until a policy", "IAM needs a while until a policy")),
        built_in
    );
    let mut hashes: Vec<_> = CATALOG.recipes().map(changegate_catalog::Recipe::hash).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), CATALOG.recipes().count());
}

fn refused(change: impl Fn(&str) -> String) -> String {
    let text = change(include_str!("../../recipes/s3/buckets.toml"));
    let error = Catalog::default().add_file("buckets.toml", &text).unwrap_err();
    if let CatalogError::Unreadable { source, .. } = &error { source.to_string() } else { error.to_string() }
}

#[test]
fn mistakes_in_a_recipe_are_told_when_it_is_read() {
    let cases = [
        ("\"=read.tagging\"", "\"=read.taging\"", "the read `taging`"),
        ("\"=read.tagging\"", "\"=reed.tagging\"", "looks at `reed`"),
        ("\"=read.tagging\"", "\"=sortby(read.tagging)\"", "no function `sortby`"),
        ("\"=read.tagging\"", "\"=!read.tagging\"", "write `!(a.b)`"),
        ("\"=read.tagging\"", "\"=read.[\"", "not a JMESPath expression"),
        ("witness = \"state\"", "witness = \"maybe\"", "maybe"),
        ("proof =", "prof =", "prof"),
        ("at = \"/TagSet\"", "at = \"TagSet\"", "is not a path"),
        ("action_class = \"s3-bucket-tagging\"", "action_class = \"S3\"", "action class"),
        (
            "operation = \"PutBucketTagging\"\nsays",
            "operation = \"DeleteBucketTagging\"\nsays",
            "exists twice",
        ),
        ("class = \"full\"", "class = \"none\"", "has class `none` and calls"),
        ("class = \"full\"", "class = \"partial\"", "no caveat says why"),
    ];
    for (from, to, words) in cases {
        let told = refused(|text| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        assert!(told.contains(words), "{words}: {told}");
    }
}
