//! One JSON value a line in, one JSON value a line out.

use std::io::{self, BufRead, Read as _, Write};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::LineError;

/// Longest line in bytes. Bodies of 5 MB, the largest that AWS takes in one piece, fit as base64.
const LONGEST: u64 = 16 << 20;

/// How the input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every line has an answer.
    AllAnswered,
    /// At least one line has an error instead.
    SomeWereBad,
}

/// A line as `T`.
///
/// # Errors
/// `not_json` when the line is not JSON, `not_a_call` when it is, but not what the command takes.
pub(crate) fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, LineError> {
    serde_json::from_slice(line).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => LineError::new("not_a_call", without_value(&error)),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => LineError::new("not_json", error.to_string()),
    })
}

/// Why a line is not what the command takes. serde repeats a value of the wrong type, which may be a secret or a whole command
/// line; names of unknown or missing members are told.
fn without_value(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if message.starts_with("invalid ") {
        return format!("the value that ends at column {} is not of the form that is wanted", error.column());
    }
    message
}

/// Any answer as a JSON value.
///
/// # Errors
/// `not_json` when it has none.
pub(crate) fn value(answer: impl Serialize) -> Result<Value, LineError> {
    serde_json::to_value(answer).map_err(|error| LineError::new("not_json", error.to_string()))
}

/// Answers the lines of the standard input on the standard output, each before the next one is read. Blank lines are passed
/// over.
pub(crate) async fn answer(
    mut each: impl AsyncFnMut(&[u8]) -> Result<Value, LineError>,
) -> io::Result<Ended> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut ended = Ended::AllAnswered;
    let mut number = 0_u64;
    while let Some(line) = next(&mut input)? {
        number += 1;
        let answer = match line {
            Line::Text(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Line::Text(line) => each(&line).await,
            Line::TooLong => {
                Err(LineError::new("line_too_long", format!("the line is longer than {LONGEST} bytes")))
            }
        };
        let answer = answer.unwrap_or_else(|error| {
            ended = Ended::SomeWereBad;
            json!({"error": error, "line": number})
        });
        print(&mut output, &answer)?;
    }
    Ok(ended)
}

/// Prints a line and flushes it, so that a program at the other end can wait for it.
fn print(output: &mut impl Write, value: &Value) -> io::Result<()> {
    writeln!(output, "{value}")?;
    output.flush()
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// The next line; `None` at the end. Of a line that is too long no more than [`LONGEST`] bytes are kept.
fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    if input.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") || line.len() as u64 <= LONGEST {
        return Ok(Some(Line::Text(line)));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_does_not_hide_the_next_one() {
        let mut text = vec![b'x'; usize::try_from(LONGEST).unwrap() + 10];
        text.extend_from_slice(b"\n{}\n");
        let mut input = text.as_slice();
        assert!(matches!(next(&mut input).unwrap(), Some(Line::TooLong)));
        assert!(matches!(next(&mut input).unwrap(), Some(Line::Text(line)) if line == b"{}\n"));
        assert!(next(&mut input).unwrap().is_none());
    }

    #[test]
    fn a_line_of_the_wrong_form_is_not_repeated() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Command {
            #[serde(rename = "command")]
            _command: String,
        }
        let message = |line: &str| read::<Command>(line.as_bytes()).unwrap_err().message;
        for line in [r#""hunter2""#, r#"["hunter2", 1]"#, r#"{"command": {"hunter2": 1}}"#] {
            assert!(!message(line).contains("hunter2"), "{}", message(line));
        }
        assert!(message(r#"{"comand": "a"}"#).contains("`comand`"));
    }

    #[test]
    fn the_last_line_needs_no_end() {
        let mut input = &b"{}"[..];
        assert!(matches!(next(&mut input).unwrap(), Some(Line::Text(line)) if line == b"{}"));
    }
}
