//! Signing requests to IAM-authorised routes (Signature Version 4, service `execute-api`).

use std::time::SystemTime;

use aws_call::one_line;
use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Request;

use crate::error::CliError;

/// Whose signature, and for which region.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    identity: Identity,
    region: String,
}

impl Signature {
    /// The caller's credentials and region, found as the AWS CLI finds them.
    pub(crate) async fn of_the_caller() -> Result<Self, CliError> {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let region =
            config.region().ok_or_else(|| CliError::Credentials("no region; set AWS_REGION".to_owned()))?;
        let provider = config
            .credentials_provider()
            .ok_or_else(|| CliError::Credentials("there are none".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| CliError::Credentials(one_line(&error)))?;
        Ok(Self { identity: credentials.into(), region: region.as_ref().to_owned() })
    }

    /// Adds the signature to a request.
    pub(crate) fn add(&self, request: &mut Request<Vec<u8>>, now: SystemTime) -> Result<(), CliError> {
        let wrong = |error: &dyn std::error::Error| CliError::Request(one_line(error));
        let params = SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("execute-api")
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| wrong(&error))?;
        let uri = request.uri().to_string();
        let headers =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body);
        let signed =
            sign(signable.map_err(|error| wrong(&error))?, &params.into()).map_err(|error| wrong(&error))?;
        signed.into_parts().0.apply_to_request_http1x(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_credential_types::Credentials;

    use super::*;

    fn signed(path: &str, body: &str) -> String {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let signature = Signature { identity: credentials.into(), region: "us-east-1".to_owned() };
        let request = Request::put(format!("https://api.example{path}")).body(body.as_bytes().to_vec());
        let mut request = request.unwrap();
        signature.add(&mut request, SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_428_000)).unwrap();
        assert_eq!(request.headers()["x-amz-security-token"], "token");
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_signature_is_for_execute_api_and_covers_path_body_and_host() {
        let header = signed("/v1/tenants/demo", "{}");
        assert!(header.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/execute-api/aws4_request"
        ));
        assert!(header.contains("SignedHeaders=host;"));
        assert_eq!(header, signed("/v1/tenants/demo", "{}"));
        assert_ne!(header, signed("/v1/tenants/other", "{}"));
        assert_ne!(header, signed("/v1/tenants/demo", "{ }"));
    }
}
