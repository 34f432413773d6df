//! JSON lines on standard output, each with the request that it belongs to.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates whose finer levels print requests and answers, and with them secrets, by how their names begin. They stay at
/// these levels whatever `RUST_LOG` says.
const QUIET: [(&str, LevelFilter); 8] = [
    ("aws_", LevelFilter::WARN),
    ("h2", LevelFilter::WARN),
    ("hyper", LevelFilter::WARN),
    ("lambda_", LevelFilter::INFO),
    ("rustls", LevelFilter::WARN),
    ("tokio_rustls", LevelFilter::WARN),
    ("tower", LevelFilter::WARN),
    ("jsonwebtoken", LevelFilter::WARN),
];

/// Starts logging, at the level that `RUST_LOG` says and `info` otherwise.
pub fn start_logging() {
    let wanted = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    // A second start in one process keeps the first.
    let _ = lines(wanted, std::io::stdout).try_init();
}

fn lines<W>(wanted: EnvFilter, to: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true);
    let lines = lines.with_span_list(false).with_writer(to).with_env_filter(wanted).finish();
    // A filter of its own: to `RUST_LOG`, whatever names a target more exactly would win.
    let finest = Targets::new().with_default(LevelFilter::TRACE);
    lines.with(QUIET.into_iter().fold(finest, |targets, (name, level)| targets.with_target(name, level)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn what_prints_requests_is_quiet_whatever_is_asked_for_and_our_own_lines_are_not() {
        let asked =
            "trace,aws_smithy_runtime=trace,aws_smithy_runtime::client::orchestrator=trace,hyper_util=trace";
        let subscriber = lines(EnvFilter::new(asked), std::io::sink);
        tracing::subscriber::with_default(subscriber, || {
            assert!(tracing::enabled!(target: "changegate_service::propose", Level::TRACE));
            assert!(tracing::enabled!(target: "aws_smithy_runtime::client", Level::WARN));
            assert!(!tracing::enabled!(target: "aws_smithy_runtime", Level::DEBUG));
            assert!(!tracing::enabled!(target: "aws_smithy_runtime::client::orchestrator", Level::TRACE));
            assert!(!tracing::enabled!(target: "hyper_util::client", Level::INFO));
            assert!(!tracing::enabled!(target: "lambda_http::streaming", Level::DEBUG));
        });
    }

    #[test]
    fn nothing_finer_than_asked_for_is_logged() {
        tracing::subscriber::with_default(lines(EnvFilter::new("info"), std::io::sink), || {
            assert!(tracing::enabled!(target: "changegate_service", Level::INFO));
            assert!(!tracing::enabled!(target: "changegate_service", Level::DEBUG));
        });
    }
}
