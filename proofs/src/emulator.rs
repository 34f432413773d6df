//! The emulators, each a process of its own on a free port of the loopback interface.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use aws_call::{Client, ClientConfig, Credentials, Index, Outcome, Output, ReadError, Target, Url};
use changegate_catalog::{ReadAnswer, ReadCall, RecipeError};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::failure::Failure;

/// Longest time until an emulator listens.
const PATIENCE: Duration = Duration::from_secs(120);
pub(crate) const REGION: &str = "us-east-1";
/// As many pages as the service reads.
const PAGE_LIMIT: usize = 10;

/// Which emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Moto,
    Ministack,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }

    /// The account that its credentials belong to.
    pub(crate) fn account(self) -> &'static str {
        match self {
            Self::Moto => "123456789012",
            Self::Ministack => "000000000000",
        }
    }
}

/// Where the emulators' programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// A Python that has moto.
    pub(crate) moto: PathBuf,
    /// MiniStack's program.
    pub(crate) ministack: PathBuf,
}

/// A running emulator; it ends with the value.
pub(crate) struct Emulator {
    pub(crate) kind: Kind,
    process: Child,
    address: SocketAddr,
    client: Client,
    target: Target,
    credentials: Credentials,
    /// What it keeps goes with it.
    _state: TempDir,
}

impl Emulator {
    /// Starts one and waits until it listens.
    pub(crate) fn start(kind: Kind, programs: &Programs) -> Result<Self, Failure> {
        let failed = |what: String| Failure::Emulator { emulator: kind.name(), what };
        let state = tempfile::tempdir().map_err(|error| Failure::System(error.to_string()))?;
        let address = free_address()?;
        let process = command(kind, programs, address, &state)
            .spawn()
            .map_err(|error| failed(format!("cannot be started: {error}")))?;
        let endpoint = Url::parse(&format!("http://{address}"));
        let endpoint = endpoint.map_err(|_| failed("has no address".to_owned()))?;
        let mut emulator = Self {
            kind,
            process,
            address,
            client: Client::new(ClientConfig {
                connect_timeout: Duration::from_secs(10),
                send_timeout: Duration::from_secs(60),
                user_agent: "changegate-proofs".to_owned(),
            }),
            target: Target { region: REGION.to_owned(), endpoint: Some(endpoint) },
            credentials: Credentials::new("test", "test", None, None, "emulator"),
            _state: state,
        };
        let start = Instant::now();
        while TcpStream::connect_timeout(&address, PATIENCE).is_err() {
            let ended = emulator.process.try_wait().is_ok_and(|status| status.is_some());
            if ended || start.elapsed() > PATIENCE {
                return Err(failed("does not listen".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(emulator)
    }

    /// Whether it is still there.
    pub(crate) fn listens(&self) -> bool {
        TcpStream::connect_timeout(&self.address, PATIENCE).is_ok()
    }

    /// Makes a call that may change something.
    pub(crate) async fn call(
        &self,
        index: &Index,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Output, Refused> {
        let other =
            |what: String| Refused { code: String::new(), what: format!("{service}:{operation} {what}") };
        let known = index.operation(service, operation).map_err(|error| other(error.to_string()))?;
        if let Some(violation) = known.validate(parameters).iter().find(|violation| !violation.warning) {
            return Err(other(format!("has `{}`: {} in {parameters}", violation.path, violation.message)));
        }
        let request = known.request(parameters, &self.target).map_err(|error| other(error.to_string()))?;
        match self.client.send(&known, &request, &self.credentials, SystemTime::now(), None).await {
            Outcome::Done(output) => Ok(output),
            Outcome::Refused(refusal) => {
                let what =
                    format!("{service}:{operation} {parameters}: {}: {}", refusal.code, refusal.message);
                Err(Refused { code: refusal.code, what })
            }
            Outcome::NotSent { reason } => Err(other(format!("was not sent: {reason}"))),
            Outcome::NoAnswer(none) => Err(other(format!("has no answer: {}", none.reason))),
            Outcome::DoneUnreadable { reason, .. } => {
                Err(other(format!("has an unreadable answer: {reason}")))
            }
        }
    }

    /// Makes the reads of a recipe; `next` says which come after those that are answered.
    pub(crate) async fn answers(
        &self,
        index: &Index,
        next: impl Fn(&[ReadAnswer]) -> Result<Vec<ReadCall>, RecipeError>,
    ) -> Result<Vec<ReadAnswer>, String> {
        let mut answers = Vec::new();
        loop {
            let reads = next(&answers).map_err(|error| error.to_string())?;
            if reads.is_empty() {
                return Ok(answers);
            }
            for read in &reads {
                answers.push(self.answer(index, read).await?);
            }
        }
    }

    async fn answer(&self, index: &Index, read: &ReadCall) -> Result<ReadAnswer, String> {
        let operation = index.operation(&read.service, &read.operation).map_err(|error| error.to_string())?;
        let Self { client, target, credentials, .. } = self;
        let result = if read.pages {
            let pages = client.read_pages(
                &operation,
                &read.parameters,
                target,
                credentials,
                SystemTime::now,
                PAGE_LIMIT,
            );
            pages.await.map(|paged| ReadAnswer::Output { value: paged.output, truncated: paged.truncated })
        } else {
            let output = client.read(&operation, &read.parameters, target, credentials, SystemTime::now);
            output.await.map(|output| ReadAnswer::Output { value: output.output, truncated: false })
        };
        result.or_else(|error| match error {
            ReadError::Refused(refusal) => {
                Ok(ReadAnswer::Error { code: refusal.code, message: refusal.message })
            }
            other => Err(format!("{}:{} {}: {other}", read.service, read.operation, read.parameters)),
        })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A call that was not done.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The emulator's code; empty if it was something else.
    pub(crate) code: String,
    /// The call and the reason.
    pub(crate) what: String,
}

fn command(kind: Kind, programs: &Programs, address: SocketAddr, state: &TempDir) -> Command {
    let port = address.port().to_string();
    let mut command = match kind {
        Kind::Moto => {
            let mut command = Command::new(&programs.moto);
            command.args(["-m", "moto.server", "--host", "127.0.0.1", "--port", &port]);
            command
        }
        Kind::Ministack => Command::new(&programs.ministack),
    };
    command.current_dir(state.path()).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    if kind == Kind::Ministack {
        command
            .env("GATEWAY_PORT", &port)
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .env("IOT_MTLS_ENABLED", "0")
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("HOME", state.path())
            .env("TMPDIR", state.path())
            .env("STATE_DIR", state.path())
            .env("S3_DATA_DIR", state.path());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn free_address() -> Result<SocketAddr, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::System(format!("there is no free port: {error}")))
}
