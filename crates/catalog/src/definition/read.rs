//! The form of reads, and of what is kept of their answers.

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::expression::Expression;
use crate::pointer::Pointer;
use crate::template::Template;

/// A read, for the capture or for the settle test.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    /// What expressions call its answer: `read.NAME`.
    pub(crate) name: String,
    /// The service, as the models name it; that of the file unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    /// The operation that reads.
    pub(crate) operation: String,
    /// Its parameters. They see `call`, what the reads before gave, and `item`.
    pub(crate) parameters: Template,
    /// When it is read at all; always unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Expression>,
    /// One read per item of this list, at most 20, which its parameters see as `item`. The answer is then a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) for_each: Option<Expression>,
    /// Whether all pages of the answer are read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) pages: bool,
    /// The part of the answer that the read is about; all of it unless said. Nothing there means absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) take: Option<Expression>,
    /// Errors that mean that what is read is absent. An error that is not listed is an error, never absence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<ErrorPattern>,
    /// Errors that mean that the resource around it does not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_found: Vec<ErrorPattern>,
    /// Errors that mean that the read does not fit the call, so that nothing is known of the state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unclear: Vec<ErrorPattern>,
}

/// An error code, in which `*` stands for any letters, or `Code: words that the message contains`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ErrorPattern {
    code: String,
    message: Option<String>,
}

/// A text that names no error.
#[derive(Debug, thiserror::Error)]
#[error("`{input}` is not an error (`Code`, or `Code: words of its message`)")]
pub(crate) struct InvalidErrorPattern {
    input: String,
}

impl ErrorPattern {
    pub(crate) fn matches(&self, code: &str, message: &str) -> bool {
        is_like(code, &self.code) && self.message.as_ref().is_none_or(|words| message.contains(words))
    }
}

/// Whether a text is the pattern's, `*` standing for any letters.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter_map(|from| text.get(from..)).any(|tail| is_like(tail, rest))
}

/// A code is one word, or what stands for an answer without one: `HTTP 404`.
fn is_code(text: &str) -> bool {
    let word = text.strip_prefix("HTTP ").unwrap_or(text);
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-*".contains(&byte))
}

impl TryFrom<String> for ErrorPattern {
    type Error = InvalidErrorPattern;

    fn try_from(text: String) -> Result<Self, InvalidErrorPattern> {
        let (code, message) = match text.split_once(": ") {
            Some((code, words)) => (code, Some(words.to_owned())),
            None => (text.as_str(), None),
        };
        if !is_code(code) || message.as_ref().is_some_and(String::is_empty) {
            return Err(InvalidErrorPattern { input: text });
        }
        Ok(Self { code: code.to_owned(), message })
    }
}

impl From<ErrorPattern> for String {
    fn from(pattern: ErrorPattern) -> String {
        match pattern.message {
            Some(message) => format!("{}: {message}", pattern.code),
            None => pattern.code,
        }
    }
}

/// Answers that cannot be trusted, though AWS gave them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Unreadable {
    /// When they cannot be trusted. Sees `call` and `read`.
    pub(crate) when: Expression,
    /// What is wrong with them, in words.
    pub(crate) says: String,
}

/// What of the answers is the state: all that the call can change, and nothing else.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Whether the resource is there; by the first read unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) present: Option<Expression>,
    /// The state, made of `call` and `read`. A member whose expression gives `null` is left out.
    pub(crate) keep: Template,
    /// The names of the members to keep of it, where an undo restores only what was set; all unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) only: Option<Expression>,
    /// Lists without order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lists: Vec<ListIdentity>,
    /// What changes by itself. It is not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) volatile: Vec<Pointer>,
    /// Texts that hold JSON. They are kept in one form, so that layout and order that mean nothing do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) documents: Vec<Pointer>,
}

/// What tells the items of a list apart. Such a list has no order.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ListIdentity {
    /// Where the list is in the state.
    pub(crate) at: Pointer,
    /// The members that name an item; none if the item is its own name.
    pub(crate) by: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> ErrorPattern {
        ErrorPattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pattern_with_words_matches_only_messages_that_have_them() {
        let missing = pattern("ValidationError: does not exist");
        assert!(missing.matches("ValidationError", "Stack [a] does not exist"));
        assert!(!missing.matches("ValidationError", "No updates are to be performed"));
        assert!(!missing.matches("Other", "Stack [a] does not exist"));
        assert!(pattern("HTTP 404").matches("HTTP 404", ""));
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        for text in ["NotFound", "AWS.Queue_1.NonExistent-Queue", "HTTP 404", "A: b: c"] {
            assert_eq!(String::from(pattern(text)), text);
        }
    }

    #[test]
    fn what_no_error_can_match_is_refused() {
        for text in ["", " ", "Not Found", "NotFound:", "NotFound: ", "NotFound:gone", ": gone", "HTTP "] {
            assert!(ErrorPattern::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
