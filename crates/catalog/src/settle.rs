//! How it is known that AWS has finished what it accepted.

use crate::answers::{Answers, read_calls};
use crate::call::{CallContext, ReadAnswer, ReadCall};
use crate::definition::Settle;
use crate::error::RecipeError;
use crate::output::{KeptOutput, resolve_output};

/// The settle test of a recipe.
#[derive(Debug, Clone)]
pub struct SettleTest {
    service: String,
    settle: Settle,
}

/// What a settle test says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// AWS has finished.
    Done,
    /// It has not; ask again.
    Wait,
    /// It has given up.
    Failed {
        /// Why, in AWS's words as far as there are any.
        reason: String,
    },
}

impl SettleTest {
    pub(crate) fn new(service: &str, settle: Settle) -> Self {
        Self { service: service.to_owned(), settle }
    }

    /// The reads that come next for the test, given the answers to all before them; what they need of the call's output is
    /// in `kept`. Empty when nothing more is to be read.
    ///
    /// # Errors
    /// An expression that does not fit the call or the answers; something of the output that was not kept.
    pub fn reads(
        &self,
        call: &CallContext,
        kept: &KeptOutput,
        answers: &[ReadAnswer],
    ) -> Result<Vec<ReadCall>, RecipeError> {
        let reads = read_calls(&self.service, &self.settle.reads, call, answers, what_changed)?;
        let resolved = reads.into_iter().map(|read| {
            let parameters = resolve_output(&read.parameters, kept)?;
            Ok(ReadCall { parameters, ..read })
        });
        resolved.collect()
    }

    /// What the answers to [`SettleTest::reads`], in their order, say.
    ///
    /// # Errors
    /// A refused read, or answers of another form. It says nothing about the call: ask again.
    pub fn is_settled(&self, call: &CallContext, answers: &[ReadAnswer]) -> Result<Settled, RecipeError> {
        let answers = Answers::of(&self.service, &self.settle.reads, call, answers, what_changed)?;
        let scope = answers.scope(call);
        for failure in &self.settle.failures {
            if failure.when.holds(&scope)? {
                return Ok(Settled::Failed { reason: failure.says.render_text(&scope)? });
            }
        }
        Ok(if self.settle.done.holds(&scope)? { Settled::Done } else { Settled::Wait })
    }

    /// The seconds before the first look.
    pub fn first_wait(&self) -> u32 {
        self.settle.first_wait
    }

    /// The longest seconds between two looks.
    pub fn max_wait(&self) -> u32 {
        self.settle.max_wait
    }

    /// The seconds after which the change is taken to have succeeded without having settled.
    pub fn deadline(&self) -> u32 {
        self.settle.deadline
    }

    /// The seconds before the look after `looks` others: growing from the first wait to the longest one.
    pub fn wait_after(&self, looks: u32) -> u32 {
        let exponent = i32::try_from(looks).unwrap_or(i32::MAX);
        let wait = f64::from(self.settle.first_wait) * self.settle.growth.powi(exponent);
        // A float becomes the nearest integer that there is: more than the longest wait is the longest wait.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, never negative"
        )]
        let wait = wait.round() as u32;
        wait.clamp(1, self.settle.max_wait)
    }

    /// The test in words.
    pub fn describe(&self) -> &str {
        &self.settle.says
    }

    pub(crate) fn definition(&self) -> &Settle {
        &self.settle
    }
}

fn what_changed() -> String {
    "what the call changed".to_owned()
}
