//! moto as a process of its own, on a free port of the loopback interface.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use aws_call::{Client, ClientConfig, Credentials, Target, Url};

use crate::{failure::Failure, models::Models};

/// Longest time until moto listens.
const PATIENCE: Duration = Duration::from_secs(120);
pub(super) const REGION: &str = "us-east-1";

/// A running moto and a client for it; it ends with the value.
pub(super) struct Emulator {
    process: Child,
    pub(super) client: Client,
    pub(super) target: Target,
    pub(super) credentials: Credentials,
}

impl Emulator {
    pub(super) fn start(models: &Models) -> Result<Self, Failure> {
        let address = free_address()?;
        let failed = |what: &str| Failure::Other(format!("moto {what}"));
        let process = Command::new(&models.emulator)
            .args(["-m", "moto.server", "--host", "127.0.0.1", "--port", &address.port().to_string()])
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                Failure::Other(format!("`{}` cannot be started: {error}", models.emulator.display()))
            })?;
        let endpoint = Url::parse(&format!("http://{address}")).map_err(|_| failed("has no address"))?;
        let mut emulator = Self {
            process,
            client: Client::new(ClientConfig {
                connect_timeout: Duration::from_secs(10),
                send_timeout: Duration::from_secs(60),
                user_agent: "aws-call-conformance".to_owned(),
            }),
            target: Target { region: REGION.to_owned(), endpoint: Some(endpoint) },
            credentials: Credentials::new("testing", "testing", None, None, "emulator"),
        };
        let start = Instant::now();
        while TcpStream::connect_timeout(&address, PATIENCE).is_err() {
            let ended = emulator.process.try_wait().is_ok_and(|status| status.is_some());
            if ended || start.elapsed() > PATIENCE {
                return Err(failed("does not listen"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(emulator)
    }

    pub(super) fn now() -> SystemTime {
        SystemTime::now()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::Other(format!("there is no free port: {error}")))
}
