//! What the ledger says of a step, and whether the step's record and fence agree.
//!
//! INVARIANT: steps and fences are a fold of the proposal and the ledger, as the record is. An edited, added or deleted one
//! disagrees with [`Attempts::of`].

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::capture::CaptureRef;
use crate::digest::Digest;
use crate::json::StrictJsonError;
use crate::ledger::Entry;
use crate::proposal::Proposal;
use crate::step_record::{AttemptResult, Fence, StepRecord};

/// The key under which an entry's data tells of a step.
pub const STEP: &str = "step";

/// What an entry tells of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StepFact {
    /// The fence was taken; the call follows.
    Started(Fence),
    /// The attempt ended, with or without an answer.
    Ended {
        /// The step.
        number: u32,
        /// What came of it.
        result: AttemptResult,
    },
    /// AWS was watched until it finished, or until there was no more time.
    Observed {
        /// The step.
        number: u32,
        /// Whether AWS has finished.
        settled: bool,
        /// The state after.
        after: Option<CaptureRef>,
        /// The digest of what changed.
        diff: Option<Digest>,
    },
}

impl StepFact {
    /// The data of an entry that tells this.
    pub fn data(&self) -> Value {
        json!({ STEP: self })
    }

    /// What an entry tells of a step, if it does.
    ///
    /// # Errors
    /// The data names a step in a form that is not this one.
    pub fn of(entry: &Entry) -> Result<Option<Self>, Disagreement> {
        let Some(fact) = entry.data.get(STEP) else { return Ok(None) };
        Self::deserialize(fact).map(Some).map_err(|_| Disagreement::Unreadable { sequence: entry.sequence })
    }
}

/// How steps, fences and the ledger disagree.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// An entry tells of a step in another form.
    #[error("what ledger entry {sequence} says of a step cannot be read")]
    Unreadable {
        /// The place of the entry.
        sequence: u64,
    },
    /// An entry tells of a step or an attempt that there is not.
    #[error("ledger entry {sequence} tells of a step or an attempt that there is not")]
    Unknown {
        /// The place of the entry.
        sequence: u64,
    },
    /// The records of the steps are not what the ledger says.
    #[error("the records of the steps are not what the ledger says")]
    Steps,
    /// The fences are not what the ledger says.
    #[error("the fences are not what the ledger says")]
    Fences,
    /// A value has no canonical form.
    #[error("a value has no canonical form")]
    Form(#[from] StrictJsonError),
}

/// The attempts that a ledger tells of.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempts {
    steps: Vec<(StepRecord, Option<Digest>)>,
    fences: Vec<Fence>,
}

impl Attempts {
    /// The attempts that the ledger of a proposal's change tells of.
    ///
    /// # Errors
    /// An entry that cannot be read or tells of what there is not.
    pub fn of(proposal: &Proposal, ledger: &[Entry]) -> Result<Self, Disagreement> {
        let planned = (0_u32..).zip(&proposal.steps);
        let steps = planned.map(|(n, step)| (StepRecord::planned(n, step.before.digest), None)).collect();
        let mut attempts = Self { steps, fences: Vec::new() };
        for entry in ledger {
            if let Some(fact) = StepFact::of(entry)? {
                attempts.fold(fact).ok_or(Disagreement::Unknown { sequence: entry.sequence })?;
            }
        }
        Ok(attempts)
    }

    fn fold(&mut self, fact: StepFact) -> Option<()> {
        match fact {
            StepFact::Started(fence) => {
                self.step(fence.step)?;
                let first = self.fences.iter().all(|taken| taken.step != fence.step);
                first.then(|| self.fences.push(fence))
            }
            StepFact::Ended { number, result } => {
                let of = |fence: &Fence| fence.step == number && fence.attempt == result.attempt;
                self.fences.iter().any(of).then_some(())?;
                self.step(number)?.0.attempt = Some(result);
                Some(())
            }
            StepFact::Observed { number, settled, after, diff } => {
                let (step, digest) = self.step(number)?;
                step.attempt.as_ref()?;
                (step.settled, step.after, *digest) = (settled, after, diff);
                Some(())
            }
        }
    }

    fn step(&mut self, number: u32) -> Option<&mut (StepRecord, Option<Digest>)> {
        self.steps.iter_mut().find(|(step, _)| step.number == number)
    }

    /// Checks stored steps and fences against the ledger.
    ///
    /// # Errors
    /// How they disagree.
    pub fn agree(&self, steps: &[StepRecord], fences: &[Fence]) -> Result<(), Disagreement> {
        if steps.len() != self.steps.len() {
            return Err(Disagreement::Steps);
        }
        for (stored, (expected, diff)) in steps.iter().zip(&self.steps) {
            let digest = stored.diff.as_ref().map(Digest::of).transpose()?;
            let told = StepRecord { diff: stored.diff.clone(), ..expected.clone() };
            if told != *stored || digest != *diff {
                return Err(Disagreement::Steps);
            }
        }
        let mut taken = self.fences.clone();
        taken.sort_by_key(|fence| fence.step);
        if taken == fences { Ok(()) } else { Err(Disagreement::Fences) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ulid::Ulid;

    use super::*;
    use crate::id::{AttemptId, ChangeId, EntryId};
    use crate::ledger::{Actor, Happening, Kind};
    use crate::status::Status;
    use crate::step_record::Outcome;

    fn at() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn attempt(number: u128) -> AttemptId {
        AttemptId::new(Ulid::from_parts(1, number))
    }

    fn fence() -> Fence {
        Fence {
            attempt: attempt(1),
            step: 0,
            generation: 1,
            access_key_id: "ASIA1".into(),
            taken_at: at(),
            ends_at: None,
        }
    }

    fn result(number: u128) -> AttemptResult {
        AttemptResult {
            attempt: attempt(number),
            outcome: Outcome::Succeeded,
            request_id: Some("r".into()),
            code: None,
            message: None,
            output: [("Id".to_owned(), json!("sgr-1"))].into(),
            ended_at: at(),
        }
    }

    fn observed() -> StepFact {
        let diff = Some(Digest::of(&json!([{"path": "/a"}])).unwrap());
        StepFact::Observed { number: 0, settled: true, after: None, diff }
    }

    fn ledger(facts: &[StepFact]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for (number, fact) in (1_u128..).zip(facts) {
            let what = Happening {
                id: EntryId::new(Ulid::from_parts(1, number)),
                kind: Kind::Executing,
                at: at(),
                actor: Actor::Function("apply-step".into()),
                status: Status::Executing,
                data: fact.data(),
            };
            let next = match entries.last() {
                Some(last) => last.then(what).unwrap(),
                None => {
                    let change = ChangeId::new(Ulid::from_parts(1, 1));
                    Entry::first("demo".parse().unwrap(), change, what)
                }
            };
            entries.push(next);
        }
        entries
    }

    fn attempts(facts: &[StepFact]) -> Result<Attempts, Disagreement> {
        let steps = vec![(StepRecord::planned(0, Digest::of_bytes(b"before")), None)];
        let mut attempts = Attempts { steps, fences: Vec::new() };
        for entry in ledger(facts) {
            let fact = StepFact::of(&entry)?.unwrap();
            attempts.fold(fact).ok_or(Disagreement::Unknown { sequence: entry.sequence })?;
        }
        Ok(attempts)
    }

    fn stored() -> StepRecord {
        let mut step = StepRecord::planned(0, Digest::of_bytes(b"before"));
        step.attempt = Some(result(1));
        step.settled = true;
        step.diff = Some(json!([{"path": "/a"}]));
        step
    }

    fn whole() -> Attempts {
        let ended = StepFact::Ended { number: 0, result: result(1) };
        attempts(&[StepFact::Started(fence()), ended, observed()]).unwrap()
    }

    #[test]
    fn what_was_written_with_its_entries_agrees() {
        whole().agree(&[stored()], &[fence()]).unwrap();
    }

    #[test]
    fn every_edited_added_or_deleted_part_disagrees() {
        let edits: [fn(&mut StepRecord); 7] = [
            |step| step.number = 1,
            |step| step.before = Digest::of_bytes(b"another"),
            |step| step.attempt = None,
            |step| step.attempt = Some(AttemptResult { outcome: Outcome::Failed, ..result(1) }),
            |step| step.settled = false,
            |step| step.after = Some(CaptureRef { digest: Digest::of_bytes(b"x"), truncated: false }),
            |step| step.diff = Some(json!([])),
        ];
        for (number, edit) in edits.iter().enumerate() {
            let mut step = stored();
            edit(&mut step);
            assert!(whole().agree(&[step], &[fence()]).is_err(), "edit {number}");
        }
        assert!(whole().agree(&[], &[fence()]).is_err());
        assert!(whole().agree(&[stored(), stored()], &[fence()]).is_err());
        assert!(whole().agree(&[stored()], &[]).is_err());
        let other = Fence { access_key_id: "ASIA2".into(), ..fence() };
        assert!(whole().agree(&[stored()], &[other]).is_err());
    }

    #[test]
    fn an_outcome_without_its_fence_and_a_second_fence_are_refused() {
        let ended = |number| StepFact::Ended { number: 0, result: result(number) };
        for facts in [
            vec![ended(1)],
            vec![StepFact::Started(fence()), ended(2)],
            vec![StepFact::Started(fence()), StepFact::Started(fence())],
            vec![StepFact::Started(fence()), observed()],
            vec![StepFact::Started(Fence { step: 7, ..fence() })],
        ] {
            assert!(matches!(attempts(&facts), Err(Disagreement::Unknown { .. })), "{facts:?}");
        }
    }
}
