//! The emulators, as the prover calls them.

use std::time::{Duration, SystemTime};

use aws_call::{
    Client, ClientConfig, Credentials, Index, NoAnswer, Outcome, Output, ReadError, Target, Url, one_line,
};
use changegate_catalog::{ReadAnswer, ReadCall, RecipeError};
use changegate_emulator::Program;
pub(crate) use changegate_emulator::REGION;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    breach::{Breach, Fails, NotDone},
    failure::Failure,
};

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
    pub(crate) moto: Program,
    pub(crate) ministack: Program,
}

impl Programs {
    fn of(&self, kind: Kind) -> &Program {
        match kind {
            Kind::Moto => &self.moto,
            Kind::Ministack => &self.ministack,
        }
    }
}

/// A running emulator; it ends with the value.
pub(crate) struct Emulator {
    pub(crate) kind: Kind,
    process: changegate_emulator::Emulator,
    client: Client,
    target: Target,
    credentials: Credentials,
}

impl Emulator {
    /// Starts one and waits until it answers.
    pub(crate) fn start(kind: Kind, programs: &Programs) -> Result<Self, Failure> {
        let process = programs.of(kind).start()?;
        let endpoint = Url::parse(&process.endpoint())
            .map_err(|_| Failure::Emulator { emulator: kind.name(), what: "has no address".to_owned() })?;
        Ok(Self {
            kind,
            client: Client::new(ClientConfig {
                connect_timeout: Duration::from_secs(10),
                send_timeout: Duration::from_secs(60),
                user_agent: "changegate-proofs".to_owned(),
            }),
            target: Target { region: REGION.to_owned(), endpoint: Some(endpoint) },
            credentials: Credentials::new("test", "test", None, None, "emulator"),
            process,
        })
    }

    /// Whether it is still there.
    pub(crate) fn is_there(&mut self) -> bool {
        self.process.answers()
    }

    /// Makes a call that may change something.
    pub(crate) async fn call(
        &self,
        index: &Index,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Output, NotDone> {
        let call = || format!("{service}:{operation}");
        let mistake = |what: String| NotDone::Mistake(format!("{} {what}", call()));
        let no_answer = |none| NotDone::NoAnswer { call: call(), none };
        let known = index.operation(service, operation).map_err(|error| mistake(error.to_string()))?;
        if let Some(violation) = known.validate(parameters).iter().find(|violation| !violation.warning) {
            return Err(mistake(format!("has `{}`: {} in {parameters}", violation.path, violation.message)));
        }
        let request = known
            .request(parameters, &self.target)
            .map_err(|error| NotDone::NotRendered { call: call(), reason: one_line(&error) })?;
        match self.client.send(&known, &request, &self.credentials, SystemTime::now(), None).await {
            Outcome::Done(output) => Ok(output),
            Outcome::Refused(refusal) => {
                Err(NotDone::Refused { call: call(), refusal, parameters: parameters.to_string() })
            }
            Outcome::NotSent { reason } => {
                Err(no_answer(NoAnswer { reason: format!("not sent: {reason}"), ..NoAnswer::default() }))
            }
            Outcome::NoAnswer(none) => Err(no_answer(none)),
            Outcome::DoneUnreadable { reason, request_id } => {
                // A success by its status: which one, the outcome does not tell.
                Err(no_answer(NoAnswer { reason, status: Some(200), request_id, ..NoAnswer::default() }))
            }
        }
    }

    /// Makes the reads of a recipe; `next` says which come after those that are answered.
    pub(crate) async fn answers(
        &self,
        index: &Index,
        next: impl Fn(&[ReadAnswer]) -> Result<Vec<ReadCall>, RecipeError>,
    ) -> Result<Vec<ReadAnswer>, Breach> {
        let mut answers = Vec::new();
        loop {
            let reads = next(&answers)?;
            if reads.is_empty() {
                return Ok(answers);
            }
            for read in &reads {
                answers.push(self.answer(index, read).await?);
            }
        }
    }

    async fn answer(&self, index: &Index, read: &ReadCall) -> Result<ReadAnswer, Breach> {
        let operation = index.operation(&read.service, &read.operation).map_err(Breach::mistake)?;
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
            ReadError::NoAnswer(none) => {
                let call = format!("{}:{}", read.service, read.operation);
                Err(NotDone::NoAnswer { call, none }.fails(Fails::Read))
            }
            ReadError::Build(error) => {
                let call = format!("{}:{}", read.service, read.operation);
                Err(NotDone::NotRendered { call, reason: one_line(&error) }.fails(Fails::Read))
            }
            mistake @ ReadError::NotARead { .. } => Err(Breach::mistake(mistake)),
        })
    }
}
