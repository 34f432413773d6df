//! Command lines of the AWS CLI, read as the API calls they stand for.
//!
//! What is understood is what awscli (versions 1.45.11 and 1.46.3) makes one API call of; names, renamed options and
//! shorthand syntax are facts of its sources, named where they stand. Bytes are read as the second version of the CLI reads
//! them, see [`BlobText`].

mod arguments;
mod conform;
mod customised;
mod error;
mod global_options;
mod names;
mod options;
mod parameters;
mod renames;
mod s3_commands;
mod services;
mod shorthand;
mod timestamp;
mod values;
mod words;

use serde_json::{Map, Value};

use crate::{
    Index, Operation,
    schemas::{Graph, ROOT},
};
use arguments::ArgumentTable;
pub use error::{CommandError, CommandFault};
use global_options::Globals;

/// Longest command line that is read, in bytes.
const LONGEST: usize = 128 << 10;

/// How bytes are written in the values of options.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlobText {
    /// As base64, which is what version 2 of the AWS CLI takes unless told otherwise.
    #[default]
    Base64,
    /// As text whose UTF-8 is meant: version 1 of the AWS CLI, and version 2 with `--cli-binary-format raw-in-base64-out`.
    Raw,
}

/// One API call that a command line stands for.
#[derive(Clone, PartialEq, serde::Serialize)]
pub struct CommandCall {
    /// Name of the service's botocore folder (`elbv2`, `config`).
    pub service: String,
    /// Name of the operation (`PutParameter`).
    pub operation: String,
    /// The region, if the command line names one.
    pub region: Option<String>,
    /// Parameters in the JSON form of this crate.
    pub parameters: Value,
    /// Options that say nothing about the call, only what is to happen with its answer (`--query`, `--output`), and
    /// `OUTFILE` for the name of a file to write it to; they are left out.
    pub ignored: Vec<String>,
}

/// Without the parameters, which may hold secrets.
impl std::fmt::Debug for CommandCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandCall")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .field("region", &self.region)
            .field("ignored", &self.ignored)
            .finish_non_exhaustive()
    }
}

impl Index {
    /// Reads a command line (`aws ssm put-parameter --name a --value b`), with bytes as base64 unless it says otherwise.
    ///
    /// # Errors
    /// When it is not exactly one API call, with what is wrong and, where there is one, the way to say it.
    pub fn parse_command(&self, command: &str) -> Result<CommandCall, CommandError> {
        self.parse_command_with(command, BlobText::default())
    }

    /// Reads a command line with bytes written as `blobs` says, unless the line itself has `--cli-binary-format`.
    ///
    /// # Errors
    /// As [`Index::parse_command`].
    pub fn parse_command_with(&self, command: &str, blobs: BlobText) -> Result<CommandCall, CommandError> {
        if command.len() > LONGEST {
            let message = format!("the command line is longer than {LONGEST} bytes");
            return Err(CommandError::new(CommandFault::TooLarge, message)
                .instead("give large values in the parameters of a call"));
        }
        let mut words = words::words(command)?.into_iter();
        if words.next().as_deref() != Some("aws") {
            return Err(not_a_command());
        }
        let mut globals = Globals::read(words.collect(), blobs)?;
        if globals.service.as_deref() == Some("s3") {
            globals = s3_commands::rewrite(globals)?;
        }
        let service = globals.service.as_deref().ok_or_else(not_a_command)?;
        let folder = services::service(self, service)?;
        let command = globals.command.clone().ok_or_else(not_a_command)?;
        if command == "help" || matches!(globals.rest.as_slice(), [only] if only == "help") {
            return Err(CommandError::new(CommandFault::NotOneCall, "`help` shows documentation"));
        }
        let name = services::operation(self, &folder, &command)?;
        let operation = self.operation(&folder, &name)?;
        call(&operation, &command, globals)
    }
}

fn not_a_command() -> CommandError {
    CommandError::new(
        CommandFault::NotAnAwsCommand,
        "a command begins with `aws`, a service and an operation",
    )
    .instead("write `aws SERVICE OPERATION --OPTION VALUE …`")
}

/// What is known while a command of an operation is read.
struct Command<'a> {
    /// Service as typed, which the tables of facts are about.
    service: &'a str,
    /// Operation as typed.
    name: &'a str,
    operation: &'a Operation,
    /// None if the operation takes no parameters.
    graph: Option<&'a Graph>,
    blobs: BlobText,
}

fn call(operation: &Operation, name: &str, globals: Globals) -> Result<CommandCall, CommandError> {
    let graph = operation.input()?.graph.as_ref();
    let service = services::typed_service(operation.service());
    let command = Command { service, name, operation, graph, blobs: globals.blobs };
    let table = ArgumentTable::of(&command)?;
    let mut ignored = globals.ignored;
    let given = options::read(&table, &globals.rest, &mut ignored)?;
    let mut parameters = parameters::put_together(&command, &table, given, globals.paginate, &mut ignored)?;
    if let Some((graph, root)) = graph.and_then(|graph| Some((graph, graph.node(ROOT)?))) {
        conform::members(graph, root, &mut parameters, command.blobs)?;
    }
    ignored.sort();
    ignored.dedup();
    Ok(CommandCall {
        service: operation.service().to_owned(),
        operation: operation.name().to_owned(),
        region: globals.region,
        parameters: Value::Object(parameters),
        ignored,
    })
}

/// Whether a value names a file instead of being one.
fn names_file(text: &str) -> bool {
    text.starts_with("file://") || text.starts_with("fileb://")
}

fn local_file(option: &str) -> CommandError {
    CommandError::new(
        CommandFault::LocalFile,
        format!("`{option}` names a local file, and files are not read"),
    )
    .instead("give the contents themselves")
}

type Parameters = Map<String, Value>;
