//! What several test programs need.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod server;

use std::path::{Path, PathBuf};

use aws_call::{Index, Operation, Target};

/// The built index: `AWS_CALL_INDEX`, else the workspace's own.
pub(crate) fn index() -> Index {
    Index::open(&index_path()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn index_path() -> PathBuf {
    std::env::var_os("AWS_CALL_INDEX")
        .map_or_else(|| workspace().join("target/index/aws-call.index"), PathBuf::from)
}

/// The fetched models, from which the protocol suites come as well.
pub(crate) fn botocore() -> PathBuf {
    let models = workspace().join(".local/models");
    let newest = std::fs::read_dir(&models).ok().and_then(|entries| {
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        folders.filter(|path| path.to_string_lossy().contains("/botocore-")).max()
    });
    newest.unwrap_or_else(|| {
        panic!("`{}` has no models; `scripts/fetch-models` fetches them", models.display())
    })
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub(crate) fn operation(service: &str, operation: &str) -> Operation {
    index().operation(service, operation).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn target(region: &str) -> Target {
    Target { region: region.to_owned(), endpoint: None }
}
