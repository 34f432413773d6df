//! The whole of Changegate on this machine: an emulator of AWS with IAM enforced, an OpenID provider, a receiver of
//! webhooks, the real template with the real functions, and the people and agents that use them.
//!
//! - [`Layout`]: where everything lies
//! - [`Tools`]: what must be installed
//! - [`Service`]: a process that ends with its owner
//! - [`up`], [`down`], [`restart`]: the life of a sandbox
//! - [`Sandbox`]: what a running sandbox is made of; read by tests through [`Sandbox::from_environment`]
//! - [`seed`]: a tenant and what its agents may change
//! - [`Agent`], [`Approver`], [`Notices`], [`Receiver`]: those who use it, from outside
//! - [`walk`]: a change from proposal to undo
//! - [`cost`]: what a change costs

pub mod agent;
pub mod approver;
pub mod aws;
pub mod browser;
pub mod bundle;
pub mod caller;
pub mod command;
pub mod cost;
pub mod deployment;
pub mod description;
pub mod error;
pub mod form;
pub mod interrupt;
pub mod layout;
pub mod lifecycle;
pub mod local_http;
pub mod ministack;
pub mod notices;
pub mod prerequisites;
pub mod provider;
pub mod receiver;
pub mod seed;
pub mod service;
pub mod walk;

pub use agent::Agent;
pub use approver::Approver;
pub use aws::Account;
pub use caller::Caller;
pub use description::Sandbox;
pub use error::SandboxError;
pub use layout::Layout;
pub use lifecycle::{Options, Running, down, restart, up};
pub use notices::Notices;
pub use prerequisites::Tools;
pub use receiver::Receiver;
pub use service::Service;
