//! Which code an action of the model stands for. A test holds that the code is still there.

use super::action::{Action, Evidence, Surrounding};
use super::state::{ApplyAt, CloseAt, ObserveAt, ProposeAt, ReviewAt, State, SweepAt, Task, WithdrawAt};

/// A place in the repository: a file, and a text in it.
pub(crate) type Place = (&'static str, &'static str);

const ASL: &str = "statemachines/change.asl.json";
const APPLY: &str = "crates/service/src/apply_step.rs";
const FENCE: &str = "crates/service/src/apply_step/fence.rs";
const OUTCOME: &str = "crates/service/src/apply_step/outcome.rs";
const SWEEP: &str = "crates/service/src/sweep.rs";
const REVIEW: &str = "crates/service/src/review/decide.rs";

/// The code that an action stands for; none for what happens outside of it.
pub(crate) fn place(state: &State, action: Action) -> Option<Place> {
    match action {
        Action::Work(slot, _) => state.tasks.get(slot).copied().and_then(of_task),
        Action::Crash(_) => None,
        Action::Invoke(_) | Action::InvokeAgain(_) => Some((ASL, "lambda:invoke")),
        Action::TaskFails(_) => Some((ASL, "\"Catch\"")),
        Action::AskAgain(_) => Some((ASL, "lambda:invoke.waitForTaskToken")),
        Action::Route(_) => Some((ASL, "\"Route\": {")),
        Action::WindowOpens(_) => Some((ASL, "\"WaitForWindow\": {")),
        Action::WaitTimesOut(_) => Some((ASL, "\"TimeoutSeconds\": 1296000")),
        Action::Dies(_) => Some((ASL, "\"NotResumed\": {")),
        Action::Redrive(_) => None,
        Action::Sweep => Some((SWEEP, "async fn look(")),
        Action::Decide(..) => Some((REVIEW, "pub async fn decide(")),
        Action::Withdraw => Some(("crates/service/src/withdraw.rs", "pub async fn withdraw(")),
        Action::Reconcile(Evidence::Shown | Evidence::NotShown | Evidence::SameState) => None,
        Action::Surroundings(event) => of_surrounding(event),
    }
}

fn of_surrounding(event: Surrounding) -> Option<Place> {
    match event {
        Surrounding::CredentialsEnd => Some(("crates/service/src/overdue.rs", "pub fn attempt_deadline(")),
        Surrounding::Stop => Some(("crates/store/src/stops.rs", "pub async fn put_stop(")),
        Surrounding::StartAgain => Some(("crates/store/src/stops.rs", "pub async fn remove_stop(")),
        Surrounding::Accept(_)
        | Surrounding::Refuse(_)
        | Surrounding::BreakAfter(_)
        | Surrounding::BreakBefore(_) => Some(("crates/aws-call/src/outcome.rs", "pub enum Outcome {")),
        Surrounding::ClockTicks
        | Surrounding::Upgrade
        | Surrounding::ForeignWrite
        | Surrounding::ForeignRestore
        | Surrounding::Forge
        | Surrounding::Finish
        | Surrounding::GiveUp
        | Surrounding::TrailCompletes => None,
    }
}

fn of_task(task: Task) -> Option<Place> {
    Some(match task {
        Task::None | Task::Reconcile(..) => return None,
        Task::Propose(ProposeAt::Create) => ("crates/service/src/propose.rs", "async fn submit("),
        Task::Propose(ProposeAt::Start | ProposeAt::Watch) => {
            ("crates/service/src/propose.rs", "async fn start(")
        }
        Task::Ask(..) => ("crates/service/src/request_approval.rs", "pub async fn ask("),
        Task::Apply(apply) => of_apply(apply.at),
        Task::Observe(_, ObserveAt::Read, _) => ("crates/service/src/observe.rs", "pub async fn observe("),
        Task::Observe(_, ObserveAt::Write(_), _) => {
            ("crates/service/src/observe/after.rs", "async fn write_after(")
        }
        Task::Close(_, CloseAt::Read | CloseAt::Write | CloseAt::Reread | CloseAt::Watch, _) => {
            ("crates/service/src/close_change.rs", "pub async fn close(")
        }
        Task::Sweep(at, _) => of_sweep(at),
        Task::Review(_, _, ReviewAt::Write, ..) => (REVIEW, "pub async fn decide("),
        Task::Review(_, _, ReviewAt::EndWait, ..) => (REVIEW, "async fn end_wait("),
        Task::Withdraw(WithdrawAt::Write | WithdrawAt::Tell, _) => {
            ("crates/service/src/withdraw.rs", "pub async fn withdraw(")
        }
    })
}

fn of_apply(at: ApplyAt) -> Place {
    match at {
        ApplyAt::Read => (APPLY, "pub async fn apply("),
        ApplyAt::Clear => (APPLY, "async fn cleared<'a>("),
        ApplyAt::Prepare => ("crates/service/src/apply_step/preparation.rs", "pub(super) async fn prepare("),
        ApplyAt::End(_) => (APPLY, "async fn end("),
        ApplyAt::Fence => (FENCE, "pub(super) async fn take_fence("),
        ApplyAt::Reread => (FENCE, "async fn not_taken("),
        ApplyAt::Send | ApplyAt::Answer => (FENCE, "pub(super) async fn send("),
        ApplyAt::Report(_) => (OUTCOME, "fn wanted("),
        ApplyAt::Write(_) | ApplyAt::Tell => (OUTCOME, "async fn write_result("),
    }
}

fn of_sweep(at: SweepAt) -> Place {
    match at {
        SweepAt::Write | SweepAt::Reread => ("crates/service/src/recorder.rs", "pub async fn write_overdue("),
        SweepAt::Answer => (SWEEP, "async fn end_wait("),
        SweepAt::Drive | SweepAt::Start | SweepAt::Resume | SweepAt::StartNext => (SWEEP, "async fn drive("),
        SweepAt::Watch => (SWEEP, "async fn look_next("),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use changegate_change::status::Event;
    use changegate_change::step_record::Outcome;
    use stateright::Model;

    use super::*;
    use crate::parts::Part;

    /// Every place that some action of the parts stands for, gathered from states near the beginning and along fair ways.
    fn places() -> BTreeSet<Place> {
        let at = [
            ApplyAt::Read,
            ApplyAt::Clear,
            ApplyAt::Prepare,
            ApplyAt::End(Event::Refuse),
            ApplyAt::Fence,
            ApplyAt::Reread,
            ApplyAt::Send,
            ApplyAt::Answer,
            ApplyAt::Report(Outcome::Failed),
            ApplyAt::Write(Outcome::Failed),
            ApplyAt::Tell,
        ];
        let mut places: BTreeSet<_> = at.into_iter().map(of_apply).collect();
        let sweep = [SweepAt::Write, SweepAt::Answer, SweepAt::Drive, SweepAt::Watch];
        places.extend(sweep.into_iter().map(of_sweep));
        for part in Part::ALL {
            let Some(life) = part.life(false) else { continue };
            let mut level = life.init_states();
            for _ in 0..6 {
                let mut next = Vec::new();
                for state in &level {
                    let mut actions = Vec::new();
                    life.actions(state, &mut actions);
                    places.extend(actions.iter().filter_map(|action| place(state, *action)));
                    next.extend(actions.into_iter().filter_map(|action| life.next_state(state, action)));
                }
                next.truncate(2_000);
                level = next;
            }
        }
        places
    }

    #[test]
    fn every_action_names_code_that_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let places = places();
        assert!(places.len() > 20, "{}", places.len());
        for (file, text) in places {
            let content = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(content.contains(text), "`{file}` has no `{text}` any more: does the model still fit?");
        }
    }
}
