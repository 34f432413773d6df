//! The built-in recipes on answers as AWS gives them, and on small models of the services.
//!
//! The answers follow the API references of the services (November 2026). Where the emulator that Changegate is tried on
//! (MiniStack 1.5.33) answers differently, the test says so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed set-up fails the test"
)]

mod best_effort;
mod canaries;
mod cloudformation;
mod ecs;
mod engine;
mod iam;
mod lambda;
mod models;
mod printed;
mod round_trip;
mod schema;
mod ssm;
mod ssm_properties;
mod tags;
