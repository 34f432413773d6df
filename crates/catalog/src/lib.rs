//! The catalogue: what Changegate knows of single AWS operations.
//!
//! A [`Recipe`] says of one operation which reads capture the state that a call touches, what of it the call can change,
//! which calls undo it, how it is known that AWS has finished, what else the call must be allowed, and where secrets are.
//! Recipes are data (`recipes/`); the engine that applies them is pure: it is given a call and the answers of
//! reads, and does no I/O itself.
//!
//! | module | concept |
//! |---|---|
//! | [`Catalog`] | all recipes |
//! | [`Recipe`] | capture, expected state, undo, diff, needs and evidence of one operation |
//! | [`CallContext`], [`ReadCall`], [`ReadAnswer`] | what a recipe is applied to |
//! | [`SettleTest`] | whether AWS has finished |
//! | [`Sealer`] | secrets out of values |
//! | [`DiffLine`] | one difference between two captures |
//! | [`toml_files`] | where recipe files lie |
//! | [`ValueTemplate`] | the form of values in recipe files, for other files that use it |
//! | [`RolePolicies`] | what the roles of an account must be allowed for action classes |
//! | [`LintFinding`] | what the models of the services say against a recipe |
//! | `recipe_file_schema` | the JSON Schema of a recipe file (feature `schema`) |

mod answers;
mod best_effort;
mod call;
mod capture_state;
mod catalog;
mod consistency;
mod definition;
mod diff;
mod document;
mod error;
mod expression;
mod functions;
mod lint;
mod output;
mod permissions;
mod plan_undo;
mod pointer;
mod recipe;
#[cfg(feature = "schema")]
mod schema;
mod sealer;
mod settle;
mod show;
mod template;
mod toml_files;

pub use call::{CallContext, ReadAnswer, ReadCall};
pub use capture_state::STATE_MAX;
pub use catalog::Catalog;
pub use definition::{Proof, Witness};
pub use diff::{DiffChange, DiffLine, diff};
pub use error::{CatalogError, RecipeError};
pub use lint::LintFinding;
pub use output::{KeptOutput, OUTPUT, Placeholder, keep_output, placeholders, resolve_output};
pub use permissions::RolePolicies;
pub use recipe::{Evidence, PolicyStatement, Recipe};
#[cfg(feature = "schema")]
pub use schema::recipe_file_schema;
pub use sealer::Sealer;
pub use settle::{SettleTest, Settled};
pub use template::ValueTemplate;
pub use toml_files::toml_files;
