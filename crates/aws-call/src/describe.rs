//! What is known of an operation and of one call of it.

mod description;
mod example;
mod parameters;
mod passing;
mod resources;
mod sensitive;

pub use description::Description;
pub use example::Leaf;
pub(crate) use example::example;
pub(crate) use parameters::parameters;
pub use parameters::{Parameter, ParameterKind};
pub(crate) use passing::timestamp_paths;
pub(crate) use resources::of_call as resources_of_call;
pub use resources::{Place, Resource};
pub(crate) use sensitive::sensitive_paths;
