//! moto, and a client for it.

use std::time::{Duration, SystemTime};

use aws_call::{Client, ClientConfig, Credentials, Target, Url};
use changegate_emulator::{Program, REGION};

use crate::{failure::Failure, models::Models};

/// A running moto and a client for it; it ends with the value.
pub(super) struct Emulator {
    pub(super) client: Client,
    pub(super) target: Target,
    pub(super) credentials: Credentials,
    _process: changegate_emulator::Emulator,
}

impl Emulator {
    pub(super) fn start(models: &Models) -> Result<Self, Failure> {
        let process = Program::Moto(models.emulator.clone()).start()?;
        let endpoint =
            Url::parse(&process.endpoint()).map_err(|_| Failure::Other("moto has no address".to_owned()))?;
        Ok(Self {
            client: Client::new(ClientConfig {
                connect_timeout: Duration::from_secs(10),
                send_timeout: Duration::from_secs(60),
                user_agent: "aws-call-conformance".to_owned(),
            }),
            target: Target { region: REGION.to_owned(), endpoint: Some(endpoint) },
            credentials: Credentials::new("testing", "testing", None, None, "emulator"),
            _process: process,
        })
    }

    pub(super) fn now() -> SystemTime {
        SystemTime::now()
    }
}
