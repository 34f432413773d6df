//! Who signed a request to an IAM-authorised route.

use http::Extensions;
use lambda_http::request::RequestContext;

/// The caller as the gateway vouches for it. Only the gateway can make a request that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamCaller {
    arn: String,
}

impl IamCaller {
    /// The caller of a request; none if the gateway did not check a signature.
    pub fn of(extensions: &Extensions) -> Option<Self> {
        let context = extensions.get::<RequestContext>()?;
        let authorizer = match context {
            RequestContext::ApiGatewayV2(context) => context.authorizer.as_ref()?,
            _ => return None,
        };
        let iam = authorizer.iam.as_ref()?;
        let arn = iam.user_arn.clone().filter(|arn| arn.starts_with("arn:"))?;
        Some(Self { arn })
    }

    /// Its ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::RequestExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn caller(authorizer: &Value) -> Option<IamCaller> {
        let event = json!({
            "version": "2.0", "rawPath": "/v1/stop", "headers": {}, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "POST", "path": "/v1/stop"}, "timeEpoch": 0, "stage": "$default",
                "authorizer": authorizer},
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        assert!(request.request_context_ref().is_some());
        IamCaller::of(request.extensions())
    }

    #[test]
    fn a_request_without_a_checked_signature_has_no_caller() {
        for authorizer in [
            Value::Null,
            json!({}),
            json!({"iam": {}}),
            json!({"iam": {"userArn": ""}}),
            json!({"jwt": {"claims": {}}}),
        ] {
            assert_eq!(caller(&authorizer), None, "{authorizer}");
        }
        let arn = "arn:aws:iam::123456789012:user/ops";
        assert_eq!(caller(&json!({"iam": {"userArn": arn}})).unwrap().arn(), arn);
    }
}
