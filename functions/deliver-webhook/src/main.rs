//! Tries to deliver what the webhook queue holds, once per invocation.

use std::time::Duration;

use changegate_egress::{Egress, Policy};
use changegate_lambda::logging::start_logging;
use changegate_lambda::{Clients, Environment, StartError, Variable, run, system_clock};
use changegate_service::deliver_webhook::{DeliverWebhook, QueueBatch};
use changegate_service::keys::{DerivedKeys, Verifier};
use changegate_service::relay::WebhookQueue;

/// How long an endpoint may take. INVARIANT: leaves time to report the failure before the function's own timeout.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let bounds = Policy { total_timeout: TOTAL_TIMEOUT, ..Policy::public_internet() };
    let deliver_webhook = DeliverWebhook {
        store: clients.store(environment.tables()),
        config_keys: Verifier::new(clients.kms(), environment.text(Variable::ConfigKey)?),
        webhook_keys: DerivedKeys::new(clients.kms(), environment.text(Variable::WebhookKey)?),
        queue: WebhookQueue::new(clients.sqs(), environment.text(Variable::WebhookQueueUrl)?),
        egress: Egress::new(bounds.with_loopback(environment.flag(Variable::EgressAllowLoopback)?)),
        clock: system_clock(),
    };
    run(async |batch: QueueBatch| Ok(deliver_webhook.deliver(&batch).await)).await
}
