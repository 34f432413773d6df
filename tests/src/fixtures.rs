//! What a tenant runs before a change is proposed, made by the owner of its account.

use serde_json::{Value, json};

use crate::functions::zipped;
use crate::poll::until_true;
use crate::stack::stack;
use crate::tenant::Tenant;

/// A template whose parameter may be changed.
pub const TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'\n\
    Parameters:\n  LogLevel: {Type: String, Default: info}\n\
    Resources:\n  Level:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Name: /stack/log-level\n      \
    Type: String\n      Value: !Ref LogLevel\n";

/// Puts a text parameter.
pub async fn parameter(tenant: &Tenant, name: &str, value: &str) {
    let put = json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true});
    tenant.owner().call("ssm", "PutParameter", put).await;
}

/// Puts a secret parameter.
pub async fn secret_parameter(tenant: &Tenant, name: &str, value: &str) {
    let put = json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
    tenant.owner().call("ssm", "PutParameter", put).await;
}

/// Value and type of a parameter; null if there is none.
pub async fn read_parameter(tenant: &Tenant, name: &str) -> Value {
    let found = found_parameter(tenant, name).await;
    found.map_or(Value::Null, |found| json!({"Value": found["Value"], "Type": found["Type"]}))
}

/// How often a parameter was put; 0 if there is none.
pub async fn parameter_version(tenant: &Tenant, name: &str) -> u64 {
    let version = |found: Value| found["Version"].as_u64().expect("a version");
    found_parameter(tenant, name).await.map_or(0, version)
}

async fn found_parameter(tenant: &Tenant, name: &str) -> Option<Value> {
    let asked = json!({"Name": name, "WithDecryption": true});
    match tenant.owner().attempt("ssm", "GetParameter", asked).await {
        Ok(found) => Some(found["Parameter"].clone()),
        Err(refusal) if refusal.code.contains("ParameterNotFound") => None,
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// The parameters of a call that puts a text.
pub fn put(name: &str, value: &str) -> Value {
    json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true})
}

/// An ECS service that runs two tasks.
pub async fn ecs_service(tenant: &Tenant) {
    let owner = tenant.owner();
    owner.call("ecs", "CreateCluster", json!({"clusterName": "staging"})).await;
    let container = json!({"name": "checkout", "image": "busybox", "memory": 64});
    let task = json!({"family": "checkout", "containerDefinitions": [container]});
    owner.call("ecs", "RegisterTaskDefinition", task).await;
    let service = json!({
        "cluster": "staging", "serviceName": "checkout", "taskDefinition": "checkout", "desiredCount": 2,
    });
    owner.call("ecs", "CreateService", service).await;
}

/// What an ECS service is set to.
pub async fn read_ecs_service(tenant: &Tenant) -> Value {
    let asked = json!({"cluster": "staging", "services": ["checkout"]});
    let found = tenant.owner().call("ecs", "DescribeServices", asked).await;
    let service = &found["services"][0];
    json!({"desiredCount": service["desiredCount"], "taskDefinition": service["taskDefinition"]})
}

/// A role that a service may assume, with no policies; gives its ARN.
pub async fn role(tenant: &Tenant, name: &str, service: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
    }]});
    let create = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    let created = tenant.owner().call("iam", "CreateRole", create).await;
    created["Role"]["Arn"].as_str().expect("the role has an ARN").to_owned()
}

/// A stack with one parameter, with a service role or without.
pub async fn cloudformation_stack(tenant: &Tenant, name: &str, service_role: Option<&str>) {
    let owner = tenant.owner();
    let mut create = json!({"StackName": name, "TemplateBody": TEMPLATE});
    if let Some(role_name) = service_role {
        let arn = role(tenant, role_name, "cloudformation.amazonaws.com").await;
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "ssm:*", "Resource": "*",
        }]});
        let put = json!({"RoleName": role_name, "PolicyName": "work", "PolicyDocument": policy.to_string()});
        owner.call("iam", "PutRolePolicy", put).await;
        create["RoleARN"] = json!(arn);
    }
    owner.call("cloudformation", "CreateStack", create).await;
    until_true("the stack is there", 30, async || {
        let found = owner.call("cloudformation", "DescribeStacks", json!({"StackName": name})).await;
        found["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    })
    .await;
}

/// The parameters of a stack and what they made.
pub async fn read_stack(tenant: &Tenant, name: &str) -> Value {
    let found = tenant.owner().call("cloudformation", "DescribeStacks", json!({"StackName": name})).await;
    let parameters = &found["Stacks"][0]["Parameters"];
    json!({"parameters": parameters, "resource": read_parameter(tenant, "/stack/log-level").await})
}

/// A function with a timeout of 3 seconds and one variable.
pub async fn lambda_function(tenant: &Tenant, name: &str) {
    use base64::Engine as _;
    let role = role(tenant, &format!("{name}-role"), "lambda.amazonaws.com").await;
    let code = zipped(&[("index.py", b"def handler(event, context):\n    return event\n")]);
    let code = base64::engine::general_purpose::STANDARD.encode(code);
    let create = json!({
        "FunctionName": name, "Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 3,
        "Code": {"ZipFile": code}, "Environment": {"Variables": {"LEVEL": "info"}},
    });
    tenant.owner().call("lambda", "CreateFunction", create).await;
}

/// What a function is set to.
pub async fn read_function(tenant: &Tenant, name: &str) -> Value {
    let asked = json!({"FunctionName": name});
    let found = tenant.owner().call("lambda", "GetFunctionConfiguration", asked).await;
    let variables = &found["Environment"]["Variables"];
    json!({"Timeout": found["Timeout"], "MemorySize": found["MemorySize"], "Variables": variables})
}

/// A virtual network with a tag `stage`; gives its id.
pub async fn vpc(tenant: &Tenant) -> String {
    let owner = tenant.owner();
    let made = owner.call("ec2", "CreateVpc", json!({"CidrBlock": "10.7.0.0/16"})).await;
    let id = made["Vpc"]["VpcId"].as_str().expect("a network has an id").to_owned();
    let tag = json!({"Resources": [id], "Tags": [{"Key": "stage", "Value": "test"}]});
    owner.call("ec2", "CreateTags", tag).await;
    id
}

/// The tags of a resource, by key.
pub async fn read_ec2_tags(tenant: &Tenant, id: &str) -> Value {
    let asked = json!({"Filters": [{"Name": "resource-id", "Values": [id]}]});
    let found = tenant.owner().call("ec2", "DescribeTags", asked).await;
    by_key(&found["Tags"])
}

/// A bucket of the tenant without tags; gives its name.
pub async fn bucket(tenant: &Tenant) -> String {
    let name = format!("bucket-{}", tenant.account);
    tenant.owner().call("s3", "CreateBucket", json!({"Bucket": name})).await;
    name
}

/// The tags of a bucket, by key; null if it has no tag set.
pub async fn read_bucket_tags(tenant: &Tenant, name: &str) -> Value {
    match tenant.owner().attempt("s3", "GetBucketTagging", json!({"Bucket": name})).await {
        Ok(found) => by_key(&found["TagSet"]),
        Err(refusal) if refusal.code == "NoSuchTagSet" => Value::Null,
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// The names and documents of a role's policies.
pub async fn read_role_policies(tenant: &Tenant, role: &str) -> Value {
    let owner = tenant.owner();
    let found = owner.call("iam", "ListRolePolicies", json!({"RoleName": role})).await;
    let mut policies = json!({});
    for name in found["PolicyNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let asked = json!({"RoleName": role, "PolicyName": name});
        let policy = owner.call("iam", "GetRolePolicy", asked).await;
        let document = policy["PolicyDocument"].as_str().expect("a policy document");
        policies[name] = serde_json::from_str(document).expect("a policy document is JSON");
    }
    policies
}

/// The queue beside the approvers of a tenant: what SNS tells them is read from it. Gives its URL.
pub async fn notices(tenant: &Tenant) -> String {
    let topic = format!("{}{}", stack().output("TopicPrefix"), tenant.id);
    let operator = stack().sandbox.operator();
    let subscribed = changegate_sandbox::Notices::subscribe(&operator, &tenant.id, &topic).await;
    subscribed.unwrap_or_else(|error| panic!("{error}"))
}

fn by_key(tags: &Value) -> Value {
    let pairs = tags.as_array().into_iter().flatten();
    pairs.map(|tag| (tag["Key"].as_str().unwrap_or_default().to_owned(), tag["Value"].clone())).collect()
}
