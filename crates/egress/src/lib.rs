//! Requests to addresses that tenants configure: webhook endpoints and identity providers.
//!
//! A tenant chooses the address, so the address is not trusted. [`Egress`] speaks https only, resolves the name
//! itself, refuses the request if any resolved address is not on the public internet, connects to the very
//! address it checked (a name that changes its answer gains nothing), follows no redirect, and bounds time and
//! size. A deployment on a developer's machine may allow loopback addresses, and plain http to those alone.
//!
//! | module | concept |
//! |---|---|
//! | [`address`] | which IP addresses are on the public internet |
//! | [`target`] | what of a URL decides where the connection goes |
//! | [`policy`] | the bounds of a deployment |
//! | [`send`] | [`Egress`]: one request, one connection |
//! | [`error`] | why a request was refused or has no answer |

pub mod address;
mod connect;
pub mod error;
pub mod policy;
pub mod send;
pub mod target;

pub use error::{EgressError, FailureClass};
pub use policy::Policy;
pub use send::Egress;
