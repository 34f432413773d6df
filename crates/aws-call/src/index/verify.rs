//! Loads everything that an index holds, to find what cannot be used before it is needed.

use serde::de::DeserializeOwned;

use super::{Index, IndexError, LoadedService};
use crate::{
    client::Waiter,
    model::{self, Kind, Operation, Shape, Table},
    schemas::targets,
};

impl Index {
    /// Decodes everything and follows every reference. After that no lookup fails for what the index holds.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] with the first service that cannot be used, or whatever keeps the index from being read.
    pub fn verify(&self) -> Result<(), IndexError> {
        let services = &self.shared.manifest.services;
        if !services.is_sorted_by(|(left, _), (right, _)| left < right) {
            return Err(IndexError::Corrupt { section: "manifest".to_owned() });
        }
        for (name, section) in services {
            if !is_whole(name, &self.shared.load(name, section)?) {
                return Err(IndexError::Corrupt { section: name.clone() });
            }
        }
        Ok(())
    }
}

fn is_whole(name: &str, service: &LoadedService) -> bool {
    let model = &service.model;
    let known = |number: u32| (number as usize) < model.shapes.len();
    let shapes_are_whole = (0..model.shapes.len()).all(|number| {
        let shape: Option<Shape> = model.shapes.get(number);
        shape.is_some_and(|shape| targets(&shape).iter().all(|target| known(*target)))
    });
    let is_structure = |number: u32| {
        let shape: Option<Shape> = model.shapes.get(number as usize);
        shape.is_some_and(|shape| matches!(shape.kind, Kind::Structure(_) | Kind::Union(_)))
    };
    let operations_are_whole =
        fits(&model.operation_names, &model.operations, |name, operation: Operation| {
            operation.name == name
                && [operation.input, operation.output].into_iter().flatten().all(is_structure)
        });
    let waiters_are_whole = fits(&model.waiter_names, &model.waiters, |name, waiter: model::Waiter| {
        waiter.name == name && model.operation_names.contains(&waiter.operation) && Waiter::compiles(&waiter)
    });
    model.name == name && shapes_are_whole && operations_are_whole && waiters_are_whole
}

/// Whether a table holds one value for each of the names, which are in ascending order.
fn fits<T: DeserializeOwned>(names: &[String], table: &Table, is_whole: impl Fn(&str, T) -> bool) -> bool {
    table.len() == names.len()
        && names.is_sorted_by(|left, right| left < right)
        && names
            .iter()
            .enumerate()
            .all(|(position, name)| table.get(position).is_some_and(|value| is_whole(name, value)))
}
