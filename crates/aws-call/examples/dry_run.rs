//! Reads a command line of the AWS CLI and says what it would do, without doing it: the call, whether it fits the model, what it
//! changes, what it touches, and the request that would be sent.
//!
//! ```text
//! cargo run -p aws-call --example dry_run -- aws ec2 stop-instances --instance-ids i-0abc --region eu-west-1
//! ```
//!
//! The index comes from `AWS_CALL_INDEX`.

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use aws_call::{Index, Place, Target};

fn main() -> ExitCode {
    match dry_run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn dry_run() -> Result<(), Box<dyn Error>> {
    // The shell has taken the quotes away; each word gets them back.
    let quoted = |word: String| format!("'{}'", word.replace('\'', r"'\''"));
    let command = env::args().skip(1).map(quoted).collect::<Vec<_>>().join(" ");
    let index = env::var_os("AWS_CALL_INDEX").unwrap_or_else(|| "target/index/aws-call.index".into());
    let index = Index::open(&PathBuf::from(index))?;

    let call = index.parse_command(&command)?;
    let operation = index.operation(&call.service, &call.operation)?;
    println!("{} {}: {}", call.service, call.operation, operation.summary());
    println!("parameters: {}", call.parameters);
    for violation in operation.validate(&call.parameters) {
        let how_bad = if violation.warning { "warning" } else { "error" };
        println!("{how_bad}: `{}`: {}", violation.path, violation.message);
    }
    let region = call.region.unwrap_or_else(|| "us-east-1".to_owned());
    let partition = index.partition(&region)?;
    let place = Place { partition: &partition, account: "*", region: &region };
    let description = operation.describe(&call.parameters, &place);
    println!("access: {}, by {}", description.access, description.iam_actions.join(", "));
    for resource in description.resources {
        println!("touches: {}", resource.arn);
    }
    let request = operation.request(&call.parameters, &Target { region, endpoint: None })?;
    println!("{} {}", request.method, request.url());
    println!("{}", String::from_utf8_lossy(&request.body));
    Ok(())
}
