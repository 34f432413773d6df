//! Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as sign_request,
    },
    sign::v4,
};

use crate::request::Request;

/// Why a request cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed")]
pub struct SignError {
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Request {
    /// Signs the request: its headers, `host`, and what the signature adds, in ascending order. Equal arguments give equal
    /// headers.
    ///
    /// # Errors
    /// When method, URL or headers are not valid HTTP.
    pub fn signed_headers(
        &self,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<Vec<(String, String)>, SignError> {
        sign(self, credentials, now).map_err(|source| SignError { source })
    }

    /// The absolute URL.
    #[must_use]
    pub fn url(&self) -> String {
        let separator = if self.query.is_empty() { "" } else { "?" };
        format!("{}://{}{}{separator}{}", self.scheme, self.host, self.path, self.query)
    }
}

fn sign(
    request: &Request,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&request.signing_region)
        .name(&request.signing_name)
        .time(now)
        .settings(settings(&request.signing_name))
        .build()?;
    let url = request.url();
    let mut headers: Vec<(String, String)> = request.headers.clone();
    headers.push(("host".to_owned(), request.host.clone()));
    let signable = SignableRequest::new(
        &request.method,
        url,
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        SignableBody::Bytes(&request.body),
    )?;
    let (instructions, _) = sign_request(signable, &parameters.into())?.into_parts();
    let (added, _) = instructions.into_parts();
    headers.extend(added.iter().map(|header| (header.name().to_owned(), header.value().to_owned())));
    headers.sort();
    Ok(headers)
}

/// S3 signs the path as it is sent and wants the body's hash in a header.
fn settings(signing_name: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if matches!(signing_name, "s3" | "s3-outposts" | "s3-object-lambda" | "s3express") {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
