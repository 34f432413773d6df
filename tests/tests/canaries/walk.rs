//! One call through everything that the use cases do with it without AWS, and all that comes out.

use aws_call::Operation;
use changegate_catalog::{CallContext, ReadAnswer, ReadCall, Recipe, RecipeError, Sealer, Settled};
use changegate_change::capture::Capture;
use changegate_change::id::ChangeId;
use changegate_change::request::StepRequest;
use changegate_change::sealed::Vault;
use changegate_change::undo::PlannedCall;
use changegate_service::ServiceError;
use changegate_service::prepare::{Prepared, plan, understand};
use changegate_service::steps::recipe_error;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::catalogue::{Call, Written};
use crate::filling::{Answering, texts};
use crate::gate::{ACCOUNT, Gate, REGION};
use crate::sinks::Sinks;
use crate::stored::Stored;
use changegate_tests::canary::Canaries;

pub(crate) const KEY: [u8; 32] = [7; 32];
/// How many known values texts of a settle test are given, one after the other.
const VARIANTS: usize = 12;

/// Whether a place of an answer to an operation is secret.
pub(crate) type IsSecret<'a> = dyn Fn(&Operation, &str) -> bool + 'a;

/// What there is before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Everything that is read.
    Present,
    /// All but what the first read is about.
    FirstAbsent,
    /// Nothing that can be absent.
    Absent,
}

/// A call that went through.
pub(crate) struct Walked {
    /// What is sealed with the change.
    pub(crate) vault: Vault,
    pub(crate) prepared: Prepared,
    pub(crate) after: Option<Capture>,
    pub(crate) expected: Option<Capture>,
    /// The answers to the reads, with their names.
    pub(crate) answered: Vec<(String, Value)>,
}

impl Walked {
    /// The calls that the undo plans, and those that would make the change safer: all that is stored of them.
    pub(crate) fn planned(&self) -> impl Iterator<Item = &PlannedCall> {
        let step = &self.prepared.step;
        step.undo.calls.iter().chain(step.safer.iter().map(|safer| &safer.call))
    }
}

/// A call on its way.
pub(crate) struct Walk<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) recipe: &'a Recipe,
    pub(crate) written: &'a Written,
    pub(crate) start: Start,
    /// Which of their known values the texts of answers have.
    pub(crate) variant: usize,
    pub(crate) is_secret: &'a IsSecret<'a>,
    pub(crate) canaries: &'a mut Canaries,
    pub(crate) sinks: &'a mut Sinks,
    /// The answers that were given, with the name of the read.
    pub(crate) answered: Vec<(String, Value)>,
}

impl Walk<'_> {
    /// Understands, reads, plans, stores, shows and tells of a call.
    pub(crate) fn through(mut self, parameters: &Value) -> Result<Walked, String> {
        let gate = self.gate;
        let change = ChangeId::new(Ulid::from_parts(1_800_000_000_000, u128::from(self.canaries.made())));
        let request = StepRequest {
            account: ACCOUNT.parse().unwrap(),
            region: REGION.to_owned(),
            service: self.recipe.service().to_owned(),
            operation: self.recipe.operation().to_owned(),
            parameters: parameters.clone(),
            undo: self.brought(parameters),
        };
        self.sinks.debug("the request's Debug", &request);
        let call = understand(&gate.aws, &gate.config, &gate.protected, &change, 0, &request)
            .map_err(|error| self.failed("understand", &error))?;
        self.sinks.debug("the call's Debug", &call);
        let context = call.context().clone();
        let answers = self.answers(&context)?;
        let mut sealer = Sealer::new(KEY);
        let prepared = plan(&gate.aws, call, &answers, &mut sealer, &KEY)
            .map_err(|error| self.failed("plan", &error))?;
        let mut vault = sealer.clone().vault();
        self.sinks.debug("the sealer's Debug", &sealer);
        self.sinks.debug("the vault's Debug", &vault);
        self.sinks.debug("the step's Debug", &prepared);
        self.refused_reads(&context, &answers);
        let mut sealer = Sealer::new(KEY);
        let expected = self.recipe.expected(&context, &prepared.before, &mut sealer).ok().flatten();
        vault.absorb(sealer.vault());
        self.start = Start::Present;
        let after = self.after(&context, &mut vault);
        let settling = self.settled(&context);
        let stored = Stored { gate, change: &change, prepared: &prepared, after: after.as_ref() };
        stored.shown(self.recipe, &settling, self.canaries, self.sinks);
        Ok(Walked { vault, prepared, after, expected, answered: self.answered })
    }

    /// The undo that the agent brings where the catalogue plans none: as good as any to carry secrets.
    fn brought(&self, parameters: &Value) -> Vec<PlannedCall> {
        let (service, operation) = (self.recipe.service().to_owned(), self.recipe.operation().to_owned());
        let call = PlannedCall { service, operation, parameters: parameters.clone() };
        if self.recipe.is_best_effort() { vec![call] } else { vec![] }
    }

    /// Answers to the reads of the recipe.
    fn answers(&mut self, context: &CallContext) -> Result<Vec<ReadAnswer>, String> {
        let mut answers: Vec<ReadAnswer> = Vec::new();
        loop {
            let reads = self.recipe.reads(context, &answers).map_err(|error| self.told(error))?;
            if reads.is_empty() {
                self.sinks.debug("the answers' Debug", &answers);
                return Ok(answers);
            }
            for read in &reads {
                self.sinks.debug("a read's Debug", read);
                let answer = self.nothing(read).unwrap_or_else(|| self.answer(context, read, self.variant));
                answers.push(answer);
            }
        }
    }

    /// The answer of a read whose object is not there before the call.
    fn nothing(&self, read: &ReadCall) -> Option<ReadAnswer> {
        let is_it = |own: &&Call| {
            own.operation == read.operation
                && own.service.as_ref().is_none_or(|service| *service == read.service)
        };
        let own = self.written.reads.iter().find(is_it)?;
        let is_first = self.written.reads.iter().position(|other| std::ptr::eq(other, own)) == Some(0);
        match (self.start, own.absent.first()) {
            (Start::FirstAbsent, Some(error)) if is_first => Some(refusal(error)),
            (Start::Absent, Some(error)) => Some(refusal(error)),
            (Start::FirstAbsent, None) if is_first => {
                Some(ReadAnswer::Output { value: json!({}), truncated: false })
            }
            (Start::Present | Start::FirstAbsent | Start::Absent, _) => None,
        }
    }

    fn answer(&mut self, context: &CallContext, read: &ReadCall, variant: usize) -> ReadAnswer {
        let operation = self.gate.aws.index().operation(&read.service, &read.operation).unwrap();
        let mut known = Vec::new();
        texts(&context.parameters, "", &mut known);
        let rules = self.written.secrets.state.iter().filter(|rule| !rule.path.ends_with('*'));
        let entries = rules.map(|rule| rule.path.clone()).collect();
        let mut answering =
            Answering { recipe: self.recipe.id(), canaries: self.canaries, known, variant, entries };
        let value = answering.answer(&operation, read, &|path| (self.is_secret)(&operation, path));
        self.answered.push((read.operation.clone(), value.clone()));
        ReadAnswer::Output { value, truncated: false }
    }

    /// The state after, with other secrets than before.
    fn after(&mut self, context: &CallContext, vault: &mut Vault) -> Option<Capture> {
        let answers = self.answers(context).ok()?;
        let mut sealer = Sealer::new(KEY);
        match self.recipe.capture(context, &answers, &mut sealer) {
            Ok(capture) => {
                vault.absorb(sealer.vault());
                Some(capture)
            }
            Err(error) => {
                self.told(error);
                None
            }
        }
    }

    /// Every read refused in words that repeat a secret.
    fn refused_reads(&mut self, context: &CallContext, answers: &[ReadAnswer]) {
        for number in 0..answers.len() {
            let message = format!("Value '{}' is not valid", self.canaries.make());
            let refused = ReadAnswer::Error { code: "ValidationException".to_owned(), message };
            self.sinks.debug("a refused read's Debug", &refused);
            let mut answers = answers[..number].to_vec();
            answers.push(refused);
            let mut sealer = Sealer::new(KEY);
            let captured = self.recipe.capture(context, &answers, &mut sealer).err();
            let reads = self.recipe.reads(context, &answers).err();
            for error in captured.into_iter().chain(reads) {
                self.told(error);
            }
        }
        let strange = vec![ReadAnswer::Output { value: Value::Null, truncated: false }; answers.len()];
        if let Err(error) = self.recipe.capture(context, &strange, &mut Sealer::new(KEY)) {
            self.told(error);
        }
    }

    /// What a settle test says of AWS having given up.
    fn settled(&mut self, context: &CallContext) -> Vec<String> {
        let Some(test) = self.recipe.settle() else { return vec![] };
        let needed = self.recipe.needed_output(&changegate_change::undo::UndoPlan {
            class: changegate_change::undo::UndoClass::None,
            calls: vec![],
            caveats: vec![],
            planned_by: changegate_change::undo::PlannedBy::Catalog,
        });
        let kept = needed.into_iter().map(|name| (name, "text".into())).collect();
        let mut reasons = Vec::new();
        for variant in 0..VARIANTS {
            let mut answers = Vec::new();
            while let Ok(reads) = test.reads(context, &kept, &answers) {
                if reads.is_empty() {
                    break;
                }
                let next: Vec<_> = reads.iter().map(|read| self.answer(context, read, variant)).collect();
                answers.extend(next);
            }
            match test.is_settled(context, &answers) {
                Ok(Settled::Failed { reason }) => reasons.push(reason),
                Ok(Settled::Done | Settled::Wait) => {}
                Err(error) => {
                    self.told(error);
                }
            }
        }
        reasons
    }

    /// An error of the recipe as it goes on: in its own words, and as the use case tells it.
    fn told(&mut self, error: RecipeError) -> String {
        self.sinks.debug("a recipe's error's Debug", &error);
        self.sinks.text("a recipe's error", error.to_string());
        self.failed("recipe", &recipe_error(error))
    }

    fn failed(&mut self, what: &str, error: &ServiceError) -> String {
        self.sinks.debug("an error's Debug", error);
        self.sinks.text("an error's story", error.story());
        for violation in error.all_violations() {
            self.sinks.debug("a violation", violation);
        }
        let violations: Vec<_> =
            error.all_violations().iter().map(|own| format!("{}: {}", own.path, own.message)).collect();
        format!("{what}: {}: {violations:?}", error.message())
    }
}

/// The refusal that a recipe's error pattern is of: `Code`, or `Code: words of its message`.
fn refusal(error: &str) -> ReadAnswer {
    let (code, message) = error.split_once(": ").unwrap_or((error, "there is no such thing"));
    ReadAnswer::Error { code: code.to_owned(), message: message.to_owned() }
}
