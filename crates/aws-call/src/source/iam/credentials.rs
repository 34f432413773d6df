//! Operations that hand out credentials: keys, tokens, passwords, private keys, and URLs that sign in whoever opens them.
//!
//! IAM calls many of them reads. URLs that only carry the data which the operation itself reads are not among them.

/// Whether an operation hands out credentials, by the tables or by its name, whatever else it does.
pub(super) fn hands_out(service: &str, operation: &str) -> bool {
    let call = (service, operation);
    service == "sts"
        || KNOWN.contains(&call)
        || LATER.contains(&call)
        || (sounds_so(operation) && !HARMLESS.contains(&call))
}

/// Operations of models to come are known by their names only. The list is wide: what it takes in too much needs an approval
/// that it could do without.
fn sounds_so(operation: &str) -> bool {
    const GIVING: &[&str] =
        &["Acquire", "Assume", "BatchGet", "Create", "Exchange", "Generate", "Get", "Issue", "Retrieve"];
    const GIVEN: &[&str] = &[
        "AccessKey",
        "AccessKeys",
        "ApiKey",
        "AuthCode",
        "AuthToken",
        "LoginUrl",
        "Password",
        "PresignedUrl",
        "PresignedURL",
        "SecretValue",
        "Token",
        "TokenWithIAM",
        "TokenWithTokenExchange",
        "UiUrl",
    ];
    GIVING.iter().any(|verb| operation.starts_with(verb))
        && (operation.contains("Credentials") || GIVEN.iter().any(|noun| operation.ends_with(noun)))
}

/// Operations that sound so, but give nothing to sign in with.
const HARMLESS: &[(&str, &str)] = &[
    // A token that must be shown in public DNS.
    ("ec2", "CreateIpamExternalResourceVerificationToken"),
    // The ids of keys, without their secrets.
    ("lightsail", "GetBucketAccessKeys"),
    // A fresh password that opens nothing.
    ("secretsmanager", "GetRandomPassword"),
    // A ticket for the next change of a web ACL, which needs credentials of its own.
    ("waf", "GetChangeToken"),
    ("waf-regional", "GetChangeToken"),
];

/// Operations of the pinned models.
pub(super) const KNOWN: &[(&str, &str)] = &[
    ("acm", "ExportCertificate"),
    ("amplifybackend", "GetToken"),
    ("apigateway", "CreateApiKey"),
    ("apigateway", "GetApiKey"),
    ("apigateway", "GetApiKeys"),
    ("apigateway", "GetUsagePlanKey"),
    ("apigateway", "GetUsagePlanKeys"),
    ("appstream", "CreateStreamingURL"),
    ("appsync", "CreateApiKey"),
    ("appsync", "ListApiKeys"),
    ("bedrock-agentcore", "CompleteResourceTokenAuth"),
    ("bedrock-agentcore", "GetResourceApiKey"),
    ("bedrock-agentcore", "GetResourceOauth2Token"),
    ("bedrock-agentcore", "GetResourcePaymentToken"),
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
    ("connectparticipant", "CreateParticipantConnection"),
    ("connectparticipant", "GetAuthenticationUrl"),
    ("datazone", "GetEnvironmentCredentials"),
    ("datazone", "GetIamPortalLoginUrl"),
    ("ec2", "CreateKeyPair"),
    ("ec2", "GetPasswordData"),
    ("ecr", "GetAuthorizationToken"),
    ("ecr-public", "GetAuthorizationToken"),
    ("ecs", "ExecuteCommand"),
    ("eks-auth", "AssumeRoleForPodIdentity"),
    ("emr", "GetClusterSessionCredentials"),
    ("emr", "GetOnClusterAppUIPresignedURL"),
    ("emr", "GetPersistentAppUIPresignedURL"),
    ("emr-containers", "GetManagedEndpointSessionCredentials"),
    ("emr-serverless", "GetDashboardForJobRun"),
    ("emr-serverless", "GetSessionEndpoint"),
    ("finspace", "GetKxConnectionString"),
    ("finspace-data", "GetProgrammaticAccessCredentials"),
    ("gamelift", "GetComputeAccess"),
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
    ("ivs", "BatchGetStreamKey"),
    ("ivs", "CreateStreamKey"),
    ("ivs", "GetStreamKey"),
    ("ivs-realtime", "CreateParticipantToken"),
    ("ivschat", "CreateChatToken"),
    ("kinesis-video-signaling", "GetIceServerConfig"),
    ("kinesisanalyticsv2", "CreateApplicationPresignedUrl"),
    ("lakeformation", "AssumeDecoratedRoleWithSAML"),
    ("lakeformation", "GetTemporaryDataLocationCredentials"),
    ("lakeformation", "GetTemporaryGluePartitionCredentials"),
    ("lakeformation", "GetTemporaryGlueTableCredentials"),
    ("license-manager", "CreateToken"),
    ("license-manager", "GetAccessToken"),
    ("lightsail", "CreateBucketAccessKey"),
    ("lightsail", "CreateContainerServiceRegistryLogin"),
    ("lightsail", "CreateKeyPair"),
    ("lightsail", "DownloadDefaultKeyPair"),
    ("lightsail", "GetInstanceAccessDetails"),
    ("lightsail", "GetRelationalDatabaseMasterUserPassword"),
    ("location", "CreateKey"),
    ("location", "DescribeKey"),
    ("m2", "GetSignedBluinsightsUrl"),
    ("mediapackage", "RotateChannelCredentials"),
    ("mediapackage", "RotateIngestEndpointCredentials"),
    ("mwaa", "CreateCliToken"),
    ("mwaa", "CreateWebLoginToken"),
    ("pca-connector-scep", "CreateChallenge"),
    ("pca-connector-scep", "GetChallengePassword"),
    ("quicksight", "GenerateEmbedUrlForAnonymousUser"),
    ("quicksight", "GenerateEmbedUrlForRegisteredUser"),
    ("quicksight", "GenerateEmbedUrlForRegisteredUserWithIdentity"),
    ("quicksight", "GetDashboardEmbedUrl"),
    ("quicksight", "GetSessionEmbedUrl"),
    ("redshift", "GetClusterCredentials"),
    ("redshift", "GetClusterCredentialsWithIAM"),
    ("redshift", "GetIdentityCenterAuthToken"),
    ("redshift-serverless", "GetCredentials"),
    ("redshift-serverless", "GetIdentityCenterAuthToken"),
    ("route53domains", "RetrieveDomainAuthCode"),
    ("route53globalresolver", "CreateAccessToken"),
    ("s3", "CreateSession"),
    ("s3control", "GetDataAccess"),
    ("sagemaker", "CreatePartnerAppPresignedUrl"),
    ("sagemaker", "CreatePresignedDomainUrl"),
    ("sagemaker", "CreatePresignedNotebookInstanceUrl"),
    ("secretsmanager", "BatchGetSecretValue"),
    ("secretsmanager", "GetSecretValue"),
    ("signin", "CreateOAuth2Token"),
    ("ssm", "GetAccessToken"),
    ("ssm", "ResumeSession"),
    ("ssm", "StartSession"),
    ("sso", "GetRoleCredentials"),
    ("sso-oidc", "CreateToken"),
    ("sso-oidc", "CreateTokenWithIAM"),
    ("sso-oidc", "StartDeviceAuthorization"),
    ("storagegateway", "DescribeChapCredentials"),
];

/// Operations of later models, whose names do not say it.
const LATER: &[(&str, &str)] = &[
    ("evs", "GetDepotUrl"),
    ("glue", "GetDashboardUrl"),
    ("glue", "GetSessionEndpoint"),
    ("iam", "AcquireRole"),
];
