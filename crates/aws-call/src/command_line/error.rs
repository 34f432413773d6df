//! Why a command line is not one API call.

use std::fmt;

use crate::index::{IndexError, LookupError};

/// What kind of fault a command line has. New kinds may come; a kind keeps its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CommandFault {
    /// It does not begin with `aws`, a service and an operation.
    NotAnAwsCommand,
    /// It is longer, or a value in it is nested deeper, than is read.
    TooLarge,
    /// It uses the shell for more than quoting: pipes, variables, substitutions, redirections, patterns, a second command.
    ShellSyntax,
    /// No service has this name.
    UnknownService,
    /// The service has no operation of this name.
    UnknownOperation,
    /// The operation has no option of this name, or several that begin so.
    UnknownOption,
    /// The command is not one API call.
    NotOneCall,
    /// The option is about the client, and who runs the call decides about it.
    ClientOption,
    /// A value would be read from a file or written to one.
    LocalFile,
    /// A value that must be there is not.
    Missing,
    /// A value is not of the form that the option takes.
    BadValue,
    /// Two options cannot be given together.
    Conflict,
    /// The index cannot be used.
    Index,
}

impl CommandFault {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::NotAnAwsCommand,
        Self::TooLarge,
        Self::ShellSyntax,
        Self::UnknownService,
        Self::UnknownOperation,
        Self::UnknownOption,
        Self::NotOneCall,
        Self::ClientOption,
        Self::LocalFile,
        Self::Missing,
        Self::BadValue,
        Self::Conflict,
        Self::Index,
    ];

    /// The name of the kind, in `snake_case`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnAwsCommand => "not_an_aws_command",
            Self::TooLarge => "too_large",
            Self::ShellSyntax => "shell_syntax",
            Self::UnknownService => "unknown_service",
            Self::UnknownOperation => "unknown_operation",
            Self::UnknownOption => "unknown_option",
            Self::NotOneCall => "not_one_call",
            Self::ClientOption => "client_option",
            Self::LocalFile => "local_file",
            Self::Missing => "missing",
            Self::BadValue => "bad_value",
            Self::Conflict => "conflict",
            Self::Index => "index",
        }
    }
}

/// Why a command line is not one API call, and where there is one, the way to say what it seems to mean.
#[derive(Debug, thiserror::Error)]
pub struct CommandError {
    fault: CommandFault,
    message: String,
    instead: Option<String>,
    #[source]
    source: Option<IndexError>,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.instead.as_ref().map_or(Ok(()), |instead| write!(f, "; {instead}"))
    }
}

impl CommandError {
    pub(super) fn new(fault: CommandFault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), instead: None, source: None }
    }

    pub(super) fn instead(mut self, instead: impl Into<String>) -> Self {
        self.instead = Some(instead.into());
        self
    }

    pub(super) fn did_you_mean(self, nearest: Option<String>) -> Self {
        match nearest {
            Some(nearest) => self.instead(format!("did you mean `{nearest}`?")),
            None => self,
        }
    }

    /// What kind of fault it is.
    #[must_use]
    pub fn fault(&self) -> CommandFault {
        self.fault
    }

    /// What is wrong, without the way to say it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The way to say it, if there is one.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.instead.as_deref()
    }
}

impl From<IndexError> for CommandError {
    fn from(error: IndexError) -> Self {
        Self {
            fault: CommandFault::Index,
            message: "the index cannot be used".to_owned(),
            instead: None,
            source: Some(error),
        }
    }
}

impl From<LookupError> for CommandError {
    fn from(error: LookupError) -> Self {
        let message = error.to_string();
        match error {
            LookupError::UnknownService { .. } => Self::new(CommandFault::UnknownService, message),
            LookupError::UnknownOperation { .. } | LookupError::UnknownWaiter { .. } => {
                Self::new(CommandFault::UnknownOperation, message)
            }
            LookupError::Index(error) => error.into(),
        }
    }
}

/// A value that is not of the form its option takes.
pub(super) fn bad_value(option: &str, what: impl fmt::Display) -> CommandError {
    CommandError::new(CommandFault::BadValue, format!("`{option}`: {what}"))
}
