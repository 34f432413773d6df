//! All recipes.

use std::collections::{BTreeMap, BTreeSet};

use crate::consistency;
use crate::definition::ServiceFile;
use crate::error::CatalogError;
use crate::recipe::Recipe;

/// The recipe files that are built in, by service: those in `recipes/`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/recipe_files.rs"));

/// The recipes, by service and operation.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    services: BTreeMap<String, BTreeMap<String, Recipe>>,
}

impl Catalog {
    /// The recipes that come with Changegate.
    ///
    /// # Errors
    /// A mistake in a recipe file.
    pub fn builtin() -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for (name, text) in FILES {
            catalog.add_file(name, text)?;
        }
        Ok(catalog)
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
            let id = format!("{}/{}", file.service, definition.operation);
            if let Some(reason) = consistency::contradiction(&definition) {
                return Err(CatalogError::Inconsistent { id, reason });
            }
            let recipe = Recipe::new(&file.service, definition)
                .map_err(|source| CatalogError::NoDigest { id: id.clone(), source })?;
            if recipes.insert(recipe.operation().to_owned(), recipe).is_some() {
                return Err(CatalogError::Duplicate { id });
            }
        }
        Ok(())
    }

    /// The recipe for an operation, named as the models name it.
    pub fn recipe(&self, service: &str, operation: &str) -> Option<&Recipe> {
        self.services.get(service)?.get(operation)
    }

    /// All recipes, by service and operation.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.services.values().flat_map(BTreeMap::values)
    }

    /// The codes that preconditions of the recipes answer with.
    pub fn precondition_codes(&self) -> BTreeSet<&str> {
        let requirements = self.recipes().flat_map(|recipe| &recipe.definition().requirements);
        requirements.map(|requirement| requirement.code.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_recipes_can_be_read() {
        let catalog = Catalog::builtin().unwrap();
        assert!(
            FILES.iter().all(|(service, _)| catalog.recipes().any(|recipe| recipe.service() == *service))
        );
        assert_eq!(catalog.recipe("ssm", "PutParameter").unwrap().id(), "ssm/PutParameter");
        assert!(catalog.recipe("ssm", "GetParameter").is_none());
    }
}
