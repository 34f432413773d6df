//! The roles in a tenant's account: whom they trust, and what they may never do.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{Template, texts};

/// The functions that a role lets in, and the actions, by trust statement.
fn trust<'a>(template: &'a Template, role: &str) -> Vec<(&'a Value, BTreeSet<String>)> {
    let statements = template.resource(role)["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap();
    let trusted = |statement: &Value| {
        let patterns = texts(&statement["Condition"]["ArnLike"]["aws:PrincipalArn"]);
        let names = patterns.iter().map(|pattern| {
            let name = pattern.split("/${Prefix}-").nth(1).unwrap().trim_end_matches("/*");
            let as_role =
                format!("arn:${{AWS::Partition}}:iam::${{ChangegateAccountId}}:role/${{Prefix}}-{name}");
            let as_session = format!(
                "arn:${{AWS::Partition}}:sts::${{ChangegateAccountId}}:assumed-role/${{Prefix}}-{name}/*"
            );
            assert!(
                patterns.contains(&as_role) && patterns.contains(&as_session),
                "{name} is named both ways"
            );
            name.to_owned()
        });
        names.collect()
    };
    statements.iter().map(|statement| (statement, trusted(statement))).collect()
}

#[test]
fn roles_trust_the_functions_of_the_design_with_the_external_id_and_their_own_tags_only() {
    let template = Template::tenant_account();
    let expected =
        [("ReaderRole", vec!["apply-step", "observe", "propose"]), ("ExecutorRole", vec!["apply-step"])];
    for (role, functions) in expected {
        let functions: BTreeSet<String> = functions.into_iter().map(str::to_owned).collect();
        let statements = trust(&template, role);
        assert_eq!(statements.len(), 2, "{role}");
        for (statement, trusted) in statements {
            assert_eq!(trusted, functions, "{role}");
            let root = "arn:${AWS::Partition}:iam::${ChangegateAccountId}:root";
            assert_eq!(statement["Principal"]["AWS"], root, "{role}");
            let actions = texts(&statement["Action"]);
            if actions.contains("sts:AssumeRole") {
                assert_eq!(actions.len(), 1, "{role}");
                assert_eq!(
                    statement["Condition"]["StringEquals"]["sts:ExternalId"], "${ExternalId}",
                    "{role}"
                );
            } else {
                let expected = ["sts:SetSourceIdentity", "sts:TagSession"].map(str::to_owned);
                assert_eq!(actions, BTreeSet::from(expected), "{role}");
                let tags = texts(&statement["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"]);
                assert_eq!(tags, BTreeSet::from(["change".to_owned(), "tenant".to_owned()]), "{role}");
            }
        }
    }
}

#[test]
fn both_roles_stay_within_the_boundary() {
    let template = Template::tenant_account();
    for role in ["ReaderRole", "ExecutorRole"] {
        assert_eq!(template.resource(role)["PermissionsBoundary"], "${Boundary}", "{role}");
    }
    let statements = template.resource("Boundary")["PolicyDocument"]["Statement"].as_array().unwrap();
    let denied: BTreeSet<String> = statements
        .iter()
        .filter(|statement| statement["Effect"] == "Deny" && statement["Resource"] == "*")
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    for action in
        ["sts:AssumeRole*", "iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy", "sts:GetFederationToken"]
    {
        assert!(denied.contains(action), "{action}");
    }
    let own = statements.iter().find(|statement| statement["Sid"] == "NeverThemselves").unwrap();
    let resources = texts(&own["Resource"]);
    for name in ["role/${ReaderRoleName}", "role/${ExecutorRoleName}", "policy/${BoundaryName}"] {
        assert!(resources.iter().any(|resource| resource.ends_with(name)), "{name}");
    }
}

#[test]
fn the_reader_can_only_read() {
    let template = Template::tenant_account();
    for policy in template.resource("ReaderRole")["Policies"].as_array().unwrap() {
        for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
            for action in texts(&statement["Action"]) {
                let verb = action.split(':').nth(1).unwrap();
                let reads =
                    ["Describe", "Get", "List", "Lookup"].iter().any(|prefix| verb.starts_with(prefix));
                let through_ssm = action == "kms:Decrypt"
                    && statement["Condition"]["StringLike"]["kms:ViaService"] == "ssm.*.amazonaws.com";
                assert!((reads && !action.contains('*')) || through_ssm, "{action}");
            }
        }
    }
}

#[test]
fn the_executor_has_no_wildcard_action() {
    let template = Template::tenant_account();
    for policy in template.resource("ExecutorRole")["Policies"].as_array().unwrap() {
        for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
            let actions = texts(&statement["Action"]);
            assert!(actions.iter().all(|action| !action.contains('*')), "{actions:?}");
            assert!(!texts(&statement["Resource"]).contains("*"), "{actions:?}");
        }
    }
}
