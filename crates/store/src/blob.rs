//! Content-addressed blobs: zstd, in chunks that fit an item.
//!
//! A blob is put before the transaction that names it, with an expiry; the transaction takes the expiry away. A blob that
//! no transaction named expires.

use aws_sdk_dynamodb::primitives::Blob as Bytes;
use aws_sdk_dynamodb::types::AttributeValue;
use changegate_change::digest::Digest;
use changegate_change::id::{ChangeId, TenantId};
use jiff::{SignedDuration, Timestamp};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, keyed, number};
use crate::keys;

/// The largest blob, before compression.
pub const RAW_MAX: usize = 1024 * 1024;
/// The largest chunk: an item holds 400 KB with its keys.
pub const CHUNK_MAX: usize = 350 * 1024;
/// How long a blob that no transaction names stays.
const ORPHAN_TTL: SignedDuration = SignedDuration::from_hours(24);
const LEVEL: i32 = 3;

/// A blob that was put and waits for the transaction that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// What it is named by.
    pub digest: Digest,
    pub(crate) keys: Vec<(String, String)>,
}

impl Store {
    /// Puts a blob; it expires unless a [`crate::Commit`] keeps it.
    ///
    /// # Errors
    /// A blob over [`RAW_MAX`]; DynamoDB's errors.
    pub async fn put_blob(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        content: &[u8],
        now: Timestamp,
    ) -> Result<Put, StoreError> {
        if content.len() > RAW_MAX {
            return Err(StoreError::TooLarge { what: "blob", bytes: content.len(), limit: RAW_MAX });
        }
        let digest = Digest::of_bytes(content);
        let packed = zstd::bulk::compress(content, LEVEL)
            .map_err(|_| StoreError::Blob { digest: digest.to_string(), detail: "cannot be compressed" })?;
        let pk = keys::blob(tenant, change, &digest);
        let expires = number((now + ORPHAN_TTL).as_second());
        let chunks: Vec<_> = packed.chunks(CHUNK_MAX).collect();
        let mut put = Put { digest, keys: Vec::new() };
        for (position, chunk) in chunks.iter().enumerate() {
            let sk = keys::chunk(position);
            let mut item = keyed(pk.clone(), &sk);
            item.insert("chunks".to_owned(), number(chunks.len()));
            item.insert("data".to_owned(), AttributeValue::B(Bytes::new(chunk.to_vec())));
            item.insert("expires_at".to_owned(), expires.clone());
            self.put_chunk(item).await?;
            put.keys.push((pk.clone(), sk));
        }
        Ok(put)
    }

    /// Puts a chunk, if it is not there: a task that runs twice must not give an expiry to what a transaction has kept.
    async fn put_chunk(&self, item: Item) -> Result<(), StoreError> {
        let request = self.dynamodb.put_item().table_name(&self.tables.changes).set_item(Some(item));
        match request.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::service("put a blob")(error)),
        }
    }

    /// Reads a blob and checks it against its digest.
    ///
    /// # Errors
    /// The blob is missing, incomplete or altered; DynamoDB's errors.
    pub async fn blob(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        digest: &Digest,
    ) -> Result<Vec<u8>, StoreError> {
        let wrong = |detail| StoreError::Blob { digest: digest.to_string(), detail };
        let items = self.partition(&self.tables.changes, keys::blob(tenant, change, digest), None).await?;
        let expected = items.first().map(chunks).unwrap_or_default();
        if items.is_empty() || items.len() != expected {
            return Err(wrong("is missing or incomplete"));
        }
        let mut packed = Vec::new();
        for item in &items {
            if item.keys().any(|name| !["pk", "sk", "chunks", "data", "expires_at"].contains(&name.as_str()))
            {
                return Err(wrong("has an attribute that does not belong to it"));
            }
            if chunks(item) != expected {
                return Err(wrong("disagrees with itself on its length"));
            }
            let data =
                item.get("data").and_then(|value| value.as_b().ok()).ok_or_else(|| wrong("has no data"))?;
            packed.extend_from_slice(data.as_ref());
        }
        let content =
            zstd::bulk::decompress(&packed, RAW_MAX).map_err(|_| wrong("cannot be decompressed"))?;
        if Digest::of_bytes(&content) != *digest {
            return Err(wrong("is not what its digest says"));
        }
        Ok(content)
    }
}

fn chunks(item: &Item) -> usize {
    item.get("chunks")
        .and_then(|value| value.as_n().ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}
