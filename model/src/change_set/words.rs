//! An action on a change set in words, for traces.

use super::{Action, CallOf, ChangeSet, State, Task};

fn call(of: CallOf) -> String {
    let number = of.step + 1;
    if of.undo { format!("the undo of step {number}") } else { format!("step {number}") }
}

fn work(task: Task) -> String {
    match task {
        Task::None => "nothing".to_owned(),
        Task::Fence(of, _) => format!("takes the fence of {}, if its conditions hold", call(of)),
        Task::Send(of) => format!("SENDS {}", call(of)),
        Task::Answer(of) => format!("reads the answer to {}", call(of)),
        Task::Report(of, outcome) => format!("reads the record, to write that {} is {outcome:?}", call(of)),
        Task::Write(of, outcome, _) => format!("writes that {} is {outcome:?}", call(of)),
        Task::Settle(_) => "writes that all steps are done".to_owned(),
        Task::CompensationDone(_) => "writes that all is undone".to_owned(),
        Task::CompensationStuck(_) => "writes that not all can be undone".to_owned(),
    }
}

impl ChangeSet {
    /// What happened, from one state to the next.
    pub(crate) fn told(&self, was: &State, action: Action, is: &State) -> String {
        let task = |slot: usize| was.tasks.get(slot).copied().unwrap_or_default();
        let what = match action {
            Action::Drive => "a worker reads the record and sees what follows".to_owned(),
            Action::Work(slot) => format!("a worker {}", work(task(slot))),
            Action::NotSent(slot) => match task(slot) {
                Task::Send(of) => format!("a worker cannot send {}: no byte was written", call(of)),
                _ => "a worker finds that somebody changed the resource since".to_owned(),
            },
            Action::NoAnswer(_) => "a worker gives up waiting for the answer".to_owned(),
            Action::Crash(slot) => {
                format!("a worker is cut off; next it would have been: {}", work(task(slot)))
            }
            Action::Accept(of) => format!("AWS DOES {}: 2xx", call(of)),
            Action::Refuse(of) => format!("AWS refuses {}: 4xx", call(of)),
            Action::BreakAfter(of) => format!("AWS DOES {}, and the answer is a 5xx or gets lost", call(of)),
            Action::BreakBefore(of) => {
                format!("AWS does not do {}: a 5xx, or the connection breaks", call(of))
            }
            Action::CredentialsEnd(of) => format!("the credentials for {} end", call(of)),
            Action::TrailCompletes(of) => format!("CloudTrail has delivered everything about {}", call(of)),
            Action::Reconcile(of) => format!("reconcile: reads the evidence about {}", call(of)),
        };
        if was.status == is.status { what } else { format!("{what}  [{}]", is.status) }
    }
}
