//! Webhooks: telling a tenant's change-management system what its ledgers say.
//!
//! Every public ledger entry becomes one CloudEvents 1.0 event, signed after Standard Webhooks 1.0.0 and posted to
//! the tenant's endpoint. One call is one try; the queue repeats it, and its dead-letter queue keeps what never
//! arrived.
//!
//! | module | concept |
//! |---|---|
//! | [`event`] | the event that a public ledger entry becomes |
//! | [`secret`] | the key that a tenant and its endpoint share |
//! | [`signature`] | signing, and verifying as an endpoint would |
//! | [`delivery`] | one try, and what its answer means |
//! | [`backoff`] | when to try again |

pub mod backoff;
pub mod delivery;
pub mod event;
pub mod secret;
pub mod signature;

pub use delivery::{Delivery, DeliveryError, deliver};
pub use event::PublicEvent;
pub use secret::WebhookSecret;
