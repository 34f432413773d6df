//! Operations that change something although IAM counts their actions among the reads.
//!
//! IAM's levels say who needs which permission, not whether a call leaves everything as it was. A read may be sent again, and
//! is sent without anyone's approval, so here it counts as one only if its name begins with a verb of reading and it is not
//! listed.

/// Whether an operation that IAM calls a read is to be treated as a change.
pub(super) fn changes(service: &str, operation: &str) -> bool {
    let call = (service, operation);
    if CHANGES.iter().any(|(service, operation, _)| (*service, *operation) == call) {
        return true;
    }
    let plain = ["Admin", "Batch", "Transact"].iter().find_map(|prefix| operation.strip_prefix(prefix));
    !READING.contains(&verb(plain.unwrap_or(operation))) && !READS.contains(&call)
}

/// The first word of a name in camel case.
pub(super) fn verb(operation: &str) -> &str {
    let end = operation.char_indices().skip(1).find(|(_, character)| character.is_uppercase());
    operation.get(..end.map_or(operation.len(), |(at, _)| at)).unwrap_or(operation)
}

/// Verbs that begin the names of operations which leave everything as it was.
const READING: &[&str] = &[
    "Analyze",
    "Calculate",
    "Check",
    "Classify",
    "Compare",
    "Contains",
    "Count",
    "Describe",
    "Detect",
    "Discover",
    "Download",
    "Estimate",
    "Evaluate",
    "Filter",
    "Find",
    "Geocode",
    "Get",
    "Head",
    "Infer",
    "Is",
    "List",
    "Lookup",
    "Peek",
    "Predict",
    "Preview",
    "Query",
    "Read",
    "Recognize",
    "Render",
    "Resolve",
    "Retrieve",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Suggest",
    "Summarize",
    "Test",
    "Translate",
    "Validate",
    "View",
];

/// Reads whose names begin with another verb.
const READS: &[(&str, &str)] = &[
    ("amplifyuibuilder", "ExportComponents"),
    ("amplifyuibuilder", "ExportForms"),
    ("amplifyuibuilder", "ExportThemes"),
    ("apigatewayv2", "ExportApi"),
    ("backup", "ExportBackupPlanTemplate"),
    ("bedrock", "ExportAutomatedReasoningPolicyVersion"),
    ("bedrock-runtime", "ApplyGuardrail"),
    // It resolves a name and compares.
    ("cloudfront", "VerifyDnsConfiguration"),
    ("ec2", "ExportClientVpnClientCertificateRevocationList"),
    ("ec2", "ExportClientVpnClientConfiguration"),
    ("ec2", "ExportVerifiedAccessInstanceClientConfiguration"),
    ("geo-places", "Autocomplete"),
    ("geo-places", "ReverseGeocode"),
    ("geo-routes", "OptimizeWaypoints"),
    ("geo-routes", "SnapToRoads"),
    // Their query language has nothing but SELECT.
    ("iotsitewise", "ExecuteQuery"),
    ("iottwinmaker", "ExecuteQuery"),
    ("kendra-ranking", "Rescore"),
    ("location", "ForecastGeofenceEvents"),
    ("location", "VerifyDevicePosition"),
    // A query runs for its answer only; stopping one that somebody else waits for is no read.
    ("internetmonitor", "StartQuery"),
    ("logs", "StartQuery"),
    ("mediaconvert", "Probe"),
    ("pinpoint", "PhoneNumberValidate"),
    ("pinpoint-sms-voice-v2", "CarrierLookup"),
    ("polly", "SynthesizeSpeech"),
    ("schemas", "ExportSchema"),
    ("timestream-query", "PrepareQuery"),
    ("wellarchitected", "ExportLens"),
];

/// Changes whose names begin with a verb of reading, each with what it does.
pub(super) const CHANGES: &[(&str, &str, &str)] = &[
    ("auditmanager", "GetEvidenceFileUploadUrl", "hands out a URL that takes an upload"),
    ("cloudformation", "DetectStackDrift", "starts a detection, whose result replaces the last one"),
    ("cloudformation", "DetectStackResourceDrift", "starts a detection, whose result replaces the last one"),
    ("cloudformation", "DetectStackSetDrift", "starts an operation that holds up others on the stack set"),
    ("dms", "TestConnection", "starts a test, whose result replaces the last one"),
    ("ec2", "GetFlowLogsIntegrationTemplate", "writes a template into a bucket"),
    ("groundstation", "GetAgentTaskResponseUrl", "hands out a URL that takes an upload"),
    ("iot", "TestInvokeAuthorizer", "runs a function of the account"),
    ("sagemaker", "GetScalingConfigurationRecommendation", "starts a job"),
    ("taxsettings", "GetTaxRegistrationDocument", "writes documents into a bucket"),
    ("transfer", "TestIdentityProvider", "runs a function of the account"),
    ("xray", "GetSamplingTargets", "reports what was sampled, by which quotas are shared out"),
];

/// Operations that only return something, as their documentation and their name say, although IAM counts their actions among
/// the changes. Not here: what computes with a key, runs code or a model, or reaches a system elsewhere; there IAM's word
/// stands.
pub(super) const ONLY_READS: &[(&str, &str)] = &[
    ("apigatewaymanagementapi", "GetConnection"),
    ("appfabric", "BatchGetUserAccessTasks"),
    ("bcm-pricing-calculator", "ListTagsForResource"),
    ("billing", "GetResourcePolicy"),
    ("glue", "DescribeConnectionType"),
    ("glue", "ListConnectionTypes"),
    ("quicksight", "DescribeTopicPermissions"),
    ("route53globalresolver", "ListTagsForResource"),
    ("ssm-sap", "GetResourcePermission"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_the_first_word() {
        assert_eq!(verb("ListObjectsV2"), "List");
        assert_eq!(verb("Query"), "Query");
        assert_eq!(verb("GetAPI"), "Get");
    }

    #[test]
    fn a_listed_read_does_not_begin_with_a_verb_of_reading() {
        for (service, operation) in READS {
            assert!(!READING.contains(&verb(operation)), "{service} {operation}");
        }
    }

    #[test]
    fn only_verbs_of_reading_are_believed() {
        for (service, operation) in [
            ("sqs", "ReceiveMessage"),
            ("x", "CancelThing"),
            ("x", "InvokeThing"),
            ("x", "BatchPut"),
            ("x", "Getaway"),
        ] {
            assert!(changes(service, operation), "{operation}");
        }
        for (service, operation) in [("x", "GetThing"), ("x", "BatchGetThing"), ("logs", "StartQuery")] {
            assert!(!changes(service, operation), "{operation}");
        }
    }
}
