//! Calls of AWS, as whoever holds some credentials.

use std::time::{Duration, SystemTime};

use aws_call::{Client, ClientConfig, Credentials, Outcome, Target, Url};
use serde_json::Value;

use crate::stack::stack;

/// Whoever holds some credentials.
#[derive(Debug, Clone)]
pub struct Aws {
    credentials: Credentials,
}

/// An error that AWS answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Refusal {
    /// Whether a policy said no.
    pub fn is_denial(&self) -> bool {
        self.code.contains("AccessDenied") || self.code.contains("NotAuthorized")
    }
}

impl Aws {
    /// Whoever holds these.
    pub fn holding(key: &str, secret: &str, token: Option<String>) -> Self {
        Self { credentials: Credentials::new(key, secret, token, None, "tests") }
    }

    /// The output of a call.
    ///
    /// # Panics
    /// AWS refuses it or does not answer.
    pub async fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        let answer = self.attempt(service, operation, parameters.clone()).await;
        answer.unwrap_or_else(|refusal| panic!("{service} {operation} {parameters}: {refusal:?}"))
    }

    /// The output of a call, or why AWS refuses it.
    ///
    /// # Errors
    /// AWS's error.
    ///
    /// # Panics
    /// AWS does not answer, or the parameters do not fit the operation.
    pub async fn attempt(&self, service: &str, operation: &str, parameters: Value) -> Result<Value, Refusal> {
        let sandbox = &stack().sandbox;
        let operation = stack().index().operation(service, operation).expect("an operation in the models");
        let endpoint = sandbox.endpoint.parse::<Url>().expect("the endpoint is a URL");
        let target = Target { region: sandbox.region.clone(), endpoint: Some(endpoint) };
        let request = operation.request(&parameters, &target).expect("the request can be rendered");
        let client = Client::new(ClientConfig {
            connect_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(90),
            user_agent: "changegate-tests".to_owned(),
        });
        match client.send(&operation, &request, &self.credentials, SystemTime::now(), None).await {
            Outcome::Done(done) => Ok(done.output),
            Outcome::Refused(aws_call::Refusal { code, message, .. }) => Err(Refusal { code, message }),
            Outcome::NotSent { reason } | Outcome::DoneUnreadable { reason, .. } => {
                panic!("{service} {}: {reason}", operation.name())
            }
            Outcome::NoAnswer(aws_call::NoAnswer { reason, code, status, .. }) => {
                panic!("{service} {}: no answer: {reason} ({code:?}, {status:?})", operation.name())
            }
        }
    }
}
