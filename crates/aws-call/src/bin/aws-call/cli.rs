//! `cli`: the call that a command line of the AWS CLI stands for.

use aws_call::{BlobText, Index};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    LineError,
    arguments::CliOptions,
    lines::{read, value},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandLine {
    command: String,
}

/// Answers a line of `cli`.
pub(crate) fn cli(index: &Index, options: &CliOptions, line: &[u8]) -> Result<Value, LineError> {
    let line: CommandLine = read(line)?;
    let blobs = if options.raw_blobs { BlobText::Raw } else { BlobText::Base64 };
    value(index.parse_command_with(&line.command, blobs)?)
}
