//! `oidc-provider-mock`, an OpenID provider written elsewhere, as a process of its own.

use changegate_emulator::{Emulator, Program};

pub(crate) struct MockProvider {
    issuer: String,
    _process: Emulator,
}

impl MockProvider {
    /// Starts the provider and waits until it answers.
    pub(crate) fn start() -> Self {
        let process = Program::installed_oidc_provider().start();
        let process = process.unwrap_or_else(|error| panic!("{error}: run `make setup`"));
        Self { issuer: format!("http://localhost:{}", process.port()), _process: process }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }
}
