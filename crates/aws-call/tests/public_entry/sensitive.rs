//! Where secrets stand, marked by the models or not.

use aws_call::Leaf;
use serde_json::Value;

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

#[test]
fn an_example_has_every_sensitive_place_once() {
    for service in ["cloudfront", "ecs", "glue", "lambda", "rds", "ssm", "wafv2"] {
        for name in index().operations(service).unwrap() {
            let operation = operation(service, &name);
            let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
            operation.example_input(&mut |leaf| seen(&mut inputs, leaf));
            operation.example_output(&mut |leaf| seen(&mut outputs, leaf));
            let (marked, given) = (operation.sensitive_paths(), operation.output_sensitive_paths());
            for (secrets, places) in [(marked, inputs), (given, outputs)] {
                let covers = |secret: &str| places.iter().any(|place| place.starts_with(secret));
                let missing: Vec<_> = secrets.iter().filter(|secret| !covers(secret)).collect();
                assert!(missing.is_empty(), "{service} {name}: {missing:?}");
                let mut unique = places.clone();
                unique.sort();
                unique.dedup();
                assert_eq!(unique.len(), places.len(), "{service} {name}");
            }
        }
    }
}

fn seen(places: &mut Vec<String>, leaf: &Leaf<'_>) -> Value {
    assert!(leaf.path.trim_end_matches("/*").ends_with(leaf.member), "{leaf:?}");
    places.push(leaf.path.to_owned());
    Value::Null
}

#[test]
fn what_is_a_part_of_an_address_is_named() {
    assert_eq!(operation("s3", "PutObject").address_members(), ["Bucket", "Key"]);
    assert_eq!(operation("ssm", "PutParameter").address_members(), Vec::<&str>::new());
}
