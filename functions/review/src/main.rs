//! The approvers' pages: sign-in, reading, deciding. The only function that can sign decisions.

use std::time::Duration;

use changegate_egress::{Egress, Policy};
use changegate_lambda::Variable::{
    ClientSecrets, ConfigKey, DecisionKey, EgressAllowLoopback, ProposalKey, PublicUrl,
};
use changegate_lambda::{Clients, Environment, StartError, logging, run_http, system_clock};
use changegate_service::keys::{Signer, Verifier};
use changegate_service::review::Review;
use changegate_service::workflow::Workflow;
use changegate_web::sign_in::flow::Flow;
use changegate_web::{Web, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let egress = Egress::new(Policy {
        allow_loopback: environment.flag(EgressAllowLoopback)?,
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(8),
        max_response_bytes: 256 * 1024,
    });
    let review = Review {
        store: clients.store(environment.tables()),
        config_keys: Verifier::new(clients.kms(), environment.text(ConfigKey)?),
        proposal_keys: Verifier::new(clients.kms(), environment.text(ProposalKey)?),
        decisions: Signer::new(clients.kms(), environment.text(DecisionKey)?),
        decision_keys: Verifier::new(clients.kms(), environment.text(DecisionKey)?),
        workflow: Workflow::only_answers(clients.sfn()),
        clock: system_clock(),
    };
    let public_url = environment.text(PublicUrl)?.trim_end_matches('/').to_owned();
    let client_secrets = serde_json::from_str(environment.optional(ClientSecrets).unwrap_or("{}"))?;
    run_http(router(Web { review, flow: Flow::new(egress), public_url, client_secrets })).await
}
