//! What the models of the services say against a recipe.

use std::collections::BTreeSet;
use std::fmt;

use aws_call::{Index, Operation, Violation};
use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::consistency::expressions_on_the_call;
use crate::definition::{Proof, Read, Witness};
use crate::output::{sensitive_in_output, wanted_output};
use crate::pointer::{Pointer, Segment, escaped};
use crate::recipe::Recipe;
use crate::template::Template;

/// Something that a recipe says and the models do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFinding {
    /// The recipe: `ssm/PutParameter`.
    pub recipe: String,
    /// Where in it, in words: `read parameter`, `undo`.
    pub place: String,
    /// What is wrong, with the nearest name that there is.
    pub message: String,
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.recipe, self.place, self.message)
    }
}

/// A text that stands where a value is computed. Whether it has the right type is not asked.
const COMPUTED: &str = "computed";

impl Catalog {
    /// Compares every recipe with the models: every operation, parameter and path in it must exist, what reads must not
    /// change anything, what changes must be a change. Empty if nothing is wrong.
    pub fn lint(&self, index: &Index) -> Vec<LintFinding> {
        self.recipes().flat_map(|recipe| lint_recipe(self, recipe, index)).collect()
    }
}

fn lint_recipe(catalog: &Catalog, recipe: &Recipe, index: &Index) -> Vec<LintFinding> {
    let mut lint = Lint { catalog, recipe, index, findings: Vec::new() };
    if let Some(operation) = lint.operation("operation", recipe.service(), recipe.operation()) {
        lint.call(&operation);
    }
    lint.reads();
    lint.undo();
    lint.state_paths();
    lint.output();
    lint.depth();
    lint.findings
}

struct Lint<'a> {
    catalog: &'a Catalog,
    recipe: &'a Recipe,
    index: &'a Index,
    findings: Vec<LintFinding>,
}

impl Lint<'_> {
    fn find(&mut self, place: &str, message: impl Into<String>) {
        let recipe = self.recipe.id().to_owned();
        self.findings.push(LintFinding { recipe, place: place.to_owned(), message: message.into() });
    }

    fn operation(&mut self, place: &str, service: &str, operation: &str) -> Option<Operation> {
        match self.index.operation(service, operation) {
            Ok(operation) => Some(operation),
            Err(error) => {
                self.find(place, error.to_string());
                None
            }
        }
    }

    /// The call itself: whether it is one that a recipe can be for, and whether what the recipe asks of it exists.
    fn call(&mut self, operation: &Operation) {
        if !operation.access().is_mutating() {
            self.find("operation", "it changes nothing");
        }
        if let Some(reason) = operation.unsupported() {
            self.find("operation", format!("it cannot be called: {reason}"));
        }
        let definition = self.recipe.definition();
        for expression in expressions_on_the_call(definition) {
            for path in expression.references() {
                let [first, members @ ..] = path.as_slice() else { continue };
                if first == "call" && !members.is_empty() {
                    let asked = nested(members);
                    self.unknown(&format!("`{expression}`"), operation.validate(&asked));
                }
            }
        }
        for name in definition.fill.keys() {
            let asked = nested(std::slice::from_ref(name));
            self.unknown("fill", operation.validate(&asked));
        }
        for rule in &definition.secrets.parameters {
            if !leads_somewhere(operation, &rule.path) {
                self.find("secrets", format!("the call has no `{}`", rule.path));
            }
        }
    }

    fn reads(&mut self) {
        let definition = self.recipe.definition();
        for read in &definition.reads {
            let sensitive = self.read(read);
            if sensitive && definition.secrets.state.is_empty() && definition.secrets.none.is_none() {
                let message = "the answer holds what the models call sensitive, and no path of the state is secret; \
                               if nothing of it is kept, `none` says so";
                self.find(&format!("read {}", read.name), message);
            }
        }
        for read in definition.settle.iter().flat_map(|settle| &settle.reads) {
            self.read(read);
        }
    }

    /// Whether the read's answer can hold something sensitive.
    fn read(&mut self, read: &Read) -> bool {
        let place = format!("read {}", read.name);
        let service = read.service.as_deref().unwrap_or(self.recipe.service());
        let Some(operation) = self.operation(&place, service, &read.operation) else { return false };
        if operation.access().is_mutating() {
            self.find(&place, "it is not a read");
        }
        self.parameters(&place, &operation, &read.parameters);
        !operation.output_sensitive_paths().is_empty()
    }

    fn undo(&mut self) {
        let undo = &self.recipe.definition().undo;
        for call in undo.present.iter().chain(&undo.absent) {
            let service = call.service.as_deref().unwrap_or(self.recipe.service());
            let Some(operation) = self.operation("undo", service, &call.operation) else { continue };
            if !operation.access().is_mutating() {
                self.find("undo", format!("{} changes nothing", call.operation));
            }
            if self.catalog.recipe(service, &call.operation).is_none() {
                // An undo is proposed as a change of its own.
                self.find("undo", format!("{service}/{} has no recipe", call.operation));
            }
            self.parameters("undo", &operation, &call.parameters);
        }
        for safer in &self.recipe.definition().safer {
            let service = safer.service.as_deref().unwrap_or(self.recipe.service());
            if let Some(operation) = self.operation("safer", service, &safer.operation) {
                self.parameters("safer", &operation, &safer.parameters);
            }
        }
    }

    /// The names in a template, and whether all that must be given is there.
    fn parameters(&mut self, place: &str, operation: &Operation, template: &Template) {
        if !matches!(template, Template::Object(_)) {
            return;
        }
        let violations = operation.validate(&skeleton(template));
        let recipe = self.catalog.recipe(operation.service(), operation.name());
        let filled: Vec<_> = recipe.iter().flat_map(|recipe| recipe.filled()).collect();
        for violation in violations.iter().filter(|violation| violation.rule == "missing") {
            let name = violation.path.strip_prefix('/').unwrap_or_default();
            if !filled.contains(&name) {
                self.find(place, told(violation));
            }
        }
        self.unknown(place, violations);
    }

    fn unknown(&mut self, place: &str, violations: Vec<Violation>) {
        for violation in violations.iter().filter(|violation| matches!(violation.rule, "unknown" | "model")) {
            self.find(place, told(violation));
        }
    }

    /// What is kept of the call's output stands in the ledger, so nothing of it is sensitive.
    fn output(&mut self) {
        let definition = self.recipe.definition();
        let undo = definition.undo.present.iter().chain(&definition.undo.absent).map(|call| &call.parameters);
        let settle = definition.settle.iter().flat_map(|settle| &settle.reads).map(|read| &read.parameters);
        let kept: BTreeSet<String> =
            undo.chain(settle).flat_map(|template| wanted_output(&template.clone().into())).collect();
        let Ok(operation) = self.index.operation(self.recipe.service(), self.recipe.operation()) else {
            return;
        };
        for expression in kept {
            if let Some(path) = sensitive_in_output(&operation, &expression) {
                self.find(
                    "output",
                    format!("`{expression}` keeps `{path}`, which the models call sensitive"),
                );
            }
        }
    }

    /// What a recipe that calls itself deep must have.
    fn depth(&mut self) {
        let definition = self.recipe.definition();
        if !definition.deep {
            return;
        }
        if definition.risks.is_empty() {
            self.find("risks", "a deep recipe says what an approver should think of");
        }
        if definition.witness == Witness::State && definition.expected.is_none() {
            self.find("expected", "a deep recipe whose witness is the state says what state it expects");
        }
        if definition.proof < Proof::OneEmulator {
            self.find("proof", "a deep recipe is proven on an emulator");
        }
    }

    /// Paths into the state begin at a member that the state has.
    fn state_paths(&mut self) {
        let definition = self.recipe.definition();
        let Template::Object(members) = &definition.state.keep else { return };
        let lists = definition.state.lists.iter().map(|list| &list.at).chain(&definition.state.documents);
        for path in lists.chain(definition.secrets.state.iter().map(|rule| &rule.path)) {
            let Some(Segment::Name(first)) = path.segments().first() else { continue };
            if !members.iter().any(|(name, _)| name == first) {
                self.find("state", format!("the state has no `{path}`"));
            }
        }
    }
}

fn told(violation: &Violation) -> String {
    let nearest =
        violation.nearest.as_ref().map(|name| format!("; the nearest is `{name}`")).unwrap_or_default();
    format!("`{}`: {}{nearest}", violation.path, violation.message)
}

/// The template with a text in place of everything computed.
fn skeleton(template: &Template) -> Value {
    match template {
        Template::Literal(value) => value.clone(),
        Template::Expression(_) | Template::Output(_) => COMPUTED.into(),
        Template::List(items) => items.iter().map(skeleton).collect(),
        Template::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (name.clone(), skeleton(member))).collect::<Map<_, _>>(),
        ),
    }
}

/// An object that has this path of members.
fn nested(members: &[String]) -> Value {
    members.iter().rev().fold(json!(COMPUTED), |inner, name| json!({ name.as_str(): inner }))
}

/// Whether the input has a place that the pointer leads to, be its `*` items of lists or members of maps.
fn leads_somewhere(operation: &Operation, pointer: &Pointer) -> bool {
    let mut variants = vec![(json!(COMPUTED), String::new())];
    for segment in pointer.segments().iter().rev() {
        variants = variants
            .into_iter()
            .flat_map(|(inner, below)| match segment {
                Segment::Name(name) => {
                    vec![(json!({ name.as_str(): inner }), format!("/{}{below}", escaped(name)))]
                }
                Segment::Each => vec![
                    (json!([inner]), format!("/0{below}")),
                    (json!({ COMPUTED: inner }), format!("/{COMPUTED}{below}")),
                ],
            })
            .collect();
    }
    variants.iter().any(|(value, leaf)| {
        let violations = operation.validate(value);
        let blocking = |own: &&Violation| match own.rule {
            "unknown" | "model" => true,
            "type" => own.path != *leaf,
            _ => false,
        };
        !violations.iter().any(|own| blocking(&own))
    })
}
