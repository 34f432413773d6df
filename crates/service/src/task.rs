//! What Step Functions gives a task and gets back: ids and control words, nothing that is believed.

use changegate_change::id::{ChangeId, TenantId};
use serde::{Deserialize, Serialize};

use crate::probe::{ProbeAnswer, ProbeEvent};

/// A task about one step of a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The number of the execution that asks.
    pub generation: u64,
    /// The step, from 0.
    pub step: u32,
}

/// What `apply-step` and `observe` are asked: a task, or whether a tenant's role lets them in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum StepEvent {
    /// Whether a role lets the function in.
    Probe(ProbeEvent),
    /// A task.
    Task(StepTask),
}

/// What they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StepReply {
    /// Whether the role let the function in.
    Probe(ProbeAnswer),
    /// What the execution does next.
    Task(StepAnswer),
}

/// A task about a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The number of the execution that asks.
    pub generation: u64,
}

/// What the execution does next with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Nothing: the record says how it is.
    Done,
    /// Look again after a wait.
    Wait,
    /// Try to send again after a wait: no fence was taken.
    Again,
}

/// The answer to a [`StepTask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepAnswer {
    /// The tenant.
    pub tenant: TenantId,
    /// The change.
    pub change: ChangeId,
    /// The number of the execution.
    pub generation: u64,
    /// The step.
    pub step: u32,
    /// What to do next.
    pub next: Next,
    /// How long to wait before it, in seconds.
    pub wait: u32,
}

impl StepTask {
    /// The answer that nothing more is to be done.
    pub fn done(&self) -> StepAnswer {
        self.answer(Next::Done, 0)
    }

    /// The answer to do something after `wait` seconds.
    pub fn answer(&self, next: Next, wait: u32) -> StepAnswer {
        StepAnswer {
            tenant: self.tenant.clone(),
            change: self.change.clone(),
            generation: self.generation,
            step: self.step,
            next,
            wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step_event(text: &str) -> StepEvent {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_sample_events_are_tasks_and_probes() {
        for text in [
            include_str!("../../../events/apply-step/apply.json"),
            include_str!("../../../events/observe/observe.json"),
        ] {
            assert!(
                matches!(step_event(text), StepEvent::Task(task) if task.generation == 1 && task.step == 0)
            );
        }
        let executor = step_event(include_str!("../../../events/apply-step/probe.json"));
        assert!(matches!(executor, StepEvent::Probe(asked) if asked.probe.with));
        let reader = step_event(include_str!("../../../events/observe/probe.json"));
        assert!(matches!(reader, StepEvent::Probe(asked) if !asked.probe.with));
        let close: ChangeTask =
            serde_json::from_str(include_str!("../../../events/close-change/close.json")).unwrap();
        assert_eq!((close.tenant.as_str(), close.generation), ("demo", 1));
    }

    #[test]
    fn an_event_that_is_both_task_and_probe_is_neither() {
        let mut both: serde_json::Value =
            serde_json::from_str(include_str!("../../../events/apply-step/probe.json")).unwrap();
        let task: serde_json::Value =
            serde_json::from_str(include_str!("../../../events/apply-step/apply.json")).unwrap();
        both.as_object_mut().unwrap().extend(task.as_object().unwrap().clone());
        assert!(serde_json::from_value::<StepEvent>(both).is_err());
    }

    #[test]
    fn an_answer_holds_ids_and_control_words_only() {
        let task =
            json!({"tenant": "demo", "change": "chg_01KAR8QZ0000000000000000AB", "generation": 1, "step": 0});
        let answer = serde_json::from_value::<StepTask>(task.clone()).unwrap().answer(Next::Wait, 5);
        let mut expected = task;
        expected["next"] = json!("wait");
        expected["wait"] = json!(5);
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[test]
    fn a_task_that_brings_more_than_ids_is_refused() {
        let task = json!({"tenant": "demo", "change": "chg_01KAR8QZ0000000000000000AB", "generation": 1, "step": 0,
                          "approved": true});
        assert!(serde_json::from_value::<StepTask>(task).is_err());
    }
}
