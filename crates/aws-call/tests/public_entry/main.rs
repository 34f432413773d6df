//! The crate through its public entry, with the built index. One program, because each that links the crate takes long.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what is wrong by panicking"
)]

mod access;
mod answer_classes;
mod command_lines;
mod given;
mod index;
mod matrix;
mod requests;
mod resources;
mod sending;
mod sensitive;
mod server;
#[cfg(feature = "tool")]
mod tool;
mod transport;
mod validation;
