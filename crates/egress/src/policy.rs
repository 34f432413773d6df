//! The bounds of a deployment.

use std::time::Duration;

/// What a deployment allows and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Loopback addresses may be reached, also over plain http. True on a developer's machine only: in the
    /// cloud, loopback is the function's own runtime.
    pub allow_loopback: bool,
    /// How long resolving, connecting and the TLS handshake may take together.
    pub connect_timeout: Duration,
    /// How long the whole request may take, from resolving to the last byte of the answer.
    pub total_timeout: Duration,
    /// How many bytes the body of an answer may have.
    pub max_response_bytes: usize,
}

impl Policy {
    /// Public addresses only, 5 s to connect, 15 s in all, answers of at most 1 MiB.
    #[must_use]
    pub const fn public_internet() -> Self {
        Self {
            allow_loopback: false,
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(15),
            max_response_bytes: 1024 * 1024,
        }
    }

    /// The same bounds, with loopback as the deployment says.
    #[must_use]
    pub const fn with_loopback(mut self, allow_loopback: bool) -> Self {
        self.allow_loopback = allow_loopback;
        self
    }
}
