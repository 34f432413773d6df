//! Takes the typed SDK's requests when they are signed and lets none be sent.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef},
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// A request as it would be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Captured {
    pub(crate) method: String,
    pub(crate) url: String,
    /// With lower-case names, in ascending order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Headers with which the SDK describes itself and its tries. They are taken away before the request is signed, and so is
/// the body's length, which it signs and aws-call does not, as botocore does not.
const OF_THE_CLIENT: [&str; 5] =
    ["amz-sdk-invocation-id", "amz-sdk-request", "content-length", "user-agent", "x-amz-user-agent"];

/// Captures, after it has taken away what describes the client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Capture {
    captured: Arc<Mutex<Option<Captured>>>,
}

impl Capture {
    /// The last request.
    pub(crate) fn take(&self) -> Option<Captured> {
        self.captured.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "capture"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        for name in OF_THE_CLIENT {
            context.request_mut().headers_mut().remove(name);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let named = |(name, value): (&str, &str)| (name.to_ascii_lowercase(), value.to_owned());
        let mut headers: Vec<_> = request.headers().iter().map(named).collect();
        headers.retain(|(name, _)| !OF_THE_CLIENT.contains(&name.as_str()));
        headers.sort();
        let captured = Captured {
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers,
            body: request.body().bytes().unwrap_or_default().to_vec(),
        };
        *self.captured.lock().unwrap_or_else(PoisonError::into_inner) = Some(captured);
        Err("nothing is sent".into())
    }
}

/// Stops where a request would be sent, and leaves it as it is.
#[derive(Debug)]
pub(crate) struct Stop;

impl Intercept for Stop {
    fn name(&self) -> &'static str {
        "stop"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Err("nothing is sent".into())
    }
}

/// A client of one of the typed crates that sends nothing.
macro_rules! client {
    ($sdk:ident, $interceptor:expr $(, $setting:ident = $value:expr)*) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
                .region($sdk::config::Region::from_static($crate::compare::REGION))
                .credentials_provider($crate::compare::credentials())
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .stalled_stream_protection($sdk::config::StalledStreamProtectionConfig::disabled())
                .interceptor($interceptor)
                $(.$setting($value))*
                .build(),
        )
    };
}
pub(crate) use client;
