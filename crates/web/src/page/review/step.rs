//! What the page shows of one call.

use changegate_change::step_record::Outcome;
use changegate_change::undo::{PlannedBy, UndoClass};

use crate::page::excerpt::{Difference, Excerpt};
use crate::page::moment::Moment;
use crate::page::text::{Code, Prose};

/// The lines of a short value, laid out, that stand open beside it.
pub(super) const OPEN_LINES: usize = 14;

/// One call, with what it meets and what undoes it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepView {
    /// The service.
    pub service: Code,
    /// The operation.
    pub operation: Code,
    /// The account's number.
    pub account: Code,
    /// The name that people know it by.
    pub account_name: Prose,
    /// The region.
    pub region: Code,
    /// The access level of the operation.
    pub access: Code,
    /// The action class.
    pub action_class: Code,
    /// The role that the call is made with.
    pub executor_role: Code,
    /// Method, host and path of the request.
    pub request: Code,
    /// The parameters, one by one.
    pub parameters: Vec<Parameter>,
    /// All parameters as the canonical JSON that was digested.
    pub canonical: Code,
    /// What is expected to change; after the call, what did.
    pub diff: Vec<DiffLine>,
    /// What came of the call, once it was tried.
    pub attempt: Option<AttemptView>,
    /// The state after, once it was captured.
    pub after: Option<StateView>,
    /// The state before.
    pub before: StateView,
    /// Where the states come from.
    pub source: StateSource,
    /// What undoes it.
    pub undo: UndoView,
    /// What the session policy allows beyond the resource.
    pub wider: Vec<Prose>,
    /// What the recipe warns of.
    pub risks: Vec<Prose>,
    /// Calls that would make the change safer if they were made before it, each with what it is good for.
    pub safer: Vec<(Prose, PlannedCallView)>,
    /// How it is known that AWS has finished.
    pub settle: Option<Prose>,
}

/// A parameter of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Code,
    /// Its value.
    pub value: Shown,
}

/// A value on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The value, whole.
    Plain(Value),
    /// A secret: its fingerprint. Equal secrets have equal fingerprints.
    Secret(Code),
}

/// A value that is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// It, as canonical JSON.
    pub exact: Code,
    /// The same laid out, where one line is hard to read: a text that is JSON or has lines, nested values.
    pub laid_out: Option<Code>,
}

/// What happens to the value at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// The path.
    pub path: Code,
    /// The value before; none if it is added.
    pub before: Option<Shown>,
    /// The value after; none if it is removed.
    pub after: Option<Shown>,
}

/// Where the states of a step come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateSource {
    /// A recipe says what to read and what of it the call can change.
    Recipe,
    /// No recipe: the whole answer of these reads, which the models show to be near the call.
    BestEffort(Vec<Code>),
    /// No recipe, and no read that fits.
    Nothing,
}

/// The state of what a call touches, as Changegate read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateView {
    /// The resource is not there.
    Absent,
    /// Nothing could be read of it.
    Unknown,
    /// The resource's state, laid out.
    Present {
        /// The state.
        state: Code,
        /// Whether a limit cut it off.
        truncated: bool,
    },
}

/// What undoes a call.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoView {
    /// How far it goes.
    pub class: UndoClass,
    /// The calls, in their order.
    pub calls: Vec<PlannedCallView>,
    /// What to know before relying on it.
    pub caveats: Vec<Prose>,
    /// Who planned it.
    pub planned_by: PlannedBy,
}

/// A call that is planned, to undo or to be safer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCallView {
    /// Service and operation.
    pub call: Code,
    /// Its parameters, laid out.
    pub parameters: Code,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub at: Moment,
    /// The id that AWS gave the request.
    pub request_id: Option<Code>,
    /// What AWS said, if it did not succeed.
    pub message: Option<Prose>,
}

impl DiffLine {
    /// `added`, `removed` or `changed`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        }
    }
}

impl DiffLine {
    /// Where its sides differ, if they can be compared.
    pub(super) fn differences(&self) -> (Option<Difference>, Option<Difference>) {
        match (&self.before, &self.after) {
            (Some(Shown::Plain(before)), Some(Shown::Plain(after))) => {
                let (of_before, of_after) = Difference::between(before.exact.raw(), after.exact.raw());
                (Some(of_before), Some(of_after))
            }
            (None | Some(Shown::Plain(_) | Shown::Secret(_)), _) => (None, None),
        }
    }
}

impl Value {
    pub(super) fn excerpt(&self, difference: Option<Difference>) -> Option<Excerpt> {
        Excerpt::of_line(self.exact.raw(), difference)
    }
}

impl Code {
    pub(super) fn block_excerpt(&self) -> Option<Excerpt> {
        Excerpt::of_block(self.raw())
    }
}

impl StepView {
    /// Whether the expected difference is one: after the call it is, and before it with a recipe.
    pub(super) fn knows_what_to_expect(&self) -> bool {
        self.after.is_some() || self.source == StateSource::Recipe
    }
}

impl UndoView {
    pub(super) fn headline(&self) -> &'static str {
        match (self.planned_by, self.class) {
            (_, UndoClass::None) => "Cannot be undone",
            (PlannedBy::Agent, _) => "Undo supplied by the agent, not checked",
            (PlannedBy::Catalog, UndoClass::Full) => "Can be undone in full",
            (PlannedBy::Catalog, UndoClass::Partial) => "Can be undone in part",
        }
    }

    pub(super) fn tone(&self) -> &'static str {
        match self.class {
            UndoClass::Full => "good",
            UndoClass::Partial => "wary",
            UndoClass::None => "bad",
        }
    }
}

impl AttemptView {
    pub(super) fn sentence(&self) -> &'static str {
        match self.outcome {
            Outcome::Succeeded => "AWS accepted the call",
            Outcome::Failed => "AWS refused the call, or it was not sent",
            Outcome::Unknown => "Nobody knows whether the call happened: there was no answer",
        }
    }

    pub(super) fn tone(&self) -> &'static str {
        match self.outcome {
            Outcome::Succeeded => "good",
            Outcome::Failed | Outcome::Unknown => "bad",
        }
    }
}
