//! Operations whose IAM action is not named like them.
//!
//! Sources: the documentation that stands in the service models (`You must have the … permission`), else the service
//! authorization reference.

/// The IAM prefix of a service whose signing name, endpoint prefix and folder are all something else.
pub(super) fn iam_prefix(service: &str) -> Option<&'static str> {
    Some(match service {
        "apigateway" | "apigatewayv2" => "apigateway",
        "apigatewaymanagementapi" => "execute-api",
        "applicationcostprofiler" => "application-cost-profiler",
        "cloudcontrol" => "cloudformation",
        "cloudwatch" => "cloudwatch",
        "iot-data" | "iotsecuretunneling" => "iot",
        "iot-jobs-data" => "iotjobsdata",
        "iotevents-data" => "iotevents",
        "keyspaces" => "cassandra",
        "mturk" => "mechanicalturk",
        "partnercentral-account"
        | "partnercentral-benefits"
        | "partnercentral-channel"
        | "partnercentral-selling" => "partnercentral",
        "resourcegroupstaggingapi" => "tag",
        _ => return None,
    })
}

/// The names of the actions of an operation; with a prefix (`s3express:CreateSession`) where it is another service's.
pub(super) fn action_names<'a>(service: &str, operation: &'a str, method: &'a str) -> Vec<&'a str> {
    match service {
        "apigateway" | "apigatewayv2" => return vec![method],
        "budgets" => return vec![budget_action(operation).unwrap_or(operation)],
        "s3" | "s3control" => {
            return bucket_actions(operation).map_or_else(|| vec![operation], <[_]>::to_vec);
        }
        _ => {}
    }
    let found = RENAMED.binary_search_by(|(s, o, _)| (*s, *o).cmp(&(service, operation)));
    match found.ok().and_then(|at| RENAMED.get(at)) {
        Some((_, _, names)) => names.to_vec(),
        None => vec![operation],
    }
}

fn budget_action(operation: &str) -> Option<&'static str> {
    let subject = ["Budget", "Notification", "Subscriber"];
    if operation.contains("Action") || !subject.iter().any(|word| operation.contains(word)) {
        return None;
    }
    Some(if operation.starts_with("Describe") { "ViewBudget" } else { "ModifyBudget" })
}

/// Service, operation, actions; in ascending order. What reads or writes by the query that is given needs the actions of both.
pub(super) const RENAMED: &[(&str, &str, &[&str])] = &[
    ("accessanalyzer", "GetFindingV2", &["GetFinding"]),
    ("accessanalyzer", "ListFindingsV2", &["ListFindings"]),
    ("apigatewaymanagementapi", "DeleteConnection", &["ManageConnections"]),
    ("apigatewaymanagementapi", "GetConnection", &["ManageConnections"]),
    ("apigatewaymanagementapi", "PostToConnection", &["ManageConnections"]),
    ("batch", "CancelJobs", &["CancelJob"]),
    ("batch", "TerminateJobs", &["TerminateJob"]),
    ("batch", "TerminateServiceJobs", &["TerminateServiceJob"]),
    (
        "bcm-pricing-calculator",
        "BatchCreateBillScenarioCommitmentModification",
        &["CreateBillScenarioCommitmentModification"],
    ),
    (
        "bcm-pricing-calculator",
        "BatchCreateBillScenarioUsageModification",
        &["CreateBillScenarioUsageModification"],
    ),
    ("bcm-pricing-calculator", "BatchCreateWorkloadEstimateUsage", &["CreateWorkloadEstimateUsage"]),
    (
        "bcm-pricing-calculator",
        "BatchDeleteBillScenarioCommitmentModification",
        &["DeleteBillScenarioCommitmentModification"],
    ),
    (
        "bcm-pricing-calculator",
        "BatchDeleteBillScenarioUsageModification",
        &["DeleteBillScenarioUsageModification"],
    ),
    ("bcm-pricing-calculator", "BatchDeleteWorkloadEstimateUsage", &["DeleteWorkloadEstimateUsage"]),
    (
        "bcm-pricing-calculator",
        "BatchUpdateBillScenarioCommitmentModification",
        &["UpdateBillScenarioCommitmentModification"],
    ),
    (
        "bcm-pricing-calculator",
        "BatchUpdateBillScenarioUsageModification",
        &["UpdateBillScenarioUsageModification"],
    ),
    ("bcm-pricing-calculator", "BatchUpdateWorkloadEstimateUsage", &["UpdateWorkloadEstimateUsage"]),
    ("bedrock-agent-runtime", "RetrieveAndGenerateStream", &["RetrieveAndGenerate"]),
    ("bedrock-runtime", "Converse", &["InvokeModel"]),
    ("bedrock-runtime", "ConverseStream", &["InvokeModelWithResponseStream"]),
    ("bedrock-runtime", "StartAsyncInvoke", &["InvokeModel"]),
    ("cloudfront", "CreateDistributionWithTags", &["CreateDistribution", "TagResource"]),
    ("cloudsearchdomain", "UploadDocuments", &["document"]),
    ("cloudtrail", "ListInsightsMetricData", &["ListInsightsData", "LookupEvents"]),
    ("connectcases", "BatchCreateRelatedItem", &["CreateRelatedItem"]),
    ("connectcases", "BatchUpdateCase", &["UpdateCase"]),
    ("dms", "DescribeDataProviders", &["ListDataProviders"]),
    ("dms", "DescribeExtensionPackAssociations", &["ListExtensionPacks"]),
    ("dms", "DescribeInstanceProfiles", &["ListInstanceProfiles"]),
    ("dms", "DescribeMetadataModelAssessments", &["ListMetadataModelAssessments"]),
    ("dms", "DescribeMetadataModelConversions", &["ListMetadataModelConversions"]),
    ("dms", "DescribeMetadataModelExportsAsScript", &["ListMetadataModelExports"]),
    ("dms", "DescribeMetadataModelExportsToTarget", &["ListMetadataModelExports"]),
    ("dms", "DescribeMigrationProjects", &["ListMigrationProjects"]),
    ("dms", "ModifyConversionConfiguration", &["UpdateConversionConfiguration"]),
    ("dms", "ModifyDataProvider", &["UpdateDataProvider"]),
    ("dms", "ModifyInstanceProfile", &["UpdateInstanceProfile"]),
    ("dms", "ModifyMigrationProject", &["UpdateMigrationProject"]),
    ("dms", "StartExtensionPackAssociation", &["AssociateExtensionPack"]),
    ("dms", "StartMetadataModelExportAsScript", &["StartMetadataModelExportAsScripts"]),
    (
        "dynamodb",
        "BatchExecuteStatement",
        &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
    ),
    ("dynamodb", "ExecuteStatement", &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"]),
    ("dynamodb", "ExecuteTransaction", &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"]),
    ("dynamodb", "TransactGetItems", &["GetItem"]),
    ("dynamodb", "TransactWriteItems", &["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"]),
    ("ecr", "ListImageReferrers", &["BatchGetImage"]),
    ("glue", "GetUnfilteredPartitionMetadata", &["GetPartition"]),
    ("glue", "GetUnfilteredPartitionsMetadata", &["GetPartitions"]),
    ("glue", "GetUnfilteredTableMetadata", &["GetTable"]),
    ("keyspaces", "CreateKeyspace", &["Create"]),
    ("keyspaces", "CreateTable", &["Create"]),
    ("keyspaces", "CreateType", &["Create"]),
    ("keyspaces", "DeleteKeyspace", &["Drop"]),
    ("keyspaces", "DeleteTable", &["Drop"]),
    ("keyspaces", "DeleteType", &["Drop"]),
    ("keyspaces", "GetKeyspace", &["Select"]),
    ("keyspaces", "GetTable", &["Select"]),
    (
        "keyspaces",
        "GetTableAutoScalingSettings",
        &[
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "Select",
        ],
    ),
    ("keyspaces", "GetType", &["Select"]),
    ("keyspaces", "ListKeyspaces", &["Select"]),
    ("keyspaces", "ListTables", &["Select"]),
    ("keyspaces", "ListTagsForResource", &["Select"]),
    ("keyspaces", "ListTypes", &["Select"]),
    ("keyspaces", "RestoreTable", &["Restore"]),
    (
        "keyspaces",
        "UpdateKeyspace",
        &[
            "Alter",
            "AlterMultiRegionResource",
            "Create",
            "CreateMultiRegionResource",
            "Modify",
            "ModifyMultiRegionResource",
            "Select",
            "SelectMultiRegionResource",
        ],
    ),
    ("keyspaces", "UpdateTable", &["Alter"]),
    ("kms", "ReEncrypt", &["ReEncryptFrom", "ReEncryptTo"]),
    ("lambda", "GetLayerVersionByArn", &["GetLayerVersion"]),
    ("lambda", "Invoke", &["InvokeFunction"]),
    ("lambda", "InvokeWithResponseStream", &["InvokeFunction"]),
    ("lexv2-models", "ListUtteranceAnalyticsData", &["ListAggregatedUtterances"]),
    ("lexv2-models", "ListUtteranceMetrics", &["ListAggregatedUtterances"]),
    ("marketplace-catalog", "BatchDescribeEntities", &["DescribeEntity"]),
    ("neptune-graph", "ExecuteQuery", &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"]),
    ("neptune-graph", "GetQuery", &["GetQueryStatus"]),
    ("neptunedata", "CancelGremlinQuery", &["CancelQuery"]),
    ("neptunedata", "CancelOpenCypherQuery", &["CancelQuery"]),
    ("neptunedata", "DeletePropertygraphStatistics", &["DeleteStatistics"]),
    ("neptunedata", "DeleteSparqlStatistics", &["DeleteStatistics"]),
    ("neptunedata", "ExecuteFastReset", &["ResetDatabase"]),
    (
        "neptunedata",
        "ExecuteGremlinExplainQuery",
        &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"],
    ),
    (
        "neptunedata",
        "ExecuteGremlinProfileQuery",
        &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"],
    ),
    ("neptunedata", "ExecuteGremlinQuery", &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"]),
    (
        "neptunedata",
        "ExecuteOpenCypherExplainQuery",
        &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"],
    ),
    (
        "neptunedata",
        "ExecuteOpenCypherQuery",
        &["DeleteDataViaQuery", "ReadDataViaQuery", "WriteDataViaQuery"],
    ),
    ("neptunedata", "GetGremlinQueryStatus", &["GetQueryStatus"]),
    ("neptunedata", "GetMLDataProcessingJob", &["GetMLDataProcessingJobStatus"]),
    ("neptunedata", "GetMLEndpoint", &["GetMLEndpointStatus"]),
    ("neptunedata", "GetMLModelTrainingJob", &["GetMLModelTrainingJobStatus"]),
    ("neptunedata", "GetMLModelTransformJob", &["GetMLModelTransformJobStatus"]),
    ("neptunedata", "GetOpenCypherQueryStatus", &["GetQueryStatus"]),
    ("neptunedata", "GetPropertygraphStatistics", &["GetStatisticsStatus"]),
    ("neptunedata", "GetPropertygraphStream", &["GetStreamRecords"]),
    ("neptunedata", "GetPropertygraphSummary", &["GetGraphSummary"]),
    ("neptunedata", "GetRDFGraphSummary", &["GetGraphSummary"]),
    ("neptunedata", "GetSparqlStatistics", &["GetStatisticsStatus"]),
    ("neptunedata", "GetSparqlStream", &["GetStreamRecords"]),
    ("neptunedata", "ListGremlinQueries", &["GetQueryStatus"]),
    ("neptunedata", "ListOpenCypherQueries", &["GetQueryStatus"]),
    ("neptunedata", "ManagePropertygraphStatistics", &["ManageStatistics"]),
    ("neptunedata", "ManageSparqlStatistics", &["ManageStatistics"]),
    ("qapps", "CreatePresignedUrl", &["ImportDocument"]),
    ("securityhub", "BatchUpdateFindingsV2", &["BatchUpdateFindings"]),
    ("securityhub", "GetFindingStatisticsV2", &["GetAdhocInsightResults"]),
    ("securityhub", "GetFindingsV2", &["GetFindings"]),
    ("sns", "PublishBatch", &["Publish"]),
    ("sqs", "ChangeMessageVisibilityBatch", &["ChangeMessageVisibility"]),
    ("sqs", "DeleteMessageBatch", &["DeleteMessage"]),
    ("sqs", "SendMessageBatch", &["SendMessage"]),
    ("ssm", "DeregisterDefaultHostManagementConfiguration", &["GetServiceSetting", "ResetServiceSetting"]),
    ("ssm", "RegisterDefaultHostManagementConfiguration", &["GetServiceSetting", "UpdateServiceSetting"]),
    ("taxsettings", "BatchGetTaxExemptions", &["GetExemptions"]),
    ("taxsettings", "GetTaxExemptionTypes", &["GetExemptions"]),
    ("taxsettings", "ListTaxExemptions", &["GetExemptions"]),
    ("taxsettings", "PutTaxExemption", &["UpdateExemptions"]),
    ("verifiedpermissions", "BatchGetPolicy", &["GetPolicy"]),
    ("verifiedpermissions", "BatchIsAuthorized", &["IsAuthorized"]),
    ("verifiedpermissions", "BatchIsAuthorizedWithToken", &["IsAuthorizedWithToken"]),
    ("vpc-lattice", "BatchUpdateRule", &["UpdateRule"]),
];

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
        "CreateBucketMetadataConfiguration" => &["CreateBucketMetadataTableConfiguration"],
        "DeleteBucketMetadataConfiguration" => &["DeleteBucketMetadataTableConfiguration"],
        "GetBucketMetadataConfiguration" => &["GetBucketMetadataTableConfiguration"],
        "ListDirectoryBuckets" => &["s3express:ListAllMyDirectoryBuckets"],
        "RenameObject" => &["s3express:CreateSession"],
        "SelectObjectContent" => &["GetObject"],
        "WriteGetObjectResponse" => &["s3-object-lambda:WriteGetObjectResponse"],
        "DeleteAccessPointScope" => &["s3express:DeleteAccessPointScope"],
        "GetAccessPointScope" => &["s3express:GetAccessPointScope"],
        "GetBucket" => &["s3-outposts:GetBucket"],
        "ListAccessPointsForDirectoryBuckets" => &["s3express:ListAccessPointsForDirectoryBuckets"],
        "ListRegionalBuckets" => &["s3-outposts:ListRegionalBuckets"],
        "PutAccessPointScope" => &["s3express:PutAccessPointScope"],
        _ => return None,
    })
}
