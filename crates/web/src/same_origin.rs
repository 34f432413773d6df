//! Forms are taken from this site's own pages only.

use changegate_service::{Code, ServiceError};
use http::HeaderMap;
use http::header::ORIGIN;

/// Refuses a form that another site sent: by Fetch Metadata where the browser sends it, by `origin` otherwise.
///
/// This stands in front of what binds a form to its page (nonce, SameSite cookie), not instead of it. Under
/// `no-referrer` a browser may send `origin: null` for a form of our own, so that says nothing.
///
/// # Errors
/// `nonce_invalid`: the form is somebody else's.
pub fn from_this_site(headers: &HeaderMap, public_url: &str) -> Result<(), ServiceError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let ours = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, None | Some("null")) => true,
        (None, Some(origin)) => origin == public_url,
    };
    if ours { Ok(()) } else { Err(ServiceError::new(Code::NonceInvalid, "this form came from another site")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        from_this_site(&headers, "https://gate.example.com").is_ok()
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        assert!(accepted(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(accepted(&[("origin", "https://gate.example.com")]));
        assert!(accepted(&[]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!accepted(&[("sec-fetch-site", site), ("origin", "https://gate.example.com")]), "{site}");
        }
        for origin in ["https://evil.example.com", "http://gate.example.com", "https://gate.example.com:8443"]
        {
            assert!(!accepted(&[("origin", origin)]), "{origin}");
        }
    }
}
