//! Which programs there are, and what each wants to be told.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The region that MiniStack's services are in, and that calls of moto name.
pub const REGION: &str = "us-east-1";

/// Where `make setup` installs programs.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin");

/// A program that stands in for something that others run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// moto's server, run by the Python at this path, which has it.
    Moto(PathBuf),
    /// MiniStack, at this path.
    Ministack(PathBuf),
    /// `oidc-provider-mock`, at this path. It demands a nonce, as careful providers do, and issues as
    /// `http://localhost:PORT`.
    OidcProvider(PathBuf),
}

impl Program {
    /// MiniStack where `make setup` installs it, or where `CHANGEGATE_MINISTACK` says that it is.
    #[must_use]
    pub fn installed_ministack() -> Self {
        Self::Ministack(installed("CHANGEGATE_MINISTACK", "ministack"))
    }

    /// The provider where `make setup` installs it, or where `CHANGEGATE_OIDC_PROVIDER` says that it is.
    #[must_use]
    pub fn installed_oidc_provider() -> Self {
        Self::OidcProvider(installed("CHANGEGATE_OIDC_PROVIDER", "oidc-provider-mock"))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Moto(path) | Self::Ministack(path) | Self::OidcProvider(path) => path,
        }
    }

    /// What it answers once it is ready.
    pub(crate) fn ready_path(&self) -> &'static str {
        match self {
            Self::Moto(_) => "/moto-api/",
            Self::Ministack(_) => "/_ministack/health",
            Self::OidcProvider(_) => "/.well-known/openid-configuration",
        }
    }

    /// What starts it so that it listens at this address and keeps what it writes in this folder.
    pub(crate) fn command(&self, address: SocketAddr, folder: &Path) -> Command {
        // A relative path would be looked up in the emulator's folder.
        let path = std::path::absolute(self.path()).unwrap_or_else(|_| self.path().to_owned());
        let (mut command, port) = (Command::new(path), address.port().to_string());
        command.current_dir(folder).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", folder).env("TMPDIR", folder);
        match self {
            Self::Moto(_) => command.args(["-m", "moto.server", "--host", "127.0.0.1", "--port", &port]),
            Self::Ministack(_) => command
                .env("GATEWAY_PORT", &port)
                .env("BIND_HOST", "127.0.0.1")
                .env("MINISTACK_REGION", REGION)
                .env("IOT_MTLS_ENABLED", "0")
                .env("AWS_ENDPOINT_URL", format!("http://{address}"))
                .env("STATE_DIR", folder)
                .env("S3_DATA_DIR", folder),
            Self::OidcProvider(_) => {
                command.args(["--host", "127.0.0.1", "--port", &port, "--require-nonce", "true"])
            }
        };
        command
    }
}

fn installed(variable: &str, name: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| Path::new(INSTALLED).join(name), PathBuf::from)
}
