//! The way to tenants' accounts, as the functions that may assume their roles need it.

use std::time::Duration;

use aws_call::{Client, ClientConfig};
use changegate_catalog::Catalog;
use changegate_service::protected::Protected;
use changegate_service::tenant_aws::TenantAws;
use jiff::SignedDuration;

use crate::StartError;
use crate::clients::{CONNECT_TIMEOUT, Clients};
use crate::environment::{Environment, Variable};
use crate::index::open_index;

/// How long one call of a tenant's AWS may take.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The client of calls that go through the model index.
pub fn model_client(send_timeout: Duration) -> Client {
    let user_agent = concat!("changegate/", env!("CARGO_PKG_VERSION")).to_owned();
    Client::new(ClientConfig { connect_timeout: CONNECT_TIMEOUT, send_timeout, user_agent })
}

/// The way to tenants' accounts.
///
/// # Errors
/// The index cannot be opened; `AWS_ENDPOINT_URL` is no URL.
pub fn tenant_aws(clients: &Clients, environment: &Environment) -> Result<TenantAws, StartError> {
    let endpoint = environment.optional_url(Variable::AwsEndpointUrl)?;
    Ok(TenantAws::new(clients.sts(), open_index()?, Catalog::builtin(), model_client(SEND_TIMEOUT), endpoint))
}

/// How long the sweep waits until it looks at what nothing else has looked at: 300 s unless the deployment says otherwise.
///
/// # Errors
/// It is set and no number of seconds.
pub fn look_after(environment: &Environment) -> Result<SignedDuration, StartError> {
    let seconds = i64::try_from(environment.number(Variable::SweepLookSeconds, 300)?)?;
    Ok(SignedDuration::from_secs(seconds))
}

/// What no change may touch: everything under the deployment's prefix, its keys and its HTTP API.
///
/// # Errors
/// The deployment did not say what its names begin with.
pub fn protected(environment: &Environment) -> Result<Protected, StartError> {
    let mut ids = environment.list(Variable::OwnKeys);
    ids.extend(environment.optional(Variable::OwnApi).map(str::to_owned));
    Ok(Protected::new(&environment.text(Variable::OwnPrefix)?, ids))
}
