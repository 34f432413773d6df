//! `call`: sends.

use std::time::{Duration, SystemTime};

use aws_call::{Client, ClientConfig, Credentials, Index, Target};
use serde_json::{Value, json};

use crate::{
    LineError,
    arguments::CallOptions,
    build::Call,
    lines::{read, value},
};

/// A client with its credentials.
pub(crate) struct Caller<'a> {
    options: &'a CallOptions,
    client: Client,
    credentials: Credentials,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(options: &'a CallOptions, credentials: Credentials) -> Self {
        let client = Client::new(ClientConfig {
            connect_timeout: Duration::from_secs(options.connect_timeout),
            send_timeout: Duration::from_secs(options.send_timeout),
            user_agent: concat!("aws-call/", env!("CARGO_PKG_VERSION")).to_owned(),
        });
        Self { options, client, credentials }
    }

    /// Answers a line of `call`.
    pub(crate) async fn call(&self, index: &Index, line: &[u8]) -> Result<Value, LineError> {
        let Self { options, client, credentials } = self;
        let call: Call = read(line)?;
        let operation = call.operation(index)?;
        if options.reads_only && operation.access().is_mutating() {
            let message = format!("`{}` is not known to only read", operation.name());
            return Err(LineError::new("not_a_read", message));
        }
        let violations = operation.validate(&call.parameters);
        if violations.iter().any(|violation| !violation.warning) {
            let message = "the parameters do not fit the operation; nothing was sent";
            return Err(LineError::new("parameters", message).with(violations));
        }
        let target = Target {
            region: options.place.region(call.region.as_ref())?,
            endpoint: options.endpoint_url.clone(),
        };
        if let Some(limit) = options.pages {
            let (parameters, limit) = (&call.parameters, usize::from(limit));
            let pages =
                client.read_pages(&operation, parameters, &target, credentials, SystemTime::now, limit);
            let read = pages.await?;
            return Ok(json!({
                "outcome": "done",
                "output": read.output,
                "truncated": read.truncated,
                "request_id": read.request_id,
            }));
        }
        let request = call.render(&operation, &target)?;
        value(client.send(&operation, &request, credentials, SystemTime::now(), None).await)
    }
}
