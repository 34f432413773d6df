//! Waiters: how to ask until something has happened.

use serde::{Deserialize, Serialize};

/// How to ask until something has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// Name as in the model (`InstanceRunning`).
    pub name: String,
    /// Operation that is asked.
    pub operation: String,
    /// Pause between two tries, in seconds.
    pub delay_seconds: u32,
    /// Tries after which it is usually given up.
    pub tries: u32,
    /// What is looked at; the first that matches counts.
    pub acceptors: Vec<Acceptor>,
}

/// What one answer means to a waiter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptor {
    /// What it means if the answer matches.
    pub verdict: Verdict,
    /// Which answers match.
    pub matcher: Matcher,
}

/// Where a waiter stands after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It has happened.
    Success,
    /// It will not happen any more.
    Failure,
    /// It has not happened yet.
    Retry,
}

/// Which answers match. Paths are JMESPath expressions over the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matcher {
    /// What the path gives is the value.
    Path {
        /// JMESPath expression.
        path: String,
        /// The value.
        expected: Expected,
    },
    /// The path gives a list that is not empty, and every element is the value.
    PathAll {
        /// JMESPath expression.
        path: String,
        /// The value.
        expected: Expected,
    },
    /// The path gives a list of which at least one element is the value.
    PathAny {
        /// JMESPath expression.
        path: String,
        /// The value.
        expected: Expected,
    },
    /// The answer has this HTTP status.
    Status(u16),
    /// The answer is an error with this code.
    Error(String),
    /// The answer is an error.
    AnyError,
    /// The answer is no error.
    NoError,
}

/// A value that a waiter looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}
