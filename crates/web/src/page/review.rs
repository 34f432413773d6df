//! A change, to read and decide.

mod step;

use askama::Template;
use changegate_change::decision::Verb;
use changegate_change::status::Status;

use crate::page::excerpt::{Excerpt, Piece};
use crate::page::moment::Moment;
use crate::page::style;
use crate::page::text::{Code, Prose};

use step::OPEN_LINES;
pub use step::{
    AttemptView, DiffLine, Parameter, PlannedCallView, Shown, StateSource, StateView, StepView, UndoView,
    Value,
};

/// All that an approver sees of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewPage {
    /// The path of this page.
    pub path: String,
    /// The tenant.
    pub tenant: Code,
    /// The change.
    pub change: Code,
    /// Who is signed in.
    pub viewer: Prose,
    /// One line that names it: the agent's words.
    pub title: Prose,
    /// Where it is in its life.
    pub status: Status,
    /// Why it ended as it did, if it has.
    pub why: Option<Prose>,
    /// Why it is needed: the agent's words.
    pub reason: Prose,
    /// The agent.
    pub requester: Code,
    /// The person it works for.
    pub on_behalf_of: Option<Prose>,
    /// The incident it belongs to.
    pub incident: Option<Code>,
    /// The change that it undoes.
    pub undoes: Option<Code>,
    /// The policy's verdict.
    pub verdict: Prose,
    /// The approval rule in words.
    pub rule: Prose,
    /// The deadlines.
    pub deadlines: Deadlines,
    /// The digest that a decision signs.
    pub digest: Code,
    /// The calls.
    pub steps: Vec<StepView>,
    /// What was decided so far.
    pub decisions: Vec<DecisionView>,
    /// What happened so far, oldest first.
    pub history: Vec<HistoryLine>,
    /// What the viewer can do.
    pub action: Action,
}

/// When what can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// When it was proposed.
    pub created: Moment,
    /// Until when people can decide.
    pub decide_by: Moment,
    /// Before when it must not run.
    pub not_before: Option<Moment>,
    /// Until when it can run; none while that follows from the decision.
    pub execute_before: Option<Moment>,
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// When.
    pub at: Moment,
    /// What happened.
    pub kind: Code,
    /// Who did it.
    pub actor: Prose,
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionView {
    /// Who made it.
    pub approver: Prose,
    /// Whether that is the viewer.
    pub own: bool,
    /// What they said.
    pub verb: Verb,
    /// When.
    pub at: Moment,
    /// What they wrote beside it.
    pub note: Prose,
}

/// What the viewer can do.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Decide, with a one-use nonce for each verb.
    Decide {
        /// Approves.
        approve: String,
        /// Rejects.
        reject: String,
    },
    /// Nothing, and why.
    Nothing(Prose),
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Decide { .. } => f.write_str("Decide(redacted)"),
            Self::Nothing(why) => f.debug_tuple("Nothing").field(why).finish(),
        }
    }
}

impl ReviewPage {
    fn is_open(&self) -> bool {
        match self.action {
            Action::Decide { .. } => true,
            Action::Nothing(_) => false,
        }
    }
}

impl DecisionView {
    fn tone(&self) -> &'static str {
        match self.verb {
            Verb::Approve => "good",
            Verb::Reject => "bad",
        }
    }

    fn sentence(&self) -> &'static str {
        match (self.own, self.verb) {
            (true, Verb::Approve) => "You approved this change",
            (true, Verb::Reject) => "You rejected this change",
            (false, Verb::Approve) => "approved this change",
            (false, Verb::Reject) => "rejected this change",
        }
    }
}

/// A status in words, and whether it is good news.
#[must_use]
pub fn status_words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::AwaitingApproval => ("Waiting for a decision", "wary"),
        Status::Approved => ("Approved, not run yet", "good"),
        Status::Executing => ("Running", "wary"),
        Status::Settling => ("AWS is still working on it", "wary"),
        Status::Succeeded => ("Done", "good"),
        Status::Rejected => ("Rejected", "bad"),
        Status::Expired => ("Expired", "calm"),
        Status::Withdrawn => ("Withdrawn by the agent", "calm"),
        Status::Stale => ("Stale: no longer what was proposed", "calm"),
        Status::Failed => ("Failed", "bad"),
        Status::Unknown => ("Unknown: it may have happened", "bad"),
        Status::Compensating => ("Being undone after a failure", "wary"),
        Status::Compensated => ("Failed, and undone", "calm"),
        Status::CompensationIncomplete => ("Failed, and not wholly undone", "bad"),
    }
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewTemplate<'a> {
    page: &'a ReviewPage,
    status: &'static str,
    tone: &'static str,
    style: &'static str,
}

/// The page as HTML.
///
/// # Errors
/// The template cannot be written.
pub fn render(page: &ReviewPage) -> Result<String, askama::Error> {
    let (status, tone) = status_words(page.status);
    ReviewTemplate { page, status, tone, style: style::versioned_path() }.render()
}
