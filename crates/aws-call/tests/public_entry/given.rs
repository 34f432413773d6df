//! What the tests start from: the built index, and calls in one account.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use aws_call::{Credentials, Index, Operation, Target, Url};

/// The built index, opened once.
pub(crate) fn index() -> &'static Index {
    static INDEX: LazyLock<Index> =
        LazyLock::new(|| Index::open(&index_path()).unwrap_or_else(|error| panic!("{error}")));
    &INDEX
}

/// Where it is: `AWS_CALL_INDEX`, else in the workspace.
pub(crate) fn index_path() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/index/aws-call.index");
    std::env::var_os("AWS_CALL_INDEX").map_or_else(built, PathBuf::from)
}

/// An operation of the built index.
pub(crate) fn operation(service: &str, operation: &str) -> Operation {
    index().operation(service, operation).unwrap_or_else(|error| panic!("{error}"))
}

/// A region of AWS.
pub(crate) fn target(region: &str) -> Target {
    Target { region: region.to_owned(), endpoint: None }
}

/// A server of a test, by its host and port.
pub(crate) fn target_at(scheme: &str, authority: impl Display) -> Target {
    let endpoint = Url::parse(&format!("{scheme}://{authority}")).unwrap();
    Target { region: "us-east-1".to_owned(), endpoint: Some(endpoint) }
}

/// Credentials that never expire.
pub(crate) fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")
}
