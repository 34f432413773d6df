//! Calls one operation: `call SERVICE OPERATION PARAMETERS`, with region, credentials and endpoint from the environment
//! (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`) and the index from
//! `AWS_CALL_INDEX`. Prints the outcome as one JSON line.

use std::{
    env,
    error::Error,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use aws_call::{Client, ClientConfig, Credentials, Index, NoAnswer, Outcome, Output, Refusal, Target, Url};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next().ok_or("call SERVICE OPERATION PARAMETERS");
    let (service, operation, parameters) = (argument()?, argument()?, argument()?);
    let path =
        env::var_os("AWS_CALL_INDEX").map_or_else(|| "target/index/aws-call.index".into(), PathBuf::from);
    let operation = Index::open(&path)?.operation(&service, &operation)?;
    let parameters: Value = serde_json::from_str(&parameters)?;
    let violations = operation.validate(&parameters);
    if violations.iter().any(|violation| !violation.warning) {
        println!("{}", json!({"violations": violations}));
        return Ok(());
    }
    let target = Target {
        region: env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned()),
        endpoint: env::var("AWS_ENDPOINT_URL").ok().map(|url| Url::parse(&url)).transpose()?,
    };
    let credentials = Credentials::new(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
        env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let client = Client::new(ClientConfig {
        connect_timeout: Duration::from_secs(5),
        send_timeout: Duration::from_secs(30),
        user_agent: "aws-call-example".to_owned(),
    });
    let request = operation.request(&parameters, &target)?;
    let outcome = client.send(&operation, &request, &credentials, SystemTime::now(), None).await;
    println!("{}", described(outcome));
    Ok(())
}

fn described(outcome: Outcome) -> Value {
    match outcome {
        Outcome::NotSent { reason } => json!({"not_sent": reason}),
        Outcome::Refused(Refusal { status, code, message, request_id }) => {
            json!({"refused": code, "status": status, "message": message, "request_id": request_id})
        }
        Outcome::NoAnswer(NoAnswer { reason, status, code, request_id }) => {
            json!({"no_answer": reason, "status": status, "code": code, "request_id": request_id})
        }
        Outcome::Done(Output { output, request_id, .. }) => json!({"done": output, "request_id": request_id}),
        Outcome::DoneUnreadable { reason, request_id } => {
            json!({"done_unreadable": reason, "request_id": request_id})
        }
    }
}
