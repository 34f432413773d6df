//! What a file of code may be like.

use crate::repository::{Text, root, texts};

const LINES_MAX: usize = 400;
/// How the first paragraph of a longer file begins the sentence that says why it is longer.
const REASON: &str = "//! Over 400 lines";
const MAIN_LINES_MAX: usize = 60;

/// Crates whose time, randomness and environment are arguments. `Instant` is for measuring a time-out, not for the time.
const GIVEN_ITS_TIME: [&str; 6] = [
    "crates/catalog/src",
    "crates/change/src",
    "crates/policy/src",
    "crates/store/src",
    "crates/web/src",
    "crates/webhook/src",
];
/// Those, and the crates that are given clients and keys.
const GIVEN_ITS_ENVIRONMENT: [&str; 9] = [
    "crates/api/src",
    "crates/catalog/src",
    "crates/change/src",
    "crates/egress/src",
    "crates/policy/src",
    "crates/service/src",
    "crates/store/src",
    "crates/web/src",
    "crates/webhook/src",
];

fn code() -> Vec<Text> {
    ["bench", "conformance", "crates", "functions", "fuzz", "model", "proofs", "tests"]
        .into_iter()
        .flat_map(|folder| texts(folder, ".rs"))
        .collect()
}

/// The part of a file before its unit tests.
fn without_tests(content: &str) -> &str {
    content.split("#[cfg(test)]\nmod tests").next().unwrap()
}

#[test]
fn a_longer_file_says_at_its_top_why() {
    let says_why = |file: &Text| file.content.lines().any(|line| line.starts_with(REASON));
    let mut long: Vec<_> = code();
    long.retain(|file| file.content.lines().count() > LINES_MAX && !says_why(file));
    let long: Vec<_> = long.into_iter().map(|file| file.path).collect();
    assert_eq!(long, Vec::<String>::new(), "split them, or say why not");
}

#[test]
fn the_main_of_a_function_is_short_and_calls_one_use_case() {
    let mains: Vec<_> =
        texts("functions", "main.rs").into_iter().filter(|f| f.path.ends_with("/src/main.rs")).collect();
    assert!(mains.len() > 10, "{}", mains.len());
    for main in mains {
        let lines = main.content.lines().count();
        assert!(lines <= MAIN_LINES_MAX, "{} has {lines} lines", main.path);
        let runs = main.content.matches("    run(").count() + main.content.matches("    run_http(").count();
        assert_eq!(runs, 1, "{} runs more or less than one use case", main.path);
    }
}

#[test]
fn every_file_of_code_says_what_it_is() {
    // Unit tests in a file of their own are described by the file that they are beside.
    let silent = code().into_iter().filter(|file| !file.path.ends_with("/tests.rs"));
    let silent = silent.filter(|file| !file.content.starts_with("//! "));
    let silent: Vec<_> = silent.map(|file| file.path).collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn no_file_is_named_after_nothing() {
    let names = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    for file in code() {
        let stem = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs").to_owned();
        assert!(!names.contains(&stem.as_str()), "{}", file.path);
    }
}

#[test]
fn time_is_given_to_those_who_decide_by_it() {
    for folder in GIVEN_ITS_TIME {
        for file in texts(folder, ".rs") {
            for clock in ["Timestamp::now", "SystemTime::now", "Zoned::now"] {
                assert!(!without_tests(&file.content).contains(clock), "{} asks {clock}", file.path);
            }
        }
    }
}

#[test]
fn only_the_edge_of_a_process_looks_at_its_environment() {
    for folder in GIVEN_ITS_ENVIRONMENT {
        for file in texts(folder, ".rs") {
            assert!(!without_tests(&file.content).contains("env::var"), "{}", file.path);
        }
    }
}

#[test]
fn no_test_is_left_out() {
    // Written so that this file does not contain it.
    let ignore = concat!("#[", "ignore");
    for file in code() {
        assert!(!file.content.contains(ignore), "{}", file.path);
    }
    assert!(root().join("tests/tests").is_dir());
}
