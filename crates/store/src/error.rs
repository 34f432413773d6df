//! What can go wrong between the domain and DynamoDB.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};

/// A read or write that did not work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not do it.
    #[error("dynamodb could not {what}: {detail}")]
    Service {
        /// What was tried.
        what: &'static str,
        /// The error's code, if it has one.
        code: Option<String>,
        /// The error in words.
        detail: String,
    },
    /// An item does not have the form it must have.
    #[error("the item `{sk}` cannot be read: {detail}")]
    Malformed {
        /// Its sort key.
        sk: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A blob is missing, incomplete, or not what its digest says.
    #[error("the blob `{digest}` {detail}")]
    Blob {
        /// Its digest.
        digest: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A value is larger than the store takes.
    #[error("the {what} has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl StoreError {
    /// The error of a call.
    pub(crate) fn service<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error,
    {
        move |error| {
            let code = error.code().map(str::to_owned);
            Self::Service { what, code, detail: DisplayErrorContext(&error).to_string() }
        }
    }

    /// An item that cannot be read.
    pub(crate) fn malformed(sk: &str, detail: impl ToString) -> Self {
        Self::Malformed { sk: sk.to_owned(), detail: detail.to_string() }
    }

    /// Whether trying again may help.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Service { .. } => true,
            Self::Malformed { .. } | Self::Blob { .. } | Self::TooLarge { .. } => false,
        }
    }
}
