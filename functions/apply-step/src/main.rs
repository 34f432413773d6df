//! Makes approved calls: verifies everything again, takes the fence, sends once. Its role alone may execute.

use changegate_lambda::Variable::{ConfigKey, DecisionKey, FingerprintKey, ProposalKey, SealKey};
use changegate_lambda::{
    Clients, Environment, StartError, logging, protected, run, system_clock, tenant_aws,
};
use changegate_service::apply_step::ApplyStep;
use changegate_service::keys::{DerivedKeys, Sealing, Verifier};
use changegate_service::probe::probe;
use changegate_service::task::{StepEvent, StepReply};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let sts = clients.sts();
    let apply_step = ApplyStep {
        store: clients.store(environment.tables()),
        aws: tenant_aws(&clients, &environment)?,
        config_keys: Verifier::new(clients.kms(), environment.text(ConfigKey)?),
        proposal_keys: Verifier::new(clients.kms(), environment.text(ProposalKey)?),
        decision_keys: Verifier::new(clients.kms(), environment.text(DecisionKey)?),
        sealing: Sealing::new(clients.kms(), environment.text(SealKey)?),
        fingerprints: DerivedKeys::new(clients.kms(), environment.text(FingerprintKey)?),
        protected: protected(&environment)?,
        clock: system_clock(),
    };
    run(async |event: StepEvent| match event {
        StepEvent::Probe(asked) => probe(&sts, &asked.probe).await.map(StepReply::Probe),
        StepEvent::Task(task) => apply_step.apply(&task).await.map(StepReply::Task),
    })
    .await
}
