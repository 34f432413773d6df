//! The houses of `docs/architecture.md`, held against the code: who may know whom, what a file may be like, what no text
//! of the repository may say.

mod edges;
mod files;
mod repository;
mod texts;
