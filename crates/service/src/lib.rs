//! The use cases of Changegate. Every function of the deployment calls one of them; none knows of HTTP or Lambda.
//!
//! | module | use case |
//! |---|---|
//! | [`authenticate`] | whose key is it |
//! | [`propose`] | capture before, plan the undo, sign, store, start the workflow; or preview all that |
//! | [`gate`] | what passes from `api` to `propose` |
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
//! | [`configure`], [`probe`] | tenants, agents, approvers, stops; proof that a tenant's roles let us in |
//!
//! What they share: [`keys`] (KMS), [`config`] (signed configuration), [`tenant_aws`] (a tenant's account), [`prepare`]
//! (from what an agent names to a step), [`steps`] (from a step to its bytes), [`protected`] (Changegate's own resources),
//! [`dossier`], [`verify`] (what is believed of what is stored), [`refusal`], [`recorder`] (what happens, written),
//! [`overdue`] (what is past its time), [`workflow`] and [`task`] (Step Functions), [`notice`], [`clock`], [`error`].

pub mod apply_step;
pub mod authenticate;
pub mod clock;
pub mod close_change;
pub mod config;
pub mod configure;
pub mod deliver_webhook;
pub mod dossier;
pub mod error;
pub mod gate;
pub mod keys;
pub mod nonce;
pub mod notice;
pub mod observe;
pub mod overdue;
pub mod prepare;
pub mod probe;
pub mod propose;
pub mod protected;
pub mod recorder;
pub mod refusal;
pub mod relay;
pub mod request_approval;
pub mod review;
#[cfg(test)]
mod sample;
pub mod steps;
mod supplied_undo;
pub mod sweep;
pub mod task;
pub mod tenant_aws;
pub mod undo;
pub mod verify;
pub mod view;
pub mod withdraw;
pub mod workflow;

pub use clock::Clock;
pub use error::{Code, ServiceError};
