//! An approver with a browser that runs no scripts.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use url::Url;

use crate::error::{Result, SandboxError};
use crate::form::{Form, forms};
use crate::local_http::{Answer, LocalHttp};

/// More redirects than any sign-in needs.
const MAX_REDIRECTS: usize = 12;

/// What an approver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Let it run.
    Approve,
    /// Do not.
    Reject,
}

impl Verb {
    /// The word in the form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// Someone who signs in and decides. Cookies are kept per host, as a browser keeps them.
#[derive(Debug)]
pub struct Approver {
    subject: String,
    cookies: BTreeMap<(String, String), String>,
    http: LocalHttp,
}

/// A page, and where it was found after all redirects.
#[derive(Debug)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The answer.
    pub answer: Answer,
}

impl Approver {
    /// Someone whom the provider knows by this subject, with no cookies yet.
    #[must_use]
    pub fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), cookies: BTreeMap::new(), http: LocalHttp::default() }
    }

    /// Opens a page. If the identity provider asks who this is, says so and goes on.
    ///
    /// # Errors
    /// Something does not answer, or redirects in circles.
    pub async fn open(&mut self, link: &str) -> Result<Page> {
        let page = self.follow(Method::GET, parse(link)?, Vec::new()).await?;
        let asks = forms(&page.answer.text()).into_iter().find(|form| form.value("sub") == Some(""));
        let Some(form) = asks else { return Ok(page) };
        let subject = self.subject.clone();
        self.send(&page, &form, &[("sub", &subject)]).await
    }

    /// Sends a form of a page.
    ///
    /// # Errors
    /// Its address is malformed; something does not answer.
    pub async fn send(&mut self, page: &Page, form: &Form, with: &[(&str, &str)]) -> Result<Page> {
        let action = page.url.join(&form.action);
        let action = action.map_err(|error| SandboxError::unexpected("the form has an address", error))?;
        self.follow(Method::POST, action, form.filled(with).into_bytes()).await
    }

    /// Opens the link of a notice, signs in, and decides with the form on the page.
    ///
    /// # Errors
    /// The page has no form for this decision, or the answer to it is no success.
    pub async fn decide(&mut self, link: &str, verb: Verb) -> Result<Page> {
        let page = self.open(link).await?;
        let html = page.answer.text();
        let form = forms(&html).into_iter().find(|form| form.value("verb") == Some(verb.as_str()));
        let form = form.ok_or_else(|| {
            SandboxError::unexpected(format!("a form to {} at {}", verb.as_str(), page.url), &html)
        })?;
        let decided = self.send(&page, &form, &[]).await?;
        if decided.answer.status == StatusCode::OK {
            return Ok(decided);
        }
        Err(SandboxError::unexpected("the decision is taken", decided.answer.text()))
    }

    async fn follow(&mut self, mut method: Method, mut url: Url, mut body: Vec<u8>) -> Result<Page> {
        for _ in 0..MAX_REDIRECTS {
            let answer = self.request(&method, &url, std::mem::take(&mut body)).await?;
            self.keep_cookies(&url, &answer);
            let target = answer.header("location").filter(|_| answer.status.is_redirection());
            let Some(target) = target else { return Ok(Page { url, answer }) };
            url = url
                .join(target)
                .map_err(|error| SandboxError::unexpected("a redirect to an address", error))?;
            method = Method::GET;
        }
        Err(SandboxError::unexpected("redirects come to an end", url))
    }

    async fn request(&self, method: &Method, url: &Url, body: Vec<u8>) -> Result<Answer> {
        let (host, origin) = (host(url), url.origin().ascii_serialization());
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            headers.push(("origin", &origin));
            headers.push(("sec-fetch-site", "same-origin"));
        }
        self.http.send(method.clone(), url.as_str(), &headers, body).await
    }

    fn keep_cookies(&mut self, url: &Url, answer: &Answer) {
        for header in answer.headers.get_all("set-cookie") {
            let Ok(text) = header.to_str() else { continue };
            let mut parts = text.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let key = (host(url), name.to_owned());
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn parse(link: &str) -> Result<Url> {
    Url::parse(link).map_err(|error| SandboxError::unexpected(format!("`{link}` is an address"), error))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn answer(cookies: &[&'static str]) -> Answer {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append("set-cookie", cookie.parse().unwrap());
        }
        Answer { status: StatusCode::OK, headers, body: Vec::new() }
    }

    #[test]
    fn cookies_are_kept_by_host_and_taken_away_when_told() {
        let mut approver = Approver::new("alice@example.com");
        let ours = parse("http://api.localhost:1/sign-in").unwrap();
        approver.keep_cookies(&ours, &answer(&["__Host-session=s=1; Path=/; Secure", "other=2"]));
        let session = ("api.localhost".to_owned(), "__Host-session".to_owned());
        assert_eq!(approver.cookies.get(&session).map(String::as_str), Some("s=1"));
        assert_eq!(approver.cookies.len(), 2);
        approver.keep_cookies(&ours, &answer(&["__Host-session=; Path=/; Max-Age=0"]));
        assert!(!approver.cookies.contains_key(&session));
    }
}
