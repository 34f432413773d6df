//! The words of a command line, as a POSIX shell splits and unquotes them. Nothing is expanded: what a shell would expand is
//! refused.

use std::{iter::Peekable, str::Chars};

use super::error::{CommandError, CommandFault};

/// Splits one command into its words.
///
/// # Errors
/// When a quote is not closed, or the shell would do more than unquote.
pub(super) fn words(command: &str) -> Result<Vec<String>, CommandError> {
    let mut reader = Reader { rest: command.chars().peekable(), words: Vec::new(), word: None };
    while let Some(character) = reader.rest.next() {
        match character {
            '\n' => {
                reader.end_word();
                if !reader.words.is_empty() {
                    break;
                }
            }
            _ => reader.read(character)?,
        }
    }
    reader.end_word();
    let words = std::mem::take(&mut reader.words);
    reader.nothing_follows()?;
    Ok(words)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    words: Vec<String>,
    /// None between words; a word may be empty.
    word: Option<String>,
}

impl Reader<'_> {
    fn read(&mut self, character: char) -> Result<(), CommandError> {
        match character {
            ' ' | '\t' | '\r' => self.end_word(),
            '\'' => self.single_quoted()?,
            '"' => self.double_quoted()?,
            '\\' => self.escaped(),
            '#' if self.word.is_none() => while self.rest.next_if(|next| *next != '\n').is_some() {},
            '$' => self.dollar(true)?,
            '~' if self.word.is_none() => return Err(unquoted('~', "home folders are not looked up")),
            '`' => return Err(substitution()),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' => {
                return Err(unquoted(character, "only one command is read, with nothing around it"));
            }
            '*' | '?' => return Err(unquoted(character, "a shell would look for files of that name")),
            other => self.push(other),
        }
        Ok(())
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn escaped(&mut self) {
        match self.rest.next() {
            Some('\r') if self.rest.next_if_eq(&'\n').is_some() => {}
            Some('\n') | None => {}
            Some(other) => self.push(other),
        }
    }

    fn single_quoted(&mut self) -> Result<(), CommandError> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(other) => self.push(other),
                None => return Err(open_quote('\'')),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), CommandError> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('$') => self.dollar(false)?,
                Some('`') => return Err(substitution()),
                Some('\\') => match self.rest.next_if(|next| matches!(next, '$' | '`' | '"' | '\\' | '\n')) {
                    Some('\n') => {}
                    Some(other) => self.push(other),
                    None => self.push('\\'),
                },
                Some(other) => self.push(other),
                None => return Err(open_quote('"')),
            }
        }
    }

    /// A dollar sign that nothing follows which a shell would expand.
    fn dollar(&mut self, bare: bool) -> Result<(), CommandError> {
        let expands = self.rest.peek().is_some_and(|next| {
            next.is_ascii_alphanumeric()
                || matches!(next, '_' | '{' | '(' | '@' | '*' | '#' | '?' | '-' | '$' | '!')
                || (bare && matches!(next, '\'' | '"'))
        });
        if expands {
            return Err(CommandError::new(
                CommandFault::ShellSyntax,
                "`$` begins a variable or a substitution, and nothing is expanded",
            )
            .instead("put the value itself, or put it into single quotes if the `$` belongs to it"));
        }
        self.push('$');
        Ok(())
    }

    fn nothing_follows(mut self) -> Result<(), CommandError> {
        let mut comment = false;
        for character in self.rest.by_ref() {
            match character {
                '\n' => comment = false,
                '#' => comment = true,
                _ if comment || character.is_whitespace() => {}
                _ => {
                    return Err(CommandError::new(
                        CommandFault::ShellSyntax,
                        "a second command follows on another line",
                    )
                    .instead("end a line with `\\` if the next one continues it"));
                }
            }
        }
        Ok(())
    }
}

fn unquoted(character: char, why: &str) -> CommandError {
    CommandError::new(CommandFault::ShellSyntax, format!("`{character}` stands outside of quotes: {why}"))
        .instead("put the value into single quotes if it belongs to it")
}

fn substitution() -> CommandError {
    CommandError::new(CommandFault::ShellSyntax, "a backtick begins a substitution, and nothing is expanded")
        .instead("put the value itself, or put it into single quotes if the backtick belongs to it")
}

fn open_quote(quote: char) -> CommandError {
    CommandError::new(CommandFault::ShellSyntax, format!("a quote {quote} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(command: &str) -> CommandFault {
        words(command).unwrap_err().fault()
    }

    #[test]
    fn quotes_and_backslashes_are_taken_away_as_a_shell_does() {
        for (command, expected) in [
            ("aws ssm get", vec!["aws", "ssm", "get"]),
            ("a 'b c'\"d e\"f\\ g", vec!["a", "b cd ef g"]),
            (r#"a "q\"\\\$\`\n" '\n$x`'"#, vec!["a", r#"q"\$`\n"#, "\\n$x`"]),
            ("a '' \"\"", vec!["a", "", ""]),
            ("a \\\n  b \\\r\n c\n", vec!["a", "b", "c"]),
            ("\n  a b # a comment; | > &\n\n", vec!["a", "b"]),
            ("a \"x\\\ny\" b#c", vec!["a", "xy", "b#c"]),
            ("a 5$ \"$ \" [\"b\"] {c,d}", vec!["a", "5$", "$ ", "[b]", "{c,d}"]),
        ] {
            assert_eq!(words(command).unwrap(), expected, "{command}");
        }
    }

    #[test]
    fn what_a_shell_would_expand_or_run_is_refused() {
        for command in [
            "a | b",
            "a; b",
            "a && b",
            "a > b",
            "a < b",
            "a & ",
            "(a)",
            "a $B",
            "a \"$B\"",
            "a ${B}",
            "a $(b)",
            "a \"$(b)\"",
            "a `b`",
            "a \"`b`\"",
            "a *",
            "a b?",
            "a ~/b",
            "a $'b'",
            "a\nb",
            "a \\ \n--b c",
            "a 'b",
            "a \"b",
        ] {
            assert_eq!(fault(command), CommandFault::ShellSyntax, "{command}");
        }
    }
}
