//! Keeps the token that ends an execution's wait, and tells the approvers.

use changegate_lambda::Variable::{ProposalKey, PublicUrl, TopicPrefix};
use changegate_lambda::{Clients, Environment, StartError, logging, run, system_clock};
use changegate_service::keys::Verifier;
use changegate_service::request_approval::{ApprovalTask, RequestApproval};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let request_approval = RequestApproval {
        store: clients.store(environment.tables()),
        sns: clients.sns(),
        proposal_keys: Verifier::new(clients.kms(), environment.text(ProposalKey)?),
        topic_prefix: environment.text(TopicPrefix)?,
        public_url: environment.url(PublicUrl)?.to_string(),
        clock: system_clock(),
    };
    run(async |task: ApprovalTask| request_approval.ask(&task).await).await
}
