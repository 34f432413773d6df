//! Somebody with a browser that runs no scripts.

use std::collections::BTreeMap;

use changegate_sandbox::form::{Form, forms};
use changegate_sandbox::local_http::{Answer, LocalHttp};
use http::Method;
use url::Url;

use crate::change::Change;
use crate::stack::stack;
use crate::tenant::Tenant;

const SESSION: &str = "__Host-changegate-session";
const MAX_REDIRECTS: usize = 12;

/// Somebody with a browser. Cookies are kept per host.
#[derive(Debug, Clone)]
pub struct Person {
    subject: String,
    cookies: BTreeMap<(String, String), String>,
    site: Option<&'static str>,
    http: LocalHttp,
}

/// A page after all redirects.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The page.
    pub html: String,
}

impl Page {
    /// The form of a decision.
    pub fn form(&self, verb: &str) -> Option<Form> {
        forms(&self.html).into_iter().find(|form| form.value("verb") == Some(verb))
    }

    /// The nonce of a decision.
    ///
    /// # Panics
    /// There is no such form.
    pub fn nonce(&self, verb: &str) -> String {
        let form =
            self.form(verb).unwrap_or_else(|| panic!("no form to {verb} at {}: {}", self.url, self.html));
        form.value("nonce").expect("a form has a nonce").to_owned()
    }

    /// The code that an error page names.
    pub fn code(&self) -> &str {
        let reference = self.html.split_once("class=\"reference\">").map_or("", |(_, after)| after);
        reference.split_once(" · ").map_or("", |(code, _)| code)
    }
}

impl Person {
    /// Somebody whom the provider knows by this subject, with no cookies yet.
    pub fn with_subject(subject: &str) -> Self {
        Self { subject: subject.to_owned(), cookies: BTreeMap::new(), site: None, http: LocalHttp::default() }
    }

    /// An approver of a tenant.
    pub fn of(tenant: &Tenant, approver: &str) -> Self {
        Self::with_subject(&tenant.subject(approver))
    }

    /// The secret of their session.
    ///
    /// # Panics
    /// They are not signed in.
    pub fn session(&self) -> String {
        self.cookies.get(&(api_host(), SESSION.to_owned())).expect("a session").clone()
    }

    /// The same person with another session.
    #[must_use]
    pub fn with_session(&self, secret: &str) -> Self {
        let mut other = self.clone();
        other.cookies.insert((api_host(), SESSION.to_owned()), secret.to_owned());
        other
    }

    /// The same person on a page of another site, whose forms go here.
    #[must_use]
    pub fn from_site(self, origin: &'static str) -> Self {
        Self { site: Some(origin), ..self }
    }

    /// Signs out.
    pub async fn sign_out(&mut self) -> Page {
        let action = Url::parse(&stack().sandbox.api_url).and_then(|api| api.join("/sign-out"));
        self.follow(Method::POST, action.expect("an address"), String::new()).await
    }

    /// Opens a page. If the identity provider asks who this is, says so and goes on.
    pub async fn open(&mut self, link: &str) -> Page {
        let page = self.get(link).await;
        let asks = forms(&page.html).into_iter().find(|form| form.value("sub") == Some(""));
        let Some(form) = asks else { return page };
        let action = page.url.join(&form.action).expect("the form has an address");
        let subject = self.subject.clone();
        self.follow(Method::POST, action, form.filled(&[("sub", &subject)])).await
    }

    /// Opens a page and follows redirects, to the identity provider too, but does not sign in.
    pub async fn get(&mut self, link: &str) -> Page {
        self.follow(Method::GET, Url::parse(link).expect("a link"), String::new()).await
    }

    /// Sends a decision with this nonce, whatever page it is from.
    pub async fn send(&mut self, change: &Change<'_>, verb: &str, nonce: &str) -> Page {
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs([("verb", verb), ("nonce", nonce), ("note", "seen")]);
        let action = Url::parse(&format!("{}/decision", change.link())).expect("a link");
        self.follow(Method::POST, action, fields.finish()).await
    }

    /// Opens the page of a change, signs in, and decides.
    ///
    /// # Panics
    /// The page has no form for it, or the decision is refused.
    pub async fn decide(&mut self, change: &Change<'_>, verb: &str) -> Page {
        let page = self.open(&change.link()).await;
        let decided = self.send(change, verb, &page.nonce(verb)).await;
        assert_eq!(decided.status, 200, "{}", decided.html);
        decided
    }

    async fn follow(&mut self, mut method: Method, mut url: Url, mut body: String) -> Page {
        for _ in 0..MAX_REDIRECTS {
            let answer = self.request(&method, &url, std::mem::take(&mut body)).await;
            self.keep_cookies(&url, &answer);
            let onward = answer.header("location").filter(|_| answer.status.is_redirection());
            let Some(onward) = onward else {
                return Page { url, status: answer.status.as_u16(), html: answer.text() };
            };
            url = url.join(onward).expect("a redirect to an address");
            method = Method::GET;
        }
        panic!("redirects do not end at {url}")
    }

    async fn request(&self, method: &Method, url: &Url, body: String) -> Answer {
        let own = url.origin().ascii_serialization();
        let (origin, from) = self.site.map_or((own.as_str(), "same-origin"), |site| (site, "cross-site"));
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .filter(|((host, _), _)| *host == host_of(url))
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            headers.push(("origin", origin));
            headers.push(("sec-fetch-site", from));
        }
        let sent = self.http.send(method.clone(), url.as_str(), &headers, body.into_bytes()).await;
        sent.unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    fn keep_cookies(&mut self, url: &Url, answer: &Answer) {
        for header in answer.headers.get_all("set-cookie") {
            let mut parts = header.to_str().unwrap_or_default().split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let key = (host_of(url), name.to_owned());
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }
}

fn api_host() -> String {
    host_of(&Url::parse(&stack().sandbox.api_url).expect("the API has an address"))
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
