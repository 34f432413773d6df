//! Ends an execution: brings what is past its time to its end.

use changegate_lambda::{Clients, Environment, StartError, logging, run, system_clock};
use changegate_service::close_change::CloseChange;
use changegate_service::task::ChangeTask;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let close_change = CloseChange { store: clients.store(environment.tables()), clock: system_clock() };
    run(async |task: ChangeTask| close_change.close(&task).await).await
}
