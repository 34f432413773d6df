//! End to end on the local stack: real functions, the real workflow, the real template, IAM enforced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests: what does not hold ends the test"
)]

mod approval;
mod bad_input;
mod bad_state;
mod bridged_job;
mod canaries;
mod configuration;
mod decisions;
mod execution;
mod fence;
mod idempotency;
mod large_state;
mod lists;
mod main_job;
mod previews;
mod roles;
mod secrets;
mod sessions;
mod tampering;
mod undo;
mod webhooks;
mod without_recipe;
