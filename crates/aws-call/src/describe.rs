//! What is known of an operation and of one call of it.

mod resources;
mod sensitive;

pub use resources::Resource;
pub(crate) use resources::{Place, of_call as resources_of_call};
pub(crate) use sensitive::sensitive_paths;
