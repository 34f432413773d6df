//! Who may use which key. Key policies alone give rights over keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::roles::roles;
use crate::template::{Template, short, texts};

const KEYS: [&str; 7] =
    ["ProposalKey", "DecisionKey", "ConfigKey", "SealKey", "FingerprintKey", "CursorKey", "WebhookKey"];
const USE: [&str; 10] = [
    "kms:Sign",
    "kms:Verify",
    "kms:GetPublicKey",
    "kms:GenerateDataKey",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:GenerateMac",
    "kms:VerifyMac",
    "kms:CreateGrant",
];

/// Who may do what with a key: function names by action, the account's root left out.
fn users(template: &Template, key: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in template.resource(key)["KeyPolicy"]["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow", "{key}: a closed policy needs no denial");
        let principals = texts(&statement["Principal"]["AWS"]);
        if principals.iter().any(|principal| principal.ends_with(":root")) {
            continue;
        }
        for principal in principals {
            let id = principal.trim_start_matches("${").trim_end_matches(".Arn}");
            let name = short(&template.resource(id)["RoleName"]);
            for action in texts(&statement["Action"]) {
                users.entry(action).or_default().insert(name.clone());
            }
        }
    }
    users
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_key_is_used_by_the_functions_that_the_design_names() {
    let template = Template::deployment();
    let expected = |key: &str| -> Vec<(&str, BTreeSet<String>)> {
        match key {
            "ProposalKey" => vec![("kms:Sign", names(&["propose"]))],
            "DecisionKey" => vec![("kms:Sign", names(&["review"]))],
            "ConfigKey" => vec![("kms:Sign", names(&["configure"]))],
            "SealKey" => vec![
                ("kms:Decrypt", names(&["apply-step", "observe", "propose"])),
                ("kms:GenerateDataKey", names(&["apply-step", "observe", "propose"])),
            ],
            "FingerprintKey" => vec![("kms:GenerateMac", names(&["apply-step", "observe", "propose"]))],
            "CursorKey" => vec![("kms:GenerateMac", names(&["api"])), ("kms:VerifyMac", names(&["api"]))],
            "WebhookKey" => vec![("kms:GenerateMac", names(&["configure", "deliver-webhook"]))],
            other => panic!("who uses {other}?"),
        }
    };
    for key in template.resources("AWS::KMS::Key").keys() {
        let mut users = users(&template, key);
        users.remove("kms:GetPublicKey");
        let expected = expected(key).into_iter().map(|(action, users)| (action.to_owned(), users)).collect();
        assert_eq!(users, expected, "{key}");
    }
}

#[test]
fn who_verifies_with_a_key_may_read_its_public_half() {
    let template = Template::deployment();
    for (key, variable) in
        [("ProposalKey", "PROPOSAL_KEY"), ("DecisionKey", "DECISION_KEY"), ("ConfigKey", "CONFIG_KEY")]
    {
        let told: BTreeSet<String> = template
            .functions()
            .into_iter()
            .filter(|(_, function)| !function["Environment"]["Variables"][variable].is_null())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(users(&template, key)["kms:GetPublicKey"], told, "{key}");
    }
}

#[test]
fn the_account_administers_keys_and_cannot_use_or_grant_them() {
    let template = Template::deployment();
    for key in KEYS {
        let policy = template.resource(key)["KeyPolicy"]["Statement"].as_array().unwrap().clone();
        let of_account: Vec<_> = policy
            .iter()
            .filter(|statement| texts(&statement["Principal"]["AWS"]).iter().any(|p| p.ends_with(":root")))
            .collect();
        assert_eq!(of_account.len(), 1, "{key}");
        let actions = texts(&of_account[0]["Action"]);
        assert!(actions.contains("kms:PutKeyPolicy"), "{key}: whoever deploys can still administer it");
        for action in &actions {
            assert!(!action.contains('*') && !USE.contains(&action.as_str()), "{key}: {action}");
        }
    }
}

#[test]
fn no_role_has_rights_over_keys_of_its_own() {
    let template = Template::deployment();
    for (name, role) in roles(&template) {
        for action in USE {
            for resource in KEYS.map(|key| format!("${{{key}.Arn}}")) {
                assert!(!role.allows(action, &resource), "{name} {action} {resource}");
            }
        }
    }
}

#[test]
fn a_function_without_use_for_signing_or_sealing_is_denied_it() {
    let template = Template::deployment();
    let roles = roles(&template);
    for name in template.functions().keys() {
        let signs = ["propose", "review", "configure"].contains(&name.as_str());
        assert_eq!(roles[name].denies("kms:Sign", "${ProposalKey.Arn}"), !signs, "{name} kms:Sign");
        let unseals = ["propose", "apply-step", "observe"].contains(&name.as_str());
        for action in ["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"] {
            assert_eq!(roles[name].denies(action, "${SealKey.Arn}"), !unseals, "{name} {action}");
        }
    }
}
