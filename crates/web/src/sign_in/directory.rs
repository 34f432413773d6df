//! Providers and their keys, fetched through the egress guard and kept for a while.

use std::collections::HashMap;

use changegate_egress::{Egress, EgressError};
use http::header::ACCEPT;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use tokio::sync::Mutex;

use crate::sign_in::id_token::UnverifiedHeader;
use crate::sign_in::key_set::KeySet;
use crate::sign_in::provider::{Provider, ProviderError};

/// How long metadata and keys are believed without asking again.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// How soon keys may be asked for again because a token names an unknown one, so that invented names do not become
/// requests to the provider.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Why a provider or its keys cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The provider did not answer.
    #[error("`{url}` did not answer")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: EgressError,
    },
    /// The provider answered with something else.
    #[error("`{url}` answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// The URL cannot be requested.
    #[error("`{url}` cannot be requested")]
    Url {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: http::Error,
    },
    /// The provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The keys cannot be read.
    #[error("the keys at `{url}` cannot be read")]
    Keys {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

struct Kept<T> {
    value: T,
    since: Timestamp,
}

impl<T> Kept<T> {
    fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since)
    }
}

/// The providers that were asked for, by issuer, and their keys, by address.
pub struct Directory {
    egress: Egress,
    providers: Mutex<HashMap<String, Kept<Provider>>>,
    keys: Mutex<HashMap<String, Kept<KeySet>>>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

impl Directory {
    /// An empty directory.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self { egress, providers: Mutex::default(), keys: Mutex::default() }
    }

    /// The guard that requests go through.
    #[must_use]
    pub const fn egress(&self) -> &Egress {
        &self.egress
    }

    /// The provider with this issuer identifier.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing is kept of it, so the next sign-in asks again.
    pub async fn provider(&self, issuer: &str, now: Timestamp) -> Result<Provider, DirectoryError> {
        let mut providers = self.providers.lock().await;
        if let Some(kept) = providers.get(issuer).filter(|kept| kept.age(now) < KEPT) {
            return Ok(kept.value.clone());
        }
        let document = self.fetch(&Provider::metadata_url(issuer)?).await?;
        let provider = Provider::read(issuer, &document, self.egress.policy().allow_loopback)?;
        providers.insert(issuer.to_owned(), Kept { value: provider.clone(), since: now });
        Ok(provider)
    }

    /// The key that a token's header names; the keys are asked for again if it is not among those kept.
    ///
    /// # Errors
    /// [`DirectoryError`]; `None` if the provider publishes no such key.
    pub async fn key(
        &self,
        provider: &Provider,
        header: &UnverifiedHeader,
        now: Timestamp,
    ) -> Result<Option<Jwk>, DirectoryError> {
        let url = provider.jwks_uri();
        let find = |keys: &KeySet| keys.find(header.kid.as_deref(), header.algorithm).cloned();
        let mut kept = self.keys.lock().await;
        if let Some(kept) = kept.get(url).filter(|kept| kept.age(now) < KEPT) {
            let found = find(&kept.value);
            if found.is_some() || kept.age(now) < ASKED_AGAIN {
                return Ok(found);
            }
        }
        let document = self.fetch(url).await?;
        let keys =
            KeySet::read(&document).map_err(|source| DirectoryError::Keys { url: url.to_owned(), source })?;
        let found = find(&keys);
        kept.insert(url.to_owned(), Kept { value: keys, since: now });
        Ok(found)
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, DirectoryError> {
        let request = Request::get(url)
            .header(ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|source| DirectoryError::Url { url: url.to_owned(), source })?;
        let answer = self
            .egress
            .send(request)
            .await
            .map_err(|source| DirectoryError::NoAnswer { url: url.to_owned(), source })?;
        if answer.status() != StatusCode::OK {
            return Err(DirectoryError::Status { url: url.to_owned(), status: answer.status() });
        }
        Ok(answer.into_body())
    }
}
