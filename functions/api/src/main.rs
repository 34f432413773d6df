//! HTTP for agents and systems. Reads changes; everything else is for `propose`, which it invokes.

use aws_call::Target;
use changegate_api::{Api, Gate, router};
use changegate_lambda::Variable::{AwsEndpointUrl, AwsRegion, ConfigKey, CursorKey, ProposeFunction};
use changegate_lambda::clients::INVOKE_TIMEOUT;
use changegate_lambda::{Clients, Environment, StartError, logging, model_client, open_index, run_http};
use changegate_service::keys::{DerivedKeys, Verifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    logging::start_logging();
    let environment = Environment::of_process();
    let clients = Clients::load().await;
    let credentials =
        clients.sdk_config().credentials_provider().ok_or("this function has no credentials")?;
    let endpoint = environment.optional_url(AwsEndpointUrl)?;
    let target = Target { region: environment.text(AwsRegion)?, endpoint };
    let function = environment.text(ProposeFunction)?;
    let api = Api {
        store: clients.store(environment.tables()),
        config_keys: Verifier::new(clients.kms(), environment.text(ConfigKey)?),
        gate: Gate::new(open_index()?, model_client(INVOKE_TIMEOUT), target, credentials, function),
        cursor_keys: DerivedKeys::new(clients.kms(), environment.text(CursorKey)?),
    };
    run_http(router(api)).await
}
