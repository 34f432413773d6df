//! HTTP for agents and systems.
//!
//! | module | concept |
//! |---|---|
//! | [`router`] | the routes |
//! | [`gate`] | the way to `propose`, which alone may act |
//! | [`cursor`] | where the next page of a list begins |
//! | [`problem`] | errors as RFC 9457 problem details |

pub mod cursor;
pub mod gate;
pub mod problem;
pub mod router;

pub use gate::Gate;
pub use router::{Api, router};
