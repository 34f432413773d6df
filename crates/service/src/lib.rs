//! The use cases of Changegate. Every function of the deployment calls one of them; none knows of HTTP or Lambda.
//!
//! | module | use case |
//! |---|---|
//! | [`authenticate`] | whose key is it |
//! | [`propose`] | capture before, plan the undo, sign, store, start the workflow |
//! | [`preview`] | the same without storing anything |
//! | [`undo`] | propose the undo of a change |
//! | [`withdraw`] | take a change back |
//! | [`view`] | what an agent sees of a change |
//! | [`request_approval`] | keep the task token, tell the approvers |
//! | [`review`] | what an approver sees, and their decision |
//! | [`apply_step`] | verify everything, take the fence, call AWS |
//! | [`observe`] | settle, capture after |
//! | [`close_change`] | the end of an execution |
//! | [`relay`], [`deliver_webhook`] | tell the change-management systems |
//! | [`sweep`] | deadlines, lost tokens, dead executions |
//! | [`configure`] | tenants, agents, approvers, stops |
//!
//! What they share: [`keys`] (KMS), [`config`] (signed configuration), [`tenant_aws`] (a tenant's account), [`steps`]
//! (from a call to a step and back to its bytes), [`dossier`], [`clock`], [`error`].

pub mod apply_step;
pub mod authenticate;
pub mod clock;
pub mod close_change;
pub mod config;
pub mod configure;
pub mod deliver_webhook;
pub mod dossier;
pub mod error;
pub mod keys;
pub mod observe;
pub mod preview;
pub mod propose;
pub mod relay;
pub mod request_approval;
pub mod review;
pub mod steps;
pub mod sweep;
pub mod tenant_aws;
pub mod undo;
pub mod view;
pub mod withdraw;

pub use clock::Clock;
pub use error::{Code, ServiceError};
