//! An identity provider of the test: it keeps the rules of PKCE and one-use codes, and lies as its script says.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

use crate::signer::Signer;

/// What the provider does otherwise than an honest one.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) issuer: Option<&'static str>,
    pub(crate) nonce: Option<&'static str>,
    pub(crate) no_id_token: bool,
    pub(crate) names_itself: bool,
}

struct Records {
    challenge: String,
    nonce: String,
    asked: Vec<String>,
    redeemed: String,
    signer: Signer,
}

pub(crate) struct OwnProvider {
    issuer: String,
    records: Arc<Mutex<Records>>,
    _server: JoinSet<()>,
}

impl OwnProvider {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://id.localhost:{}", listener.local_addr().unwrap().port());
        let records = Arc::new(Mutex::new(Records {
            challenge: String::new(),
            nonce: String::new(),
            asked: Vec::new(),
            redeemed: String::new(),
            signer: Signer::es256("first"),
        }));
        let mut server = JoinSet::new();
        let (kept, base) = (Arc::clone(&records), issuer.clone());
        server.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &base, &script, &kept).await;
            }
        });
        Self { issuer, records, _server: server }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The person says yes: `code-1` is good for the challenge and nonce of this URL, once.
    pub(crate) fn authorize(&self, url: &str) {
        let url = Url::parse(url).unwrap();
        let mut records = self.records.lock().unwrap();
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "code_challenge" => records.challenge = value.into_owned(),
                "nonce" => records.nonce = value.into_owned(),
                _ => {}
            }
        }
    }

    /// The last request to the token endpoint, whole.
    pub(crate) fn redeemed(&self) -> String {
        self.records.lock().unwrap().redeemed.clone()
    }

    /// How often metadata or keys were asked for.
    pub(crate) fn asked(&self, what: &str) -> usize {
        self.records.lock().unwrap().asked.iter().filter(|path| *path == what).count()
    }

    /// Replaces the key by a new one.
    pub(crate) fn rotate(&self) {
        self.records.lock().unwrap().signer = Signer::es256("second");
    }
}

async fn answer(mut stream: TcpStream, base: &str, script: &Script, records: &Mutex<Records>) {
    let mut read = String::new();
    let mut chunk = [0; 4096];
    while !whole(&read) {
        let count = stream.read(&mut chunk).await.unwrap();
        read.push_str(std::str::from_utf8(chunk.get(..count).unwrap()).unwrap());
        assert!(count > 0, "the request ended early: {read}");
    }
    let (status, body) = route(&read, base, script, &mut records.lock().unwrap());
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

fn whole(read: &str) -> bool {
    read.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        body.len() >= length.map_or(0, |length| length.parse().unwrap())
    })
}

fn route(read: &str, base: &str, script: &Script, records: &mut Records) -> (&'static str, Value) {
    match read.split(' ').nth(1).unwrap() {
        "/.well-known/openid-configuration" => {
            records.asked.push("/metadata".into());
            ("200 OK", metadata(base, script))
        }
        "/keys" => {
            records.asked.push("/keys".into());
            ("200 OK", json!({"keys": [records.signer.jwk()]}))
        }
        "/token" => {
            read.clone_into(&mut records.redeemed);
            redeem(read, base, script, records)
        }
        _ => ("404 Not Found", Value::Null),
    }
}

fn metadata(base: &str, script: &Script) -> Value {
    json!({
        "issuer": script.issuer.unwrap_or(base),
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": script.names_itself,
    })
}

fn redeem(read: &str, base: &str, script: &Script, records: &mut Records) -> (&'static str, Value) {
    let body = read.split_once("\r\n\r\n").unwrap().1;
    let field = |name: &str| {
        let found = url::form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == name);
        found.map_or_else(String::new, |(_, value)| value.into_owned())
    };
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, field("code_verifier").as_bytes());
    let challenge = std::mem::take(&mut records.challenge);
    if field("code") != "code-1" || challenge != URL_SAFE_NO_PAD.encode(hash) {
        return ("400 Bad Request", json!({"error": "invalid_grant"}));
    }
    let now = Timestamp::now().as_second();
    let id_token = records.signer.sign(&json!({
        "iss": base, "sub": "alice-1", "aud": "changegate", "iat": now, "exp": now + 300,
        "nonce": script.nonce.unwrap_or(&records.nonce),
    }));
    let mut tokens = json!({"access_token": "access", "token_type": "Bearer", "expires_in": 300});
    if !script.no_id_token {
        tokens["id_token"] = json!(id_token);
    }
    ("200 OK", tokens)
}
