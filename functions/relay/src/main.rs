//! Moves outbox markers from the table's stream to the webhook queue.

use changegate_lambda::logging::start_logging;
use changegate_lambda::{Clients, Environment, StartError, Variable, run};
use changegate_service::relay::{Relay, StreamBatch, WebhookQueue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let queue = WebhookQueue::new(clients.sqs(), environment.text(Variable::WebhookQueueUrl)?);
    let relay = Relay::new(clients.store(environment.tables()), queue);
    run(async |batch: StreamBatch| Ok(relay.relay(&batch).await)).await
}
