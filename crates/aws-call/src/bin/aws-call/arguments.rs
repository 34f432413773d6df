//! The command line.

use std::{io, path::PathBuf, time::SystemTime};

use aws_call::{Credentials, Url};
use aws_smithy_types::{DateTime, date_time::Format};
use clap::{Args, Parser, Subcommand};

const ABOUT: &str = "Understand, check, render, sign, send and read any AWS API call.

Reads one JSON value a line from the standard input and prints one a line, in the same order, each \
flushed before the next is read. A line that cannot be answered gives

  {\"error\":{\"code\":\"unknown_operation\",\"message\":\"…\"},\"line\":3}

and the next one goes on. Blank lines are passed over.";

const AFTER: &str =
    "Values are JSON: timestamps are RFC 3339 text, bytes are base64 text, integers beyond ±2^53 are text.

Exit status: 0 every line has an answer (a service's refusal is one, and so is a violation)
             1 at least one line has an error
             2 nothing could be done: wrong arguments, or the index cannot be used

Examples:
  echo '{\"service\":\"ssm\",\"operation\":\"PutParameter\"}' | aws-call describe
  echo '{\"service\":\"sqs\",\"operation\":\"ListQueues\",\"region\":\"eu-west-1\"}' | aws-call call
  echo '{\"command\":\"aws ssm get-parameter --name /app/limit\"}' | aws-call cli | aws-call request --region eu-west-1
  aws-call unsupported | jq -r '[.service, .operation, .reason] | @tsv'";

/// Command line of the tool.
#[derive(Debug, Parser)]
#[command(name = "aws-call", version, about = "Any AWS API call, from service models", long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Arguments {
    /// File with the models of all services
    #[arg(
        long,
        global = true,
        env = "AWS_CALL_INDEX",
        default_value = "target/index/aws-call.index",
        value_name = "FILE"
    )]
    pub(crate) index: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render calls as requests, sending nothing
    #[command(
        after_long_help = "In:  {\"service\",\"operation\",\"region\",\"parameters\"}\nOut: {\"method\",\"url\",\"headers\",\"body_base64\"}"
    )]
    Request(RequestOptions),
    /// Read answers: the output or the error, and what it means for the call
    #[command(
        after_long_help = "In:  {\"service\",\"operation\",\"status\",\"headers\",\"body_base64\"}\nOut: {\"outcome\":\"done\",\"output\",\"request_id\"}\n     {\"outcome\":\"refused\",\"error\":{\"status\",\"code\",\"message\"},\"request_id\"}\n\nOutcomes: done, done_unreadable, refused (nothing was done), no_answer (it may have been)."
    )]
    Parse,
    /// Work out endpoints from a service's rules
    #[command(
        after_long_help = "In:  {\"service\",\"region\",\"parameters\"}; the parameters are those of the endpoint rules (`UseFIPS`, `Bucket`)\nOut: {\"url\",\"properties\",\"headers\"}"
    )]
    Endpoint(Place),
    /// Check parameters against the model
    #[command(
        after_long_help = "In:  {\"service\",\"operation\",\"parameters\"}\nOut: {\"valid\",\"violations\":[{\"path\",\"rule\",\"message\",\"nearest\",\"warning\"}]}\n\nA violation that is a warning does not make the call invalid: services change before their models do."
    )]
    Validate,
    /// Say what operations are: access, IAM actions, resources, secrets, tokens, pages
    #[command(
        after_long_help = "In:  {\"service\",\"operation\",\"parameters\",\"region\",\"account\"}; the last three may be left out"
    )]
    Describe(Place),
    /// Send calls and read their answers
    #[command(
        after_long_help = "In:  {\"service\",\"operation\",\"region\",\"parameters\"}\nOut: as of `parse`, and {\"outcome\":\"not_sent\",\"error\"} when no byte was written\n\nEach call is sent once, on a connection of its own, without redirects. Parameters that do not fit the model are not sent."
    )]
    Call(CallOptions),
    /// Read command lines of the AWS CLI as calls
    #[command(
        after_long_help = "In:  {\"command\":\"aws ssm get-parameter --name /app/limit\"}\nOut: {\"service\",\"operation\",\"region\",\"parameters\",\"ignored\"}, which every other command takes\n\nWhat is not exactly one API call gives an error that says why and, where there is one, the way to say it."
    )]
    Cli(CliOptions),
    /// List all operations that cannot be called, with the reason
    Unsupported,
    /// List all services
    Services,
    /// List all operations, or those of one service
    Operations {
        /// Name of the service's botocore folder
        service: Option<String>,
    },
}

/// Options of `cli`.
#[derive(Debug, Args)]
pub(crate) struct CliOptions {
    /// Take bytes as version 1 of the AWS CLI does, as they are, and not as base64
    #[arg(long)]
    pub(crate) raw_blobs: bool,
}

/// Where calls go that do not say it themselves.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Region of lines that give none
    #[arg(long, env = "AWS_REGION")]
    pub(crate) region: Option<String>,
}

/// Options of `request`.
#[derive(Debug, Args)]
pub(crate) struct RequestOptions {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Endpoint that replaces every service's own
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint_url: Option<Url>,
    /// Sign the requests with Signature Version 4
    #[arg(long)]
    pub(crate) sign: bool,
    /// Time of the signatures, RFC 3339; now unless given
    #[arg(long, requires = "sign", value_parser = time)]
    pub(crate) time: Option<SystemTime>,
    #[command(flatten)]
    pub(crate) keys: Keys,
}

/// Options of `call`.
#[derive(Debug, Args)]
pub(crate) struct CallOptions {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Endpoint that replaces every service's own
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint_url: Option<Url>,
    /// Refuse every operation that is not known to only read
    #[arg(long)]
    pub(crate) reads_only: bool,
    /// Read up to this many pages of listings and join them; implies --reads-only
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) pages: Option<u16>,
    /// Longest time for connecting, in seconds
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    pub(crate) connect_timeout: u64,
    /// Longest time from the first byte of the request to the last of the answer, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub(crate) send_timeout: u64,
    #[command(flatten)]
    pub(crate) keys: Keys,
}

/// Credentials. Others can see the arguments of a process, so the environment is the better place.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// Access key id
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true, value_name = "ID")]
    access_key_id: Option<String>,
    /// Secret access key
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "KEY")]
    secret_access_key: Option<Secret>,
    /// Session token of temporary credentials
    #[arg(long, env = "AWS_SESSION_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    session_token: Option<Secret>,
}

impl Keys {
    /// What to sign with.
    ///
    /// # Errors
    /// When there are not both an id and a secret.
    pub(crate) fn credentials(&self) -> io::Result<Credentials> {
        self.complete()
            .ok_or_else(|| io::Error::other("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set"))
    }

    fn complete(&self) -> Option<Credentials> {
        let given =
            |secret: &Option<Secret>| secret.clone().map(|secret| secret.0).filter(|text| !text.is_empty());
        let id = self.access_key_id.clone().filter(|id| !id.is_empty())?;
        let secret = given(&self.secret_access_key)?;
        Some(Credentials::new(id, secret, given(&self.session_token), None, "aws-call"))
    }
}

/// A value that is not shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

fn time(text: &str) -> Result<SystemTime, String> {
    let time = DateTime::from_str(text, Format::DateTimeWithOffset).map_err(|error| error.to_string())?;
    SystemTime::try_from(time).map_err(|error| error.to_string())
}
