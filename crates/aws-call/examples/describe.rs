//! Says what is known of an operation and of one call of it:
//!
//! ```text
//! cargo run -p aws-call --example describe -- ecs UpdateService '{"cluster": "main", "service": "web"}'
//! ```
//!
//! The index comes from `AWS_CALL_INDEX`.

use std::{env, error::Error, path::PathBuf};

use aws_call::{Index, Place};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next().ok_or("describe SERVICE OPERATION [PARAMETERS]");
    let (service, operation) = (argument()?, argument()?);
    let parameters = arguments.next().unwrap_or_else(|| "{}".to_owned());
    let index = env::var_os("AWS_CALL_INDEX").unwrap_or_else(|| "target/index/aws-call.index".into());

    let operation = Index::open(&PathBuf::from(index))?.operation(&service, &operation)?;
    let place = Place { partition: "aws", account: "111111111111", region: "eu-west-1" };
    let description = operation.describe(&serde_json::from_str(&parameters)?, &place);
    println!("{}", serde_json::to_string_pretty(&description)?);
    Ok(())
}
