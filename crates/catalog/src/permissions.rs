//! What the roles of a tenant's account must be allowed, so that the operations of action classes can be captured and called.

use std::collections::{BTreeMap, BTreeSet};

use aws_call::{Access, Index, Operation};
use changegate_change::id::ActionClass;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::definition::{Need, Read};
use crate::error::CatalogError;
use crate::recipe::Recipe;
use crate::template::Template;

/// IAM policies for action classes.
#[derive(Debug, Clone, PartialEq)]
pub struct RolePolicies {
    /// For the role that reads states: the actions of every read of the recipes.
    pub reader: Value,
    /// For the role that makes approved calls: the actions of the operations, and what they need besides. The session policy of
    /// a call narrows it to that call.
    pub executor: Value,
}

/// Actions by the resources that they are for, and conditions.
type Statements = BTreeMap<(BTreeSet<String>, String), BTreeSet<String>>;

impl Catalog {
    /// The IAM policies that action classes ask for, operations without a recipe included (`SERVICE-other`).
    ///
    /// # Errors
    /// An index or a recipe that cannot be read; a recipe that reads with what the models do not have.
    pub fn role_policies(
        &self,
        index: &Index,
        classes: &BTreeSet<ActionClass>,
    ) -> Result<RolePolicies, CatalogError> {
        let mut reader = Statements::new();
        let mut executor = Statements::new();
        for service in index.services() {
            for name in index.operations(service)? {
                let operation = index.operation(service, &name)?;
                if !can_be_proposed(&operation) {
                    continue;
                }
                let Some(recipe) = self.of_class(index, &operation, classes)? else { continue };
                for read in reads(&recipe) {
                    let read =
                        index.operation(read.service.as_deref().unwrap_or(service), &read.operation)?;
                    insert(&mut reader, anything(), "", read.iam_actions().to_vec());
                }
                insert(&mut executor, resources(&operation), "", operation.iam_actions().to_vec());
                for need in &recipe.definition().needs {
                    insert(&mut executor, anything(), &conditions(need), need.actions.clone());
                }
            }
        }
        Ok(RolePolicies { reader: document(reader), executor: document(executor) })
    }

    fn of_class(
        &self,
        index: &Index,
        operation: &Operation,
        classes: &BTreeSet<ActionClass>,
    ) -> Result<Option<Recipe>, CatalogError> {
        let other = crate::best_effort::action_class(operation.service());
        let written = self.recipe(operation.service(), operation.name());
        let class = written.map_or(other.as_str(), |recipe| recipe.action_class().as_str());
        if !classes.iter().any(|wanted| wanted.as_str() == class) {
            return Ok(None);
        }
        self.recipe_for(index, operation).map(|recipe| Some(recipe.into_owned()))
    }
}

/// Whether there are changes of it: no role is allowed what nobody can propose.
fn can_be_proposed(operation: &Operation) -> bool {
    let access = operation.access();
    access.is_mutating() && access != Access::Credentials && operation.unsupported().is_none()
}

fn reads(recipe: &Recipe) -> impl Iterator<Item = &Read> {
    let definition = recipe.definition();
    definition.reads.iter().chain(definition.settle.iter().flat_map(|settle| &settle.reads))
}

fn anything() -> BTreeSet<String> {
    BTreeSet::from(["*".to_owned()])
}

fn resources(operation: &Operation) -> BTreeSet<String> {
    let arns = operation.resources(&json!({}), "*", "*", "*").into_iter().map(|resource| resource.arn);
    let arns: BTreeSet<_> = arns.collect();
    if arns.is_empty() || arns.contains("*") { anything() } else { arns }
}

/// The conditions of a need as far as they are the same for every call.
fn conditions(need: &Need) -> String {
    let fixed = need.conditions.as_ref().filter(|conditions| conditions.expressions().is_empty());
    fixed.map(|conditions| Value::from(Template::clone(conditions)).to_string()).unwrap_or_default()
}

fn insert(
    statements: &mut Statements,
    resources: BTreeSet<String>,
    conditions: &str,
    actions: impl IntoIterator<Item = String>,
) {
    statements.entry((resources, conditions.to_owned())).or_default().extend(actions);
}

fn document(statements: Statements) -> Value {
    let statement = |((resources, conditions), actions): ((BTreeSet<String>, String), BTreeSet<String>)| {
        let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
        let conditions = serde_json::from_str::<Value>(&conditions).ok();
        if let (Some(map), Some(conditions)) = (statement.as_object_mut(), conditions) {
            map.insert("Condition".to_owned(), conditions);
        }
        statement
    };
    let given = statements.into_iter().filter(|(_, actions)| !actions.is_empty());
    json!({ "Version": "2012-10-17", "Statement": given.map(statement).collect::<Vec<_>>() })
}
