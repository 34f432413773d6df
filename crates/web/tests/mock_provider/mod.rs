//! `oidc-provider-mock`, an OpenID provider written elsewhere, as a process of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use changegate_egress::Egress;
use http::Request;

/// Where the program is, unless it is in the project's virtual environment.
const PROGRAM: &str = "CHANGEGATE_OIDC_PROVIDER";

pub(crate) struct MockProvider {
    issuer: String,
    process: Child,
}

impl MockProvider {
    /// Starts the provider and waits until it answers.
    pub(crate) async fn start(egress: Egress) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = std::env::var_os(PROGRAM).map_or_else(in_the_virtual_environment, PathBuf::from);
        let process = Command::new(&program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--require-nonce", "true"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("`{}` does not start ({error}): run `make setup`, or set {PROGRAM}", program.display())
            });
        let provider = Self { issuer: format!("http://localhost:{port}"), process };
        let until = Instant::now() + Duration::from_secs(60);
        let metadata = format!("{}/.well-known/openid-configuration", provider.issuer);
        while egress.send(Request::get(&metadata).body(Vec::new()).unwrap()).await.is_err() {
            assert!(Instant::now() < until, "the provider did not answer within a minute");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        provider
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for MockProvider {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn in_the_virtual_environment() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin/oidc-provider-mock"))
}
