//! The keys of every item. The tenant is part of every partition key.

use changegate_change::digest::Digest;
use changegate_change::id::{AgentId, ApproverId, ChangeId, TenantId};
use jiff::Timestamp;

/// Partition of a change: HEAD, steps, fences, ledger, outbox.
pub fn change(tenant: &TenantId, change: &ChangeId) -> String {
    format!("T#{tenant}#C#{change}")
}

/// Partition of a blob of a change.
pub fn blob(tenant: &TenantId, change: &ChangeId, digest: &Digest) -> String {
    format!("T#{tenant}#C#{change}#B#{}", digest.to_hex())
}

/// Sort key of a chunk of a blob.
pub fn chunk(number: usize) -> String {
    format!("CHUNK#{number:02}")
}

/// Sort key of the record.
pub const HEAD: &str = "HEAD";

/// Sort key of a step.
pub fn step(number: u32) -> String {
    format!("STEP#{number:02}")
}

/// Sort key of the fence of a step.
pub fn fence(number: u32) -> String {
    format!("FENCE#{number:02}#do")
}

/// Sort key of a ledger entry.
pub fn ledger(sequence: u64) -> String {
    format!("LEDGER#{sequence:06}")
}

/// Sort key of the outbox marker of a ledger entry.
pub fn outbox(sequence: u64) -> String {
    format!("OUTBOX#{sequence:06}")
}

/// Partition of an idempotency record: its key is hashed, it is the agent's text.
pub fn idempotency(tenant: &TenantId, agent: &AgentId, key: &str) -> String {
    format!("T#{tenant}#A#{agent}#I#{}", Digest::of_bytes(key.as_bytes()).to_hex())
}

/// Sort key of an idempotency record.
pub const IDEMPOTENCY: &str = "IDEMPOTENCY";

/// Partition of the watch of a change.
pub fn watch(tenant: &TenantId, change: &ChangeId) -> String {
    format!("T#{tenant}#C#{change}#W")
}

/// Sort key of a watch.
pub const WATCH: &str = "WATCH";

/// How many partitions the `due` index has.
pub const DUE_SHARDS: u8 = 4;

/// Partition of the `due` index that a change belongs to.
pub fn due_shard(change: &ChangeId) -> String {
    let first = Digest::of_bytes(change.as_str().as_bytes()).as_bytes().first().copied().unwrap_or_default();
    format!("DUE#{}", first % DUE_SHARDS)
}

/// Partition of the `by-tenant` index.
pub fn by_tenant(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

/// Partition of the `by-status` index.
pub fn by_status(tenant: &TenantId, status: &str) -> String {
    format!("T#{tenant}#S#{status}")
}

/// Partition of the `by-reference` index.
pub fn by_incident(tenant: &TenantId, incident: &str) -> String {
    format!("T#{tenant}#INCIDENT#{incident}")
}

/// What the sort keys of a generation's task tokens begin with.
pub fn tokens(generation: u64) -> String {
    format!("TOKEN#{generation:06}")
}

/// Sort key of a task token: by time, and one for each, so that none takes the place of another.
pub fn token(generation: u64, kept_at: Timestamp, token: &str) -> String {
    let hash = Digest::of_bytes(token.as_bytes()).to_hex();
    format!("{}#{:015}#{hash}", tokens(generation), kept_at.as_millisecond())
}

/// Sort key of the notice that an approver got.
pub fn notice(approver: &ApproverId) -> String {
    format!("NOTICE#{approver}")
}

/// Sort key of the decision of an approver: one each.
pub fn decision(approver: &ApproverId) -> String {
    format!("DECISION#{approver}")
}

/// Sort key of a nonce, by the hash of its secret.
pub fn nonce(hash: &Digest) -> String {
    format!("NONCE#{}", hash.to_hex())
}

/// Partition of a session, by the hash of its secret.
pub fn session(hash: &Digest) -> String {
    format!("SESSION#{}", hash.to_hex())
}

/// Partition of a sign-in that is under way, by the hash of its state.
pub fn sign_in(hash: &Digest) -> String {
    format!("SIGNIN#{}", hash.to_hex())
}

/// Sort key of a partition that holds one item.
pub const ONLY: &str = "ONLY";

/// Partition of a tenant's configuration.
pub fn tenant(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

/// Sort key of a version of a configuration.
pub fn version(version: u64) -> String {
    format!("VERSION#{version:08}")
}

/// Sort key of the pointer to the current version.
pub const CURRENT: &str = "CURRENT";

/// Sort key of a tenant's ExternalId.
pub const EXTERNAL_ID: &str = "EXTERNALID";

/// Sort key of a stop.
pub const STOP: &str = "STOP";

/// Partition of the stop of everything.
pub const EVERYTHING: &str = "GLOBAL";

/// Partition of an account's owner.
pub fn account(id: &str) -> String {
    format!("ACCOUNT#{id}")
}

/// Partition of an agent's key, by its hash.
pub fn agent_key(sha256: &str) -> String {
    format!("AGENTKEY#{sha256}")
}
