//! What approvers see: sign-in and the pages on which they read and decide.
//!
//! | module | concept |
//! |---|---|
//! | [`sign_in`] | OpenID Connect: who is it |
//! | [`page`] | what they read |

pub mod page;
pub mod sign_in;
