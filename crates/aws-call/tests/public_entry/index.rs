//! The index: opening, looking up, refusing what is corrupt.

use std::{path::Path, sync::Arc, thread};

use aws_call::{Access, Index, IndexError, LookupError};

use crate::given::{index, index_path, operation};

/// The built index with another last byte, which belongs to the last service.
fn changed_at_the_end() -> Index {
    let mut bytes = std::fs::read(index_path()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    Index::from_bytes(bytes).unwrap()
}

#[test]
fn all_services_are_there_within_the_size_that_a_function_can_carry() {
    let index = index();
    let services = index.services();
    assert!(services.len() > 400, "{}", services.len());
    for name in ["cloudformation", "ec2", "ecs", "iam", "lambda", "s3", "ssm", "sts"] {
        assert!(services.contains(&name), "{name}");
    }
    let size = std::fs::metadata(index_path()).unwrap().len();
    assert!(size <= 3_500_000, "{size} bytes");
}

#[test]
fn every_operation_of_every_service_loads() {
    let index = index();
    let services: Arc<Vec<String>> = Arc::new(index.services().into_iter().map(str::to_owned).collect());
    let halves = [0, 1].map(|half| {
        let (index, services) = (index.clone(), Arc::clone(&services));
        thread::spawn(move || {
            let mut count = 0;
            for service in services.iter().skip(half).step_by(2) {
                for name in index.operations(service).unwrap() {
                    let operation = index.operation(service, &name).unwrap();
                    assert_eq!((operation.service(), operation.name()), (service.as_str(), name.as_str()));
                    count += 1;
                }
            }
            count
        })
    });
    let count: usize = halves.map(|half| half.join().unwrap()).iter().sum();
    assert!(count > 18_000, "{count}");
}

#[test]
fn the_whole_index_can_be_used_and_a_changed_one_cannot() {
    index().verify().unwrap();
    let error = changed_at_the_end().verify().unwrap_err();
    assert!(matches!(error, IndexError::Corrupt { .. }), "{error:?}");
}

#[test]
fn the_hash_is_that_of_the_contents() {
    let bytes = std::fs::read(index_path()).unwrap();
    let from_bytes = Index::from_bytes(bytes).unwrap();
    assert_eq!(from_bytes.hash(), index().hash());
    assert_eq!(from_bytes.hash().len(), "sha256:".len() + 64);
}

#[test]
fn a_misspelt_name_gets_the_nearest_one() {
    let index = index();
    match index.operation("smm", "PutParameter").unwrap_err() {
        LookupError::UnknownService { service, nearest } => {
            assert_eq!((service.as_str(), nearest.as_deref()), ("smm", Some("ssm")));
        }
        other => panic!("{other:?}"),
    }
    match index.operation("ssm", "PutParamter").unwrap_err() {
        LookupError::UnknownOperation { nearest, .. } => assert_eq!(nearest.as_deref(), Some("PutParameter")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_index_says_what_builds_it() {
    let error = Index::open(Path::new("/nonexistent/index")).unwrap_err();
    assert!(error.to_string().contains("make index"), "{error}");
}

#[test]
fn bytes_that_are_no_index_are_refused() {
    for bytes in [
        &b""[..],
        b"AWSCALL2",
        b"AWSPULL2\0\0\0\0",
        b"AWSCALL2\xff\xff\xff\xff",
        b"AWSCALL2\x08\0\0\0abcdefgh",
    ] {
        assert!(matches!(Index::from_bytes(bytes.to_vec()), Err(IndexError::NotAnIndex)), "{bytes:?}");
    }
}

#[test]
fn an_index_of_another_version_says_so_and_what_builds_it() {
    let mut bytes = std::fs::read(index_path()).unwrap();
    bytes[7] = b'1';
    let error = Index::from_bytes(bytes).unwrap_err();
    assert!(matches!(error, IndexError::OtherVersion { found: '1', wanted: '2' }), "{error:?}");
    assert!(error.to_string().contains("make index"), "{error}");
}

#[test]
fn a_changed_section_is_refused_when_it_is_loaded() {
    let index = changed_at_the_end();
    let service = index.services().last().map(|name| (*name).to_owned()).unwrap();
    let error = index.operations(&service).unwrap_err();
    assert!(matches!(error, LookupError::Index(IndexError::Corrupt { .. })), "{error:?}");
    assert!(index.operations("ssm").is_ok());
}

#[test]
fn a_truncated_file_is_refused_when_a_section_is_missing() {
    let bytes = std::fs::read(index_path()).unwrap();
    let index = Index::from_bytes(bytes[..bytes.len() / 2].to_vec()).unwrap();
    assert!(index.operations("xray").is_err());
}

#[test]
fn a_changed_manifest_has_another_hash_or_is_refused() {
    let bytes = std::fs::read(index_path()).unwrap();
    let hash = index().hash().to_owned();
    for position in (12..4000).step_by(97) {
        let mut changed = bytes.clone();
        changed[position] ^= 0x20;
        if let Ok(index) = Index::from_bytes(changed) {
            assert_ne!(index.hash(), hash);
        }
    }
}

#[test]
fn access_is_that_of_the_iam_action() {
    let index = index();
    let access = |service: &str, operation: &str| index.operation(service, operation).unwrap().access();
    let expected = [
        ("ssm", "GetParameter", Access::Read),
        ("ssm", "PutParameter", Access::Write),
        ("ecs", "ListServices", Access::List),
        ("ec2", "CreateTags", Access::Tagging),
        ("iam", "PutRolePolicy", Access::Permissions),
        ("s3", "PutBucketTagging", Access::Tagging),
        ("s3", "ListObjectsV2", Access::List),
        ("lambda", "Invoke", Access::Write),
        ("lambda", "UpdateFunctionConfiguration", Access::Write),
        ("cloudformation", "UpdateStack", Access::Write),
        ("sts", "AssumeRole", Access::Credentials),
        ("sts", "GetCallerIdentity", Access::Credentials),
        ("iam", "CreateAccessKey", Access::Credentials),
        ("apigateway", "UpdateStage", Access::Write),
        ("apigateway", "GetRestApis", Access::Read),
    ];
    let found: Vec<_> = expected.iter().map(|(service, operation, _)| access(service, operation)).collect();
    assert_eq!(found, expected.map(|(_, _, access)| access));
}

#[test]
fn an_operation_describes_itself() {
    let put = operation("ssm", "PutParameter");
    assert_eq!(put.iam_actions(), ["ssm:PutParameter"]);
    assert_eq!(put.sensitive_paths(), ["/Value"]);
    assert!(put.summary().starts_with("Create or update a parameter"), "{}", put.summary());
    assert_eq!(put.unsupported(), None);
    assert_eq!(put.idempotency_token(), None);
    assert_eq!(operation("ssm", "GetParameter").output_sensitive_paths(), ["/Parameter/Value"]);
    assert_eq!(operation("ecs", "CreateService").idempotency_token(), None);
    assert_eq!(operation("ec2", "RunInstances").idempotency_token(), Some("ClientToken"));
    assert_eq!(operation("lambda", "Invoke").iam_actions(), ["lambda:InvokeFunction"]);
}

#[test]
fn what_cannot_be_called_says_why() {
    let reason =
        |service: &str, name: &str| operation(service, name).unsupported().unwrap_or("supported").to_owned();
    assert!(reason("kinesis", "SubscribeToShard").contains("event stream"));
    assert!(reason("s3", "SelectObjectContent").contains("event stream"));
    assert!(reason("sts", "AssumeRoleWithWebIdentity").contains("without AWS credentials"));
    assert!(reason("timestream-query", "Query").contains("endpoint discovery"));
    assert!(reason("sdb", "PutAttributes").contains("Signature Version 4"));
    for (service, operation) in
        [("lambda", "Invoke"), ("s3", "PutObject"), ("s3", "GetObject"), ("polly", "SynthesizeSpeech")]
    {
        assert_eq!(reason(service, operation), "supported");
    }
}

#[test]
fn resources_are_the_iam_actions_own() {
    let of = |service: &str, name: &str, parameters: serde_json::Value| {
        let found = operation(service, name).resources(&parameters, "aws", "111111111111", "us-east-1");
        found.into_iter().map(|resource| (resource.arn, resource.wildcard)).collect::<Vec<_>>()
    };
    let one = |arn: &str, wildcard: bool| vec![(arn.to_owned(), wildcard)];
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let account = "us-east-1:111111111111";
    assert_eq!(
        of("ssm", "PutParameter", json(r#"{"Name": "/app/limit"}"#)),
        one(&format!("arn:aws:ssm:{account}:parameter/app/limit"), false)
    );
    assert_eq!(
        of("ecs", "UpdateService", json(r#"{"cluster": "main", "service": "web"}"#)),
        one(&format!("arn:aws:ecs:{account}:service/main/web"), false)
    );
    assert_eq!(of("s3", "PutBucketTagging", json(r#"{"Bucket": "logs"}"#)), one("arn:aws:s3:::logs", false));
    assert_eq!(
        of("iam", "PutRolePolicy", json(r#"{"RoleName": "app", "PolicyName": "p"}"#)),
        one("arn:aws:iam::111111111111:role/app", false)
    );
    assert_eq!(
        of("lambda", "UpdateFunctionConfiguration", json(r#"{"FunctionName": "f"}"#)).first().unwrap().0,
        format!("arn:aws:lambda:{account}:function:f")
    );
    assert!(
        of("cloudformation", "UpdateStack", json(r#"{"StackName": "web"}"#))
            .contains(&(format!("arn:aws:cloudformation:{account}:stack/web/*"), true))
    );
}
