//! What may be sent without anyone's approval: nothing that changes something or hands out keys.

use std::collections::{BTreeMap, BTreeSet};

use aws_call::Access;
use serde::Deserialize;

use crate::given::{index, operation};

fn access(service: &str, name: &str) -> Access {
    operation(service, name).access()
}

/// One line of `access.jsonl`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    service: String,
    operation: String,
    /// What AWS documents: `read` (listing too), `write`, `tagging`, `permissions` or `credentials`.
    is: Access,
    /// As what it counts instead, where IAM or its name asks for more caution.
    counted: Option<Access>,
    /// Why, where it is not obvious.
    why: Option<String>,
}

/// Operations that were judged by hand, from the documentation in the models and the service authorization reference, and not
/// from what this crate says of them.
fn judged() -> Vec<Judged> {
    include_str!("access.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn operations_are_what_people_judged_them_to_be() {
    let judged = judged();
    let services: BTreeSet<_> = judged.iter().map(|row| &row.service).collect();
    assert!(judged.len() >= 300 && services.len() >= 100, "{} of {}", judged.len(), services.len());
    assert!(judged.is_sorted_by_key(|row| (row.service.clone(), row.operation.clone())));
    let mut wrong = Vec::new();
    for row in &judged {
        let found = match access(&row.service, &row.operation) {
            Access::List => Access::Read,
            other => other,
        };
        if found != row.counted.unwrap_or(row.is) {
            wrong.push(format!("{row:?}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn where_judgement_and_count_differ_the_count_is_the_more_careful_and_says_why() {
    let judged = judged();
    let differ: Vec<_> = judged.iter().filter(|row| row.counted.is_some()).collect();
    assert!(differ.len() < judged.len() / 10, "{differ:#?}");
    for row in differ {
        assert!(row.is == Access::Read && row.counted.is_some_and(Access::is_mutating), "{row:?}");
        assert!(row.why.is_some(), "{row:?}");
    }
    for access in [Access::Read, Access::Write, Access::Tagging, Access::Permissions, Access::Credentials] {
        assert!(judged.iter().filter(|row| row.is == access).count() >= 5, "{access}");
    }
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
        ("cloudfront", "VerifyDnsConfiguration"),
        ("codecatalyst", "VerifySession"),
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
fn a_read_that_gives_a_marked_key_token_or_password_describes_what_it_belongs_to() {
    /// Descriptions, looked at one by one: what is marked in them is sealed.
    const DESCRIPTIONS: &[&str] = &[
        "appmesh DescribeVirtualGateway",
        "appmesh DescribeVirtualNode",
        "appstream DescribeDirectoryConfigs",
        "backupsearch ListSearchJobResults",
        "chime GetBot",
        "chime ListBots",
        "chime-sdk-identity DescribeAppInstanceUserEndpoint",
        "cloudhsmv2 DescribeClusters",
        "codebuild BatchGetProjects",
        "codepipeline ListWebhooks",
        "cognito-idp DescribeUserPoolClient",
        "cognito-idp ListUserPoolClientSecrets",
        "cognito-sync ListRecords",
        "connecthealth GetPatientInsightsJob",
        "dataexchange GetAsset",
        "dataexchange GetJob",
        "dataexchange ListJobs",
        "dataexchange ListRevisionAssets",
        "datasync DescribeLocationFsxOntap",
        "datasync DescribeLocationFsxOpenZfs",
        "dms DescribeEndpoints",
        "docdb DescribeDBInstances",
        "ds DescribeDirectories",
        "ec2 DescribeVerifiedAccessTrustProviders",
        "ec2 DescribeVpnConnections",
        "ec2 ExportVerifiedAccessInstanceClientConfiguration",
        "elbv2 DescribeListeners",
        "elbv2 DescribeRules",
        "emr DescribeCluster",
        "fsx DescribeBackups",
        "fsx DescribeFileSystems",
        "fsx DescribeSnapshots",
        "fsx DescribeStorageVirtualMachines",
        "fsx DescribeVolumes",
        "glue BatchGetJobs",
        "glue GetJob",
        "glue GetJobs",
        "interconnect GetConnection",
        "invoicing GetProcurementPortalPreference",
        "iot-managed-integrations GetManagedThing",
        "iotwireless GetDeviceProfile",
        "kms GetParametersForImport",
        "lexv2-models DescribeBotRecommendation",
        "lightsail GetBucketAccessKeys",
        "lightsail GetRelationalDatabase",
        "lightsail GetRelationalDatabases",
        "mediapackage DescribeChannel",
        "mediapackage ListChannels",
        "neptune DescribeDBInstances",
        "pipes DescribePipe",
        "qconnect GetNextMessage",
        "rds DescribeDBClusters",
        "rds DescribeDBInstances",
        "rds DescribeTenantDatabases",
        "redshift DescribeClusters",
        "secretsmanager GetRandomPassword",
        "securityhub GetFindings",
        "wafv2 ListAPIKeys",
        "wickr GetOpentdfConfig",
    ];
    const GIVEN: &[&str] = &["key", "password", "secret", "secretvalue", "token", "tokenvalue"];
    // Keys of tags are no keys.
    let reads = all().into_iter();
    let reads = reads.filter(|(_, name, access)| !access.is_mutating() && name != "ListTagsForResource");
    let giving: Vec<_> = reads
        .filter(|(service, name, _)| {
            operation(service, name).output_sensitive_paths().iter().any(|path| {
                let last =
                    path.rsplit('/').find(|part| *part != "*").unwrap_or_default().to_ascii_lowercase();
                GIVEN.iter().any(|noun| last.ends_with(noun)) && !last.ends_with("nexttoken")
            })
        })
        .map(|(service, name, _)| format!("{service} {name}"))
        .collect();
    assert_eq!(giving, DESCRIPTIONS);
}

#[test]
fn access_is_known_of_almost_everything_and_what_is_not_counts_as_a_change() {
    let mut counts: BTreeMap<Access, usize> = BTreeMap::new();
    for (_, _, access) in all() {
        *counts.entry(access).or_default() += 1;
    }
    let unknown = all().into_iter().filter(|(_, _, access)| *access == Access::Unknown);
    let unknown: Vec<_> = unknown.map(|(service, name, _)| format!("{service} {name}")).collect();
    // A place to copy files to, which may be made when it is asked for; SQL that can also unload into a bucket.
    assert_eq!(unknown, ["finspace-data GetWorkingLocation", "timestream-query Query"]);
    assert!(Access::Unknown.is_mutating() && Access::Credentials.is_mutating());
    let reads = counts[&Access::Read] + counts[&Access::List];
    assert!((7_000..9_000).contains(&reads), "{reads}");
}
