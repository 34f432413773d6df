//! Serves the IAM-authorised routes of operators. Its role alone may write the `config` table.

mod routes;

use changegate_catalog::Catalog;
use changegate_lambda::logging::start_logging;
use changegate_lambda::{Clients, Environment, StartError, Variable, run_http, system_clock};
use changegate_service::configure::{Configure, Provers};
use changegate_service::keys::{DerivedKeys, Signer, Verifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let config_key = environment.text(Variable::ConfigKey)?;
    let configure = Configure {
        store: clients.store(environment.tables()),
        signer: Signer::new(clients.kms(), &config_key),
        verifier: Verifier::new(clients.kms(), &config_key),
        sns: clients.sns(),
        provers: Provers {
            lambda: clients.lambda(),
            observe_function: environment.text(Variable::ObserveFunction)?,
            apply_step_function: environment.text(Variable::ApplyStepFunction)?,
        },
        webhook_keys: DerivedKeys::new(clients.kms(), environment.text(Variable::WebhookKey)?),
        deployment: environment.text(Variable::TopicPrefix)?.parse()?,
        classes: Catalog::builtin().action_classes(),
        allow_loopback: environment.flag(Variable::EgressAllowLoopback)?,
        clock: system_clock(),
    };
    run_http(routes::router(configure)).await
}
