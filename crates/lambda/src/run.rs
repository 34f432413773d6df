//! Functions that take a JSON event.

use std::panic::AssertUnwindSafe;

use changegate_service::ServiceError;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StartError;
use crate::function_error::{Failure, FunctionError};

/// Serves events with `handler` until the runtime ends the process.
///
/// What goes wrong reaches the invoker under a name of [`FunctionError`]: an event of another form as `Invalid`, a panic
/// as `Internal`. The cause goes to the log alone.
///
/// # Errors
/// The runtime cannot be reached.
pub async fn run<Event, Answer, Handler>(handler: Handler) -> Result<(), StartError>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Handler: AsyncFn(Event) -> Result<Answer, ServiceError>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| serve(handler, event.payload))).await
}

async fn serve<Event, Answer, Handler>(handler: &Handler, event: Value) -> Result<Value, Failure>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Handler: AsyncFn(Event) -> Result<Answer, ServiceError>,
{
    let event = serde_json::from_value(event).map_err(|error| {
        tracing::error!(%error, "the event does not have the form it must have");
        Failure::new(FunctionError::Invalid, "the event does not have the form it must have")
    })?;
    // Boxed: a use case is a deep future, and every future around it would be laid out anew.
    let task: LocalBoxFuture<'_, _> = Box::pin(handler(event));
    let ended = AssertUnwindSafe(task).catch_unwind().await;
    let result = ended.map_err(|_| Failure::new(FunctionError::Internal, "the function panicked"))?;
    let answer = result.map_err(|error| {
        tracing::warn!(code = %error.code(), story = error.story(), "the task was not done");
        Failure::from(&error)
    })?;
    serde_json::to_value(answer).map_err(|error| {
        tracing::error!(%error, "the answer cannot be written");
        Failure::new(FunctionError::Internal, "the answer cannot be written")
    })
}

#[cfg(test)]
mod tests {
    use changegate_service::Code;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    struct Double {
        number: u32,
    }

    async fn serve_double(event: Value) -> Result<Value, FunctionError> {
        let handler = async |event: Double| match event.number {
            0 => panic!("zero"),
            1 => Err(ServiceError::new(Code::Contended, "one")),
            number => Ok(number * 2),
        };
        serve(&handler, event).await.map_err(|failure| failure.name())
    }

    #[tokio::test]
    async fn an_answer_an_error_a_panic_and_a_foreign_event_each_have_their_name() {
        assert_eq!(serve_double(json!({"number": 4})).await, Ok(json!(8)));
        assert_eq!(serve_double(json!({"number": 1})).await, Err(FunctionError::Retry));
        assert_eq!(serve_double(json!({"number": 0})).await, Err(FunctionError::Internal));
        assert_eq!(serve_double(json!({"nombre": 4})).await, Err(FunctionError::Invalid));
    }
}
