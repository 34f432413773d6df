//! The OpenID provider that approvers sign in with. It believes whoever says who they are.

use std::process::Command;
use std::time::Duration;

use crate::error::Result;
use crate::layout::Layout;
use crate::local_http::LocalHttp;
use crate::prerequisites::Tools;
use crate::service::Service;

/// Its name in pid files and logs.
pub const NAME: &str = "oidc-provider-mock";

const READY: Duration = Duration::from_secs(60);

/// The issuer on this port.
#[must_use]
pub fn issuer(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// Starts the provider on loopback with these people known to it, and waits until it answers.
///
/// # Errors
/// It cannot be started or does not answer in time.
pub async fn start(layout: &Layout, tools: &Tools, port: u16, subjects: &[&str]) -> Result<Service> {
    let mut command = Command::new(&tools.oidc_provider);
    command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--require-nonce", "true"]);
    for subject in subjects {
        command.args(["--user", subject]);
    }
    command.env("PYTHONWARNINGS", "ignore");
    let mut service = Service::start(layout, NAME, &mut command)?;
    let (client, discovery) =
        (LocalHttp::default(), format!("{}/.well-known/openid-configuration", issuer(port)));
    service.wait_until(READY, async || client.answers(&discovery).await).await?;
    Ok(service)
}
