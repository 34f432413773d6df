//! Looks every minute at what is due: deadlines, waits, executions, events that were left behind.

use changegate_lambda::Variable::{RelayFunction, StateMachineArn};
use changegate_lambda::{Clients, Environment, StartError, logging, look_after, run, system_clock};
use changegate_service::sweep::{Relay, Sweep};
use changegate_service::workflow::Workflow;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let sweep = Sweep {
        store: clients.store(environment.tables()),
        workflow: Workflow::new(clients.sfn(), environment.text(StateMachineArn)?),
        relay: Relay::new(clients.lambda(), environment.text(RelayFunction)?),
        look_after: look_after(&environment)?,
        clock: system_clock(),
    };
    // The schedule's event says only that a minute has passed.
    run(async |_: Value| sweep.sweep().await).await
}
