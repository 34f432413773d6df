//! One try to deliver an event, and what its answer means.

use std::time::Duration;

use changegate_egress::{Egress, EgressError};
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use jiff::Timestamp;

use crate::event::{MEDIA_TYPE, PublicEvent};
use crate::secret::{InvalidSecret, WebhookSecret};
use crate::signature::{ID, SIGNATURE, TIMESTAMP, sign};

/// What became of one try.
///
/// There is no "given up" here: the queue counts the tries and moves what never arrives to its dead-letter queue.
#[derive(Debug)]
pub enum Delivery {
    /// The endpoint took the event (2xx).
    Delivered {
        /// The status of its answer.
        status: StatusCode,
    },
    /// The event did not arrive, or may not have: try again.
    RetryLater {
        /// Why.
        reason: NotDelivered,
        /// How long the endpoint asked to be left alone, from now.
        retry_after: Option<Duration>,
    },
    /// The endpoint says that it is gone for good (410): do not try this event again.
    Gone,
}

/// Why an event did not arrive, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum NotDelivered {
    /// The endpoint answered with something other than 2xx; a redirect too, for it is not followed.
    #[error("the endpoint answered {0}")]
    Answer(StatusCode),
    /// There was no whole answer, or the address may not be called.
    #[error("the endpoint gave no answer")]
    NoAnswer(#[source] EgressError),
}

/// Why no try was made: trying again does not help before the configuration changes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The event cannot be written as JSON.
    #[error("the event cannot be written as JSON")]
    Event(#[source] serde_json::Error),
    /// The secret cannot be used as a key.
    #[error("the event cannot be signed")]
    Secret(#[from] InvalidSecret),
    /// The endpoint is not a URL.
    #[error("the endpoint cannot be requested")]
    Endpoint(#[source] http::Error),
}

/// Signs `event` as of `now` and posts it to `endpoint` once.
///
/// # Errors
/// [`DeliveryError`] when no try could be made. Whatever happens to a try is a [`Delivery`].
pub async fn deliver(
    egress: &Egress,
    endpoint: &str,
    secret: &WebhookSecret,
    event: &PublicEvent,
    now: Timestamp,
) -> Result<Delivery, DeliveryError> {
    let request = signed_request(endpoint, secret, event, now)?;
    Ok(match egress.send(request).await {
        Ok(answer) => classify(answer.status(), answer.headers(), now),
        // What an endpoint says beyond its status is of no interest, however long it is.
        Err(EgressError::TooLarge { status, .. }) => classify(status, &HeaderMap::new(), now),
        Err(error) => Delivery::RetryLater { reason: NotDelivered::NoAnswer(error), retry_after: None },
    })
}

fn signed_request(
    endpoint: &str,
    secret: &WebhookSecret,
    event: &PublicEvent,
    now: Timestamp,
) -> Result<Request<Vec<u8>>, DeliveryError> {
    let body = event.to_json().map_err(DeliveryError::Event)?;
    let signature = sign(secret, event.id().as_str(), now, &body)?;
    Request::post(endpoint)
        .header(CONTENT_TYPE, MEDIA_TYPE)
        .header(USER_AGENT, concat!("changegate/", env!("CARGO_PKG_VERSION")))
        .header(ID, event.id().as_str())
        .header(TIMESTAMP, now.as_second())
        .header(SIGNATURE, signature)
        .body(body)
        .map_err(DeliveryError::Endpoint)
}

fn classify(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Delivery {
    if status.is_success() {
        Delivery::Delivered { status }
    } else if status == StatusCode::GONE {
        Delivery::Gone
    } else {
        Delivery::RetryLater { reason: NotDelivered::Answer(status), retry_after: retry_after(headers, now) }
    }
}

/// `retry-after` as a wait from now: a number of seconds or an HTTP date (RFC 9110 §10.2.3); a past date is zero.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:00Z".parse().unwrap()
    }

    fn with_retry_after(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now())
    }

    #[test]
    fn only_2xx_is_delivered_and_only_410_is_gone() {
        for number in 200..600 {
            let status = StatusCode::from_u16(number).unwrap();
            match (number, classify(status, &HeaderMap::new(), now())) {
                (200..=299, Delivery::Delivered { status: given }) => assert_eq!(given, status),
                (410, Delivery::Gone) => {}
                (_, Delivery::RetryLater { reason: NotDelivered::Answer(given), retry_after: None })
                    if !(200..=299).contains(&number) && number != 410 =>
                {
                    assert_eq!(given, status);
                }
                (_, other) => panic!("{number} is {other:?}"),
            }
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(with_retry_after("120"), Some(Duration::from_secs(120)));
        assert_eq!(with_retry_after("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(with_retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(37)));
        assert_eq!(with_retry_after("Sun, 06 Nov 1994 08:48:37 GMT"), Some(Duration::ZERO));
        for unreadable in ["", "-5", "soon", "1.5"] {
            assert_eq!(with_retry_after(unreadable), None, "{unreadable}");
        }
    }
}
