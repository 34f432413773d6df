//! Calls that are really sent: to moto, an emulator of AWS that others wrote.
//!
//! The scripts are data (`conformance/live/*.json`): what was set is read back and compared, listings are read in pages,
//! waiters wait, and refusals are told by their codes.

mod emulator;
mod errors;
mod run;
mod script;

use std::collections::BTreeSet;

use emulator::Emulator;
use run::Runner;
use script::{Script, Step};

use crate::{failure::Failure, models::Models, suite::Tally};

const SCRIPTS: &[(&str, &str)] = &[
    ("json.json", include_str!("../live/json.json")),
    ("rest.json", include_str!("../live/rest.json")),
    ("query.json", include_str!("../live/query.json")),
];

/// Sets and reads back; every step of a script is a case.
pub(crate) fn scripts(models: &Models) -> Result<Tally, Failure> {
    let emulator = Emulator::start(models)?;
    let runtime = runtime()?;
    let mut tally = Tally::default();
    let mut used = Used::default();
    for (file, text) in SCRIPTS {
        let scripts: Vec<Script> = serde_json::from_str(text).map_err(Failure::json(*file))?;
        for script in &scripts {
            let mut runner = Runner::new(models, &emulator, script)?;
            for (number, step) in script.steps.iter().enumerate() {
                let result = runtime.block_on(runner.step(step));
                if result.is_ok() {
                    used.note(models, script, step)?;
                }
                tally.add(format!("{}/{} {}", script.service, number + 1, step.name()), result);
            }
        }
    }
    tally.add("coverage", used.is_enough());
    tally.counts = used.counts();
    Ok(tally)
}

/// Refusals of many services, told by their codes.
pub(crate) fn errors(models: &Models) -> Result<Tally, Failure> {
    errors::run(models, &Emulator::start(models)?, &runtime()?)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::Other(format!("a runtime cannot be started: {error}")))
}

/// What steps that went well have used.
#[derive(Default)]
struct Used {
    operations: BTreeSet<(String, String)>,
    services: BTreeSet<String>,
    protocols: BTreeSet<String>,
    waiters: BTreeSet<(String, String)>,
    listings: BTreeSet<(String, String)>,
}

impl Used {
    fn note(&mut self, models: &Models, script: &Script, step: &Step) -> Result<(), Failure> {
        let service = step.service(script).to_owned();
        let name = step.name().to_owned();
        match step {
            Step::Wait { .. } => {
                self.waiters.insert((service, name));
                return Ok(());
            }
            Step::Pages { .. } => {
                self.listings.insert((service.clone(), name.clone()));
            }
            Step::Call { .. } => {}
        }
        let operation = models.index.operation(&service, &name)?;
        self.protocols.insert(format!("{:?}", operation.protocol()));
        self.services.insert(service.clone());
        self.operations.insert((service, name));
        Ok(())
    }

    /// What is asked for: 60 operations of 25 services, in every protocol that services of the index prefer and moto speaks.
    fn is_enough(&self) -> Result<(), String> {
        let (operations, services) = (self.operations.len(), self.services.len());
        let protocols = ["AwsJson10", "AwsJson11", "RestJson", "RestXml", "AwsQuery", "Ec2Query"];
        let missing = protocols.iter().find(|protocol| !self.protocols.contains(**protocol));
        match missing {
            _ if operations < 60 || services < 25 => {
                Err(format!("{operations} operations of {services} services are too few"))
            }
            Some(protocol) => Err(format!("{protocol} is missing")),
            None => Ok(()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn counts(&self) -> Vec<(String, f64)> {
        let counts = [
            ("operations", self.operations.len()),
            ("services", self.services.len()),
            ("protocols", self.protocols.len()),
            ("waiters", self.waiters.len()),
            ("listings", self.listings.len()),
        ];
        counts.into_iter().map(|(name, count)| (name.to_owned(), count as f64)).collect()
    }
}
