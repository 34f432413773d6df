//! Secrets that the models do not mark.
//!
//! Two sources: names that mean nothing but a secret, and a table of members that carry whatever their users put into them,
//! which is often one.

use crate::model::Kind;

/// Whether a member that the model does not mark holds secrets, as a whole or, if it is a map, in its values.
pub(super) fn is_secret(service: &str, shape: &str, member: &str, kind: &Kind) -> bool {
    let listed = KNOWN.contains(&(service, shape, member));
    match kind {
        Kind::Text(text) => listed || (text.values.is_empty() && sounds_secret(member)),
        Kind::Blob(_) => listed || sounds_secret(member),
        Kind::Map(_) => listed || is_environment(member),
        Kind::Structure(_)
        | Kind::Union(_)
        | Kind::List(_)
        | Kind::Boolean
        | Kind::Integer { .. }
        | Kind::Float { .. }
        | Kind::Timestamp(_)
        | Kind::Document => listed,
    }
}

/// Whether a list holds variables of an environment, each with a name and a value.
pub(super) fn is_environment(member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    lower == "env" || lower.ends_with("environment") || lower.contains("environmentvariables")
}

fn sounds_secret(member: &str) -> bool {
    const WORDS: &[&str] = &[
        "accesstoken",
        "authtoken",
        "clientsecret",
        "passphrase",
        "password",
        "privatekey",
        "refreshtoken",
        "secretaccesskey",
        "secretkey",
        "securitytoken",
        "sessiontoken",
        "sharedsecret",
        "serviceaccountsecret",
        "secrettoken",
    ];
    // What names a secret, tells of it or encrypts it, is none.
    const ABOUT: &[&str] = &[
        "arn",
        "arns",
        "blob",
        "button",
        "count",
        "days",
        "enabled",
        "field",
        "id",
        "identifier",
        "length",
        "link",
        "mode",
        "name",
        "param",
        "path",
        "policy",
        "role",
        "status",
        "type",
        "uri",
        "url",
        "verifier",
        "version",
        "xpath",
    ];
    let lower = member.to_ascii_lowercase();
    let is_one = lower == "secret" || lower == "apikey" || WORDS.iter().any(|word| lower.contains(word));
    is_one && !ABOUT.iter().any(|ending| lower.ends_with(ending))
}

/// Service, shape, member.
pub(super) const KNOWN: &[(&str, &str, &str)] = &[
    ("apigateway", "ApiKey", "value"),
    ("apigateway", "UsagePlanKey", "value"),
    ("appsync", "ApiKey", "id"),
    ("autoscaling", "CreateLaunchConfigurationType", "UserData"),
    ("autoscaling", "LaunchConfiguration", "UserData"),
    ("cloudformation", "Parameter", "ParameterValue"),
    ("datazone", "GlueConnection", "connectionProperties"),
    ("datazone", "GlueConnectionInput", "connectionProperties"),
    ("datazone", "GlueConnectionPatch", "connectionProperties"),
    ("ec2", "ScheduledInstancesLaunchSpecification", "UserData"),
    ("elasticbeanstalk", "ConfigurationOptionSetting", "Value"),
    ("glue", "Connection", "ConnectionProperties"),
    ("glue", "ConnectionInput", "ConnectionProperties"),
    ("glue", "CreateJobRequest", "DefaultArguments"),
    ("glue", "Job", "DefaultArguments"),
    ("glue", "JobUpdate", "DefaultArguments"),
    ("glue", "TestConnectionInput", "ConnectionProperties"),
    ("imagebuilder", "AdditionalInstanceConfiguration", "userDataOverride"),
    ("lightsail", "CreateInstancesFromSnapshotRequest", "userData"),
    ("lightsail", "CreateInstancesRequest", "userData"),
    ("lightsail", "InstanceEntry", "userData"),
    ("storagegateway", "ChapInfo", "SecretToAuthenticateInitiator"),
    ("storagegateway", "ChapInfo", "SecretToAuthenticateTarget"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_about_them() {
        for name in [
            "MasterUserPassword",
            "Password",
            "clientSecret",
            "privateKeyBase64",
            "AuthToken",
            "secret",
            "apiKey",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in [
            "PasswordArn",
            "MasterUserSecret",
            "secretArn",
            "NextToken",
            "PrivateKeyCiphertextBlob",
            "KeyId",
            "ApiKeyId",
        ] {
            assert!(!sounds_secret(name), "{name}");
        }
    }
}
