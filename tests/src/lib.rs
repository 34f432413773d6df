//! What the end-to-end tests are written with: the running stack, its accounts and tables, tenants of their own, changes,
//! people with a browser, and a way between a function and AWS.
//!
//! The tests run inside of `sandbox with -- COMMAND`, as `make test` starts them. Every test makes the tenants that it
//! needs, each with an account of its own, so that they run side by side.
//!
//! | module | concept |
//! |---|---|
//! | [`stack`] | the running stack |
//! | [`aws`] | calls of AWS, as whoever holds some credentials |
//! | [`tables`] | the items of the three tables, as an attacker with a table would see and write them |
//! | [`tenant`] | a tenant of a test |
//! | [`change`] | a change of such a tenant |
//! | [`person`] | somebody with a browser |
//! | [`functions`] | invoking a function by hand, and the credentials of its role |
//! | [`interposer`] | a function whose way to AWS is listened to, delayed or cut |
//! | [`canary`] | values that must not be found, and the search for them |
//! | [`bridge`] | past what the emulator does otherwise than AWS |
//! | [`hook`] | an endpoint for webhooks |
//! | [`poll`] | waiting until something is so |
//! | [`fixtures`] | what a tenant runs before a change is proposed |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this crate is tests: what does not hold ends the test"
)]

pub mod aws;
pub mod bridge;
pub mod canary;
pub mod change;
pub mod fixtures;
pub mod functions;
pub mod hook;
pub mod interposer;
mod listener;
pub mod person;
pub mod poll;
pub mod stack;
pub mod tables;
pub mod tenant;

pub use change::Change;
pub use person::Person;
pub use stack::stack;
pub use tables::Table;
pub use tenant::{Plan, Tenant};
