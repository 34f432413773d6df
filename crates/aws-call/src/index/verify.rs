//! Loads everything that an index holds, to find what cannot be used before it is needed.

use super::{Index, IndexError, LoadedService};
use crate::{
    model::{Kind, Operation, Shape, Waiter},
    schemas::targets,
};

impl Index {
    /// Decodes everything and follows every reference. After that no lookup fails for what the index holds.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] with the first service that cannot be used, or whatever keeps the index from being read.
    pub fn verify(&self) -> Result<(), IndexError> {
        for (name, section) in &self.shared.manifest.services {
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
    let operations_are_whole = model.operations.len() == model.operation_names.len()
        && model.operation_names.is_sorted()
        && model.operation_names.iter().enumerate().all(|(position, name)| {
            let operation: Option<Operation> = model.operations.get(position);
            operation.is_some_and(|operation| {
                operation.name == *name
                    && [operation.input, operation.output].into_iter().flatten().all(is_structure)
            })
        });
    let waiters_are_whole = model.waiters.len() == model.waiter_names.len()
        && (0..model.waiters.len()).all(|position| model.waiters.get::<Waiter>(position).is_some());
    model.name == name && shapes_are_whole && operations_are_whole && waiters_are_whole
}
