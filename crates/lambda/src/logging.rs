//! JSON lines on standard output, each with the request that it belongs to.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The crates whose finer levels print requests and answers, and with them secrets: they stay at `warn` whatever
/// `RUST_LOG` says.
const QUIET: [&str; 7] =
    ["aws_=warn", "h2=warn", "hyper=warn", "hyper_util=warn", "rustls=warn", "lambda_=info", "tower=warn"];

/// Starts logging, at the level that `RUST_LOG` says and `info` otherwise.
pub fn start_logging() {
    let mut filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    for directive in QUIET {
        if let Ok(directive) = directive.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true);
    // A second start in one process keeps the first.
    let _ = lines.with_span_list(false).with_env_filter(filter).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quiet_directive_is_one() {
        for directive in QUIET {
            assert!(directive.parse::<tracing_subscriber::filter::Directive>().is_ok(), "{directive}");
        }
    }
}
