//! Signing approvers in: OpenID Connect Core 1.0, authorization code flow with PKCE.
//!
//! The identity providers are those that the tenant's signed configuration names. What a provider says is believed
//! only after the checks of Core §3.1.3.7; what it publishes is fetched through the egress guard.
//!
//! | module | concept |
//! |---|---|
//! | [`provider`] | what a provider publishes of itself (Discovery 1.0) |
//! | [`key_set`] | the keys that it signs with (RFC 7517) |
//! | [`directory`] | both, fetched and kept for a while |
//! | [`id_token`] | the checks of an ID token |
//! | [`client`] | who Changegate is to a provider |
//! | [`flow`] | sending a person there, and what they come back with |
//! | [`token`] | 256 random bits: state, nonce, verifier, cookies |

pub mod client;
pub mod directory;
pub mod flow;
pub mod id_token;
pub mod key_set;
pub mod provider;
pub mod token;

pub use client::{Client, ClientSecret};
pub use flow::{Answer, Flow, Pending, SignInError, Started};
pub use id_token::{IdTokenError, Identity};
pub use token::Token;
