//! What of a proof does not hold, and whether a scenario says that an emulator fails so.

use std::fmt;

use aws_call::{NoAnswer, Refusal};
use changegate_catalog::RecipeError;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Where a proof fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fails {
    /// Scenario and recipe contradict each other, themselves or the models. No emulator excuses that.
    #[serde(skip_deserializing)]
    Mistake,
    /// A call that makes the starting state is not done, or does not give what is saved of it.
    Given,
    /// A read is not answered.
    Read,
    /// An expression of the recipe does not fit what was read.
    Fit,
    /// The starting state is present where it must be absent, or absent where it must be present.
    Start,
    /// The recipe does not allow the call in the starting state.
    Require,
    /// The call is not done.
    Call,
    /// What was accepted does not finish.
    Settle,
    /// The state after the call is not the one that was expected.
    After,
    /// The call changes nothing of what the recipe keeps.
    Unchanged,
    /// Other paths change than the scenario names.
    Diff,
    /// The state changes by itself.
    Drift,
    /// The call gives less than the undo needs of its output.
    Output,
    /// A call of the undo is not done.
    Undo,
    /// The undo does not restore the state before.
    Restore,
    /// Somebody else's call is not done.
    Foreign,
    /// Somebody else's change is not seen.
    Unseen,
}

/// The failure of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) fails: Fails,
    /// What tells it from other failures of the kind, the same for every seed: the operation with its error code, or the members of
    /// the state that differ.
    pub(crate) mark: String,
    /// The whole of it.
    pub(crate) what: String,
}

impl Breach {
    /// A failure that no emulator is to blame for.
    pub(crate) fn mistake(what: impl ToString) -> Self {
        Self { fails: Fails::Mistake, mark: String::new(), what: what.to_string() }
    }

    /// How an exception names it, should the emulator be to blame.
    pub(crate) fn as_exception(&self) -> String {
        if self.fails == Fails::Mistake {
            return "no emulator is to blame for it".to_owned();
        }
        format!("fails = {}, with = {}", json!(self.fails), json!(self.mark))
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<RecipeError> for Breach {
    fn from(error: RecipeError) -> Self {
        let what = error.to_string();
        let (fails, mark) = match error {
            RecipeError::NotFound { .. } | RecipeError::Precondition { .. } => {
                (Fails::Require, error.code().to_owned())
            }
            RecipeError::ReaderRefused { service, operation, code, .. } => {
                (Fails::Read, format!("{service}:{operation} {code}"))
            }
            RecipeError::AnswerUnreadable { reason } => (Fails::Read, reason),
            RecipeError::DoesNotFit { expression, .. } => (Fails::Fit, expression),
            // What the catalogue may say one day.
            other => return Self::mistake(other),
        };
        Self { fails, mark, what }
    }
}

/// A call that was not done.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// The models know no such call: the emulator was not asked.
    Mistake(String),
    /// The emulator says no.
    Refused {
        /// `sqs:CreateQueue`.
        call: String,
        refusal: Refusal,
        parameters: String,
    },
    /// There is no request for the call at the emulator's address.
    NotRendered { call: String, reason: String },
    /// The emulator says nothing that can be understood.
    NoAnswer { call: String, none: NoAnswer },
}

impl NotDone {
    /// The emulator's code; empty if it gave none.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused { refusal, .. } => &refusal.code,
            Self::Mistake(_) | Self::NotRendered { .. } | Self::NoAnswer { .. } => "",
        }
    }

    /// As the failure of this part of a proof.
    pub(crate) fn fails(self, fails: Fails) -> Breach {
        match self {
            Self::Mistake(what) => Breach::mistake(what),
            Self::Refused { call, refusal, parameters } => Breach {
                fails,
                mark: format!("{call} {}", refusal.code),
                what: format!("{call} {parameters}: {}: {}", refusal.code, refusal.message),
            },
            Self::NotRendered { call, reason } => {
                Breach { fails, mark: format!("{call} not rendered"), what: format!("{call}: {reason}") }
            }
            Self::NoAnswer { call, none } => {
                // The reason may hold values that are others every time; the status tells an unknown path (404) and an operation
                // that is not there (501) from one that breaks down (500) and from an answer of another form (200).
                let status =
                    none.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
                let mark = format!("{call} {status}");
                Breach { fails, what: format!("{mark}: {}", none.reason), mark }
            }
        }
    }
}

/// That an emulator cannot run a scenario: what goes wrong there, and why it is the emulator's fault.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// What it does otherwise than AWS, or does not know.
    pub(crate) why: String,
    pub(crate) fails: Fails,
    /// A part of the failure's mark.
    #[serde(default)]
    with: String,
}

impl Exception {
    /// Whether this is the failure that is excepted.
    pub(crate) fn expects(&self, breach: &Breach) -> bool {
        self.fails == breach.fails && breach.mark.contains(&self.with)
    }

    /// What it leaves open that a failure would tell: any refusal, by any operation, would count.
    pub(crate) fn is_vague(&self) -> bool {
        match self.fails {
            Fails::Unchanged | Fails::Unseen => false,
            Fails::Mistake
            | Fails::Given
            | Fails::Read
            | Fails::Fit
            | Fails::Start
            | Fails::Require
            | Fails::Call
            | Fails::Settle
            | Fails::After
            | Fails::Diff
            | Fails::Drift
            | Fails::Output
            | Fails::Undo
            | Fails::Restore
            | Fails::Foreign => self.with.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> NotDone {
        let refusal =
            Refusal { status: 400, code: code.to_owned(), message: "no".to_owned(), request_id: None };
        NotDone::Refused { call: "ssm:CreateDocument".to_owned(), refusal, parameters: "{}".to_owned() }
    }

    fn silent(status: Option<u16>) -> NotDone {
        let none = NoAnswer { reason: "an error of the service".to_owned(), status, ..NoAnswer::default() };
        NotDone::NoAnswer { call: "ssm:CreateDocument".to_owned(), none }
    }

    fn exception(text: &str) -> Exception {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn only_the_failure_that_an_exception_names_is_excepted() {
        let unknown = r#"why = "it has no documents"
            fails = "given"
            with = "ssm:CreateDocument InvalidAction""#;
        let any_answer = r#"why = "it breaks down"
            fails = "given"
            with = "ssm:CreateDocument HTTP 501""#;
        let cases = [
            (unknown, refused("InvalidAction").fails(Fails::Given), true),
            (unknown, refused("ValidationException").fails(Fails::Given), false),
            (unknown, refused("InvalidAction").fails(Fails::Call), false),
            (unknown, silent(Some(501)).fails(Fails::Given), false),
            (unknown, NotDone::Mistake("`Name` is missing".to_owned()).fails(Fails::Given), false),
            (any_answer, silent(Some(501)).fails(Fails::Given), true),
            (any_answer, silent(Some(500)).fails(Fails::Given), false),
            (any_answer, silent(None).fails(Fails::Given), false),
        ];
        for (text, breach, expected) in cases {
            assert_eq!(exception(text).expects(&breach), expected, "{text}: {breach:?}");
        }
    }

    #[test]
    fn what_a_failure_says_of_itself_excepts_it() {
        let required =
            RecipeError::Precondition { code: "precondition_failed".to_owned(), says: "no".to_owned() };
        let unfit =
            RecipeError::DoesNotFit { expression: "a[?b == 'c\"']".to_owned(), reason: "no".to_owned() };
        let unread = RecipeError::ReaderRefused {
            service: "sqs".to_owned(),
            operation: "GetQueueUrl".to_owned(),
            code: "AccessDenied".to_owned(),
        };
        let breaches = [required, unfit, unread].map(Breach::from);
        for breach in
            breaches.into_iter().chain([refused("A").fails(Fails::Undo), silent(None).fails(Fails::Call)])
        {
            let said = breach.as_exception().replace(", with", "\nwith");
            let exception = exception(&format!("why = \"because\"\n{said}"));
            assert!(exception.expects(&breach) && !exception.is_vague(), "{said}");
        }
    }

    #[test]
    fn a_mistake_cannot_be_excepted() {
        let text = "why = \"because\"\nfails = \"mistake\"";
        assert!(toml::from_str::<Exception>(text).is_err());
        assert_eq!(Breach::mistake("wrong").as_exception(), "no emulator is to blame for it");
    }

    #[test]
    fn an_exception_that_any_refusal_meets_is_vague() {
        let vague = |fails: &str| exception(&format!("why = \"because\"\nfails = \"{fails}\"")).is_vague();
        for fails in ["given", "read", "call", "undo", "foreign", "after", "restore", "start", "require"] {
            assert!(vague(fails), "{fails}");
        }
        assert!(!vague("unchanged") && !vague("unseen"));
    }
}
