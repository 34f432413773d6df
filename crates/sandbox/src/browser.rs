//! A browser that runs no scripts.

use std::collections::BTreeMap;

use http::Method;
use url::Url;

use crate::error::{Result, SandboxError};
use crate::form::forms;
use crate::local_http::{Answer, LocalHttp};

/// More redirects than any sign-in needs.
const MAX_REDIRECTS: usize = 12;

/// A browser: keeps cookies per host, follows redirects, and says with every form where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<(String, String), String>,
    site: Option<&'static str>,
    http: LocalHttp,
}

/// A page, and where it was found after all redirects.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The answer.
    pub answer: Answer,
}

impl Browser {
    /// The same browser on a page of another site, whose forms go elsewhere.
    #[must_use]
    pub fn from_site(self, origin: &'static str) -> Self {
        Self { site: Some(origin), ..self }
    }

    /// A cookie that it keeps for a host.
    #[must_use]
    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.cookies.get(&(host.to_owned(), name.to_owned())).map(String::as_str)
    }

    /// Keeps a cookie for a host, in place of one of that name.
    pub fn keep_cookie(&mut self, host: &str, name: &str, value: &str) {
        self.cookies.insert((host.to_owned(), name.to_owned()), value.to_owned());
    }

    /// Opens a page, and the pages that it redirects to.
    ///
    /// # Errors
    /// Something does not answer, or redirects in circles.
    pub async fn get(&mut self, url: Url) -> Result<Page> {
        self.follow(Method::GET, url, String::new()).await
    }

    /// Sends the fields of a form (`application/x-www-form-urlencoded`), and opens the pages that this redirects to.
    ///
    /// # Errors
    /// Something does not answer, or redirects in circles.
    pub async fn post(&mut self, url: Url, fields: String) -> Result<Page> {
        self.follow(Method::POST, url, fields).await
    }

    /// Tells the identity provider who this is, if the page is where it asks.
    ///
    /// # Errors
    /// Its form has no address; something does not answer.
    pub async fn sign_in_if_asked(&mut self, page: Page, subject: &str) -> Result<Page> {
        let asks = forms(&page.answer.text()).into_iter().find(|form| form.value("sub") == Some(""));
        let Some(form) = asks else { return Ok(page) };
        self.post(page.address_of(&form.action)?, form.filled(&[("sub", subject)])).await
    }

    async fn follow(&mut self, mut method: Method, mut url: Url, mut body: String) -> Result<Page> {
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

    async fn request(&self, method: &Method, url: &Url, body: String) -> Result<Answer> {
        let (host, own) = (host_of(url), url.origin().ascii_serialization());
        let (origin, from) = self.site.map_or((own.as_str(), "same-origin"), |site| (site, "cross-site"));
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
            headers.push(("origin", origin));
            headers.push(("sec-fetch-site", from));
        }
        self.http.send(method.clone(), url.as_str(), &headers, body.into_bytes()).await
    }

    fn keep_cookies(&mut self, url: &Url, answer: &Answer) {
        for header in answer.headers.get_all("set-cookie") {
            let Ok(text) = header.to_str() else { continue };
            let mut parts = text.split(';').map(str::trim);
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

impl Page {
    /// Where a form or a link of the page goes.
    ///
    /// # Errors
    /// It is no address.
    pub fn address_of(&self, target: &str) -> Result<Url> {
        self.url.join(target).map_err(|error| SandboxError::unexpected("the form has an address", error))
    }
}

/// The host of an address, which cookies are kept by.
#[must_use]
pub fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

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
        let mut browser = Browser::default();
        let ours = Url::parse("http://api.localhost:1/sign-in").unwrap();
        browser.keep_cookies(&ours, &answer(&["__Host-session=s=1; Path=/; Secure", "other=2"]));
        assert_eq!(browser.cookie("api.localhost", "__Host-session"), Some("s=1"));
        assert_eq!(browser.cookie("localhost", "__Host-session"), None);
        assert_eq!(browser.cookies.len(), 2);
        browser.keep_cookies(&ours, &answer(&["__Host-session=; Path=/; Max-Age=0"]));
        assert_eq!(browser.cookie("api.localhost", "__Host-session"), None);
    }
}
