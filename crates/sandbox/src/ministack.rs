//! The emulator of AWS.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Result, SandboxError};
use crate::layout::Layout;
use crate::local_http::LocalHttp;
use crate::prerequisites::Tools;
use crate::service::Service;

/// Its name in pid files and logs.
pub const NAME: &str = "ministack";
/// The region that everything is in.
pub const REGION: &str = "us-east-1";
/// The account that Changegate is deployed in.
pub const ACCOUNT: &str = "000000000000";

const READY: Duration = Duration::from_secs(60);

/// The address of the emulator on this port.
#[must_use]
pub fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Starts the emulator on loopback with IAM enforced and waits until it answers. Functions inherit its environment, so it
/// is given a small one.
///
/// # Errors
/// It cannot be started or does not answer in time.
pub async fn start(layout: &Layout, tools: &Tools, port: u16) -> Result<Service> {
    let (state, scratch) = (layout.state(), layout.scratch());
    for folder in [&state, &scratch] {
        fs::create_dir_all(folder).map_err(SandboxError::file(folder))?;
    }
    let mut command = Command::new(&tools.ministack);
    command.current_dir(layout.folder()).env_clear();
    for kept in ["PATH", "HOME", "LANG"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    command
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", REGION)
        .env("AUTH", "true")
        .env("IOT_MTLS_ENABLED", "0")
        .env("AWS_ENDPOINT_URL", endpoint(port))
        .env("STATE_DIR", &state)
        .env("S3_DATA_DIR", layout.folder().join("s3"))
        .env("PERSIST_STATE", "1")
        .env("S3_PERSIST", "1")
        .env("TMPDIR", &scratch);
    let mut service = Service::start(layout, NAME, &mut command)?;
    let (client, health) = (LocalHttp::default(), format!("{}/_ministack/health", endpoint(port)));
    service.wait_until(READY, async || client.answers(&health).await).await?;
    Ok(service)
}

/// Makes a saved state fit for another start. The emulator keeps how far each mapping has read its stream and forgets the
/// records of the stream, so that after a start as many new records would be passed over as were read before.
///
/// # Errors
/// The saved state is there and cannot be read or written.
pub fn forget_stream_positions(state: &Path) -> Result<()> {
    let file = state.join("lambda.json");
    if !file.is_file() {
        return Ok(());
    }
    let text = fs::read(&file).map_err(SandboxError::file(&file))?;
    let mut saved: Value = serde_json::from_slice(&text)
        .map_err(|error| SandboxError::unexpected("the saved state is JSON", error))?;
    if let Some(positions) = saved.pointer_mut("/payload/dynamodb_stream_positions/data") {
        *positions = Value::Object(serde_json::Map::new());
    }
    fs::write(&file, saved.to_string()).map_err(SandboxError::file(&file))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn positions_are_forgotten_and_the_rest_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let saved = json!({"payload": {
            "functions": {"data": {"a": 1}},
            "dynamodb_stream_positions": {"__account_region_scoped__": true, "data": {"mapping": 11}},
        }});
        fs::write(folder.path().join("lambda.json"), saved.to_string()).unwrap();
        forget_stream_positions(folder.path()).unwrap();
        let left: Value =
            serde_json::from_slice(&fs::read(folder.path().join("lambda.json")).unwrap()).unwrap();
        assert_eq!(left["payload"]["dynamodb_stream_positions"]["data"], json!({}));
        assert_eq!(left["payload"]["functions"], saved["payload"]["functions"]);
    }

    #[test]
    fn a_fresh_state_needs_nothing() {
        forget_stream_positions(tempfile::tempdir().unwrap().path()).unwrap();
    }
}
