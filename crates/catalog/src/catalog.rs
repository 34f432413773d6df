//! All recipes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aws_call::{Index, Operation};
use changegate_change::id::ActionClass;

use crate::best_effort;
use crate::consistency;
use crate::definition::{Definition, ServiceFile};
use crate::error::CatalogError;
use crate::recipe::Recipe;

/// The recipes that are built in: those of `recipes/`.
const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The services of the models, one per line: action classes are checked where the models are not.
const SERVICES: &str = include_str!("services.txt");

/// A recipe that is built in.
#[derive(Debug)]
struct BuiltIn {
    service: &'static str,
    operation: &'static str,
    action_class: &'static str,
    /// The definition as JSON.
    definition: &'static str,
}

/// The recipes, by service and operation. A recipe that is built in is read when it is first asked for.
#[derive(Debug, Default)]
pub struct Catalog {
    services: BTreeMap<String, BTreeMap<String, Entry>>,
}

#[derive(Debug)]
enum Entry {
    Read(Box<Recipe>),
    BuiltIn(&'static BuiltIn, OnceLock<Result<Box<Recipe>, CatalogError>>),
}

impl Entry {
    fn recipe(&self) -> Result<&Recipe, &CatalogError> {
        match self {
            Self::Read(recipe) => Ok(recipe),
            Self::BuiltIn(text, read) => read.get_or_init(|| text.read().map(Box::new)).as_deref(),
        }
    }
}

impl BuiltIn {
    fn read(&self) -> Result<Recipe, CatalogError> {
        let definition = serde_json::from_str(self.definition).map_err(|source| CatalogError::BuiltIn {
            id: format!("{}/{}", self.service, self.operation),
            source,
        })?;
        consistent(self.service, definition)
    }
}

impl Catalog {
    /// The recipes that come with Changegate.
    #[must_use]
    pub fn builtin() -> Self {
        let mut catalog = Self::default();
        for text in BUILT_IN {
            let operations = catalog.services.entry(text.service.to_owned()).or_default();
            operations.insert(text.operation.to_owned(), Entry::BuiltIn(text, OnceLock::new()));
        }
        catalog
    }

    /// Takes the recipes of a file in.
    ///
    /// # Errors
    /// A text that is no recipe file, a recipe that contradicts itself or that there is already.
    pub fn add_file(&mut self, name: &str, text: &str) -> Result<(), CatalogError> {
        let file: ServiceFile = toml::from_str(text)
            .map_err(|source| CatalogError::Unreadable { file: name.to_owned(), source })?;
        let recipes = self.services.entry(file.service.clone()).or_default();
        for definition in file.recipes {
            let recipe = consistent(&file.service, definition)?;
            let (id, operation) = (recipe.id().to_owned(), recipe.operation().to_owned());
            if recipes.insert(operation, Entry::Read(Box::new(recipe))).is_some() {
                return Err(CatalogError::Duplicate { id });
            }
        }
        Ok(())
    }

    /// Takes all recipes of another catalogue in, each in place of the one that there is for its operation.
    pub fn replace(&mut self, other: Self) {
        for (service, recipes) in other.services {
            self.services.entry(service).or_default().extend(recipes);
        }
    }

    /// The recipe for an operation, named as the models name it. One that cannot be read is none.
    pub fn recipe(&self, service: &str, operation: &str) -> Option<&Recipe> {
        self.services.get(service)?.get(operation)?.recipe().ok()
    }

    /// The recipe for an operation; where nobody has written one, what the models alone give, which has no undo
    /// (see [`Recipe::is_best_effort`]).
    ///
    /// # Errors
    /// A recipe that is there and cannot be read.
    pub fn recipe_for(&self, index: &Index, operation: &Operation) -> Result<Cow<'_, Recipe>, CatalogError> {
        let entry = self.services.get(operation.service()).and_then(|own| own.get(operation.name()));
        match entry.map(Entry::recipe) {
            Some(Ok(recipe)) => Ok(Cow::Borrowed(recipe)),
            Some(Err(_)) => {
                Err(CatalogError::Unusable { id: format!("{}/{}", operation.service(), operation.name()) })
            }
            None => best_effort::derive(index, operation).map(Cow::Owned),
        }
    }

    /// All recipes that can be read, by service and operation.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.entries().filter_map(|entry| entry.recipe().ok())
    }

    /// Why recipes cannot be read: empty, as the tests of this crate see to it.
    pub fn mistakes(&self) -> impl Iterator<Item = &CatalogError> {
        self.entries().filter_map(|entry| entry.recipe().err())
    }

    /// The action classes of all recipes, and of every service the one of its operations without a recipe
    /// (`SERVICE-other`). No recipe is read for that.
    pub fn action_classes(&self) -> BTreeSet<ActionClass> {
        let others = SERVICES.lines().filter_map(|service| best_effort::action_class(service).parse().ok());
        self.written_classes().chain(others).collect()
    }

    fn written_classes(&self) -> impl Iterator<Item = ActionClass> {
        let class = |entry: &Entry| match entry {
            Entry::Read(recipe) => Some(recipe.action_class().clone()),
            Entry::BuiltIn(text, _) => text.action_class.parse().ok(),
        };
        self.entries().filter_map(class)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.services.values().flat_map(BTreeMap::values)
    }
}

pub(crate) fn consistent(service: &str, definition: Definition) -> Result<Recipe, CatalogError> {
    let id = format!("{service}/{}", definition.operation);
    if let Some(reason) = consistency::contradiction(&definition) {
        return Err(CatalogError::Inconsistent { id, reason });
    }
    Recipe::new(service, definition).map_err(|source| CatalogError::NoDigest { id, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_that_is_built_in_can_be_read() {
        let catalog = Catalog::builtin();
        let mistakes: Vec<_> = catalog.mistakes().collect();
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        assert_eq!(catalog.recipes().count(), BUILT_IN.len());
        assert_eq!(catalog.recipe("ssm", "PutParameter").unwrap().id(), "ssm/PutParameter");
        assert!(catalog.recipe("ssm", "GetParameter").is_none());
    }

    #[test]
    fn action_classes_are_those_of_the_recipes() {
        let catalog = Catalog::builtin();
        let read: BTreeSet<_> = catalog.recipes().map(|recipe| recipe.action_class().clone()).collect();
        assert_eq!(catalog.written_classes().collect::<BTreeSet<_>>(), read);
        let all = catalog.action_classes();
        assert!(all.is_superset(&read) && all.contains(&"dms-other".parse().unwrap()));
        assert_eq!(all.len(), read.len() + SERVICES.lines().count());
    }
}
