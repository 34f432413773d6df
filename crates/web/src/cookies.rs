//! The two cookies: a session, and a browser that has a sign-in under way.
//!
//! Both have the `__Host-` prefix (RFC 6265bis §4.1.3.2): Secure, without a domain, for the whole host, so that no
//! other host can set them. Browsers treat `localhost` and names below it as secure.

use http::header::{COOKIE, InvalidHeaderValue};
use http::{HeaderMap, HeaderValue};

/// A cookie of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The secret of a session.
    Session,
    /// What ties a sign-in to the browser that started it.
    Browser,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-changegate-session",
            Self::Browser => "__Host-changegate-browser",
        }
    }

    /// The value that a request brings. None if it brings two: one of them was not set here.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The header that sets it for `seconds`.
    ///
    /// # Errors
    /// The value cannot stand in a header.
    pub fn set(self, value: &str, seconds: i64) -> Result<HeaderValue, InvalidHeaderValue> {
        let attributes = "Path=/; Secure; HttpOnly; SameSite=Lax";
        HeaderValue::from_str(&format!("{}={value}; Max-Age={seconds}; {attributes}", self.name()))
    }

    /// The header that removes it.
    ///
    /// # Errors
    /// Never in fact; the type is that of [`Cookie::set`].
    pub fn clear(self) -> Result<HeaderValue, InvalidHeaderValue> {
        self.set("", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (COOKIE, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_in_several_headers() {
        let found = |values: &[&'static str]| Cookie::Session.read(&headers(values)).map(str::to_owned);
        assert_eq!(found(&["a=b; __Host-changegate-session=x1; c=d"]).as_deref(), Some("x1"));
        assert_eq!(found(&["a=b", "__Host-changegate-session=x1"]).as_deref(), Some("x1"));
        assert_eq!(found(&["changegate-session=x1; X__Host-changegate-session=x1"]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn a_doubled_cookie_is_none() {
        let doubled = headers(&["__Host-changegate-session=x1; __Host-changegate-session=x2"]);
        assert_eq!(Cookie::Session.read(&doubled), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_and_for_no_script() {
        assert_eq!(
            Cookie::Session.set("x1", 60).unwrap(),
            "__Host-changegate-session=x1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        assert!(Cookie::Browser.set("a\nb", 60).is_err());
    }
}
