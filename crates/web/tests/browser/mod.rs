//! A browser without scripts: it keeps this site's cookies, and follows nothing by itself.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use changegate_egress::Egress;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

/// Where this site is, as its pages and the identity provider are told.
pub(crate) const SITE: &str = "http://gate.localhost:4620";

pub(crate) struct Browser {
    site: Router,
    egress: Egress,
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).unwrap_or_else(|| panic!("no redirect: {}", self.text)).to_str().unwrap()
    }

    /// The nonce of the form of a verb.
    pub(crate) fn nonce(&self, verb: &str) -> String {
        let form = self.text.split(&format!("name=\"verb\" value=\"{verb}\"")).nth(1);
        let form = form.unwrap_or_else(|| panic!("no form to {verb}: {}", self.text));
        let value = form.split("name=\"nonce\" value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(crate) fn new(site: &Router, egress: &Egress) -> Self {
        Self { site: site.clone(), egress: egress.clone(), cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Page {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            request.headers_mut().insert(COOKIE, pairs.join("; ").parse().unwrap());
        }
        let (head, body) = self.site.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        Page { status: head.status, headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Opens a page, is sent to sign in, says who it is at the provider: gives the path of the callback.
    pub(crate) async fn until_callback(&mut self, path: &str, subject: &str) -> String {
        let sign_in = self.get(path).await.location().to_owned();
        let provider = self.get(&sign_in).await.location().to_owned();
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("sub", subject).finish();
        let form = Request::post(provider)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes());
        let answer = self.egress.send(form.unwrap()).await.unwrap();
        let back = answer.headers().get(LOCATION).unwrap().to_str().unwrap();
        back.strip_prefix(SITE).unwrap_or_else(|| panic!("sent elsewhere: {back}")).to_owned()
    }

    /// Opens a page, signs in, and gives the page.
    pub(crate) async fn open(&mut self, path: &str, subject: &str) -> Page {
        let callback = self.until_callback(path, subject).await;
        let signed_in = self.get(&callback).await;
        assert_eq!(signed_in.location(), path, "{}", signed_in.text);
        self.get(path).await
    }
}
