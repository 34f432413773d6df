//! Cases that may fail, each with its reason.

use std::collections::BTreeMap;

use crate::{failure::Failure, models::PINNED, report::Verdict, suite::Ran};

/// The contents of `exceptions.toml`: by suite, by case, the reason.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Exceptions(BTreeMap<String, BTreeMap<String, String>>);

impl Exceptions {
    pub(crate) fn read() -> Result<Self, Failure> {
        toml::from_str(include_str!("../exceptions.toml"))
            .map_err(|error| Failure::Other(format!("exceptions.toml: {error}")))
    }

    /// Names of the suites that have some.
    pub(crate) fn suites(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Holds what failed against the list. A listed case that passes is wrong too, but for newer models, which may have
    /// mended it.
    pub(crate) fn judge(&self, suite: &'static str, models: &'static str, ran: Ran) -> Verdict {
        let nothing = BTreeMap::new();
        let listed = self.0.get(suite).unwrap_or(&nothing);
        let Ran { title, fewest, mut tally, seconds } = ran;
        let tolerated = if tally.least.is_some() { std::mem::take(&mut tally.failed) } else { Vec::new() };
        let (excepted, mut wrong): (Vec<_>, Vec<_>) =
            tally.failed.into_iter().partition(|(case, _)| listed.contains_key(case));
        let failed = excepted.len() + wrong.len() + tolerated.len();
        let passed = tally.total.saturating_sub(failed);
        wrong.extend(tally.least.and_then(|least| too_few(passed, tally.total, least)));
        if tally.total < fewest {
            let problem = format!("{} were found, there must be {fewest}", tally.total);
            wrong.push(("the number of cases".to_owned(), problem));
        }
        if models == PINNED {
            let stale = listed.keys().filter(|case| !excepted.iter().any(|(failed, _)| failed == *case));
            wrong.extend(stale.map(|case| (case.clone(), "is an exception no longer".to_owned())));
        }
        Verdict {
            suite,
            title,
            models,
            passed,
            total: tally.total,
            excepted: excepted.len(),
            wrong,
            tolerated,
            counts: tally.counts,
            seconds,
        }
    }
}

/// What is wrong if less than the share `least` of the cases passed.
fn too_few(passed: usize, total: usize, least: f64) -> Option<(String, String)> {
    #[expect(clippy::cast_precision_loss, reason = "suites have thousands of cases")]
    let share = passed as f64 / total.max(1) as f64;
    (share < least).then(|| {
        let problem = format!("{:.2} % passed, {:.2} % must", share * 100.0, least * 100.0);
        ("the share that passed".to_owned(), problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Tally;

    /// What is wrong with a suite of three cases of which `failed` failed, where `one` may.
    fn wrong(models: &'static str, failed: &[&str], fewest: usize, least: Option<f64>) -> Vec<String> {
        let may_fail = BTreeMap::from([("one".to_owned(), "a reason".to_owned())]);
        let exceptions = Exceptions(BTreeMap::from([("suite".to_owned(), may_fail)]));
        let failed = failed.iter().map(|case| ((*case).to_owned(), "differs".to_owned())).collect();
        let tally = Tally { total: 3, failed, least, ..Tally::default() };
        let verdict = exceptions.judge("suite", models, Ran { title: "", fewest, tally, seconds: 0.0 });
        verdict.wrong.into_iter().map(|(case, _)| case).collect()
    }

    #[test]
    fn only_listed_cases_may_fail() {
        assert_eq!(wrong(PINNED, &["one"], 3, None), Vec::<String>::new());
        assert_eq!(wrong(PINNED, &["one", "two"], 3, None), ["two"]);
    }

    #[test]
    fn a_listed_case_that_passes_is_wrong_but_for_newer_models() {
        assert_eq!(wrong(PINNED, &[], 3, None), ["one"]);
        assert_eq!(wrong("newer", &[], 3, None), Vec::<String>::new());
    }

    #[test]
    fn a_suite_with_fewer_cases_than_it_must_have_is_wrong() {
        assert_eq!(wrong(PINNED, &["one"], 4, None), ["the number of cases"]);
    }

    #[test]
    fn a_suite_with_a_share_falls_below_it() {
        assert_eq!(wrong("newer", &["two"], 3, Some(0.6)), Vec::<String>::new());
        assert_eq!(wrong("newer", &["two", "three"], 3, Some(0.6)), ["the share that passed"]);
    }
}
