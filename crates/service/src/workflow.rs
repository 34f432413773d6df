//! The executions of changes in Step Functions: started, looked at, told that their wait is over.

use aws_sdk_sfn::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sfn::types::ExecutionStatus;
use changegate_change::id::{ChangeId, TenantId};
use changegate_store::approvals::TaskToken;
use serde_json::json;

use crate::error::{Code, ServiceError};

/// The state machine that drives changes.
#[derive(Debug, Clone)]
pub struct Workflow {
    sfn: aws_sdk_sfn::Client,
    state_machine: String,
}

/// How an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// It drives its change.
    Running,
    /// It ended, however.
    Ended,
    /// There is none of that name.
    Missing,
}

/// What came of telling an execution that its wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It goes on.
    GoesOn,
    /// Its wait was over already: the record says what is.
    AlreadyClosed,
}

impl Workflow {
    /// The workflow of a state machine.
    pub fn new(sfn: aws_sdk_sfn::Client, state_machine: impl Into<String>) -> Self {
        Self { sfn, state_machine: state_machine.into() }
    }

    /// The workflow for a function that only ends waits: it is not told of the state machine, and cannot start anything.
    pub fn only_answers(sfn: aws_sdk_sfn::Client) -> Self {
        Self::new(sfn, String::new())
    }

    /// Starts the execution of a generation. An execution that exists already is as good.
    ///
    /// # Errors
    /// Step Functions did not answer.
    pub async fn start(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        generation: u64,
    ) -> Result<(), ServiceError> {
        let input = json!({ "tenant": tenant, "change": change, "generation": generation });
        let request = self.sfn.start_execution().state_machine_arn(&self.state_machine);
        let request = request.name(name(change, generation)).input(input.to_string());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(unavailable("start an execution", &error)),
        }
    }

    /// How the execution of a generation is.
    ///
    /// # Errors
    /// Step Functions did not answer.
    pub async fn state(&self, change: &ChangeId, generation: u64) -> Result<ExecutionState, ServiceError> {
        let executions = self.state_machine.replace(":stateMachine:", ":execution:");
        let arn = format!("{executions}:{}", name(change, generation));
        match self.sfn.describe_execution().execution_arn(arn).send().await {
            Ok(found) if found.status == ExecutionStatus::Running => Ok(ExecutionState::Running),
            Ok(_) => Ok(ExecutionState::Ended),
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(ExecutionState::Missing),
            Err(error) => Err(unavailable("describe an execution", &error)),
        }
    }

    /// Tells an execution that its wait is over, with whichever of its tokens it waits with.
    ///
    /// # Errors
    /// Step Functions did not answer, and no other token was the one.
    pub async fn answer_any(&self, tokens: &[TaskToken]) -> Result<Answered, ServiceError> {
        let mut failed = None;
        for token in tokens {
            match self.answer(&token.token).await {
                Ok(Answered::GoesOn) => return Ok(Answered::GoesOn),
                Ok(Answered::AlreadyClosed) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(Answered::AlreadyClosed), Err)
    }

    /// Tells an execution that its wait is over; it reads the record to see how.
    ///
    /// # Errors
    /// Step Functions did not answer.
    async fn answer(&self, token: &str) -> Result<Answered, ServiceError> {
        match self.sfn.send_task_success().task_token(token).output("{}").send().await {
            Ok(_) => Ok(Answered::GoesOn),
            Err(error)
                if matches!(error.code(), Some("TaskDoesNotExist" | "TaskTimedOut" | "InvalidToken")) =>
            {
                Ok(Answered::AlreadyClosed)
            }
            Err(error) => Err(unavailable("end a wait", &error)),
        }
    }
}

fn name(change: &ChangeId, generation: u64) -> String {
    format!("{change}-{generation}")
}

fn unavailable(what: &str, error: &(impl std::error::Error + 'static)) -> ServiceError {
    let message = format!("step functions could not {what}; try again");
    ServiceError::new(Code::Unavailable, message).because(DisplayErrorContext(error).to_string())
}
