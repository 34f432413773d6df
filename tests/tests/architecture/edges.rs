//! Who may know whom.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::repository::root;

/// Every crate with those of ours that it may know. A crate that is not here does not exist; a new edge needs a line here
/// and a record in `docs/adr`.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("aws-call", &[]),
    ("bench-aws-call", &["aws-call"]),
    ("changegate-api", &["aws-call", "changegate-change", "changegate-service", "changegate-store"]),
    ("changegate-catalog", &["aws-call", "changegate-change"]),
    (
        "changegate-cli",
        &["aws-call", "changegate-catalog", "changegate-change", "changegate-egress", "changegate-policy"],
    ),
    ("changegate-change", &[]),
    ("changegate-egress", &[]),
    ("changegate-emulator", &[]),
    (
        "changegate-lambda",
        &["aws-call", "changegate-catalog", "changegate-egress", "changegate-service", "changegate-store"],
    ),
    ("changegate-policy", &["changegate-change"]),
    ("changegate-sandbox", &["aws-call", "changegate-egress", "changegate-webhook"]),
    (
        "changegate-service",
        &[
            "aws-call",
            "changegate-catalog",
            "changegate-change",
            "changegate-egress",
            "changegate-policy",
            "changegate-store",
            "changegate-webhook",
        ],
    ),
    ("changegate-store", &["changegate-change"]),
    ("changegate-tests", &["aws-call", "changegate-change", "changegate-sandbox"]),
    ("changegate-web", &["changegate-change", "changegate-egress", "changegate-service", "changegate-store"]),
    ("changegate-webhook", &["changegate-change", "changegate-egress"]),
    ("conformance", &["aws-call", "changegate-emulator"]),
    ("fuzz-targets", &["aws-call"]),
    ("model", &["changegate-change"]),
    ("noop", &[]),
    ("proofs", &["aws-call", "changegate-catalog", "changegate-change", "changegate-emulator"]),
    ("xtask", &["aws-call"]),
];

/// What a function may know: its use case, what it makes the use case of, and at most one kind of HTTP.
const FUNCTION_MAY_KNOW: &[&str] = &[
    "aws-call",
    "changegate-catalog",
    "changegate-change",
    "changegate-egress",
    "changegate-lambda",
    "changegate-service",
];
const HTTP: [&str; 2] = ["changegate-api", "changegate-web"];
const MUST_KNOW: [&str; 2] = ["changegate-lambda", "changegate-service"];

/// What the domain is made of: nothing that waits, reads, writes, or knows the time.
const PURE: &[&str] = &[
    "base64",
    "hex",
    "jiff",
    "serde",
    "serde_json",
    "serde_json_canonicalizer",
    "sha2",
    "thiserror",
    "ulid",
];

struct Package {
    name: String,
    folder: PathBuf,
    /// Names of what it depends on, by kind (`normal`, `dev`, `build`).
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Package {
    /// What it depends on, for this kind of dependency.
    fn needs(&self, kind: &str) -> impl Iterator<Item = &String> {
        self.needs.get(kind).into_iter().flatten()
    }

    /// What it is built with: not for tests alone.
    fn is_built_with(&self) -> impl Iterator<Item = &String> {
        self.needs("normal").chain(self.needs("build"))
    }

    fn is_function(&self) -> bool {
        self.folder.parent().is_some_and(|parent| parent == Path::new("functions"))
    }
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn packages() -> Vec<Package> {
    let mut command = Command::new(cargo());
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(value: &Value) -> Package {
    let manifest = Path::new(value["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap().strip_prefix(root().canonicalize().unwrap()).unwrap().to_owned();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for dependency in value["dependencies"].as_array().unwrap() {
        let kind = dependency["kind"].as_str().unwrap_or("normal");
        let name = dependency["name"].as_str().unwrap();
        needs.entry(kind.to_owned()).or_default().insert(name.to_owned());
    }
    Package { name: value["name"].as_str().unwrap().to_owned(), folder, needs }
}

fn ours(packages: &[Package]) -> BTreeSet<&str> {
    packages.iter().map(|package| package.name.as_str()).collect()
}

#[test]
fn crates_know_only_whom_they_may() {
    let packages = packages();
    let ours = ours(&packages);
    let mut forbidden = Vec::new();
    for package in packages.iter().filter(|package| !package.is_function()) {
        let Some((_, may_know)) = MAY_KNOW.iter().find(|(name, _)| *name == package.name) else {
            panic!("`{}` is not among the crates that exist", package.name);
        };
        let known = package.is_built_with().filter(|name| ours.contains(name.as_str()));
        let wrong = known.filter(|name| !may_know.contains(&name.as_str()));
        forbidden.extend(wrong.map(|name| format!("{} → {name}", package.name)));
    }
    assert_eq!(forbidden, Vec::<String>::new());
}

#[test]
fn every_crate_that_is_named_exists() {
    let packages = packages();
    let ours = ours(&packages);
    let named = MAY_KNOW.iter().flat_map(|(name, may_know)| std::iter::once(name).chain(*may_know));
    let missing: Vec<_> = named.filter(|name| !ours.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

#[test]
fn a_function_knows_its_use_case_and_one_kind_of_http_at_most() {
    let packages = packages();
    let ours = ours(&packages);
    let functions: Vec<_> = packages.iter().filter(|package| package.is_function()).collect();
    assert_eq!(functions.len(), 11, "the design names eleven functions besides `mcp`");
    for function in functions {
        let known: BTreeSet<&str> = function.is_built_with().map(String::as_str).collect();
        for must in MUST_KNOW {
            assert!(known.contains(must), "{} does not know {must}", function.name);
        }
        let http = HTTP.iter().filter(|http| known.contains(**http)).count();
        assert!(http < 2, "{} serves pages and the API", function.name);
        for name in known.intersection(&ours) {
            let may = FUNCTION_MAY_KNOW.contains(name) || HTTP.contains(name);
            assert!(may, "{} → {name}", function.name);
        }
    }
}

#[test]
fn nothing_but_tests_knows_the_sandbox_and_nothing_knows_the_tests_or_a_function() {
    let packages = packages();
    let functions: BTreeSet<_> = packages.iter().filter(|p| p.is_function()).map(|p| &p.name).collect();
    for package in &packages {
        for name in ["normal", "dev", "build"].into_iter().flat_map(|kind| package.needs(kind)) {
            let edge = format!("{} → {name}", package.name);
            assert!(name != "changegate-tests" && !functions.contains(name), "{edge}");
            assert!(name != "changegate-sandbox" || package.name == "changegate-tests", "{edge}");
        }
    }
}

#[test]
fn the_domain_is_made_of_nothing_that_waits_reads_or_writes() {
    let packages = packages();
    let domain = packages.iter().find(|package| package.name == "changegate-change").unwrap();
    let impure: Vec<_> = domain.is_built_with().filter(|name| !PURE.contains(&name.as_str())).collect();
    assert_eq!(impure, Vec::<&String>::new());
}

#[test]
fn there_is_one_http_stack_and_one_tls_stack() {
    // `make deny` says the same of every target, but needs its tool.
    let mut command = Command::new(cargo());
    command
        .args(["tree", "--workspace", "--locked", "--prefix", "none", "--format", "{p}"])
        .current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let used = String::from_utf8(output.stdout).unwrap();
    let versions = |name: &str| -> BTreeSet<&str> {
        let named = used.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(" v"));
        named.filter_map(|version| version.split(' ').next()).collect()
    };
    for one in ["hyper", "rustls", "aws-lc-rs"] {
        assert_eq!(versions(one).len(), 1, "{one} {:?}", versions(one));
    }
    assert!(versions("hyper").iter().all(|version| version.starts_with("1.")), "{:?}", versions("hyper"));
    for banned in ["ring", "openssl", "openssl-sys", "native-tls", "reqwest"] {
        assert!(versions(banned).is_empty(), "{banned} {:?}", versions(banned));
    }
}
