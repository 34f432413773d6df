//! Policies inside of roles.

use changegate_catalog::{ReadAnswer, ReadCall};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{Service, call, output, paths, recipe, refused, round_trip, try_capture};

const READ_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Objects","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
const WIDE: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Objects","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}]}"#;

/// One role with at most one policy.
struct Role(Option<String>);

impl Service for Role {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        match (read.operation.as_str(), &self.0) {
            ("GetRole", _) => output(json!({"Role": {"RoleName": "app", "RoleId": "AROA", "Path": "/"}})),
            (_, Some(document)) => {
                output(json!({"RoleName": "app", "PolicyName": "p", "PolicyDocument": document}))
            }
            (_, None) => refused("NoSuchEntity", "The role policy with name p cannot be found."),
        }
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        self.0 =
            (operation == "PutRolePolicy").then(|| parameters["PolicyDocument"].as_str().unwrap().to_owned());
    }
}

fn put(document: &str) -> Value {
    json!({"RoleName": "app", "PolicyName": "p", "PolicyDocument": document})
}

#[test]
fn a_replaced_policy_is_put_back_and_the_diff_names_the_action() {
    let mut role = Role(Some(READ_ONLY.to_owned()));
    let trip = round_trip("iam/PutRolePolicy", put(WIDE), &mut role);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(paths(&trip.diff), ["/PolicyDocument/Statement/[Sid=Objects]/Action/*"]);
    assert_eq!(trip.diff[0].after, Some(json!("s3:PutObject")));
    assert_eq!(trip.plan.class, UndoClass::Full);
    assert_eq!(trip.restored, trip.before);
    assert_eq!(role.0.as_deref(), Some(READ_ONLY), "byte for byte");
}

#[test]
fn a_new_policy_is_deleted_again() {
    let mut role = Role(None);
    let trip = round_trip("iam/PutRolePolicy", put(WIDE), &mut role);
    assert_eq!(trip.plan.calls[0].operation, "DeleteRolePolicy");
    assert_eq!(trip.plan.calls[0].parameters, json!({"RoleName": "app", "PolicyName": "p"}));
    assert_eq!(trip.restored, trip.before);
}

#[test]
fn a_deleted_policy_is_put_back() {
    let mut role = Role(Some(WIDE.to_owned()));
    let trip = round_trip("iam/DeleteRolePolicy", json!({"RoleName": "app", "PolicyName": "p"}), &mut role);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(role.0.as_deref(), Some(WIDE));
}

#[test]
fn a_role_that_does_not_exist_is_not_a_role_without_the_policy() {
    let missing = refused("NoSuchEntity", "The role with name app cannot be found.");
    let error =
        try_capture(recipe("iam/PutRolePolicy"), &call(put(WIDE)), &[missing.clone(), missing]).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("resource_not_found", "the role app does not exist")
    );
}

#[test]
fn a_document_that_is_still_encoded_is_not_taken_for_the_state() {
    let encoded =
        output(json!({"RoleName": "app", "PolicyName": "p", "PolicyDocument": "%7B%22Version%22%3A%222012"}));
    let role = output(json!({"Role": {"RoleName": "app"}}));
    let error = try_capture(recipe("iam/PutRolePolicy"), &call(put(WIDE)), &[role, encoded]).unwrap_err();
    assert_eq!(error.code(), "reader_answer_unreadable");
}
