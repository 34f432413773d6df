//! Proposes changes, previews them, proposes their undo, withdraws them. It has no route: `api` and `mcp` invoke it.

use changegate_lambda::Variable::{ConfigKey, FingerprintKey, ProposalKey, SealKey, StateMachineArn};
use changegate_lambda::{
    Clients, Environment, StartError, logging, look_after, protected, run, system_clock, tenant_aws,
};
use changegate_service::gate::GateRequest;
use changegate_service::keys::{DerivedKeys, Sealing, Signer, Verifier};
use changegate_service::propose::Propose;
use changegate_service::workflow::Workflow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let propose = Propose {
        store: clients.store(environment.tables()),
        aws: tenant_aws(&clients, &environment)?,
        config_keys: Verifier::new(clients.kms(), environment.text(ConfigKey)?),
        proposals: Signer::new(clients.kms(), environment.text(ProposalKey)?),
        proposal_keys: Verifier::new(clients.kms(), environment.text(ProposalKey)?),
        sealing: Sealing::new(clients.kms(), environment.text(SealKey)?),
        fingerprints: DerivedKeys::new(clients.kms(), environment.text(FingerprintKey)?),
        workflow: Workflow::new(clients.sfn(), environment.text(StateMachineArn)?),
        protected: protected(&environment)?,
        clock: system_clock(),
        look_after: look_after(&environment)?,
    };
    run(async |request: GateRequest| Ok(propose.pass(request).await)).await
}
