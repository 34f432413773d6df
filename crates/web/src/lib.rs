//! What approvers see: sign-in and the pages on which they read and decide.
//!
//! | module | concept |
//! |---|---|
//! | [`router`] | the routes and what they need |
//! | [`sign_in`] | OpenID Connect: who is it |
//! | [`page`] | what they read |
//! | [`present`] | from a change to its page |
//! | [`cookies`] | sessions and browsers |
//! | [`same_origin`] | forms of other sites |

mod answer;
pub mod cookies;
mod decide;
pub mod page;
pub mod present;
pub mod router;
pub mod same_origin;
pub mod sign_in;
mod sign_in_routes;

pub use router::{Web, router};
