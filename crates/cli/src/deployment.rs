//! A deployment, reached over HTTP.

use std::time::{Duration, SystemTime};

use changegate_egress::{Egress, FailureClass, Policy};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request};
use serde_json::{Value, json};
use url::{Host, Url};

use crate::agent_key::AgentKey;
use crate::error::CliError;
use crate::sign::Signature;

/// Longer than the gateway waits for its functions (30 seconds).
const TOTAL_TIMEOUT: Duration = Duration::from_secs(40);
const ANSWER_MAX: usize = 8 * 1024 * 1024;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// An agent, by its key.
    Agent(AgentKey),
    /// An operator, by a signature.
    Operator(Signature),
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path as segments, each encoded when it is put together.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) idempotency_key: Option<String>,
}

impl Call {
    /// A call without query and body.
    pub(crate) fn new(method: Method, path: &[&str]) -> Self {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        Self { method, path, query: Vec::new(), body: None, idempotency_key: None }
    }
}

/// A deployment and who asks it.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    endpoint: Url,
    egress: Egress,
    caller: Caller,
}

impl Deployment {
    /// The deployment at this endpoint. Plain http goes to this machine only.
    pub(crate) fn new(endpoint: &str, caller: Caller) -> Result<Self, CliError> {
        let wrong = || CliError::Endpoint(endpoint.to_owned());
        let endpoint = Url::parse(endpoint).map_err(|_| wrong())?;
        if endpoint.cannot_be_a_base() || endpoint.query().is_some() || endpoint.fragment().is_some() {
            return Err(wrong());
        }
        let policy = Policy {
            total_timeout: TOTAL_TIMEOUT,
            max_response_bytes: ANSWER_MAX,
            ..Policy::public_internet().with_loopback(is_loopback(&endpoint))
        };
        Ok(Self { endpoint, egress: Egress::new(policy), caller })
    }

    /// Asks once.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Value, CliError> {
        let request = self.request(call)?;
        let answer = self.egress.send(request).await.map_err(|error| {
            let unclear = error.class() == FailureClass::NoAnswer;
            let key = call.idempotency_key.as_deref().filter(|_| unclear);
            let hint = key.map(|key| format!("it may have arrived; repeat it with --idempotency-key {key}"));
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            CliError::NoAnswer { reason: format!("{error}{cause}"), hint }
        })?;
        let status = answer.status();
        let body = serde_json::from_slice(answer.body())
            .unwrap_or_else(|_| json!({"message": String::from_utf8_lossy(answer.body())}));
        if status.is_success() {
            return Ok(body);
        }
        Err(CliError::Refused { status: status.as_u16(), problem: body })
    }

    fn request(&self, call: &Call) -> Result<Request<Vec<u8>>, CliError> {
        let mut builder = Request::builder().method(call.method.clone()).uri(self.url(call)?.as_str());
        builder = builder.header(ACCEPT, "application/json");
        builder = builder.header(USER_AGENT, concat!("changegate/", env!("CARGO_PKG_VERSION")));
        if call.body.is_some() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = &call.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        let request = builder.body(call.body.clone().unwrap_or_default());
        let mut request = request.map_err(|error| CliError::Request(error.to_string()))?;
        match &self.caller {
            Caller::Operator(signature) => signature.add(&mut request, SystemTime::now())?,
            Caller::Agent(key) => {
                let bearer = HeaderValue::from_str(&format!("Bearer {}", key.reveal()));
                let mut bearer = bearer.map_err(|_| CliError::WrongKey)?;
                bearer.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, bearer);
            }
        }
        Ok(request)
    }

    fn url(&self, call: &Call) -> Result<Url, CliError> {
        let mut url = self.endpoint.clone();
        let mut segments =
            url.path_segments_mut().map_err(|()| CliError::Endpoint(self.endpoint.to_string()))?;
        segments.pop_if_empty().extend(&call.path);
        drop(segments);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(url)
    }
}

fn is_loopback(endpoint: &Url) -> bool {
    match endpoint.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(endpoint: &str) -> Result<Deployment, CliError> {
        Deployment::new(endpoint, Caller::Agent(AgentKey::generate().unwrap()))
    }

    #[test]
    fn ids_cannot_leave_their_segment_and_cursors_are_encoded() {
        let mut call = Call::new(Method::GET, &["v1", "changes", "../tenants/demo?x#y"]);
        call.query.push(("cursor", "a&b=c".to_owned()));
        let url = deployment("https://api.example/stage/").unwrap().url(&call).unwrap();
        assert_eq!(
            url.as_str(),
            "https://api.example/stage/v1/changes/..%2Ftenants%2Fdemo%3Fx%23y?cursor=a%26b%3Dc"
        );
    }

    #[test]
    fn only_an_endpoint_on_this_machine_may_be_on_this_machine() {
        for (endpoint, allowed) in [
            ("http://x.execute-api.localhost:4566", true),
            ("http://127.0.0.1:4566", true),
            ("https://api.example", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(deployment(endpoint).unwrap().egress.policy().allow_loopback, allowed, "{endpoint}");
        }
        for wrong in ["api.example", "mailto:x", "https://api.example/?x"] {
            assert!(deployment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_sent_as_a_bearer_and_marked_sensitive() {
        let call = Call::new(Method::GET, &["v1", "changes"]);
        let request = deployment("https://api.example").unwrap().request(&call).unwrap();
        let header = &request.headers()[AUTHORIZATION];
        assert!(header.to_str().unwrap().starts_with("Bearer cgk_") && header.is_sensitive());
        assert!(!format!("{request:?}").contains("cgk_"));
    }
}
