//! An action in words, for traces.

use super::Life;
use super::action::{Action, Choice, Evidence, Surrounding};
use super::state::{
    Apply, ApplyAt, CloseAt, Execution, ObserveAt, ProposeAt, ReviewAt, State, SweepAt, Task, WithdrawAt,
};

impl Life {
    /// What happened, from one state to the next.
    pub(crate) fn told(&self, was: &State, action: Action, is: &State) -> String {
        let what = match action {
            Action::Work(slot, choice) => worked(was.tasks.get(slot).copied().unwrap_or_default(), choice),
            Action::Crash(slot) => {
                format!("{} is cut off", who(was.tasks.get(slot).copied().unwrap_or_default()))
            }
            Action::Invoke(number) => {
                format!("execution {number}: Step Functions invokes {}", function(was.execution(number)))
            }
            Action::InvokeAgain(number) => format!(
                "execution {number}: {} is invoked once more for the same task",
                function(was.execution(number))
            ),
            Action::TaskFails(number) => {
                format!("execution {number}: the task of {} fails", function(was.execution(number)))
            }
            Action::AskAgain(number) => {
                format!("execution {number}: the task of asking is tried again, with a new token")
            }
            Action::Route(number) => format!("execution {number}: reads HEAD and goes by it"),
            Action::WindowOpens(number) => format!("execution {number}: not_before has come"),
            Action::WaitTimesOut(number) => {
                format!("execution {number}: the fifteen days of waiting are over")
            }
            Action::Dies(number) => format!("execution {number} dies"),
            Action::Redrive(number) => format!("execution {number} is redriven by an operator"),
            Action::Sweep => "sweep: reads the change".to_owned(),
            Action::Decide(approver, verb) => {
                format!("approver {approver}: opens the page and signs `{}`", verb.as_str())
            }
            Action::Withdraw => "the agent withdraws: the record is read".to_owned(),
            Action::Reconcile(evidence) => reconciles(evidence).to_owned(),
            Action::Surroundings(event) => happens(event),
        };
        match (was.status(), is.status()) {
            (was, Some(is)) if was != Some(is) => format!("{what}  [{is}]"),
            _ => what,
        }
    }
}

fn who(task: Task) -> String {
    match task {
        Task::None => "nobody".to_owned(),
        Task::Propose(_) => "propose".to_owned(),
        Task::Ask(..) => "request-approval".to_owned(),
        Task::Apply(apply) => format!("apply-step of execution {}", apply.generation),
        Task::Observe(generation, ..) => format!("observe of execution {generation}"),
        Task::Close(generation, ..) => format!("close-change of execution {generation}"),
        Task::Sweep(..) => "sweep".to_owned(),
        Task::Review(approver, ..) => format!("review for approver {approver}"),
        Task::Withdraw(..) => "propose, withdrawing".to_owned(),
        Task::Reconcile(..) => "reconcile".to_owned(),
    }
}

fn function(execution: Execution) -> &'static str {
    match execution {
        Execution::Asking(_) => "request-approval",
        Execution::Applying(_) => "apply-step",
        Execution::Observing(_) => "observe",
        Execution::Closing(_) => "close-change",
        Execution::Missing
        | Execution::Waiting
        | Execution::Resuming
        | Execution::Window
        | Execution::Ended => "nothing",
    }
}

fn worked(task: Task, choice: Choice) -> String {
    let what = match task {
        Task::None => "does nothing",
        Task::Propose(ProposeAt::Create) => "writes record and ledger",
        Task::Propose(ProposeAt::Start) => "starts execution 1",
        Task::Propose(ProposeAt::Watch) => "puts the watch",
        Task::Ask(_, token) => return format!("{}: keeps task token {token}", who(task)),
        Task::Apply(apply) => return format!("{}: {}", who(task), applies(apply, choice)),
        Task::Observe(_, ObserveAt::Read, _) => match choice {
            Choice::TimeIsUp => "reads the record; the time of the settle test is over",
            Choice::NotRead => "reads the record; the state after could not be read for a day",
            _ => "reads the record, and what AWS says",
        },
        Task::Observe(_, ObserveAt::Write(_), _) => {
            "writes what it found, if the record is still the one it read"
        }
        Task::Close(_, CloseAt::Read | CloseAt::Reread, _) | Task::Sweep(SweepAt::Reread, _) => {
            "reads the record"
        }
        Task::Close(_, CloseAt::Write, _) | Task::Sweep(SweepAt::Write, _) => {
            "writes that the change is past its time"
        }
        Task::Close(_, CloseAt::Watch, _) | Task::Sweep(SweepAt::Watch, _) => {
            "says when the sweep looks again"
        }
        Task::Sweep(SweepAt::Answer, _) => "ends the wait, if it is over",
        Task::Sweep(SweepAt::Drive, _) => "asks how the execution is",
        Task::Sweep(SweepAt::Start, _) => "starts the execution that is missing",
        Task::Sweep(SweepAt::Resume, _) => "writes the next generation",
        Task::Sweep(SweepAt::StartNext, _) => "starts the execution of the next generation",
        Task::Review(_, _, ReviewAt::Write, ..) => {
            "writes the decision, if the record is still the one it read"
        }
        Task::Review(_, _, ReviewAt::EndWait, ..) => "ends the wait",
        Task::Withdraw(WithdrawAt::Write, _) => "writes it, if the record is still the one it read",
        Task::Withdraw(WithdrawAt::Tell, _) | Task::Reconcile(super::state::ReconcileAt::Tell, _) => {
            "lets the sweep look at once"
        }
        Task::Reconcile(super::state::ReconcileAt::Write(_), _) => "writes what the evidence says",
    };
    format!("{}: {what}", who(task))
}

fn applies(apply: Apply, choice: Choice) -> String {
    match (apply.at, choice) {
        (ApplyAt::Read, _) => "reads the record; is the change this task's to send?".to_owned(),
        (ApplyAt::Clear, _) => "verifies decisions, deadlines, stop".to_owned(),
        (ApplyAt::Prepare, _) => "renders the request, reads for drift".to_owned(),
        (ApplyAt::End(event), _) => format!("ends the change without its call ({event:?})"),
        (ApplyAt::Fence, Choice::AnswerLost) => "takes the fence, and the answer gets lost".to_owned(),
        (ApplyAt::Fence, _) => {
            format!("takes the fence for attempt {}, if its conditions hold", apply.attempt)
        }
        (ApplyAt::Reread, _) => "looks whether the fence is its own".to_owned(),
        (ApplyAt::Send, Choice::NotSent) => "cannot send: no byte was written".to_owned(),
        (ApplyAt::Send, _) => format!("SENDS the call (attempt {})", apply.attempt),
        (ApplyAt::Answer, Choice::NoAnswer) => "gives up waiting for the answer".to_owned(),
        (ApplyAt::Answer, _) => "reads the answer".to_owned(),
        (ApplyAt::Report(outcome), _) => {
            format!("reads the record, to write that the call {}", ended(outcome))
        }
        (ApplyAt::Write(outcome), _) => format!("writes that the call {}", ended(outcome)),
        (ApplyAt::Tell, _) => "lets the sweep look at once".to_owned(),
    }
}

fn ended(outcome: changegate_change::step_record::Outcome) -> &'static str {
    use changegate_change::step_record::Outcome;
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Unknown => "is unknown",
    }
}

fn reconciles(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Shown => "reconcile: CloudTrail shows the call",
        Evidence::NotShown => "reconcile: CloudTrail does not show the call",
        Evidence::SameState => "reconcile: the state equals the one before",
    }
}

fn happens(event: Surrounding) -> String {
    let what = match event {
        Surrounding::ClockTicks => "the next deadline passes",
        Surrounding::CredentialsEnd => "the attempt's credentials and its time for an answer end",
        Surrounding::Stop => "an operator stops everything",
        Surrounding::StartAgain => "an operator starts everything again",
        Surrounding::Upgrade => "policy, models or recipe change",
        Surrounding::ForeignWrite => "somebody else writes what the call touches",
        Surrounding::ForeignRestore => "somebody else puts back the state before",
        Surrounding::Forge => "somebody who can write the table forges an approval",
        Surrounding::Accept(attempt) => return format!("AWS DOES the call of attempt {attempt}: 2xx"),
        Surrounding::Refuse(attempt) => return format!("AWS refuses the call of attempt {attempt}: 4xx"),
        Surrounding::BreakAfter(attempt) => {
            return format!("AWS DOES the call of attempt {attempt}, and its answer is a 5xx or gets lost");
        }
        Surrounding::BreakBefore(attempt) => {
            return format!("AWS does not do the call of attempt {attempt}: a 5xx, or the connection breaks");
        }
        Surrounding::Finish => "AWS has carried through what it accepted",
        Surrounding::GiveUp => "AWS gives up and puts back what was",
        Surrounding::TrailCompletes => "CloudTrail has delivered everything about the attempt",
    };
    what.to_owned()
}
