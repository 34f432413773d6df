//! Any AWS operation from service models: understand it, check its parameters, render its request, sign it, send it once, read
//! the answer.
//!
//! An [`Index`] holds the models of all services. [`Index::operation`] gives an [`Operation`], which describes itself,
//! validates parameters and renders a [`Request`] without side effects. A [`Client`] signs and sends; its [`Outcome`] says
//! whether the call took effect, did not, or may have.
//!
//! Values are JSON: timestamps are RFC 3339 text (HTTP dates and seconds since 1970 are taken as well), bytes are base64 text,
//! integers beyond ±2^53 are text.

mod access;
mod answer;
mod client;
mod command_line;
mod describe;
mod endpoint;
mod index;
mod json_form;
pub mod model;
mod nearest;
mod one_line;
mod operation;
mod outcome;
mod request;
pub mod rules;
mod schemas;
pub mod source;
mod validation;
mod wire;

pub use access::Access;
pub use aws_credential_types::Credentials;
pub use client::{Client, ClientConfig, Paged, ReadError, Waited, Waiter};
pub use command_line::{BlobText, CommandCall, CommandError, CommandFault};
pub use describe::{Description, Leaf, Parameter, ParameterKind, Place, Resource};
pub use endpoint::Endpoint;
pub use index::{Index, IndexError, LookupError, pack};
pub use one_line::one_line;
pub use operation::Operation;
pub use outcome::{NoAnswer, Outcome, Output, Refusal};
pub use request::{BuildError, Request, SignError, Target};
pub use url::Url;
pub use validation::Violation;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
