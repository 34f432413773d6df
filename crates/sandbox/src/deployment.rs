//! Deploying with CloudFormation, as on AWS.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::aws::Account;
use crate::error::{Result, SandboxError};

const ARTIFACTS: &str = "changegate-artifacts";

/// Deploys a template, uploading what it names by path, and gives the outputs of the stack.
///
/// # Errors
/// A tool or CloudFormation refuses; with the events of the stack that failed.
pub async fn deploy(
    account: &Account,
    template: &Path,
    stack: &str,
    parameters: &[(&str, &str)],
) -> Result<BTreeMap<String, String>> {
    let packaged = template.with_extension("packaged.yaml");
    let (template, packaged) = (template.to_string_lossy(), packaged.to_string_lossy());
    let bucket = format!("{ARTIFACTS}-{}", account.id());
    account.call("s3", "CreateBucket", &json!({"Bucket": bucket})).await.or_else(if_there)?;
    let package = [
        "cloudformation",
        "package",
        "--template-file",
        &template,
        "--s3-bucket",
        &bucket,
        "--output-template-file",
        &packaged,
    ];
    account.cli(&package).await?;
    let overrides: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut deploy = vec![
        "cloudformation",
        "deploy",
        "--template-file",
        &packaged,
        "--s3-bucket",
        &bucket,
        "--stack-name",
        stack,
        "--capabilities",
        "CAPABILITY_NAMED_IAM",
        "--no-fail-on-empty-changeset",
    ];
    if !overrides.is_empty() {
        deploy.push("--parameter-overrides");
        deploy.extend(overrides.iter().map(String::as_str));
    }
    if let Err(error) = account.cli(&deploy).await {
        return Err(SandboxError::unexpected(error.to_string(), reasons(account, stack).await));
    }
    outputs(account, stack).await
}

/// A bucket that an earlier run made serves again.
fn if_there(error: SandboxError) -> Result<Value> {
    if error.refusal().is_some_and(|code| code.starts_with("BucketAlready")) {
        Ok(Value::Null)
    } else {
        Err(error)
    }
}

/// The outputs of a stack.
///
/// # Errors
/// There is no such stack.
pub async fn outputs(account: &Account, stack: &str) -> Result<BTreeMap<String, String>> {
    let described = account.call("cloudformation", "DescribeStacks", &json!({"StackName": stack})).await?;
    let outputs = described.pointer("/Stacks/0/Outputs").and_then(Value::as_array);
    let pairs = outputs.into_iter().flatten().filter_map(|output| {
        let text = |name: &str| output.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("OutputKey")?, text("OutputValue")?))
    });
    Ok(pairs.collect())
}

/// Why resources of a stack failed.
async fn reasons(account: &Account, stack: &str) -> String {
    let events = account.call("cloudformation", "DescribeStackEvents", &json!({"StackName": stack})).await;
    let Ok(events) = events else { return "the stack has no events".to_owned() };
    let events = events.get("StackEvents").and_then(Value::as_array).cloned().unwrap_or_default();
    let failed = events.iter().filter_map(|event| {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let failed = text("ResourceStatus")?.ends_with("FAILED");
        failed.then(|| {
            format!(
                "{}: {}",
                text("LogicalResourceId").unwrap_or("?"),
                text("ResourceStatusReason").unwrap_or("?")
            )
        })
    });
    failed.collect::<Vec<_>>().join("; ")
}
