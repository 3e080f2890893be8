//! Logs: one line an event on standard error, with the request's id.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging what `filter` lets through, in the syntax of `RUST_LOG`, and panics among it.
///
/// # Errors
/// The filter cannot be read, or logging was started before.
pub fn init(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("RUST_LOG cannot be read: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    // The place alone: a panic's message may quote what somebody had translated.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
    Ok(())
}
