//! A tenant's account: roles that are assumed, states that are read.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_call::{Client, Index, LookupError, Operation, ReadError, Refusal, Target};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sts::types::Tag;
use changegate_catalog::{Catalog, ReadAnswer, ReadCall, Recipe, RecipeError};
use changegate_change::proposal::Step;
use url::Url;

use crate::error::{Code, ServiceError};
use crate::steps::recipe_error;

/// How long reading a state may take.
pub const CAPTURE_TIMEOUT: Duration = Duration::from_secs(15);
/// How many pages of a list are read before a capture counts as truncated.
const PAGE_LIMIT: usize = 20;
/// How long a session lasts: the shortest that STS gives.
const SESSION_SECONDS: i32 = 900;

/// What is needed to read and call in a tenant's account.
#[derive(Debug, Clone)]
pub struct TenantAws {
    sts: aws_sdk_sts::Client,
    index: Index,
    catalog: std::sync::Arc<Catalog>,
    client: Client,
    endpoint: Option<Url>,
}

/// A role to assume.
#[derive(Debug, Clone, Copy)]
pub struct AssumeRole<'a> {
    /// The role.
    pub role_arn: &'a str,
    /// What its trust policy asks for.
    pub external_id: Option<&'a str>,
    /// The name of the session, as CloudTrail shows it.
    pub session_name: &'a str,
    /// The source identity, as CloudTrail shows it.
    pub source_identity: Option<&'a str>,
    /// Session tags.
    pub tags: &'a [(&'a str, &'a str)],
    /// What the session may do at most.
    pub policy: Option<&'a str>,
}

/// Why a role was not assumed.
#[derive(Debug, thiserror::Error)]
pub enum AssumeError {
    /// The role does not trust us, or is not there.
    #[error("the role cannot be assumed: {0}")]
    Denied(String),
    /// The session policy and tags are too large.
    #[error("the session policy is too large: {0}")]
    TooLarge(String),
    /// STS did not answer.
    #[error("sts did not answer: {0}")]
    Unavailable(String),
}

impl TenantAws {
    /// The tools to reach tenants' accounts. `endpoint` is the process's `AWS_ENDPOINT_URL`, if it has one.
    pub fn new(
        sts: aws_sdk_sts::Client,
        index: Index,
        catalog: Catalog,
        client: Client,
        endpoint: Option<Url>,
    ) -> Self {
        Self { sts, index, catalog: std::sync::Arc::new(catalog), client, endpoint }
    }

    /// The models.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The recipes that were written.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The recipe of a step's operation, written or made from the models; none if the models no longer have the operation.
    ///
    /// # Errors
    /// An index or a recipe that cannot be read.
    pub fn recipe(&self, step: &Step) -> Result<Option<Cow<'_, Recipe>>, ServiceError> {
        match self.index.operation(&step.service, &step.operation) {
            Ok(operation) => self.recipe_for(&operation).map(Some),
            Err(LookupError::UnknownService { .. } | LookupError::UnknownOperation { .. }) => Ok(None),
            Err(error) => Err(ServiceError::internal(error)),
        }
    }

    /// The recipe of an operation, written or made from the models.
    ///
    /// # Errors
    /// A recipe that cannot be read.
    pub fn recipe_for(&self, operation: &Operation) -> Result<Cow<'_, Recipe>, ServiceError> {
        self.catalog.recipe_for(&self.index, operation).map_err(ServiceError::internal)
    }

    /// The client that sends.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where calls of a region go.
    pub fn target(&self, region: &str) -> Target {
        Target { region: region.to_owned(), endpoint: self.endpoint.clone() }
    }

    /// Assumes a role.
    ///
    /// # Errors
    /// Why not.
    pub async fn assume(&self, wanted: AssumeRole<'_>) -> Result<Credentials, AssumeError> {
        let mut request =
            self.sts.assume_role().role_arn(wanted.role_arn).role_session_name(wanted.session_name);
        request = request.set_external_id(wanted.external_id.map(str::to_owned));
        request = request.set_source_identity(wanted.source_identity.map(str::to_owned));
        request = request.set_policy(wanted.policy.map(str::to_owned)).duration_seconds(SESSION_SECONDS);
        for (key, value) in wanted.tags {
            let tag = Tag::builder().key(*key).value(*value).build();
            request = request.tags(tag.map_err(|error| AssumeError::Unavailable(error.to_string()))?);
        }
        let answer = request.send().await.map_err(|error| {
            let words =
                error.message().map_or_else(|| DisplayErrorContext(&error).to_string(), str::to_owned);
            match error.code() {
                Some("PackedPolicyTooLarge" | "PackedPolicyTooLargeException") => {
                    AssumeError::TooLarge(words)
                }
                // Only a plain no is a no: throttling and STS's own troubles pass.
                Some(
                    "AccessDenied" | "AccessDeniedException" | "ValidationError" | "MalformedPolicyDocument",
                ) => AssumeError::Denied(words),
                _ => AssumeError::Unavailable(words),
            }
        })?;
        let given =
            answer.credentials.ok_or_else(|| AssumeError::Unavailable("sts gave no credentials".into()))?;
        let expires = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            expires,
            "sts",
        ))
    }

    /// The reader session of a change.
    ///
    /// # Errors
    /// `reader_not_permitted` if the role does not trust us.
    pub async fn reader(
        &self,
        role_arn: &str,
        external_id: &str,
        tenant: &str,
        change: &str,
    ) -> Result<Credentials, ServiceError> {
        let wanted = AssumeRole {
            role_arn,
            external_id: Some(external_id),
            session_name: change,
            source_identity: Some(change),
            tags: &[("tenant", tenant), ("change", change)],
            policy: None,
        };
        self.assume(wanted).await.map_err(|error| match &error {
            AssumeError::Denied(_) | AssumeError::TooLarge(_) => {
                let message = format!("the reader role `{role_arn}` cannot be assumed");
                ServiceError::new(Code::ReaderNotPermitted, message).because(error)
            }
            AssumeError::Unavailable(_) => {
                ServiceError::new(Code::Unavailable, "sts did not answer; try again").because(error)
            }
        })
    }

    /// What AWS says to reads, in their order, all within [`CAPTURE_TIMEOUT`].
    ///
    /// # Errors
    /// `reader_not_permitted`, `capture_timeout`, `capture_failed`.
    pub async fn answers(
        &self,
        credentials: &Credentials,
        region: &str,
        next: impl Fn(&[ReadAnswer]) -> Result<Vec<ReadCall>, RecipeError>,
    ) -> Result<Vec<ReadAnswer>, ServiceError> {
        let all = async {
            let mut answers = Vec::new();
            loop {
                let reads = next(&answers).map_err(recipe_error)?;
                if reads.is_empty() {
                    return Ok(answers);
                }
                for read in &reads {
                    answers.push(self.answer(credentials, region, read).await?);
                }
            }
        };
        tokio::time::timeout(CAPTURE_TIMEOUT, all).await.unwrap_or_else(|_| {
            let message = format!("reading the state took longer than {} seconds", CAPTURE_TIMEOUT.as_secs());
            Err(ServiceError::new(Code::CaptureTimeout, message))
        })
    }

    async fn answer(
        &self,
        credentials: &Credentials,
        region: &str,
        read: &ReadCall,
    ) -> Result<ReadAnswer, ServiceError> {
        let operation =
            self.index.operation(&read.service, &read.operation).map_err(ServiceError::internal)?;
        if operation.access().is_mutating() {
            return Err(ServiceError::internal(format!(
                "a recipe reads with {}:{}",
                read.service, read.operation
            )));
        }
        let target = self.target(region);
        let result = if read.pages {
            let pages = self.client.read_pages(
                &operation,
                &read.parameters,
                &target,
                credentials,
                SystemTime::now,
                PAGE_LIMIT,
            );
            pages.await.map(|paged| ReadAnswer::Output { value: paged.output, truncated: paged.truncated })
        } else {
            let output =
                self.client.read(&operation, &read.parameters, &target, credentials, SystemTime::now);
            output.await.map(|output| ReadAnswer::Output { value: output.output, truncated: false })
        };
        match result {
            Ok(answer) => Ok(answer),
            Err(error) => refused_or_failed(read, &error),
        }
    }
}

fn refused_or_failed(read: &ReadCall, error: &ReadError) -> Result<ReadAnswer, ServiceError> {
    let call = format!("{}:{}", read.service, read.operation);
    match error {
        ReadError::Refused(Refusal { code, message, .. }) if is_denial(code) => {
            let message = format!("the reader role may not call {call}: {message}");
            Err(ServiceError::new(Code::ReaderNotPermitted, message))
        }
        ReadError::Refused(Refusal { code, message, .. }) => {
            Ok(ReadAnswer::Error { code: code.clone(), message: message.clone() })
        }
        ReadError::NotARead { .. } | ReadError::Build(_) | ReadError::NoAnswer(_) => {
            let message = format!("AWS did not answer {call}");
            Err(ServiceError::new(Code::CaptureFailed, message).because(story(error)))
        }
    }
}

/// Why a read has no answer, for the log. Why an answer cannot be read may quote it, and it may hold a secret.
fn story(error: &ReadError) -> String {
    match error.request_id() {
        None => error.to_string(),
        Some(id) => format!("{}, HTTP status {:?}, request id {id}", error.code(), error.status()),
    }
}

fn is_denial(code: &str) -> bool {
    const DENIALS: [&str; 7] = [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "UnauthorizedException",
        "NotAuthorized",
        "AuthorizationError",
        "Forbidden",
    ];
    DENIALS.contains(&code)
}

#[cfg(test)]
mod tests {
    use aws_call::NoAnswer;

    use super::*;

    #[test]
    fn an_answer_that_cannot_be_read_is_not_quoted() {
        let read = ReadCall {
            service: "ssm".into(),
            operation: "GetParameter".into(),
            parameters: serde_json::json!({"Name": "/a"}),
            pages: false,
        };
        let failed = |request_id: Option<&str>| {
            let request_id = request_id.map(str::to_owned);
            let reason = "hunter2 is no JSON".to_owned();
            let answer = NoAnswer { reason, request_id, ..NoAnswer::default() };
            refused_or_failed(&read, &ReadError::NoAnswer(answer)).unwrap_err().story()
        };
        assert!(
            !failed(Some("request-1")).contains("hunter2") && failed(Some("request-1")).contains("request-1")
        );
        assert!(failed(None).contains("hunter2"), "what went wrong before the request arrived is told");
    }

    #[test]
    fn every_way_of_saying_no_is_a_denial_and_absence_is_not() {
        assert!(is_denial("AccessDenied") && is_denial("UnauthorizedOperation"));
        assert!(!is_denial("ParameterNotFound") && !is_denial("NoSuchTagSet"));
    }
}
