//! Options that every command takes, read before those of the operation.
//!
//! Source: `awscli/data/cli.json` and, for version 2, the AWS CLI's reference of global options.

use super::{
    BlobText,
    error::{CommandError, CommandFault},
};

/// What the options of every command say, and what is left for the operation.
pub(super) struct Globals {
    pub(super) service: Option<String>,
    pub(super) command: Option<String>,
    /// Words that are not the service, the operation or an option of every command.
    pub(super) rest: Vec<String>,
    pub(super) region: Option<String>,
    pub(super) blobs: BlobText,
    /// Whether all pages are wanted.
    pub(super) paginate: bool,
    /// Options left out, since they say nothing about the call.
    pub(super) ignored: Vec<String>,
}

/// What an option of every command means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Region,
    NoPaginate,
    BinaryFormat,
    /// Says nothing about the call.
    Ignored,
    /// Refused with what to do instead.
    Refused(&'static str),
}

struct Global {
    name: &'static str,
    takes_value: bool,
    /// Whether version 1 has it; only then may its name be shortened, as version 1 allows.
    first_version: bool,
    meaning: Meaning,
}

const ENDPOINT: Meaning =
    Meaning::Refused("leave it out: the endpoint follows from the service and the region");
const TRUST: Meaning =
    Meaning::Refused("leave it out: certificates are always verified, against the usual authorities");
const PROFILE: Meaning = Meaning::Refused("leave it out: who makes the call chooses the account");
const UNSIGNED: Meaning = Meaning::Refused("leave it out: every call is signed");
const VERSION: Meaning = Meaning::Refused("leave it out: it shows the version of the client");
const PROMPT: Meaning = Meaning::Refused("leave it out and give all options");

const fn global(name: &'static str, takes_value: bool, first_version: bool, meaning: Meaning) -> Global {
    Global { name, takes_value, first_version, meaning }
}

const GLOBALS: &[Global] = &[
    global("--debug", false, true, Meaning::Ignored),
    global("--endpoint-url", true, true, ENDPOINT),
    global("--no-verify-ssl", false, true, TRUST),
    global("--no-paginate", false, true, Meaning::NoPaginate),
    global("--output", true, true, Meaning::Ignored),
    global("--query", true, true, Meaning::Ignored),
    global("--profile", true, true, PROFILE),
    global("--region", true, true, Meaning::Region),
    global("--version", false, true, VERSION),
    global("--color", true, true, Meaning::Ignored),
    global("--no-sign-request", false, true, UNSIGNED),
    global("--ca-bundle", true, true, TRUST),
    global("--cli-read-timeout", true, true, Meaning::Ignored),
    global("--cli-connect-timeout", true, true, Meaning::Ignored),
    global("--v2-debug", false, true, Meaning::Ignored),
    global("--cli-binary-format", true, false, Meaning::BinaryFormat),
    global("--no-cli-pager", false, false, Meaning::Ignored),
    global("--cli-error-format", true, false, Meaning::Ignored),
    global("--cli-auto-prompt", false, false, PROMPT),
    global("--no-cli-auto-prompt", false, false, Meaning::Ignored),
];

impl Globals {
    /// Reads all words after `aws`.
    pub(super) fn read(words: Vec<String>, blobs: BlobText) -> Result<Self, CommandError> {
        let mut globals = Self {
            service: None,
            command: None,
            rest: Vec::with_capacity(words.len()),
            region: None,
            blobs,
            paginate: true,
            ignored: Vec::new(),
        };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            if !is_option(&word) {
                globals.word(word);
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let Some(global) = find(name)? else {
                globals.rest.push(word);
                continue;
            };
            let value = match (global.takes_value, attached) {
                (true, Some(value)) => value,
                (true, None) => words.next_if(|next| !is_option(next)).ok_or_else(|| {
                    CommandError::new(CommandFault::Missing, format!("`{}` takes a value", global.name))
                })?,
                (false, None) => String::new(),
                (false, Some(_)) => {
                    let message = format!("`{}` takes no value", global.name);
                    return Err(CommandError::new(CommandFault::BadValue, message));
                }
            };
            globals.apply(global, value)?;
        }
        Ok(globals)
    }

    fn word(&mut self, word: String) {
        match (&self.service, &self.command) {
            (None, _) => self.service = Some(word),
            (Some(_), None) => self.command = Some(word),
            (Some(_), Some(_)) => self.rest.push(word),
        }
    }

    fn apply(&mut self, global: &Global, value: String) -> Result<(), CommandError> {
        match global.meaning {
            Meaning::Region => self.region = Some(region(value)?),
            Meaning::NoPaginate => {
                self.paginate = false;
                self.ignored.push(global.name.to_owned());
            }
            Meaning::BinaryFormat => {
                self.blobs = match value.as_str() {
                    "base64" => BlobText::Base64,
                    "raw-in-base64-out" => BlobText::Raw,
                    _ => {
                        let message = "`--cli-binary-format` is `base64` or `raw-in-base64-out`";
                        return Err(CommandError::new(CommandFault::BadValue, message));
                    }
                }
            }
            Meaning::Ignored => self.ignored.push(global.name.to_owned()),
            Meaning::Refused(instead) => {
                let message = format!("`{}` is about the client, not about the call", global.name);
                return Err(CommandError::new(CommandFault::ClientOption, message).instead(instead));
            }
        }
        Ok(())
    }
}

/// A region becomes part of a host name, so it is what a label of one may be.
fn region(value: String) -> Result<String, CommandError> {
    let label = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if value.is_empty() || value.len() > 63 || !value.chars().all(label) {
        return Err(CommandError::new(CommandFault::BadValue, "`--region` is not the name of a region"));
    }
    Ok(value)
}

/// The option that `name` is, or is the only one to begin with `name`.
fn find(name: &str) -> Result<Option<&'static Global>, CommandError> {
    if let Some(global) = GLOBALS.iter().find(|global| global.name == name) {
        return Ok(Some(global));
    }
    if name.len() <= "--".len() {
        return Ok(None);
    }
    let mut beginning = GLOBALS.iter().filter(|global| global.first_version && global.name.starts_with(name));
    match (beginning.next(), beginning.next()) {
        (Some(first), Some(second)) => Err(CommandError::new(
            CommandFault::UnknownOption,
            format!("`{name}` may be `{}` or `{}`", first.name, second.name),
        )),
        (first, _) => Ok(first),
    }
}

/// Whether a word is an option, not a value: it begins with a hyphen, but is no negative number and no text with spaces.
pub(super) fn is_option(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-') else { return false };
    if rest.is_empty() || is_number(rest) {
        return false;
    }
    // An option with its value attached may contain spaces.
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    !name.contains(' ')
}

fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && !fraction.is_empty()
}
