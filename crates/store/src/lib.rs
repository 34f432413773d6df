//! DynamoDB: the truth of Changegate.
//!
//! Three tables, by who may write them: `changes`, `approvals`, `config`. What follows from a state change is written in
//! one transaction with it ([`commit::Commit`]), conditional on the version; what decides is read consistently.
//!
//! | module | holds |
//! |---|---|
//! | [`keys`] | the keys of every item |
//! | [`item`] | mapping between domain types and items |
//! | [`blob`] | content-addressed blobs: compressed, in chunks |
//! | [`record`] | reading a change: head, ledger, steps, fences |
//! | [`refuse`] | ending a change whose record cannot be trusted |
//! | [`commit`] | one transaction per state change |
//! | [`list`] | changes of a tenant, page by page |
//! | [`idempotency`] | what a key was used for |
//! | [`watch`] | what the sweep must look at, and its lease |
//! | [`outbox`] | what is not relayed yet |
//! | [`approvals`] | task tokens, notices and decisions |
//! | [`sign_ins`] | sign-ins that are under way, and sessions |
//! | [`tenants`] | signed configurations, agent keys, ExternalIds |
//! | [`config_versions`] | writing a tenant's configuration |
//! | [`stops`] | what is stopped, by whom and why |

pub mod approvals;
pub mod blob;
pub mod commit;
pub mod config_versions;
pub mod error;
pub mod idempotency;
pub mod item;
pub mod keys;
pub mod list;
pub mod outbox;
pub mod record;
pub mod refuse;
pub mod sign_ins;
pub mod stops;
pub mod tenants;
pub mod watch;

pub use commit::{Commit, CommitError, Part};
pub use error::StoreError;

/// The names of the tables. A function that may not touch a table is not told its name.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Changes: heads, steps, fences, ledgers, outbox, blobs, idempotency records.
    pub changes: String,
    /// Task tokens, sign-ins, nonces, decisions.
    pub approvals: String,
    /// Tenants' signed configurations.
    pub config: String,
}

/// The tables and the client to reach them.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) tables: Tables,
}

impl Store {
    /// The store behind a client.
    pub fn new(dynamodb: aws_sdk_dynamodb::Client, tables: Tables) -> Self {
        Self { dynamodb, tables }
    }
}
