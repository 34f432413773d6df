//! The way to `propose`: an Invoke of the Lambda API, by our own client.

use std::time::SystemTime;

use aws_call::{Client, Index, Outcome, Target};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_service::gate::{GateAnswer, GateRequest};
use changegate_service::{Code, ServiceError};
use serde_json::{Value, json};

/// The way to `propose`.
#[derive(Debug)]
pub struct Gate {
    index: Index,
    client: Client,
    target: Target,
    credentials: SharedCredentialsProvider,
    function: String,
}

impl Gate {
    /// The way to the function of this name.
    pub fn new(
        index: Index,
        client: Client,
        target: Target,
        credentials: SharedCredentialsProvider,
        function: impl Into<String>,
    ) -> Self {
        Self { index, client, target, credentials, function: function.into() }
    }

    /// Asks, and gives the change and whether an earlier submission had made it.
    ///
    /// # Errors
    /// The error of the other side; `unavailable` if it did not answer.
    pub async fn ask(&self, request: &GateRequest) -> Result<(Value, bool), ServiceError> {
        let unavailable = |cause: String| {
            ServiceError::new(
                Code::Unavailable,
                "the change could not be handed on; try again with the same key",
            )
            .because(cause)
        };
        let invoke = self.index.operation("lambda", "Invoke").map_err(ServiceError::internal)?;
        let payload = BASE64.encode(serde_json::to_vec(request)?);
        let parameters = json!({ "FunctionName": self.function, "Payload": payload });
        let rendered = invoke.request(&parameters, &self.target).map_err(ServiceError::internal)?;
        let credentials =
            self.credentials.provide_credentials().await.map_err(|e| unavailable(e.to_string()))?;
        let output = match self.client.send(&invoke, &rendered, &credentials, SystemTime::now(), None).await {
            Outcome::Done(done) => done.output,
            other @ (Outcome::NotSent { .. }
            | Outcome::Refused(_)
            | Outcome::NoAnswer(_)
            | Outcome::DoneUnreadable { .. }) => return Err(unavailable(format!("{other:?}"))),
        };
        if let Some(error) = output.get("FunctionError") {
            return Err(unavailable(format!("propose ended with {error}")));
        }
        let payload = output.get("Payload").and_then(Value::as_str).and_then(|text| BASE64.decode(text).ok());
        let payload = payload.ok_or_else(|| unavailable("propose gave no payload".into()))?;
        serde_json::from_slice::<GateAnswer>(&payload)?.into_result()
    }
}
