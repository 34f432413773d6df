//! A connection to one of the checked addresses, and the TLS session on it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::EgressError;
use crate::target::Target;

/// The certificate authorities to trust, read from the machine when they are first needed: parsing them costs
/// more than the rest of a function's start.
pub(crate) struct Trust {
    given: Option<RootCertStore>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    pub(crate) const fn of_the_machine() -> Self {
        Self { given: None, config: OnceLock::new() }
    }

    pub(crate) const fn only(roots: RootCertStore) -> Self {
        Self { given: Some(roots), config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, EgressError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let roots = match &self.given {
            Some(roots) => roots.clone(),
            None => machine_roots()?,
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| EgressError::NoTrustRoots { reason: error.to_string() })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}

fn machine_roots() -> Result<RootCertStore, EgressError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        let reason = loaded.errors.first().map_or_else(|| "none found".to_owned(), ToString::to_string);
        return Err(EgressError::NoTrustRoots { reason });
    }
    Ok(roots)
}

/// Connects to the first of `addresses` that accepts.
pub(crate) async fn connect(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, EgressError> {
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Without it, a small request may wait for the other side's delayed acknowledgement.
                stream.set_nodelay(true).ok();
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(source) => EgressError::NotConnected { host: target.server_name(), source },
        None => EgressError::Unresolved { host: target.server_name(), source: None },
    })
}

/// Opens a TLS session on `stream` with the host that the URL names.
pub(crate) async fn start_tls(
    trust: &Trust,
    target: &Target,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, EgressError> {
    let tls = |source| EgressError::Tls { host: target.server_name(), source };
    let name =
        ServerName::try_from(target.server_name()).map_err(|error| tls(std::io::Error::other(error)))?;
    TlsConnector::from(trust.config()?).connect(name, stream).await.map_err(tls)
}
