//! What a provider publishes of itself: OpenID Connect Discovery 1.0.

use changegate_egress::target::Target;
use jsonwebtoken::Algorithm;
use serde::Deserialize;

/// The signature algorithms that are accepted of ID tokens, whatever a provider offers beside them.
const ACCEPTED: [(&str, Algorithm); 2] = [("RS256", Algorithm::RS256), ("ES256", Algorithm::ES256)];

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The issuer identifier is not a URL that Discovery allows.
    #[error("the issuer `{issuer}` is not a URL without query and fragment")]
    Issuer {
        /// The issuer as configured.
        issuer: String,
    },
    /// The document cannot be read.
    #[error("the metadata of `{issuer}` cannot be read")]
    Document {
        /// The issuer as configured.
        issuer: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The document is of another issuer (Discovery §4.3).
    #[error("the metadata at `{issuer}` is of `{found}`")]
    OtherIssuer {
        /// The issuer as configured.
        issuer: String,
        /// The issuer that the document names.
        found: String,
    },
    /// An endpoint may not be used.
    #[error("`{issuer}` names an endpoint that is refused")]
    Endpoint {
        /// The issuer as configured.
        issuer: String,
        /// Why.
        #[source]
        source: changegate_egress::EgressError,
    },
    /// The provider lacks something that the flow needs.
    #[error("`{issuer}` does not support {lacking}")]
    Unsupported {
        /// The issuer as configured.
        issuer: String,
        /// What it lacks.
        lacking: &'static str,
    },
}

/// How a client with a secret shows it to the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretIn {
    /// In the authorization header (`client_secret_basic`, the default).
    Header,
    /// In the body (`client_secret_post`).
    Body,
}

/// A provider whose metadata was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    algorithms: Vec<Algorithm>,
    secret_in: SecretIn,
    names_itself_in_answers: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// Where an issuer publishes its metadata (Discovery §4.1).
    ///
    /// # Errors
    /// [`ProviderError::Issuer`] if the issuer has a query or fragment, or is no URL.
    pub fn metadata_url(issuer: &str) -> Result<String, ProviderError> {
        let refused = || ProviderError::Issuer { issuer: issuer.to_owned() };
        let url = url::Url::parse(issuer).map_err(|_| refused())?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused());
        }
        Ok(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))
    }

    /// Reads the metadata of `issuer`.
    ///
    /// # Errors
    /// [`ProviderError`]: the document names another issuer, an endpoint that is refused, or lacks the code flow,
    /// S256, or an accepted algorithm.
    pub fn read(issuer: &str, document: &[u8], allow_loopback: bool) -> Result<Self, ProviderError> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|source| ProviderError::Document { issuer: issuer.to_owned(), source })?;
        if document.issuer != issuer {
            return Err(ProviderError::OtherIssuer { issuer: issuer.to_owned(), found: document.issuer });
        }
        for endpoint in [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri] {
            Target::parse(endpoint, allow_loopback)
                .map_err(|source| ProviderError::Endpoint { issuer: issuer.to_owned(), source })?;
        }
        let algorithms = document.accepted_algorithms();
        if let Some(lacking) = document.lacking(&algorithms) {
            return Err(ProviderError::Unsupported { issuer: issuer.to_owned(), lacking });
        }
        let secret_in = document.secret_in();
        Ok(Self {
            issuer: document.issuer,
            authorization_endpoint: document.authorization_endpoint,
            token_endpoint: document.token_endpoint,
            jwks_uri: document.jwks_uri,
            algorithms,
            secret_in,
            names_itself_in_answers: document.authorization_response_iss_parameter_supported,
        })
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where people are sent to.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &str {
        &self.authorization_endpoint
    }

    /// Where codes are redeemed.
    #[must_use]
    pub fn token_endpoint(&self) -> &str {
        &self.token_endpoint
    }

    /// Where the keys are published.
    #[must_use]
    pub fn jwks_uri(&self) -> &str {
        &self.jwks_uri
    }

    /// The algorithms that both sides accept; at least one.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// How a client secret is shown.
    #[must_use]
    pub const fn secret_in(&self) -> SecretIn {
        self.secret_in
    }

    /// Whether every answer must carry `iss` (RFC 9207).
    #[must_use]
    pub const fn names_itself_in_answers(&self) -> bool {
        self.names_itself_in_answers
    }
}

impl Document {
    fn accepted_algorithms(&self) -> Vec<Algorithm> {
        let offered = &self.id_token_signing_alg_values_supported;
        ACCEPTED
            .iter()
            .filter(|(name, _)| offered.iter().any(|offer| offer == name))
            .map(|(_, algorithm)| *algorithm)
            .collect()
    }

    fn lacking(&self, algorithms: &[Algorithm]) -> Option<&'static str> {
        let names = |list: &[String], name: &str| list.iter().any(|entry| entry == name);
        if !names(&self.response_types_supported, "code") {
            return Some("the authorization code flow");
        }
        // Absent means unknown, not unsupported: many providers that do PKCE do not say so.
        if self.code_challenge_methods_supported.as_ref().is_some_and(|methods| !names(methods, "S256")) {
            return Some("PKCE with S256");
        }
        algorithms.is_empty().then_some("ID tokens signed with RS256 or ES256")
    }

    fn secret_in(&self) -> SecretIn {
        match &self.token_endpoint_auth_methods_supported {
            Some(methods)
                if methods.iter().any(|method| method == "client_secret_post")
                    && !methods.iter().any(|method| method == "client_secret_basic") =>
            {
                SecretIn::Body
            }
            _ => SecretIn::Header,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example.com/realm";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://api.example.com/token",
            "jwks_uri": "https://api.example.com/keys",
            "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["HS256", "none", "ES256", "RS256", "RS512"],
        })
    }

    fn read(edit: impl FnOnce(&mut Value)) -> Result<Provider, ProviderError> {
        let mut document = document();
        edit(&mut document);
        Provider::read(ISSUER, &serde_json::to_vec(&document).unwrap(), false)
    }

    #[test]
    fn only_accepted_algorithms_are_kept() {
        let provider = read(|_| ()).unwrap();
        assert_eq!(provider.algorithms(), [Algorithm::RS256, Algorithm::ES256]);
        let error = read(|document| {
            document["id_token_signing_alg_values_supported"] = json!(["HS256", "none", "RS512"]);
        });
        assert!(matches!(error, Err(ProviderError::Unsupported { .. })), "{error:?}");
    }

    #[test]
    fn the_document_of_another_issuer_is_refused() {
        for found in
            ["https://id.example.com/realm/", "https://id.example.com/other", "http://id.example.com/realm"]
        {
            let error = read(|document| document["issuer"] = json!(found));
            assert!(matches!(error, Err(ProviderError::OtherIssuer { .. })), "{found}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_https_is_refused() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for url in ["http://id.example.com/", "javascript:alert(1)", "/relative"] {
                let error = read(|document| document[name] = json!(url));
                assert!(matches!(error, Err(ProviderError::Endpoint { .. })), "{name} {url}");
            }
        }
    }

    #[test]
    fn a_provider_without_the_code_flow_or_s256_is_refused() {
        let lacking = |name: &str, value: Value| match read(|document| document[name] = value) {
            Err(ProviderError::Unsupported { lacking, .. }) => lacking,
            other => panic!("{other:?}"),
        };
        assert_eq!(lacking("response_types_supported", json!(["token"])), "the authorization code flow");
        assert_eq!(lacking("code_challenge_methods_supported", json!(["plain"])), "PKCE with S256");
    }

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        let place = |methods: Value| {
            read(|document| document["token_endpoint_auth_methods_supported"] = methods).unwrap().secret_in()
        };
        assert_eq!(place(json!(["client_secret_post"])), SecretIn::Body);
        assert_eq!(place(json!(["client_secret_post", "client_secret_basic"])), SecretIn::Header);
        assert_eq!(place(Value::Null), SecretIn::Header);
    }

    #[test]
    fn the_metadata_are_below_the_issuer() {
        let url = |issuer| Provider::metadata_url(issuer);
        assert_eq!(url(ISSUER).unwrap(), format!("{ISSUER}/.well-known/openid-configuration"));
        assert_eq!(url("https://a.example/").unwrap(), "https://a.example/.well-known/openid-configuration");
        for issuer in ["https://a.example/?x", "https://a.example/#x", "a.example", ""] {
            assert!(matches!(url(issuer), Err(ProviderError::Issuer { .. })), "{issuer}");
        }
    }
}
