//! Words of a command assigned to the options of its operation.

use std::collections::BTreeMap;

use super::{
    arguments::{Argument, ArgumentTable, Sets},
    error::{CommandError, CommandFault},
    global_options::is_option,
};
use crate::nearest::nearest;

/// The values that options were given: by position of the option in the table, the last ones given.
pub(super) type Given = BTreeMap<usize, Vec<String>>;

/// How the name of the file for the answer's body is listed among what is ignored.
const OUT_FILE: &str = "OUTFILE";

/// Assigns `words` to the options of `table`. The name of a file for the answer is added to `ignored`.
///
/// # Errors
/// For unknown options, missing or surplus values, and when an option that must be given is not.
pub(super) fn read(
    table: &ArgumentTable<'_>,
    words: &[String],
    ignored: &mut Vec<String>,
) -> Result<Given, CommandError> {
    let mut given = Given::new();
    let mut words = words.iter().peekable();
    let mut has_out_file = false;
    let mut last = None;
    while let Some(word) = words.next() {
        if !is_option(word) {
            if table.has_out_file && !has_out_file {
                has_out_file = true;
                ignored.push(OUT_FILE.to_owned());
                continue;
            }
            return Err(surplus(last));
        }
        let (position, argument, attached) = find(table, word)?;
        last = Some(argument);
        if let Sets::Refused(why) = argument.sets {
            let message = format!("`--{}` is not taken: {why}", argument.name);
            return Err(CommandError::new(CommandFault::ClientOption, message));
        }
        let values = match attached {
            Some(value) => attached_value(argument, value)?,
            None => {
                let mut values = Vec::new();
                while values.len() < argument.takes.most() {
                    let Some(value) = words.next_if(|next| !is_option(next)) else { break };
                    values.push(value.clone());
                }
                values
            }
        };
        if values.len() < argument.takes.least() {
            let message = format!("`--{}` takes a value", argument.name);
            return Err(CommandError::new(CommandFault::Missing, message));
        }
        // `--x` and `--no-x` set the same member; the last one counts.
        given.retain(|other, _| *other == position || !table.same_member(*other, position));
        given.insert(position, values);
    }
    required(table, &given)?;
    Ok(given)
}

fn attached_value(argument: &Argument<'_>, value: &str) -> Result<Vec<String>, CommandError> {
    if argument.takes.most() == 0 {
        let message = format!("`--{}` takes no value", argument.name);
        return Err(CommandError::new(CommandFault::BadValue, message)
            .instead(format!("write `--{0}` or `--no-{0}`", argument.name.trim_start_matches("no-"))));
    }
    Ok(vec![value.to_owned()])
}

/// The option that a word names, in full or by its beginning, and the value attached to it.
fn find<'t, 'a, 'w>(
    table: &'t ArgumentTable<'a>,
    word: &'w str,
) -> Result<(usize, &'t Argument<'a>, Option<&'w str>), CommandError> {
    let named = |name: &str| {
        let name = name.strip_prefix("--")?;
        table.arguments.iter().enumerate().find(|(_, argument)| argument.name == name)
    };
    if let Some((position, argument)) = named(word) {
        return Ok((position, argument, None));
    }
    let (name, attached) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    if let Some((position, argument)) = named(name) {
        return Ok((position, argument, attached));
    }
    let beginning: Vec<(usize, &Argument<'_>)> = match name.strip_prefix("--") {
        Some(start) => table
            .arguments
            .iter()
            .enumerate()
            .filter(|(_, argument)| argument.name.starts_with(start))
            .collect(),
        None => Vec::new(),
    };
    match beginning.as_slice() {
        [(position, argument)] => Ok((*position, argument, attached)),
        [] => Err(unknown(table, name)),
        several => {
            let names: Vec<String> =
                several.iter().take(6).map(|(_, argument)| format!("`--{}`", argument.name)).collect();
            let message = format!("`{name}` may be {}", names.join(", "));
            Err(CommandError::new(CommandFault::UnknownOption, message))
        }
    }
}

fn unknown(table: &ArgumentTable<'_>, name: &str) -> CommandError {
    if !looks_like_a_name(name) {
        return CommandError::new(CommandFault::UnknownOption, "a word that begins with `-` is no option")
            .instead("write `--OPTION=VALUE` where a value begins with `-`");
    }
    let typed = name.trim_start_matches('-');
    let nearest = nearest(typed, table.arguments.iter().map(|argument| argument.name.as_str()));
    CommandError::new(CommandFault::UnknownOption, format!("there is no option `{name}`"))
        .did_you_mean(nearest.map(|nearest| format!("--{nearest}")))
}

/// Whether a word is written as options are. Any other may be a value, perhaps a secret, and is not repeated.
fn looks_like_a_name(word: &str) -> bool {
    let Some(name) = word.strip_prefix("--") else { return false };
    let belongs = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(belongs)
}

/// A value that no option takes. It may be part of a secret, so that only the option before it is named.
fn surplus(last: Option<&Argument<'_>>) -> CommandError {
    let message = match last {
        Some(option) => format!("a value after those of `--{}` belongs to no option", option.name),
        None => "a value stands before the first option".to_owned(),
    };
    CommandError::new(CommandFault::UnknownOption, message).instead("put a value with spaces into quotes")
}

fn required(table: &ArgumentTable<'_>, given: &Given) -> Result<(), CommandError> {
    if table.input_given(given) {
        return Ok(());
    }
    let missing: Vec<String> = table
        .arguments
        .iter()
        .enumerate()
        .filter(|(position, argument)| {
            let is_given = |other: &usize| other == position || table.same_member(*other, *position);
            argument.required && !given.keys().any(is_given)
        })
        .map(|(_, argument)| format!("`--{}`", argument.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(CommandFault::Missing, format!("{} must be given", missing.join(", "))))
}
