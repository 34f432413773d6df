//! Sending a person to a provider, and what they come back with.

use changegate_egress::{Egress, EgressError};
use jiff::Timestamp;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};

use crate::sign_in::client::Client;
use crate::sign_in::directory::{Directory, DirectoryError};
use crate::sign_in::id_token::{Expected, IdTokenError, Identity, UnverifiedHeader, verify};
use crate::sign_in::provider::{Provider, SecretIn};
use crate::sign_in::token::{NoRandomness, Token};

/// Why somebody could not be signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The provider cannot be reached or used.
    #[error("the identity provider cannot be used")]
    Directory(#[from] DirectoryError),
    /// The configured client, or a URL of the provider, has not the form that the flow needs.
    #[error("the identity provider's registration has a URL that cannot be read")]
    Registration(#[from] url::ParseError),
    /// The answer was given in the name of another provider (RFC 9207).
    #[error("the answer is of another identity provider")]
    OtherProvider,
    /// The person or the provider said no.
    #[error("the identity provider answered `{error}`")]
    Denied {
        /// Its error code (RFC 6749 §4.1.2.1).
        error: String,
    },
    /// The answer has neither a code nor an error.
    #[error("the identity provider's answer has no code")]
    NoCode,
    /// The provider did not redeem the code.
    #[error("the identity provider did not redeem the code")]
    NotRedeemed(#[source] Box<RequestTokenError<EgressError, BasicErrorResponse>>),
    /// The provider redeemed the code without an ID token.
    #[error("the identity provider sent no ID token")]
    NoIdToken,
    /// The ID token is not believed.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// The system gave no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A sign-in that was started. The browser gets the URL; the rest is kept until the answer comes.
#[derive(Debug)]
pub struct Started {
    /// Where to send the person.
    pub url: String,
    /// What the answer must bring back, once.
    pub state: Token,
    /// What the ID token must carry.
    pub nonce: Token,
    /// What proves that the code is redeemed by whoever asked for it (RFC 7636).
    pub verifier: Token,
}

/// What was kept of a sign-in, found by the state of the answer.
#[derive(Debug)]
pub struct Pending {
    /// The provider that the person was sent to.
    pub issuer: String,
    /// What the ID token must carry.
    pub nonce: Token,
    /// What redeems the code.
    pub verifier: Token,
}

/// The query of the callback, as it came. The state was looked up already.
#[derive(Clone, Default, Deserialize)]
pub struct Answer {
    /// The authorization code.
    pub code: Option<String>,
    /// The error code, if the answer is no.
    pub error: Option<String>,
    /// The issuer in whose name it is given (RFC 9207).
    pub iss: Option<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("error", &self.error).field("iss", &self.iss).finish_non_exhaustive()
    }
}

/// The fields of a token answer beyond RFC 6749.
#[derive(Serialize, Deserialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl std::fmt::Debug for IdTokenField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdTokenField(redacted)")
    }
}

impl ExtraTokenFields for IdTokenField {}

type Tokens = StandardTokenResponse<IdTokenField, BasicTokenType>;
type OauthClient = oauth2::Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The authorization code flow, for all tenants.
#[derive(Debug)]
pub struct Flow {
    directory: Directory,
}

impl Flow {
    /// The flow whose requests go through `egress`.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self { directory: Directory::new(egress) }
    }

    /// Starts a sign-in at `issuer`.
    ///
    /// # Errors
    /// The provider cannot be used, or there is no randomness.
    pub async fn start(&self, issuer: &str, client: &Client, now: Timestamp) -> Result<Started, SignInError> {
        let provider = self.directory.provider(issuer, now).await?;
        let (state, nonce, verifier) = (Token::random()?, Token::random()?, Token::random()?);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&code_verifier(&verifier));
        let (url, _) = oauth_client(&provider, client)?
            .authorize_url(|| CsrfToken::new(state.reveal().to_owned()))
            .add_scope(Scope::new("openid".to_owned()))
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", nonce.reveal())
            .url();
        Ok(Started { url: url.into(), state, nonce, verifier })
    }

    /// Redeems the answer to a sign-in and checks the ID token.
    ///
    /// # Errors
    /// [`SignInError`]; the sign-in is over either way and must be started anew.
    pub async fn finish(
        &self,
        pending: &Pending,
        client: &Client,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Identity, SignInError> {
        let provider = self.directory.provider(&pending.issuer, now).await?;
        let code = accepted_code(&provider, answer)?;
        let tokens = self.redeem(&provider, client, code, &pending.verifier).await?;
        let token = tokens.extra_fields().id_token.as_deref().ok_or(SignInError::NoIdToken)?;
        let header = UnverifiedHeader::read(token, provider.algorithms())?;
        let key = self.directory.key(&provider, &header, now).await?.ok_or(IdTokenError::NoKey)?;
        let expected = Expected {
            issuer: provider.issuer(),
            client_id: &client.id,
            nonce: pending.nonce.reveal(),
            access_token: tokens.access_token().secret(),
            now,
        };
        Ok(verify(token, &header, &key, &expected)?)
    }

    async fn redeem(
        &self,
        provider: &Provider,
        client: &Client,
        code: String,
        verifier: &Token,
    ) -> Result<Tokens, SignInError> {
        let egress = self.directory.egress().clone();
        let http = move |request: oauth2::HttpRequest| {
            let egress = egress.clone();
            async move { egress.send(request).await }
        };
        oauth_client(provider, client)?
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(code_verifier(verifier))
            .request_async(&http)
            .await
            .map_err(|error| SignInError::NotRedeemed(Box::new(error)))
    }
}

fn accepted_code(provider: &Provider, answer: Answer) -> Result<String, SignInError> {
    let named = answer.iss.as_deref();
    let must_be_named = provider.names_itself_in_answers();
    if named.is_some_and(|iss| iss != provider.issuer()) || (must_be_named && named.is_none()) {
        return Err(SignInError::OtherProvider);
    }
    if let Some(error) = answer.error {
        return Err(SignInError::Denied { error: error.chars().take(100).collect() });
    }
    answer.code.filter(|code| !code.is_empty()).ok_or(SignInError::NoCode)
}

fn oauth_client(provider: &Provider, client: &Client) -> Result<OauthClient, SignInError> {
    let mut oauth = oauth2::Client::new(ClientId::new(client.id.clone()))
        .set_auth_uri(AuthUrl::new(provider.authorization_endpoint().to_owned())?)
        .set_token_uri(TokenUrl::new(provider.token_endpoint().to_owned())?)
        .set_redirect_uri(RedirectUrl::new(client.redirect_uri.clone())?);
    match &client.secret {
        Some(secret) => {
            oauth = oauth.set_client_secret(oauth2::ClientSecret::new(secret.reveal().to_owned()));
            oauth = oauth.set_auth_type(match provider.secret_in() {
                SecretIn::Header => AuthType::BasicAuth,
                SecretIn::Body => AuthType::RequestBody,
            });
        }
        None => oauth = oauth.set_auth_type(AuthType::RequestBody),
    }
    Ok(oauth)
}

fn code_verifier(verifier: &Token) -> PkceCodeVerifier {
    PkceCodeVerifier::new(verifier.reveal().to_owned())
}
