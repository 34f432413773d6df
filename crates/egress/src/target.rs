//! What of a URL decides where the connection goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use crate::address::{AddressKind, special_kind};
use crate::error::EgressError;

/// Where a request goes: parsed from its URL, not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    host: Host<String>,
    port: u16,
    tls: bool,
}

impl Target {
    /// Reads a URL: absolute, https (or http where loopback is allowed), with a host and without credentials.
    ///
    /// # Errors
    /// [`EgressError::RefusedUrl`] says what is wrong with the URL.
    pub fn parse(url: &str, allow_loopback: bool) -> Result<Self, EgressError> {
        let refused = |shown: &str, reason| EgressError::RefusedUrl { url: shown.to_owned(), reason };
        let parsed = Url::parse(url).map_err(|_| refused("", "it is not an absolute URL"))?;
        let mut shown = parsed.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(refused("", "it holds credentials"));
        }
        let tls = match parsed.scheme() {
            "https" => true,
            "http" if allow_loopback => false,
            "http" => return Err(refused(shown.as_str(), "its scheme is not https")),
            _ => return Err(refused(shown.as_str(), "its scheme is neither https nor http")),
        };
        let (Some(host), Some(port)) = (parsed.host(), parsed.port_or_known_default()) else {
            return Err(refused(shown.as_str(), "it has no host"));
        };
        Ok(Self { host: host.to_owned(), port, tls })
    }

    /// Whether the connection is a TLS session.
    #[must_use]
    pub const fn tls(&self) -> bool {
        self.tls
    }

    /// The host as the TLS certificate must name it: without brackets and without the root's dot.
    #[must_use]
    pub fn server_name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The value of the `host` header: with the port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The addresses to try, in the resolver's order, every one of them checked.
    ///
    /// `localhost` and names below it are loopback without asking the resolver (RFC 6761 §6.3).
    ///
    /// # Errors
    /// [`EgressError::Unresolved`] without an address; [`EgressError::RefusedAddress`] if any address may not be
    /// reached, so that a name cannot mix a public and a private one.
    pub async fn resolve(&self, allow_loopback: bool) -> Result<Vec<SocketAddr>, EgressError> {
        let addresses = match &self.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, self.port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, self.port))],
            Host::Domain(name) if is_localhost(name) => vec![
                SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, self.port)),
            ],
            Host::Domain(name) => tokio::net::lookup_host((name.as_str(), self.port))
                .await
                .map_err(|source| EgressError::Unresolved { host: self.server_name(), source: Some(source) })?
                .collect(),
        };
        if addresses.is_empty() {
            return Err(EgressError::Unresolved { host: self.server_name(), source: None });
        }
        for address in &addresses {
            self.check(address.ip(), allow_loopback)?;
        }
        Ok(addresses)
    }

    fn check(&self, address: IpAddr, allow_loopback: bool) -> Result<(), EgressError> {
        match special_kind(address) {
            Some(AddressKind::Loopback) if allow_loopback => Ok(()),
            Some(kind) => Err(EgressError::RefusedAddress { host: self.server_name(), address, kind }),
            None if self.tls => Ok(()),
            None => Err(EgressError::RefusedUrl {
                url: format!("http://{}/", self.authority()),
                reason: "its scheme is not https and its address is not loopback",
            }),
        }
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureClass;

    async fn resolve(url: &str, allow_loopback: bool) -> Result<Vec<SocketAddr>, EgressError> {
        Target::parse(url, allow_loopback)?.resolve(allow_loopback).await
    }

    #[test]
    fn urls_that_are_not_https_are_refused() {
        for url in
            ["http://example.com/", "ftp://example.com/", "file:///etc/passwd", "/relative", "https://"]
        {
            let error = Target::parse(url, false).unwrap_err();
            assert_eq!(error.class(), FailureClass::Refused, "{url}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        let error = Target::parse("https://user:hunter2@example.com/", false).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert!(matches!(error, EgressError::RefusedUrl { reason: "it holds credentials", .. }));
    }

    #[test]
    fn a_refusal_does_not_repeat_the_query() {
        let error = Target::parse("http://example.com/hook?token=hunter2#x", false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the URL `http://example.com/hook` is refused: its scheme is not https"
        );
    }

    #[tokio::test]
    async fn other_spellings_of_loopback_are_refused() {
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.b.localhost/",
            "https://①②⑦.0.0.1/",
        ] {
            let error = resolve(url, false).await.unwrap_err();
            assert!(matches!(error, EgressError::RefusedAddress { .. }), "{url}: {error:?}");
        }
    }

    #[tokio::test]
    async fn allowing_loopback_allows_nothing_else() {
        for url in ["http://127.0.0.1:8080/", "http://[::1]:1/", "http://x.execute-api.localhost:4566/"] {
            assert!(resolve(url, true).await.unwrap().iter().all(|a| a.ip().is_loopback()), "{url}");
        }
        for url in
            ["http://10.0.0.1/", "https://169.254.169.254/", "https://[fd00:ec2::254]/", "https://[::]/"]
        {
            let error = resolve(url, true).await.unwrap_err();
            assert!(matches!(error, EgressError::RefusedAddress { .. }), "{url}: {error:?}");
        }
        let error = resolve("http://1.1.1.1/", true).await.unwrap_err();
        assert!(matches!(error, EgressError::RefusedUrl { .. }), "{error:?}");
    }

    #[test]
    fn the_port_is_named_unless_it_is_the_usual_one() {
        let authority = |url| Target::parse(url, true).unwrap().authority();
        assert_eq!(authority("https://example.com:443/x"), "example.com");
        assert_eq!(authority("https://example.com:8443/x"), "example.com:8443");
        assert_eq!(authority("http://[::1]:80/"), "[::1]");
    }
}
