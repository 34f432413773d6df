//! Runs stateright over a part, as designed or with a seeded fault.

use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, Model, Path};

use crate::change_set::ChangeSet;
use crate::fault::Fault;
use crate::life::Life;
use crate::life::source::{self, Place};
use crate::parts::{Design, Part};

/// One step of a history.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) words: String,
    /// The code that it stands for.
    pub(crate) code: Option<Place>,
}

/// What came of checking a part.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) part: Part,
    pub(crate) unique: usize,
    pub(crate) generated: usize,
    pub(crate) depth: usize,
    pub(crate) claims: usize,
    /// Claims that do not hold, each with a history.
    pub(crate) violated: Vec<(&'static str, Vec<Step>)>,
    /// What should be reached and is not.
    pub(crate) not_reached: Vec<&'static str>,
    pub(crate) took: Duration,
}

/// What came of a seeded fault.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) fault: Fault,
    /// The shortest history that breaks the claim, if there is one.
    pub(crate) history: Option<Vec<Step>>,
}

/// A model that can tell a history.
pub(crate) trait Tells: Model + Clone + Send + Sync + 'static
where
    Self::State: Clone + PartialEq + Hash + Send + Sync + std::fmt::Debug + 'static,
    Self::Action: Clone + PartialEq + std::fmt::Debug + 'static,
{
    /// What happened, from one state to the next.
    fn tell(&self, was: &Self::State, action: Self::Action, is: &Self::State) -> Step;
}

impl Tells for Life {
    fn tell(&self, was: &Self::State, action: Self::Action, is: &Self::State) -> Step {
        Step { words: self.told(was, action, is), code: source::place(was, action) }
    }
}

impl Tells for ChangeSet {
    fn tell(&self, was: &Self::State, action: Self::Action, is: &Self::State) -> Step {
        Step { words: self.told(was, action, is), code: None }
    }
}

/// Checks a part as it is designed.
pub(crate) fn check(part: Part, long: bool, threads: usize) -> Verdict {
    match part.design(long, None) {
        Design::Life(life) => checked(part, &life, threads),
        Design::ChangeSet(set) => checked(part, &set, threads),
    }
}

/// Seeds every fault, each alone, as many at once as there are threads.
pub(crate) fn seed_all(threads: usize) -> Vec<Caught> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut caught = Vec::new();
        while let Some(fault) = Fault::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            caught.push(seed(*fault));
        }
        caught
    };
    let mut caught: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|run| run.join().unwrap_or_default()).collect()
    });
    caught.sort_by_key(|caught| Fault::ALL.iter().position(|fault| *fault == caught.fault));
    caught
}

/// Seeds a fault, alone, and looks for the shortest history that breaks what it should break.
pub(crate) fn seed(fault: Fault) -> Caught {
    let part = Part::ALL.into_iter().find(|part| part.name() == fault.part()).unwrap_or(Part::Sending);
    match part.design(false, Some(fault)) {
        Design::Life(life) => seeded(fault, &life),
        Design::ChangeSet(set) => seeded(fault, &set),
    }
}

fn checked<M: Tells>(part: Part, model: &M, threads: usize) -> Verdict
where
    M::State: Clone + PartialEq + Hash + Send + Sync + std::fmt::Debug + 'static,
    M::Action: Clone + PartialEq + std::fmt::Debug + 'static,
{
    let began = Instant::now();
    let checker = model.clone().checker().threads(threads).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let properties = model.properties();
    let is_claim = |expectation: &Expectation| *expectation == Expectation::Always;
    let claims = properties.iter().filter(|property| is_claim(&property.expectation));
    let not_reached = properties.iter().filter(|property| !is_claim(&property.expectation));
    let violated = claims.clone().filter_map(|claim| {
        let path = discoveries.get(claim.name)?;
        Some((claim.name, history(model, path.clone())))
    });
    Verdict {
        part,
        unique: checker.unique_state_count(),
        generated: checker.state_count(),
        depth: checker.max_depth(),
        claims: claims.clone().count(),
        violated: violated.collect(),
        not_reached: not_reached
            .map(|property| property.name)
            .filter(|name| !discoveries.contains_key(name))
            .collect(),
        took: began.elapsed(),
    }
}

/// One claim and one thread: stateright then goes breadth first and stops at the first history, which is the shortest.
fn seeded<M: Tells>(fault: Fault, model: &M) -> Caught
where
    M::State: Clone + PartialEq + Hash + Send + Sync + std::fmt::Debug + 'static,
    M::Action: Clone + PartialEq + std::fmt::Debug + 'static,
{
    let checker = model.clone().checker().threads(1).spawn_bfs().join();
    let path = checker.discovery(fault.breaks().words());
    let history = path.map(|path| history(model, path));
    Caught { fault, history }
}

fn history<M: Tells>(model: &M, path: Path<M::State, M::Action>) -> Vec<Step>
where
    M::State: Clone + PartialEq + Hash + Send + Sync + std::fmt::Debug + 'static,
    M::Action: Clone + PartialEq + std::fmt::Debug + 'static,
{
    let steps = path.into_vec();
    let pairs = steps.iter().zip(steps.iter().skip(1));
    pairs.filter_map(|((was, action), (is, _))| Some(model.tell(was, action.clone()?, is))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Claim;

    #[test]
    fn every_seeded_fault_is_seeded_in_a_part_that_there_is() {
        for fault in Fault::ALL {
            assert!(Part::ALL.iter().any(|part| part.name() == fault.part()), "{fault:?}");
        }
        assert!(Fault::ALL.len() >= 12);
    }

    #[test]
    fn every_claim_about_the_design_is_broken_by_a_seeded_fault() {
        for claim in Claim::ALL.iter().filter(|claim| **claim != Claim::BoundsSuffice) {
            assert!(Fault::ALL.iter().any(|fault| fault.breaks() == *claim), "{claim:?}");
        }
    }

    #[test]
    fn the_readme_names_every_part_claim_and_fault() {
        let readme = include_str!("../README.md");
        let named =
            |name: &str| assert!(readme.contains(&format!("`{name}`")), "README.md does not name `{name}`");
        Part::ALL.iter().for_each(|part| named(part.name()));
        Claim::ALL.iter().for_each(|claim| named(claim.key()));
        Fault::ALL.iter().for_each(|fault| named(fault.name()));
    }

    #[test]
    fn a_fault_of_the_record_is_caught_in_few_steps_and_told_in_words() {
        let caught = seed(Fault::DecisionWithoutVersion);
        let history = caught.history.unwrap();
        assert!((3..8).contains(&history.len()), "{history:?}");
        assert!(history.iter().all(|step| !step.words.is_empty() && step.code.is_some()), "{history:?}");
    }

    #[test]
    fn a_design_without_a_fault_breaks_no_claim_that_a_fault_breaks() {
        // The same bounds and the same claim as with the fault, and the search ends without a history.
        let Design::Life(life) = Part::Checks.design(false, None) else { panic!("it is about one step") };
        let only = Some(Claim::DecisionsKept);
        let sound = crate::life::Life { only, stops: 0, upgrades: false, ..life };
        let checker = sound.checker().threads(1).spawn_bfs().join();
        assert!(checker.discovery(Claim::DecisionsKept.words()).is_none());
        assert!(checker.unique_state_count() > 1_000, "{}", checker.unique_state_count());
    }
}
