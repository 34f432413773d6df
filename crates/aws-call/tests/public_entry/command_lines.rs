//! Command lines: what is read as which call, and what is refused with which fault.

use std::time::{Duration, Instant};

use aws_call::{BlobText, CommandFault};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::given::index;

fn parameters(command: &str) -> Value {
    index().parse_command(command).unwrap_or_else(|error| panic!("{command}: {error}")).parameters
}

#[test]
fn a_command_line_is_the_call_that_it_stands_for() {
    let call = index()
        .parse_command(
            "aws ssm put-parameter --name /a --value 'b c' --overwrite --region eu-west-1 --query Version",
        )
        .unwrap();
    assert_eq!((call.service.as_str(), call.operation.as_str()), ("ssm", "PutParameter"));
    assert_eq!(call.region.as_deref(), Some("eu-west-1"));
    assert_eq!(call.parameters, json!({ "Name": "/a", "Value": "b c", "Overwrite": true }));
    assert_eq!(call.ignored, ["--query"]);
}

#[test]
fn services_and_options_have_the_names_that_awscli_gives_them() {
    for (command, service, operation, expected) in [
        ("aws s3api delete-bucket --bucket b", "s3", "DeleteBucket", json!({ "Bucket": "b" })),
        ("aws s3 rb s3://b", "s3", "DeleteBucket", json!({ "Bucket": "b" })),
        ("aws s3 rm 's3://b/k l' --quiet", "s3", "DeleteObject", json!({ "Bucket": "b", "Key": "k l" })),
        (
            "aws s3 website s3://b/ --index-document i.html --error-document \"e'.html\"",
            "s3",
            "PutBucketWebsite",
            json!({ "Bucket": "b", "WebsiteConfiguration": {
                "IndexDocument": { "Suffix": "i.html" }, "ErrorDocument": { "Key": "e'.html" }
            } }),
        ),
        (
            "aws configservice delete-config-rule --config-rule-name r",
            "config",
            "DeleteConfigRule",
            json!({ "ConfigRuleName": "r" }),
        ),
        (
            "aws deploy get-application --application-name a",
            "codedeploy",
            "GetApplication",
            json!({ "applicationName": "a" }),
        ),
        (
            "aws eks create-nodegroup --cluster-name c --nodegroup-name n --node-role r --subnets a b --kubernetes-version 1.30",
            "eks",
            "CreateNodegroup",
            json!({ "clusterName": "c", "nodegroupName": "n", "nodeRole": "r", "subnets": ["a", "b"], "version": "1.30" }),
        ),
        (
            "aws ec2 create-image --instance-id i-1 --name n --reboot",
            "ec2",
            "CreateImage",
            json!({ "InstanceId": "i-1", "Name": "n", "NoReboot": false }),
        ),
        (
            "aws ec2 modify-instance-attribute --instance-id i-1 --no-ebs-optimized",
            "ec2",
            "ModifyInstanceAttribute",
            json!({ "InstanceId": "i-1", "EbsOptimized": { "Value": false } }),
        ),
        (
            "aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 22-25 --cidr 10.0.0.0/8",
            "ec2",
            "AuthorizeSecurityGroupIngress",
            json!({ "GroupId": "sg-1", "IpPermissions": [
             { "IpProtocol": "tcp", "FromPort": 22, "ToPort": 25, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }] }
         ] }),
        ),
        (
            "aws cloudwatch put-metric-data --namespace n --metric-name m --value 1.5 --dimensions A=b,C=d",
            "cloudwatch",
            "PutMetricData",
            json!({ "Namespace": "n", "MetricData": [{ "MetricName": "m", "Value": 1.5, "Dimensions": [
             { "Name": "A", "Value": "b" }, { "Name": "C", "Value": "d" }
         ] }] }),
        ),
    ] {
        let call = index().parse_command(command).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!((call.service.as_str(), call.operation.as_str()), (service, operation), "{command}");
        assert_eq!(call.parameters, expected, "{command}");
    }
}

#[test]
fn values_are_read_as_the_model_wants_them() {
    assert_eq!(
        parameters(
            "aws ec2 describe-instances --filters Name=tag:A,Values=b,c 'Name=x,Values=y' --max-results 5"
        ),
        json!({ "Filters": [{ "Name": "tag:A", "Values": ["b", "c"] }, { "Name": "x", "Values": ["y"] }], "MaxResults": 5 })
    );
    assert_eq!(
        parameters(r#"aws dynamodb put-item --table-name t --item '{"a": {"S": "b"}, "n": {"BOOL": true}}'"#),
        json!({ "TableName": "t", "Item": { "a": { "S": "b" }, "n": { "BOOL": true } } })
    );
    assert_eq!(
        parameters(
            "aws cloudwatch get-metric-statistics --namespace n --metric-name m --period 60 --start-time 2020-01-01 --end-time 2020-01-02T00:00:00+01:00"
        ),
        json!({ "Namespace": "n", "MetricName": "m", "Period": 60, "StartTime": "2020-01-01T00:00:00Z", "EndTime": "2020-01-01T23:00:00Z" })
    );
    let rule = "aws ec2 authorize-security-group-ingress --group-id g --protocol tcp";
    assert_eq!(
        parameters(&format!("{rule} --cli-input-json '{{\"IpPermissions\": [], \"DryRun\": true}}'")),
        json!({ "GroupId": "g", "IpPermissions": [{ "IpProtocol": "tcp" }], "DryRun": true })
    );
    assert_eq!(
        parameters(
            r#"aws ecs create-cluster --cluster-name c --cli-input-json '{"clusterName": "d", "tags": [{"key": "k"}]}'"#
        ),
        json!({ "clusterName": "c", "tags": [{ "key": "k" }] })
    );
}

#[test]
fn bytes_are_base64_unless_the_line_or_the_caller_says_otherwise() {
    let command = "aws kinesis put-record --stream-name s --partition-key p --data aGVsbG8=";
    assert_eq!(parameters(command)["Data"], "aGVsbG8=");
    assert_eq!(
        parameters(
            "aws kinesis put-record --stream-name s --partition-key p --data 'a b' --cli-binary-format raw-in-base64-out"
        )["Data"],
        "YSBi"
    );
    let raw = index().parse_command_with(command, BlobText::Raw).unwrap();
    assert_eq!(raw.parameters["Data"], "YUdWc2JHOD0=");
    let error = index()
        .parse_command("aws kinesis put-record --stream-name s --partition-key p --data 'a b'")
        .unwrap_err();
    assert_eq!(error.fault(), CommandFault::BadValue);
}

#[test]
fn pages_are_asked_for_by_the_parameters_of_the_operation() {
    assert_eq!(parameters("aws iam list-users --page-size 5 --max-items 7"), json!({ "MaxItems": 5 }));
    assert_eq!(
        parameters("aws iam list-users --marker m --max-items 7"),
        json!({ "Marker": "m", "MaxItems": 7 })
    );
    assert_eq!(parameters("aws iam list-users --no-paginate --max-items 7"), json!({ "MaxItems": 7 }));
    assert_eq!(
        parameters("aws iam list-users --starting-token eyJNYXJrZXIiOiAieCJ9"),
        json!({ "Marker": "x" })
    );
}

#[test]
fn what_is_not_one_call_is_refused_with_its_fault_and_the_way_to_say_it() {
    use CommandFault as Fault;
    for (command, fault, says) in [
        ("ls -l", Fault::NotAnAwsCommand, "aws SERVICE"),
        ("aws", Fault::NotAnAwsCommand, "aws SERVICE"),
        ("aws ec2", Fault::NotAnAwsCommand, "aws SERVICE"),
        ("aws ssm get-parameter --name a | jq .", Fault::ShellSyntax, "quotes"),
        ("aws s4api list-buckets", Fault::UnknownService, "s3api"),
        ("aws config delete-config-rule", Fault::UnknownService, "configservice"),
        ("aws ssm get-paramter --name a", Fault::UnknownOperation, "get-parameter"),
        ("aws ssm get-parameter --nmae a", Fault::UnknownOption, "--name"),
        ("aws ssm get-parameter --name a b", Fault::UnknownOption, "quotes"),
        ("aws ssm get-parameter", Fault::Missing, "--name"),
        ("aws ssm get-parameter --name", Fault::Missing, "--name"),
        ("aws s3 cp a s3://b", Fault::NotOneCall, "s3api put-object"),
        ("aws s3 rm s3://b --recursive", Fault::NotOneCall, "delete-objects"),
        ("aws s3 rb s3://b --force", Fault::NotOneCall, "delete-bucket --bucket b"),
        ("aws s3 ls s3://b/c", Fault::NotOneCall, "list-objects-v2 --bucket b"),
        ("aws s3 mb s3://b --region eu-west-1", Fault::NotOneCall, "LocationConstraint=eu-west-1"),
        ("aws ec2 wait instance-running", Fault::NotOneCall, "describing"),
        ("aws ssm start-session --target i-1", Fault::ClientOption, "session"),
        ("aws ssm get-parameter --name a --profile p", Fault::ClientOption, "account"),
        ("aws ssm get-parameter --name a --endpoint-url http://a", Fault::ClientOption, "endpoint"),
        ("aws ssm get-parameter --name a --generate-cli-skeleton", Fault::ClientOption, "example"),
        (
            "aws cloudfront create-invalidation --distribution-id d --paths /a",
            Fault::ClientOption,
            "--invalidation-batch",
        ),
        ("aws rds copy-db-snapshot --source-region a", Fault::ClientOption, "--pre-signed-url"),
        ("aws emr create-cluster --name a", Fault::NotOneCall, "RunJobFlow"),
        ("aws ssm put-parameter --name a --value file://b", Fault::LocalFile, "contents"),
        ("aws s3api put-object --bucket b --key k --body f", Fault::LocalFile, "contents"),
        ("aws ec2 create-tags --resources i-1 --tags a", Fault::BadValue, "Key=a"),
        ("aws ec2 describe-instances --max-results x", Fault::BadValue, "integer"),
        ("aws ec2 describe-instances --max-items 1 --next-token x", Fault::Conflict, "pages"),
        ("aws ssm get-parameter --name a --region 'a b'", Fault::BadValue, "region"),
        (
            "aws cloudwatch put-metric-data --namespace n --metric-name m --metric-data MetricName=o",
            Fault::Conflict,
            "--metric-data",
        ),
    ] {
        let error = index().parse_command(command).expect_err(command);
        assert_eq!(error.fault(), fault, "{command}: {error}");
        assert!(error.to_string().contains(says), "{command}: {error}");
    }
    let long = format!("aws ssm get-parameter --name {}", "a".repeat(1 << 20));
    assert_eq!(index().parse_command(&long).unwrap_err().fault(), Fault::TooLarge);
}

/// Command lines that use most of what there is.
const WHOLE: &[&str] = &[
    "aws ec2 run-instances --image-id ami-1 --count 1:2 --associate-public-ip-address --subnet-id s --tag-specifications 'ResourceType=instance,Tags=[{Key=a,Value=b}]'",
    "aws dynamodb put-item --table-name t --item '{\"a\": {\"S\": \"b\"}, \"b\": {\"B\": \"AA==\"}}' --region eu-west-1 --output json",
    "aws deploy create-deployment --application-name a --s3-location bucket=b,key=k,bundleType=zip",
    "aws cloudwatch put-metric-data --namespace n --metric-name m --statistic-values Sum=1,Minimum=0.5 --timestamp 2020-01-01T00:00:00Z",
    "aws route53 list-resource-record-sets --hosted-zone-id Z --max-items 5 --starting-token a___b___c",
    "aws s3api get-object --bucket b --key \"k l\" out.txt --no-cli-pager",
    "aws ses send-email --from a@b --to c@d e@f --subject s --text t",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_a_call_or_a_fault(text in "\\PC{0,300}") {
        let _ = index().parse_command(&text);
        let _ = index().parse_command(&format!("aws ec2 run-instances {text}"));
    }

    #[test]
    fn a_damaged_command_line_is_a_call_or_a_fault(
        which in 0..WHOLE.len(), from in 0..200_usize, length in 0..40_usize, put in "[ -~\\n]{0,6}", times in 1..4_usize
    ) {
        let mut text: Vec<char> = WHOLE[which].chars().collect();
        for time in 0..times {
            let start = (from * (time + 1)).min(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let _ = index().parse_command(&text);
    }
}

#[test]
fn whole_command_lines_are_calls() {
    for command in WHOLE {
        index().parse_command(command).unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

#[test]
fn no_refusal_repeats_what_may_be_a_secret() {
    const SECRET: &str = "hunTer2";
    let forms = [
        SECRET.to_owned(),
        format!("-{SECRET}"),
        format!("--{SECRET}"),
        format!("--{SECRET}=a"),
        format!("'x {SECRET}'"),
        format!("'\"{SECRET}\"'"),
        format!("'[\"{SECRET}\", {{]'"),
        format!("'{{\"a\": {SECRET}}}'"),
        format!("{SECRET}=a,{SECRET}=b"),
        format!("a={{{SECRET}@=file://{SECRET}}}"),
        format!("'{SECRET}"),
        format!("{SECRET};"),
    ];
    let further = [
        "aws --secret-string x secretsmanager put-secret-value --secret-id i",
        "aws ssm put-parameter --cli-input-json x --cli-input-yaml x",
        "aws s3 website s3://b/ --index-document x --error-document x",
        "aws s3 x a",
        "aws cloudfront create-invalidation --distribution-id d --paths /a",
        "aws emr list-clusters --active --cluster-states x",
        "aws lambda create-function --zip-file x --code x",
        "aws ec2 authorize-security-group-ingress --group-id g --protocol x --port x --cidr x",
    ];
    let mut refused = 0;
    for line in further.iter().chain(WHOLE.iter().take(3)) {
        let words: Vec<&str> = line.split(' ').collect();
        for (place, form) in (1..=words.len()).flat_map(|place| forms.iter().map(move |form| (place, form))) {
            let (before, after) = words.split_at(place);
            // In the place of a word and beside it, by turns.
            let after = after.get((place + form.len()) % 2..).unwrap_or_default();
            let line = [before, &[form.as_str()], after].concat().join(" ");
            let Err(error) = index().parse_command(&line) else { continue };
            let told = format!("{error} {error:?}");
            assert!(!told.contains(SECRET), "{line}: {told}");
            refused += 1;
        }
    }
    assert!(refused > 400, "{refused}");
    let call = index().parse_command(&format!("aws ssm put-parameter --name a --value {SECRET}")).unwrap();
    assert!(!format!("{call:?}").contains(SECRET), "{call:?}");
}

#[test]
fn long_and_deep_values_are_read_or_refused_at_once() {
    let filling = 120_000;
    let tags = "aws ec2 create-tags --resources i-1 --tags";
    for command in [
        format!("{tags} Key=a,Value={}", "[".repeat(filling)),
        format!("{tags} Key=a,Value={}", "{a=".repeat(filling / 3)),
        format!("{tags} '[{}'", "[".repeat(filling)),
        format!("{tags} {}", "a=b,".repeat(filling / 4)),
        format!("{tags} \"a=b,{}\"", "'x,x'=".repeat(filling / 6)),
        format!("{tags} 'a=b,{}'", "\\\",".repeat(filling / 3)),
        format!("{tags} {}", "a ".repeat(filling / 2)),
        format!("{tags} {}", "--tags a=b ".repeat(filling / 11)),
        format!("{tags} {}", "\\\n".repeat(filling / 2)),
        format!("aws {}", "--debug ".repeat(filling / 8)),
    ] {
        let start = Instant::now();
        let _ = index().parse_command(&command);
        let taken = start.elapsed();
        // Far more than one pass takes on a busy machine, far less than a pass for each character.
        assert!(taken < Duration::from_secs(10), "{taken:?} for {}…", &command[..80]);
    }
}

#[test]
fn the_guide_lists_every_fault() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/command-lines.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for fault in CommandFault::ALL {
        assert!(guide.contains(&format!("`{}`", fault.code())), "{}", fault.code());
    }
}

#[test]
fn what_is_only_about_the_answer_is_listed_as_ignored() {
    let command = "aws s3api get-object --bucket b --key k out.txt --output json --no-cli-pager";
    let call = index().parse_command(command).unwrap();
    assert_eq!(call.ignored, ["--no-cli-pager", "--output", "OUTFILE"]);
    assert_eq!(call.parameters, json!({ "Bucket": "b", "Key": "k" }));
}
