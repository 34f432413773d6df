//! Signature Version 4.

use std::{borrow::Cow, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as sign_request,
    },
    sign::v4,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::request::Request;

/// What stands for itself in a signed path.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

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
        self.url_with(&self.path)
    }

    fn url_with(&self, path: &str) -> String {
        let separator = if self.query.is_empty() { "" } else { "?" };
        format!("{}://{}{path}{separator}{}", self.scheme, self.host, self.query)
    }

    /// S3 signs the path as it is sent and wants the body's hash in a header.
    fn is_signed_for_s3(&self) -> bool {
        matches!(self.signing_name.as_str(), "s3" | "s3-outposts" | "s3-object-lambda" | "s3express")
    }

    /// The path that is signed: percent-encoded once more than the one that is sent, but for S3.
    fn path_to_sign(&self) -> Cow<'_, str> {
        if self.is_signed_for_s3() {
            Cow::Borrowed(&self.path)
        } else {
            utf8_percent_encode(&self.path, IN_PATH).into()
        }
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
        .settings(settings(request))
        .build()?;
    let url = request.url_with(&request.path_to_sign());
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

fn settings(request: &Request) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    if request.is_signed_for_s3() {
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
