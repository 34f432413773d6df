//! The domain of Changegate: what a change is and what may happen to it.
//!
//! Pure: no async, no I/O, no clock, no randomness. Time, ids and signatures are arguments.
//!
//! | module | concept |
//! |---|---|
//! | [`id`] | identifiers with their prefixes |
//! | [`json`] | strict JSON in, RFC 8785 canonical JSON out |
//! | [`digest`] | SHA-256 digests of canonical JSON |
//! | [`request`] | what an agent submits, before anything is believed |
//! | [`proposal`] | the immutable content that approvers approve |
//! | [`capture`] | the state of what a step touches |
//! | [`undo`] | the calls that restore a before capture |
//! | [`sealed`] | marks that stand where a secret was |
//! | [`status`] | the lifecycle: one pure `next(status, event)` |
//! | [`decision`] | what an approver said, and what is signed of it |
//! | [`quorum`] | how many of whom, and the only way to an [`quorum::ApprovedProposal`] |
//! | [`ledger`] | the hash-chained list of what happened |
//! | [`head`] | the record of a change: a fold of proposal and ledger |
//! | [`step_record`] | attempt, outcome and after capture of one step |
//! | [`step_fact`] | what the ledger says of a step, and whether the step's record agrees |
//! | [`tenant`] | the signed configuration of a tenant |

pub mod capture;
pub mod decision;
pub mod digest;
pub mod head;
pub mod id;
pub mod json;
pub mod ledger;
pub mod proposal;
pub mod quorum;
pub mod request;
pub mod sealed;
pub mod status;
pub mod step_fact;
pub mod step_record;
pub mod tenant;
pub mod undo;
