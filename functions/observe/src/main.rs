//! Watches what AWS accepted until it has settled, and captures the state after.

use changegate_lambda::Variable::{ConfigKey, FingerprintKey, ProposalKey, SealKey};
use changegate_lambda::{Clients, Environment, StartError, logging, run, system_clock, tenant_aws};
use changegate_service::keys::{DerivedKeys, Sealing, Verifier};
use changegate_service::observe::Observe;
use changegate_service::probe::probe;
use changegate_service::task::{StepEvent, StepReply};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let sts = clients.sts();
    let observe = Observe {
        store: clients.store(environment.tables()),
        aws: tenant_aws(&clients, &environment)?,
        config_keys: Verifier::new(clients.kms(), environment.text(ConfigKey)?),
        proposal_keys: Verifier::new(clients.kms(), environment.text(ProposalKey)?),
        sealing: Sealing::new(clients.kms(), environment.text(SealKey)?),
        fingerprints: DerivedKeys::new(clients.kms(), environment.text(FingerprintKey)?),
        clock: system_clock(),
    };
    run(async |event: StepEvent| match event {
        StepEvent::Probe(asked) => probe(&sts, &asked.probe).await.map(StepReply::Probe),
        StepEvent::Task(task) => observe.observe(&task).await.map(StepReply::Task),
    })
    .await
}
