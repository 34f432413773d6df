//! KMS: signatures, sealed secrets, and keys that are derived per tenant.
//!
//! Key ids come from the environment of the function, never from an item.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_change::digest::Digest;
use changegate_change::id::{ChangeId, TenantId};
use changegate_change::sealed::Vault;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::error::{Code, ServiceError};

fn unavailable(what: &str, error: impl std::error::Error) -> ServiceError {
    let message = format!("the key service could not {what}; try again");
    ServiceError::new(Code::Unavailable, message).because(DisplayErrorContext(&error).to_string())
}

/// A KMS key that signs: ECC_NIST_P256, ECDSA_SHA_256. Only the function that its key policy names can sign.
#[derive(Debug, Clone)]
pub struct Signer {
    kms: aws_sdk_kms::Client,
    key: String,
}

impl Signer {
    /// The signer with this key.
    pub fn new(kms: aws_sdk_kms::Client, key: impl Into<String>) -> Self {
        Self { kms, key: key.into() }
    }

    /// The signature of a message: DER, base64.
    ///
    /// # Errors
    /// KMS's errors.
    pub async fn sign(&self, message: &[u8]) -> Result<String, ServiceError> {
        let digest = Digest::of_bytes(message);
        let request = self.kms.sign().key_id(&self.key).message_type(MessageType::Digest);
        let request = request.message(Blob::new(digest.as_bytes().to_vec()));
        let request = request.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let answer = request.send().await.map_err(|error| unavailable("sign", error))?;
        let signature = answer.signature.ok_or_else(|| ServiceError::internal("kms gave no signature"))?;
        Ok(BASE64.encode(signature))
    }
}

/// The public half of a [`Signer`]'s key, read once per process.
#[derive(Debug)]
pub struct Verifier {
    kms: aws_sdk_kms::Client,
    key: String,
    public: OnceCell<PublicKey>,
}

/// A P-256 public key, as an uncompressed point.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Whether a base64 DER signature is of this message.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature) else { return false };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, &signature).is_ok()
    }

    /// The key in a DER SubjectPublicKeyInfo (RFC 5480) of a P-256 key.
    fn from_spki(der: &[u8]) -> Option<Self> {
        const POINT: usize = 65;
        let at = der.len().checked_sub(POINT)?;
        let point = der.get(at..)?;
        (der.len() == 91 && point.first() == Some(&4)).then(|| Self(point.to_vec()))
    }
}

impl Verifier {
    /// The verifier of this key's signatures.
    pub fn new(kms: aws_sdk_kms::Client, key: impl Into<String>) -> Self {
        Self { kms, key: key.into(), public: OnceCell::new() }
    }

    /// The public key.
    ///
    /// # Errors
    /// KMS's errors.
    pub async fn public_key(&self) -> Result<&PublicKey, ServiceError> {
        self.public.get_or_try_init(|| self.fetch()).await
    }

    async fn fetch(&self) -> Result<PublicKey, ServiceError> {
        let request = self.kms.get_public_key().key_id(&self.key);
        let answer = request.send().await.map_err(|error| unavailable("give a public key", error))?;
        let der = answer.public_key.ok_or_else(|| ServiceError::internal("kms gave no public key"))?;
        PublicKey::from_spki(der.as_ref()).ok_or_else(|| ServiceError::internal("the key is not on P-256"))
    }
}

/// A KMS HMAC key that gives each tenant a key of its own, derived and never stored.
#[derive(Debug, Clone)]
pub struct DerivedKeys {
    kms: aws_sdk_kms::Client,
    key: String,
}

impl DerivedKeys {
    /// Keys derived from this key.
    pub fn new(kms: aws_sdk_kms::Client, key: impl Into<String>) -> Self {
        Self { kms, key: key.into() }
    }

    /// The key for a purpose, 32 bytes: HMAC-SHA-256 of the purpose under the KMS key.
    ///
    /// # Errors
    /// KMS's errors.
    pub async fn derive(&self, purpose: &str) -> Result<[u8; 32], ServiceError> {
        let request = self.kms.generate_mac().key_id(&self.key).mac_algorithm(MacAlgorithmSpec::HmacSha256);
        let request = request.message(Blob::new(purpose.as_bytes().to_vec()));
        let answer = request.send().await.map_err(|error| unavailable("derive a key", error))?;
        let mac = answer.mac.ok_or_else(|| ServiceError::internal("kms gave no mac"))?;
        mac.as_ref().try_into().map_err(|_| ServiceError::internal("the mac does not have 32 bytes"))
    }

    /// The key that a tenant's secrets are fingerprinted with.
    ///
    /// # Errors
    /// KMS's errors.
    pub async fn fingerprint_key(&self, tenant: &TenantId) -> Result<[u8; 32], ServiceError> {
        self.derive(&format!("changegate fingerprint v1 {tenant}")).await
    }
}

/// Secrets of a change, encrypted: AES-256-GCM under a data key that KMS wrapped for exactly this tenant and change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedVault {
    /// The wrapped data key, base64.
    pub key: String,
    /// The nonce, base64.
    pub nonce: String,
    /// Ciphertext and tag, base64.
    pub ciphertext: String,
}

/// The KMS key that secrets are sealed with.
#[derive(Debug, Clone)]
pub struct Sealing {
    kms: aws_sdk_kms::Client,
    key: String,
}

impl Sealing {
    /// Sealing with this key.
    pub fn new(kms: aws_sdk_kms::Client, key: impl Into<String>) -> Self {
        Self { kms, key: key.into() }
    }

    /// Encrypts the secrets of a change.
    ///
    /// # Errors
    /// KMS's errors.
    pub async fn seal(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        vault: &Vault,
    ) -> Result<SealedVault, ServiceError> {
        let request = self.kms.generate_data_key().key_id(&self.key).key_spec(DataKeySpec::Aes256);
        let request = request.set_encryption_context(Some(context(tenant, change).into_iter().collect()));
        let answer = request.send().await.map_err(|error| unavailable("seal", error))?;
        let (Some(plain), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(ServiceError::internal("kms gave no data key"));
        };
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| ServiceError::internal("no randomness"))?;
        let mut sealed = serde_json::to_vec(vault)?;
        let key = aead_key(plain.as_ref())?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated(tenant, change)),
            &mut sealed,
        )
        .map_err(|_| ServiceError::internal("the secrets could not be encrypted"))?;
        Ok(SealedVault {
            key: BASE64.encode(wrapped),
            nonce: BASE64.encode(nonce),
            ciphertext: BASE64.encode(sealed),
        })
    }

    /// Decrypts the secrets of a change.
    ///
    /// # Errors
    /// They are not this change's, or were altered; KMS's errors.
    pub async fn unseal(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        sealed: &SealedVault,
    ) -> Result<Vault, ServiceError> {
        let altered = || ServiceError::new(Code::VerificationFailed, "the sealed secrets do not verify");
        let wrapped = BASE64.decode(&sealed.key).map_err(|_| altered())?;
        let nonce: [u8; NONCE_LEN] =
            BASE64.decode(&sealed.nonce).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(altered)?;
        let mut data = BASE64.decode(&sealed.ciphertext).map_err(|_| altered())?;
        let request = self.kms.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(wrapped));
        let request = request.set_encryption_context(Some(context(tenant, change).into_iter().collect()));
        let answer = request.send().await.map_err(|error| unavailable("unseal", error))?;
        let plain = answer.plaintext.ok_or_else(|| ServiceError::internal("kms gave no data key"))?;
        let key = aead_key(plain.as_ref())?;
        let opened = key
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated(tenant, change)),
                &mut data,
            )
            .map_err(|_| altered())?;
        Ok(serde_json::from_slice(opened)?)
    }
}

fn aead_key(bytes: &[u8]) -> Result<LessSafeKey, ServiceError> {
    let key = UnboundKey::new(&AES_256_GCM, bytes)
        .map_err(|_| ServiceError::internal("the data key is no AES key"))?;
    Ok(LessSafeKey::new(key))
}

fn context(tenant: &TenantId, change: &ChangeId) -> BTreeMap<String, String> {
    BTreeMap::from([("tenant".to_owned(), tenant.to_string()), ("change".to_owned(), change.to_string())])
}

fn associated(tenant: &TenantId, change: &ChangeId) -> Vec<u8> {
    format!("changegate sealed v1 {tenant} {change}").into_bytes()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    #[test]
    fn a_signature_verifies_for_its_message_and_key_only() {
        let random = SystemRandom::new();
        let pair = |()| {
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).unwrap()
        };
        let (ours, theirs) = (pair(()), pair(()));
        let public = PublicKey(ours.public_key().as_ref().to_vec());
        let sign = |pair: &EcdsaKeyPair| BASE64.encode(pair.sign(&random, b"approve").unwrap());
        assert!(public.verifies(b"approve", &sign(&ours)));
        assert!(!public.verifies(b"approve!", &sign(&ours)));
        assert!(!public.verifies(b"approve", &sign(&theirs)));
        assert!(!public.verifies(b"approve", "") && !public.verifies(b"approve", "not base64"));
    }
}
