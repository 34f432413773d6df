//! Invoking a function by hand, and the credentials of its role.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::aws::Aws;
use crate::change::Change;
use crate::poll::until_true;
use crate::stack::{OPERATOR, stack};

/// What an invocation gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// The payload.
    pub payload: Value,
    /// The error's type, if the function failed.
    pub error: Option<String>,
}

/// Invokes a function of the deployment by its short name.
pub async fn invoke(function: &str, event: &Value) -> Invoked {
    invoke_named(&stack().function(function), event).await
}

/// Invokes a function by its full name.
pub async fn invoke_named(name: &str, event: &Value) -> Invoked {
    let parameters = json!({"FunctionName": name, "Payload": BASE64.encode(event.to_string())});
    let output = stack().operator().call("lambda", "Invoke", parameters).await;
    let payload = output["Payload"].as_str().and_then(|text| BASE64.decode(text).ok()).unwrap_or_default();
    let payload: Value = serde_json::from_slice(&payload).unwrap_or(Value::Null);
    let failed = output.get("FunctionError").is_some_and(|error| !error.is_null());
    let error = failed.then(|| payload["errorType"].as_str().unwrap_or("?").to_owned());
    Invoked { payload, error }
}

/// Lets the sweep run now, and look at a change whose turn would come later.
///
/// # Panics
/// The sweep fails.
pub async fn sweep(change: &Change<'_>) {
    change.look_now().await;
    let event = json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": OPERATOR, "time": "2026-11-23T00:00:00Z",
        "region": stack().sandbox.region, "resources": [], "detail": {},
    });
    let swept = invoke("sweep", &event).await;
    assert_eq!(swept.error, None, "the sweep: {}", swept.payload);
}

/// Lets the sweep look at a change, again and again, until something is so.
///
/// # Panics
/// It is not within a minute and a half.
pub async fn sweep_until(change: &Change<'_>, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    until_true(what, 90, async || {
        sweep(change).await;
        holds().await
    })
    .await;
}

/// Makes a function in the operator's account that nothing else invokes.
///
/// # Panics
/// It is refused or does not become active.
pub async fn make(name: &str, role: &str, runtime: &str, files: &[(&str, &[u8])], environment: Value) {
    let operator = stack().operator();
    let (handler, timeout) = ("bootstrap.handler", 120);
    let create = json!({
        "FunctionName": name, "Role": format!("arn:aws:iam::{OPERATOR}:role/{role}"), "Runtime": runtime,
        "Handler": handler, "Timeout": timeout, "MemorySize": 256, "Code": {"ZipFile": BASE64.encode(zipped(files))},
        "Environment": {"Variables": environment},
    });
    operator.call("lambda", "CreateFunction", create).await;
    until_true("the function becomes active", 30, async || {
        let found = operator.call("lambda", "GetFunctionConfiguration", json!({"FunctionName": name})).await;
        found["State"].as_str().is_none_or(|state| state == "Active")
    })
    .await;
}

/// An archive of programs.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options).expect("a file in an archive");
        zip.write_all(content).expect("a file in an archive");
    }
    zip.finish().expect("an archive").into_inner()
}

/// Gives the credentials that a function with this role would have. Trust policies stay as they are deployed: a function
/// of the test's own is given the role and tells.
const TELL: &str = "import os\n\ndef handler(event, context):\n    return {name: os.environ[name] for name in \
                    ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')}\n";

/// Whoever runs as a function of the deployment.
///
/// # Panics
/// The emulator gives no credentials.
pub async fn role_of(function: &str) -> Aws {
    static KNOWN: Mutex<BTreeMap<String, Aws>> = Mutex::const_new(BTreeMap::new());
    let mut known = KNOWN.lock().await;
    if let Some(aws) = known.get(function) {
        return aws.clone();
    }
    let name = format!("tell-{function}-{}", stack().number());
    let files = [("bootstrap.py", TELL.as_bytes())];
    make(&name, &stack().function(function), "python3.12", &files, json!({})).await;
    let told = invoke_named(&name, &json!({})).await;
    assert_eq!(told.error, None, "{}", told.payload);
    let text = |key: &str| told.payload[key].as_str().expect("a credential").to_owned();
    let aws = Aws::holding(
        &text("AWS_ACCESS_KEY_ID"),
        &text("AWS_SECRET_ACCESS_KEY"),
        Some(text("AWS_SESSION_TOKEN")),
    );
    known.insert(function.to_owned(), aws.clone());
    aws
}
