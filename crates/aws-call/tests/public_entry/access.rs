//! What may be sent without anyone's approval: nothing that changes something or hands out keys.

use std::collections::BTreeMap;

use aws_call::Access;

use crate::given::{index, operation};

fn access(service: &str, name: &str) -> Access {
    operation(service, name).access()
}

/// Every operation with its access.
fn all() -> Vec<(String, String, Access)> {
    let mut all = Vec::new();
    for service in index().services() {
        for name in index().operations(service).unwrap() {
            let access = access(service, &name);
            all.push((service.to_owned(), name, access));
        }
    }
    all
}

#[test]
fn everything_that_hands_out_keys_is_credentials() {
    for name in index().operations("sts").unwrap() {
        assert_eq!(access("sts", &name), Access::Credentials, "sts {name}");
    }
    for (service, name) in [
        ("acm", "ExportCertificate"),
        ("cognito-identity", "GetCredentialsForIdentity"),
        ("ec2", "GetPasswordData"),
        ("ecr", "GetAuthorizationToken"),
        ("eks-auth", "AssumeRoleForPodIdentity"),
        ("iam", "CreateAccessKey"),
        ("lakeformation", "GetTemporaryGlueTableCredentials"),
        ("redshift", "GetClusterCredentials"),
        ("s3", "CreateSession"),
        ("secretsmanager", "GetSecretValue"),
        ("secretsmanager", "BatchGetSecretValue"),
        ("ssm", "StartSession"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
    ] {
        assert_eq!(access(service, name), Access::Credentials, "{service} {name}");
    }
}

#[test]
fn no_operation_that_sounds_like_a_change_is_a_read() {
    const CHANGING: &[&str] = &[
        "Accept",
        "Acknowledge",
        "Activate",
        "Add",
        "Allocate",
        "Approve",
        "Archive",
        "Assign",
        "Associate",
        "Attach",
        "Authorize",
        "BatchCreate",
        "BatchDelete",
        "BatchPut",
        "BatchUpdate",
        "BatchWrite",
        "Cancel",
        "Claim",
        "Clear",
        "Close",
        "Complete",
        "Confirm",
        "Connect",
        "Copy",
        "Create",
        "Deactivate",
        "Decrease",
        "Delete",
        "Deliver",
        "Deploy",
        "Deregister",
        "Detach",
        "Disable",
        "Disassociate",
        "Disconnect",
        "Enable",
        "Execute",
        "Failover",
        "Forget",
        "Grant",
        "Import",
        "Increase",
        "Initiate",
        "Install",
        "Invite",
        "Invoke",
        "Kill",
        "Leave",
        "Link",
        "Lock",
        "Merge",
        "Modify",
        "Move",
        "Notify",
        "Open",
        "Pause",
        "Post",
        "Promote",
        "Provision",
        "Publish",
        "Purchase",
        "Purge",
        "Put",
        "Reboot",
        "Receive",
        "Record",
        "Refresh",
        "Register",
        "Reject",
        "Release",
        "Remove",
        "Rename",
        "Replace",
        "Request",
        "Reset",
        "Resize",
        "Restart",
        "Restore",
        "Resume",
        "Retire",
        "Revoke",
        "Rollback",
        "Rotate",
        "Run",
        "Schedule",
        "Send",
        "Set",
        "Share",
        "Start",
        "Stop",
        "Submit",
        "Subscribe",
        "Suspend",
        "Swap",
        "Switch",
        "Tag",
        "Terminate",
        "Transfer",
        "Unarchive",
        "Unassign",
        "Unlink",
        "Unlock",
        "Unregister",
        "Unsubscribe",
        "Untag",
        "Update",
        "Upgrade",
        "Upload",
        "Verify",
        "Withdraw",
        "Write",
    ];
    /// Looked at one by one: they leave everything as it was.
    const HARMLESS: &[(&str, &str)] = &[
        ("internetmonitor", "StartQuery"),
        ("iotsitewise", "ExecuteQuery"),
        ("iottwinmaker", "ExecuteQuery"),
        ("location", "VerifyDevicePosition"),
        ("logs", "StartQuery"),
    ];
    let reads = all().into_iter().filter(|(_, _, access)| !access.is_mutating());
    let suspicious: Vec<_> = reads
        .filter(|(_, name, _)| {
            CHANGING.iter().any(|verb| {
                name.strip_prefix(verb).is_some_and(|rest| rest.chars().next().is_none_or(char::is_uppercase))
            })
        })
        .map(|(service, name, _)| (service, name))
        .collect();
    let expected: Vec<_> =
        HARMLESS.iter().map(|(service, name)| ((*service).to_owned(), (*name).to_owned())).collect();
    assert_eq!(suspicious, expected);
}

#[test]
fn reads_that_change_something_are_writes() {
    for (service, name) in [
        ("bedrock-agent-runtime", "InvokeAgent"),
        ("cloudformation", "DetectStackDrift"),
        ("ds", "VerifyTrust"),
        ("iam", "GenerateCredentialReport"),
        ("logs", "StopQuery"),
        ("neptunedata", "ExecuteGremlinProfileQuery"),
        ("qbusiness", "ChatSync"),
        ("sagemaker-runtime", "InvokeEndpoint"),
        ("sqs", "ReceiveMessage"),
        ("transfer", "TestIdentityProvider"),
    ] {
        assert_eq!(access(service, name), Access::Write, "{service} {name}");
    }
}

#[test]
fn access_is_known_of_almost_everything_and_what_is_not_counts_as_a_change() {
    let mut counts: BTreeMap<Access, usize> = BTreeMap::new();
    for (_, _, access) in all() {
        *counts.entry(access).or_default() += 1;
    }
    let unknown = counts.get(&Access::Unknown).copied().unwrap_or_default();
    assert!(unknown <= 216, "{unknown}: a fact was lost");
    assert!(Access::Unknown.is_mutating() && Access::Credentials.is_mutating());
    let reads = counts[&Access::Read] + counts[&Access::List];
    assert!((7_000..9_000).contains(&reads), "{reads}");
}
