//! Cases that may fail, each with its reason.

use std::collections::BTreeMap;

use crate::{failure::Failure, models::Models, report::Verdict, suite::Ran};

/// The contents of `exceptions.toml`: by suite, by case, the reason.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Exceptions(BTreeMap<String, BTreeMap<String, String>>);

impl Exceptions {
    pub(crate) fn read() -> Result<Self, Failure> {
        toml::from_str(include_str!("../exceptions.toml"))
            .map_err(|error| Failure::Other(format!("exceptions.toml: {error}")))
    }

    /// Holds what failed against the list. A listed case that passes is wrong too, but for newer models, which may have
    /// mended it.
    pub(crate) fn judge(&self, suite: &'static str, models: &Models, ran: Ran) -> Verdict {
        let nothing = BTreeMap::new();
        let listed = self.0.get(suite).unwrap_or(&nothing);
        let Ran { title, mut tally, seconds } = ran;
        let tolerated = if tally.least.is_some() { std::mem::take(&mut tally.failed) } else { Vec::new() };
        let (excepted, mut wrong): (Vec<_>, Vec<_>) =
            tally.failed.into_iter().partition(|(case, _)| listed.contains_key(case));
        let failed = excepted.len() + wrong.len() + tolerated.len();
        let passed = tally.total.saturating_sub(failed);
        wrong.extend(tally.least.and_then(|least| too_few(passed, tally.total, least)));
        if models.are_pinned() {
            let stale = listed.keys().filter(|case| !excepted.iter().any(|(failed, _)| failed == *case));
            wrong.extend(stale.map(|case| (case.clone(), "is an exception no longer".to_owned())));
        }
        Verdict {
            suite,
            title,
            models: models.label,
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
