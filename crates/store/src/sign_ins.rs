//! Sign-ins that are under way, and sessions. Secrets are stored as their hashes only.

use changegate_change::digest::Digest;
use changegate_change::id::{ChangeId, TenantId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, body, keyed, number, with_body};
use crate::keys;

/// A sign-in that is under way: what the callback must match.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The tenant whose page asked for it.
    pub tenant: TenantId,
    /// The change that the person goes back to.
    pub change: ChangeId,
    /// The identity provider.
    pub issuer: String,
    /// The nonce that the ID token must carry.
    pub nonce: String,
    /// The PKCE verifier (RFC 7636).
    pub verifier: String,
    /// The hash of the cookie that the browser must bring.
    pub browser: Digest,
    /// Until when.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignIn({} for {} of {})", self.issuer, self.change, self.tenant)
    }
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The tenant that they signed in for.
    pub tenant: TenantId,
    /// The identity provider that vouched for them.
    pub issuer: String,
    /// Their subject there.
    pub subject: String,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Store {
    /// Keeps a sign-in by the hash of its state.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn keep_sign_in(&self, state: &Digest, sign_in: &SignIn) -> Result<(), StoreError> {
        let item = with_body(keys::sign_in(state), keys::ONLY, sign_in)?;
        self.keep_until(item, sign_in.expires_at, "keep a sign-in").await
    }

    /// Takes a sign-in out: it can be taken once.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn take_sign_in(&self, state: &Digest, now: Timestamp) -> Result<Option<SignIn>, StoreError> {
        let request = self.dynamodb.delete_item().table_name(&self.tables.approvals);
        let request = request.set_key(Some(keyed(keys::sign_in(state), keys::ONLY)));
        let request = request.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
        let taken = request.send().await.map_err(StoreError::service("take a sign-in"))?.attributes;
        let sign_in: Option<SignIn> = taken.filter(|item| !item.is_empty()).as_ref().map(body).transpose()?;
        Ok(sign_in.filter(|sign_in| sign_in.expires_at > now))
    }

    /// Keeps a session by the hash of its secret.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn keep_session(&self, secret: &Digest, session: &Session) -> Result<(), StoreError> {
        let item = with_body(keys::session(secret), keys::ONLY, session)?;
        self.keep_until(item, session.expires_at, "keep a session").await
    }

    /// The session of a secret, if it has not expired.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn session(&self, secret: &Digest, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let item = self.one(&self.tables.approvals, keys::session(secret), keys::ONLY).await?;
        let session: Option<Session> = read(item.as_ref())?;
        Ok(session.filter(|session| session.expires_at > now))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// DynamoDB's errors.
    pub async fn end_session(&self, secret: &Digest) -> Result<(), StoreError> {
        let request = self.dynamodb.delete_item().table_name(&self.tables.approvals);
        let request = request.set_key(Some(keyed(keys::session(secret), keys::ONLY)));
        request.send().await.map_err(StoreError::service("end a session"))?;
        Ok(())
    }

    async fn keep_until(&self, item: Item, until: Timestamp, what: &'static str) -> Result<(), StoreError> {
        let mut item = item;
        item.insert("expires_at".to_owned(), number(until.as_second()));
        let request = self.dynamodb.put_item().table_name(&self.tables.approvals).set_item(Some(item));
        request.send().await.map_err(StoreError::service(what))?;
        Ok(())
    }
}

fn read<T: DeserializeOwned>(item: Option<&Item>) -> Result<Option<T>, StoreError> {
    item.map(body).transpose()
}
