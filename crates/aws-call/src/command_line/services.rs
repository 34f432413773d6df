//! Names of services and operations on a command line, and commands that are no single API call.
//!
//! Source: the customisations of awscli (`awscli/customizations`), versions 1.45.11 and 1.46.3; for version 2 the AWS CLI's
//! command reference.

use super::{
    error::{CommandError, CommandFault},
    names::{hyphenated, operation_name},
};
use crate::{Index, nearest::nearest};

/// A service's name on a command line, where it is not that of its botocore folder.
const RENAMED_SERVICES: &[(&str, &str)] =
    &[("s3api", "s3"), ("configservice", "config"), ("deploy", "codedeploy")];

/// A name that a service has beside that of its folder.
const FURTHER_SERVICE_NAMES: &[(&str, &str)] = &[("runtime.sagemaker", "sagemaker-runtime")];

/// Another name of an operation: service, name on the command line, operation.
const OTHER_OPERATION_NAMES: &[(&str, &str, &str)] = &[
    ("cloudwatch", "get-o-tel-enrichment", "GetOTelEnrichment"),
    ("cloudwatch", "start-o-tel-enrichment", "StartOTelEnrichment"),
    ("cloudwatch", "stop-o-tel-enrichment", "StopOTelEnrichment"),
    ("mturk", "list-hi-ts-for-qualification-type", "ListHITsForQualificationType"),
    ("socialmessaging", "delete-whatsapp-media-message", "DeleteWhatsAppMessageMedia"),
    ("signin", "create-o-auth2-token", "CreateOAuth2Token"),
    ("emr", "terminate-clusters", "TerminateJobFlows"),
    ("rds", "add-option-to-option-group", "ModifyOptionGroup"),
    ("rds", "remove-option-from-option-group", "ModifyOptionGroup"),
];

const CALL: &str = "give the call itself: service, operation and parameters";

/// Operations that have no command: service, name that the rules would give, and what to use.
const REMOVED: &[(&str, &str, &str)] = &[
    ("ses", "delete-verified-email-address", "use `ses delete-identity`"),
    ("ses", "list-verified-email-addresses", "use `ses list-identities`"),
    ("ses", "verify-email-address", "use `ses verify-email-identity`"),
    ("ec2", "import-instance", "use `ec2 import-image`"),
    ("ec2", "import-volume", "use `ec2 import-snapshot`"),
    ("emr", "run-job-flow", CALL),
    ("emr", "describe-job-flows", "use `emr list-clusters`"),
    ("emr", "add-job-flow-steps", CALL),
    ("emr", "terminate-job-flows", "use `emr terminate-clusters`"),
    ("emr", "list-bootstrap-actions", CALL),
    ("emr", "list-instance-groups", CALL),
    ("emr", "set-termination-protection", CALL),
    ("emr", "set-keep-job-flow-alive-when-no-steps", CALL),
    ("emr", "set-visible-to-all-users", CALL),
    ("emr", "set-unhealthy-node-replacement", CALL),
    (
        "rds",
        "modify-option-group",
        "use `rds add-option-to-option-group` or `rds remove-option-from-option-group`",
    ),
];

/// Commands that awscli makes of several calls, of local files or of none: service, command, what to use.
const NOT_ONE_CALL: &[(&str, &str, &str)] = &[
    ("cloudformation", "package", "upload the parts with `s3api put-object` and name them in the template"),
    (
        "cloudformation",
        "deploy",
        "use `cloudformation create-change-set` and `cloudformation execute-change-set`",
    ),
    ("cloudfront", "sign", ""),
    ("cloudtrail", "create-subscription", "use `cloudtrail create-trail` and `cloudtrail start-logging`"),
    ("cloudtrail", "update-subscription", "use `cloudtrail update-trail`"),
    ("cloudtrail", "validate-logs", ""),
    ("codeartifact", "login", "use `codeartifact get-authorization-token`"),
    ("codecommit", "credential-helper", ""),
    ("configservice", "get-status", "use `configservice describe-configuration-recorder-status`"),
    (
        "configservice",
        "subscribe",
        "use `configservice put-delivery-channel` and `configservice put-configuration-recorder`",
    ),
    ("datapipeline", "list-runs", "use `datapipeline query-objects`"),
    ("datapipeline", "create-default-roles", "use `iam create-role`"),
    ("deploy", "push", "use `s3api put-object` and `deploy register-application-revision`"),
    ("deploy", "register", "use `deploy register-on-premises-instance`"),
    ("deploy", "deregister", "use `deploy deregister-on-premises-instance`"),
    ("deploy", "install", ""),
    ("deploy", "uninstall", ""),
    ("dlm", "create-default-role", "use `iam create-role`"),
    ("ecr", "get-login", "use `ecr get-authorization-token`"),
    ("ecr", "get-login-password", "use `ecr get-authorization-token`"),
    ("ecr-public", "get-login-password", "use `ecr-public get-authorization-token`"),
    ("ecs", "deploy", "use `ecs register-task-definition` and `deploy create-deployment`"),
    ("eks", "get-token", ""),
    ("eks", "update-kubeconfig", "use `eks describe-cluster`"),
    ("emr", "create-default-roles", "use `iam create-role`"),
    ("emr", "create-hbase-backup", ""),
    ("emr", "disable-hbase-backups", ""),
    ("emr", "get", ""),
    ("emr", "put", ""),
    ("emr", "restore-from-hbase-backup", ""),
    ("emr", "schedule-hbase-backup", ""),
    ("emr", "socks", ""),
    ("emr", "ssh", ""),
    ("ec2-instance-connect", "open-tunnel", ""),
    ("ec2-instance-connect", "ssh", ""),
    ("emr-containers", "update-role-trust-policy", "use `iam update-assume-role-policy`"),
    ("gamelift", "get-game-session-log", "use `gamelift get-game-session-log-url`"),
    ("gamelift", "upload-build", "use `gamelift create-build`"),
    ("logs", "start-live-tail", "use `logs filter-log-events`"),
    ("logs", "tail", "use `logs filter-log-events`"),
    ("rds", "generate-db-auth-token", ""),
    (
        "servicecatalog",
        "generate",
        "use `servicecatalog create-product` or `servicecatalog provision-product`",
    ),
];

/// Commands whose options awscli translates in ways of its own: service, command, operation.
const TRANSLATED: &[(&str, &str, &str)] = &[
    ("emr", "create-cluster", "RunJobFlow"),
    ("emr", "add-steps", "AddJobFlowSteps"),
    ("emr", "add-instance-groups", "AddInstanceGroups"),
    ("emr", "install-applications", "AddJobFlowSteps"),
    ("emr", "modify-cluster-attributes", "SetTerminationProtection"),
];

/// What awscli does beside calling services.
const NO_SERVICES: &[(&str, &str)] = &[
    ("configure", "settings of the client are not part of a call"),
    ("history", "it shows what the client did before"),
    ("help", "it shows documentation"),
    ("login", "credentials are not part of a call"),
    ("logout", "credentials are not part of a call"),
    ("ddb", "use `dynamodb`"),
    ("sdb", "it must be enabled in the settings of the client"),
];

/// The botocore folder of the service called `name` on a command line.
///
/// # Errors
/// When there is none, or the command is no service.
pub(super) fn service(index: &Index, name: &str) -> Result<String, CommandError> {
    if let Some((_, why)) = NO_SERVICES.iter().find(|(known, _)| *known == name) {
        return Err(CommandError::new(CommandFault::NotOneCall, format!("`aws {name}` calls no service"))
            .instead(*why));
    }
    let other_names = || RENAMED_SERVICES.iter().chain(FURTHER_SERVICE_NAMES);
    if let Some((_, folder)) = other_names().find(|(typed, _)| *typed == name) {
        return Ok((*folder).to_owned());
    }
    let services = index.services();
    let renamed = typed_service(name);
    if renamed == name && services.contains(&name) {
        return Ok(name.to_owned());
    }
    let nearest = if renamed == name {
        nearest(name, services.into_iter().chain(other_names().map(|(typed, _)| *typed)))
    } else {
        Some(renamed.to_owned())
    };
    // What stands in its place may be the value of an option that stands before it, so it is not repeated.
    let error = CommandError::new(CommandFault::UnknownService, "there is no service of this name");
    Err(error.instead("write service and operation before their options").did_you_mean(nearest))
}

/// The name that awscli gives the service on a command line.
pub(super) fn typed_service(folder: &str) -> &str {
    RENAMED_SERVICES.iter().find(|(_, renamed)| *renamed == folder).map_or(folder, |(typed, _)| typed)
}

/// The operation that a command of a service stands for.
///
/// # Errors
/// When there is none, or the command is not one call.
pub(super) fn operation(index: &Index, folder: &str, command: &str) -> Result<String, CommandError> {
    let typed = typed_service(folder);
    let here = |listed: &(&str, &str, &str)| listed.0 == typed && listed.1 == command;
    if command == "wait" {
        return Err(not_one_call(
            &format!("{typed} wait"),
            "it asks until a condition holds: use the describing command, as often as needed",
        ));
    }
    if let Some((_, _, instead)) = NOT_ONE_CALL.iter().find(|listed| here(listed)) {
        return Err(not_one_call(&format!("{typed} {command}"), instead));
    }
    if let Some((_, _, instead)) = REMOVED.iter().find(|listed| here(listed)) {
        let error = CommandError::new(
            CommandFault::UnknownOperation,
            format!("awscli has no command `{typed} {command}`, though there is such an operation"),
        );
        return Err(error.instead(*instead));
    }
    if let Some((_, _, operation)) = TRANSLATED.iter().find(|listed| here(listed)) {
        let message = format!("`{typed} {command}` has options that awscli translates in its own way");
        return Err(CommandError::new(CommandFault::NotOneCall, message).instead(format!(
            "give the call itself: service `{folder}`, operation `{operation}` and its parameters"
        )));
    }
    if let Some((_, _, operation)) = OTHER_OPERATION_NAMES.iter().find(|listed| here(listed)) {
        return Ok((*operation).to_owned());
    }
    let operations = index.operations(folder)?;
    let named =
        |operation: &&String| operation_name(operation) == command || hyphenated(operation) == command;
    // Only hyphens and case are between the two forms; hyphenating hundreds of names takes longer than all the rest.
    let letters = |name: &str| name.replace('-', "").to_ascii_lowercase();
    let wanted = letters(command);
    if let Some(operation) = operations.iter().filter(|name| letters(name) == wanted).find(named) {
        return Ok(operation.clone());
    }
    let typed_names: Vec<String> = operations.iter().map(|operation| operation_name(operation)).collect();
    // As with services, it may be a value.
    Err(CommandError::new(CommandFault::UnknownOperation, format!("`{typed}` has no command of this name"))
        .did_you_mean(nearest(command, typed_names.iter().map(String::as_str))))
}

fn not_one_call(command: &str, instead: &str) -> CommandError {
    let error =
        CommandError::new(CommandFault::NotOneCall, format!("`aws {command}` stands for no single API call"));
    if instead.is_empty() { error } else { error.instead(instead) }
}
