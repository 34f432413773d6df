//! Where secrets stand, marked by the models or not.

use crate::given::{index, operation};

#[test]
fn secrets_that_models_do_not_mark_are_found() {
    for (service, name, path) in [
        ("amplify", "CreateApp", "/environmentVariables/*"),
        ("batch", "SubmitJob", "/containerOverrides/environment/*/value"),
        ("cloudformation", "CreateStack", "/Parameters/*/ParameterValue"),
        ("cloudformation", "UpdateStack", "/Parameters/*/ParameterValue"),
        ("codebuild", "StartBuild", "/environmentVariablesOverride/*/value"),
        ("docdb", "CreateDBCluster", "/MasterUserPassword"),
        ("elasticache", "ModifyReplicationGroup", "/AuthToken"),
        ("elasticbeanstalk", "UpdateEnvironment", "/OptionSettings/*/Value"),
        ("elbv2", "CreateListener", "/DefaultActions/*/AuthenticateOidcConfig/ClientSecret"),
        ("glue", "UpdateConnection", "/ConnectionInput/ConnectionProperties/*"),
        ("glue", "CreateJob", "/DefaultArguments/*"),
        ("lightsail", "CreateInstances", "/userData"),
        ("pinpoint", "UpdateGcmChannel", "/GCMChannelRequest/ApiKey"),
        ("sagemaker", "CreateTrainingJob", "/Environment/*"),
    ] {
        let operation = operation(service, name);
        let paths = operation.sensitive_paths();
        assert!(paths.iter().any(|found| found == path), "{service} {name}: {paths:?}");
    }
    for (service, name, path) in [
        ("appsync", "CreateApiKey", "/apiKey/id"),
        ("apigateway", "GetApiKey", "/value"),
        ("autoscaling", "DescribeLaunchConfigurations", "/LaunchConfigurations/*/UserData"),
        ("cloudformation", "DescribeStacks", "/Stacks/*/Parameters/*/ParameterValue"),
        ("gamelift", "GetComputeAccess", "/Credentials/SecretAccessKey"),
    ] {
        let operation = operation(service, name);
        let paths = operation.output_sensitive_paths();
        let covers = |found: &String| path == found || path.starts_with(&format!("{found}/"));
        assert!(paths.iter().any(covers), "{service} {name}: {paths:?}");
    }
}

#[test]
fn what_is_no_secret_stays_to_be_seen() {
    for (service, name) in [
        ("ssm", "GetParameter"),
        ("ecs", "UpdateService"),
        ("kms", "DescribeKey"),
        ("sqs", "ListQueues"),
        ("batch", "UpdateComputeEnvironment"),
        ("elasticbeanstalk", "DescribeEnvironments"),
        ("iam", "DeleteAccessKey"),
    ] {
        assert_eq!(operation(service, name).sensitive_paths(), Vec::<String>::new(), "{service} {name}");
    }
}

#[test]
fn no_path_comes_twice() {
    for service in ["amplify", "batch", "cloudformation", "codebuild", "glue", "rds", "sagemaker", "ssm"] {
        for name in index().operations(service).unwrap() {
            let operation = operation(service, &name);
            for paths in [operation.sensitive_paths(), operation.output_sensitive_paths()] {
                let mut unique = paths.to_vec();
                unique.sort();
                unique.dedup();
                assert_eq!(unique.len(), paths.len(), "{service} {name}: {paths:?}");
            }
        }
    }
}
