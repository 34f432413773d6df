//! AWS clients. All share one HTTP client, and none waits longer than its function may.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use changegate_store::{Store, Tables};

/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long one try of a call may take.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a call may take with all its tries. INVARIANT: shorter than the timeout of every function.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long invoking another function may take; it is tried once. INVARIANT: shorter than the timeout of every
/// function that invokes another.
pub const INVOKE_TIMEOUT: Duration = Duration::from_secs(26);
const ATTEMPTS: u32 = 3;

/// Where AWS clients come from.
#[derive(Debug, Clone)]
pub struct Clients(SdkConfig);

impl Clients {
    /// Reads region, endpoint and credentials of this process.
    pub async fn load() -> Self {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT);
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        Self(loader.load().await)
    }

    /// The configuration that every client here is made of.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.0
    }

    /// The store with the tables that the function was told of.
    pub fn store(&self, tables: Tables) -> Store {
        Store::new(aws_sdk_dynamodb::Client::new(&self.0), tables)
    }

    /// KMS.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.0)
    }

    /// Lambda, for invoking: one try, as long as a function may take.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(INVOKE_TIMEOUT)
            .operation_timeout(INVOKE_TIMEOUT);
        let config = aws_sdk_lambda::config::Builder::from(&self.0)
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::disabled());
        aws_sdk_lambda::Client::from_conf(config.build())
    }

    /// Step Functions.
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.0)
    }

    /// SNS.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.0)
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.0)
    }

    /// STS, at the endpoint of this function's region.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_leaves_time_for_a_second_try() {
        assert!(CONNECT_TIMEOUT < ATTEMPT_TIMEOUT && ATTEMPT_TIMEOUT * 2 < CALL_TIMEOUT);
    }
}
