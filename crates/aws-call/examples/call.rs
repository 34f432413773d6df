//! Calls one operation and prints what became of it:
//!
//! ```text
//! cargo run -p aws-call --example call -- ssm GetParameter '{"Name": "/app/limit"}'
//! ```
//!
//! Region, credentials and endpoint come from the environment (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`), the index from `AWS_CALL_INDEX`.

use std::{
    env,
    error::Error,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use aws_call::{Client, ClientConfig, Credentials, Index, Target, Url};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next().ok_or("call SERVICE OPERATION PARAMETERS");
    let (service, operation, parameters) = (argument()?, argument()?, argument()?);
    let index = env::var_os("AWS_CALL_INDEX").unwrap_or_else(|| "target/index/aws-call.index".into());

    let operation = Index::open(&PathBuf::from(index))?.operation(&service, &operation)?;
    let target = Target {
        region: env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned()),
        endpoint: env::var("AWS_ENDPOINT_URL").ok().map(|url| Url::parse(&url)).transpose()?,
    };
    let request = operation.request(&serde_json::from_str(&parameters)?, &target)?;
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
    let outcome = client.send(&operation, &request, &credentials, SystemTime::now(), None).await;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}
