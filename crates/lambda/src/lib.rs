//! What every function needs around its use case.
//!
//! | module | holds |
//! |---|---|
//! | [`accounts`] | the way to tenants' accounts |
//! | [`environment`] | the variables of a function, each read once |
//! | [`logging`] | JSON lines that say which request they belong to |
//! | [`clients`] | AWS clients with bounded time, and the store behind them |
//! | [`index`] | the model index that is shipped beside the executable |
//! | [`system_clock`] | time and randomness of the machine |
//! | [`function_error`] | the names under which Step Functions sees errors |
//! | [`run`] | functions that take a JSON event |
//! | [`run_http`] | functions behind the HTTP API |
//! | [`iam_caller`] | who signed a request to an IAM-authorised route |

pub mod accounts;
pub mod clients;
pub mod environment;
pub mod function_error;
pub mod iam_caller;
pub mod index;
pub mod logging;
pub mod run;
pub mod run_http;
pub mod system_clock;

pub use accounts::{look_after, model_client, protected, tenant_aws};
pub use clients::Clients;
pub use environment::{Environment, EnvironmentError, Variable};
pub use function_error::FunctionError;
pub use iam_caller::IamCaller;
pub use index::{index_path, open_index};
pub use run::run;
pub use run_http::{REQUEST_ID, run_http};
pub use system_clock::system_clock;

/// What `main` returns: the runtime sees a function that cannot start.
pub type StartError = lambda_runtime::Error;
