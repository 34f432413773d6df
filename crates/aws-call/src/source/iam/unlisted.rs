//! Operations that the service authorization reference does not have: those of services that check callers another way, of
//! services that are closed, and of versions that are newer than the reference.
//!
//! What changes something is known by its name. For a read the name alone is too little: the method or the model must say so
//! too, or it stands in a table of those that were looked at one by one. What neither holds for stays [`Access::Unknown`].

use super::Manner;
use super::changes::{CHANGES, verb};
use crate::access::Access;

/// The access of an operation of which no IAM action is known.
pub(super) fn access(service: &str, operation: &str, manner: Manner<'_>) -> Access {
    if CHANGES.iter().any(|(of, name, _)| (*of, *name) == (service, operation)) {
        return Access::Write;
    }
    if TAGGING.iter().any(|start| operation.starts_with(start)) {
        return Access::Tagging;
    }
    let verb = verb(operation.strip_prefix("Batch").unwrap_or(operation));
    if CHANGING.contains(&verb) {
        return Access::Write;
    }
    let witness = manner.read_only || matches!(manner.method, "GET" | "HEAD");
    let listed = READS.iter().any(|(of, names)| *of == service && names.contains(&operation));
    match verb {
        "List" if witness || listed => Access::List,
        "Describe" | "Get" | "Search" if witness || listed => Access::Read,
        _ if listed => Access::Read,
        _ => Access::Unknown,
    }
}

/// How the names of operations begin that change tags.
const TAGGING: &[&str] = &["AddTags", "RemoveTags", "TagGlobalResource", "TagResource", "Untag"];

/// Verbs that begin the names of changes.
const CHANGING: &[&str] = &[
    "Associate",
    "Cancel",
    "Complete",
    "Create",
    "Delete",
    "Deploy",
    "Deprecate",
    "Disable",
    "Disassociate",
    "Disconnect",
    "Dissociate",
    "Drain",
    "Enable",
    "Import",
    "Invoke",
    "Logout",
    "Modify",
    "Put",
    "Register",
    "Send",
    "Start",
    "Stop",
    "Undeploy",
    "Update",
    "Upload",
];

/// Reads of protocols that know no method but `POST`, by service.
const READS: &[(&str, &[&str])] = &[
    (
        "cloudhsm",
        &[
            "DescribeHapg",
            "DescribeHsm",
            "DescribeLunaClient",
            "GetConfig",
            "ListAvailableZones",
            "ListHapgs",
            "ListHsms",
            "ListLunaClients",
            "ListTagsForResource",
        ],
    ),
    ("cloudwatch", &["DescribeAlarmContributors"]),
    (
        "codecatalyst",
        &[
            "ListAccessTokens",
            "ListDevEnvironmentSessions",
            "ListDevEnvironments",
            "ListEventLogs",
            "ListProjects",
            "ListSourceRepositories",
            "ListSourceRepositoryBranches",
            "ListSpaces",
            "ListWorkflowRuns",
            "ListWorkflows",
            "VerifySession",
        ],
    ),
    ("cognito-idp", &["GetUserAuthFactors", "ListWebAuthnCredentials"]),
    ("comprehendmedical", &["DetectEntities"]),
    ("connect", &["SearchTestCases"]),
    ("connectparticipant", &["GetAttachment", "GetTranscript"]),
    ("detective", &["ListOrganizationAdminAccounts"]),
    (
        "glue",
        &[
            "BatchGetDataQualityResult",
            "GetMaterializedViewRefreshTaskRun",
            "ListDataQualityStatisticAnnotations",
            "ListDataQualityStatistics",
            "ListMaterializedViewRefreshTaskRuns",
        ],
    ),
    (
        "iotthingsgraph",
        &[
            "DescribeNamespace",
            "GetEntities",
            "GetFlowTemplate",
            "GetFlowTemplateRevisions",
            "GetNamespaceDeletionStatus",
            "GetSystemInstance",
            "GetSystemTemplate",
            "GetSystemTemplateRevisions",
            "GetUploadStatus",
            "ListFlowExecutionMessages",
            "ListTagsForResource",
            "SearchEntities",
            "SearchFlowExecutions",
            "SearchFlowTemplates",
            "SearchSystemInstances",
            "SearchSystemTemplates",
            "SearchThings",
        ],
    ),
    ("lexv2-models", &["ListBotAnalyzerHistory"]),
    ("logs", &["GetLogObject"]),
    ("rds", &["DescribeServerlessV2PlatformVersions"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    const POST: Manner<'_> = Manner { method: "POST", read_only: false };
    const GET: Manner<'_> = Manner { method: "GET", read_only: false };
    const READ_ONLY: Manner<'_> = Manner { method: "POST", read_only: true };

    #[test]
    fn a_read_has_two_witnesses() {
        assert_eq!(access("x", "GetThing", POST), Access::Unknown);
        assert_eq!(access("x", "GetThing", GET), Access::Read);
        assert_eq!(access("x", "BatchGetThing", READ_ONLY), Access::Read);
        assert_eq!(access("x", "ListThings", READ_ONLY), Access::List);
        assert_eq!(access("x", "Thing", GET), Access::Unknown);
        assert_eq!(access("x", "Getaway", READ_ONLY), Access::Unknown);
    }

    #[test]
    fn a_change_is_known_by_its_name_whatever_the_model_says() {
        for manner in [POST, GET, READ_ONLY] {
            assert_eq!(access("x", "StartThing", manner), Access::Write);
            assert_eq!(access("x", "BatchDeleteThing", manner), Access::Write);
            assert_eq!(access("x", "UntagResource", manner), Access::Tagging);
            assert_eq!(access("xray", "GetSamplingTargets", manner), Access::Write);
        }
    }

    #[test]
    fn every_listed_read_exists_and_iam_does_not_know_it() {
        let index = crate::Index::built();
        for (service, names) in READS {
            for name in *names {
                let operation = index.operation(service, name).unwrap_or_else(|error| panic!("{error}"));
                assert!(operation.iam_actions().is_empty(), "{service} {name}");
                assert!(!operation.access().is_mutating(), "{service} {name}");
            }
        }
    }
}
