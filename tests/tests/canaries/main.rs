//! Secrets stay secret, for every recipe that meets one: values that nothing else has stand at every secret place of calls
//! and answers, and are searched in all that the use cases store, show, log and tell.
//!
//! Secret are the places that the models mark, those that are known besides (`describe/sensitive/unmarked.rs` of `aws-call`),
//! and those that a recipe names. What is left open on purpose is in [`exceptions`], with the reason.
//!
//! | module | concept |
//! |---|---|
//! | `changegate_tests::canary` | the values, and the search for them however they are written |
//! | [`catalogue`] | what recipe and scenario files say, read beside the engine |
//! | [`filling`] | calls and answers with canaries |
//! | [`gate`], [`walk`], [`stored`] | the way of a call through the use cases |
//! | [`sinks`] | all that comes out |

mod catalogue;
mod exceptions;
mod filling;
mod gate;
mod places;
mod report;
mod sinks;
mod stored;
mod walk;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use tracing_subscriber::filter::LevelFilter;

use crate::exceptions::{Exceptions, NEVER_MET, NOT_TRIED};
use crate::gate::Gate;
use crate::report::Report;
use changegate_tests::canary::{Canaries, leak, written};

/// How many canaries there are at least, over all recipes: places, and values.
const PLACES_MIN: usize = 300;
const SEALED_MIN: usize = 300;

/// What came of all recipes, with what was logged at the finest level and the exceptions that nothing needed.
struct Tried {
    report: Report,
    logged: Vec<u8>,
    unused: Vec<String>,
}

static TRIED: LazyLock<Tried> = LazyLock::new(|| {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).json();
    let exceptions = Exceptions::default();
    let report = tracing::subscriber::with_default(lines.finish(), || {
        tracing::trace!("all is logged");
        report::all(&Gate::open(), &exceptions)
    });
    Tried { report, logged: log.taken(), unused: exceptions.unused() }
});

/// A log in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn taken(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn nothing(found: &BTreeSet<String>) {
    assert!(found.is_empty(), "{found:#?}");
}

fn names(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn no_secret_is_stored_shown_or_told_in_clear() {
    nothing(&TRIED.report.leaks);
    assert!(TRIED.report.sinks.len() > 20, "{:?}", TRIED.report.sinks);
}

#[test]
fn no_secret_of_an_operation_without_a_recipe_is_stored_shown_or_told_in_clear() {
    let report = report::best_effort(&Gate::open());
    nothing(&report.leaks);
    nothing(&report.wrong);
    let (tried, sealed, restored) = (report.tried.len(), report.sealed.len(), report.restored.len());
    println!(
        "{tried} operations, {sealed} canaries sealed, {restored} of them in undos; {:#?}",
        report.not_tried
    );
    assert!(tried > 40 && sealed > 100 && restored > 50, "{tried} {sealed} {restored}");
}

#[test]
fn no_secret_is_logged_at_any_level() {
    assert!(String::from_utf8_lossy(&TRIED.logged).contains("all is logged"));
    assert_eq!(leak(&TRIED.logged), None);
}

#[test]
fn every_secret_of_a_call_is_sealed_and_every_undo_finds_its_secrets() {
    nothing(&TRIED.report.wrong);
    let report = &TRIED.report;
    assert!(report.restored.is_subset(&report.sealed) && report.sealed.is_subset(&report.given));
    assert!(report.restored.len() > 50, "undos would put back {} canaries", report.restored.len());
}

#[test]
fn at_least_three_hundred_canaries_stand_at_three_hundred_places() {
    let report = &TRIED.report;
    let (recipes, places) = (report.tried.len(), report.places.len());
    let (given, sealed, restored) = (report.given.len(), report.sealed.len(), report.restored.len());
    println!(
        "{recipes} recipes, {places} places, {given} canaries given, {sealed} sealed, {restored} put back by an undo"
    );
    assert!(places >= PLACES_MIN && sealed >= SEALED_MIN, "{:?}", report::by_recipe(&report.places));
}

#[test]
fn every_recipe_that_meets_a_secret_is_tried_or_says_why_not() {
    let report = &TRIED.report;
    let reasons = report.not_tried.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(reasons, names(&NOT_TRIED), "{:#?}", report.not_tried);
    let untried: BTreeSet<_> = report.recipes.difference(&report.tried).cloned().collect();
    assert!(untried.is_subset(&names(&NOT_TRIED)), "{untried:?}");
}

#[test]
fn every_rule_of_a_recipe_meets_a_secret_or_says_why_not() {
    assert_eq!(TRIED.report.unmet, names(&NEVER_MET));
}

#[test]
fn what_stands_open_is_stated_with_its_reason_and_nothing_else_does() {
    assert_eq!(TRIED.unused, Vec::<String>::new(), "nothing needs these exceptions");
    for (recipe, written) in catalogue::written() {
        let rules = written.secrets.parameters.iter().chain(&written.secrets.state);
        for rule in rules.filter(|rule| rule.is_open()) {
            assert!(Exceptions::state(&recipe, &rule.path), "{recipe}: {} is not stated", rule.path);
        }
    }
}

#[test]
fn a_planted_leak_is_found_in_every_sink() {
    let (sample, canary) = (&TRIED.report.sample, Canaries::default().make());
    assert_eq!(sample.leaks(), Vec::<String>::new());
    let places: BTreeSet<_> = sample.places().collect();
    assert!(places.len() > 15, "{places:?}");
    for place in places {
        for (how, planted) in written(&canary) {
            let leaks = sample.with(&planted, place).leaks();
            let there = leaks.iter().all(|leak| leak.starts_with(place));
            assert!(!leaks.is_empty() && there, "{place}, {how}: {leaks:?}");
        }
    }
}
