//! Logging: one line per event on standard error, with the id of the request.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging events that match `filter`, in the syntax of `RUST_LOG`, panics included.
///
/// # Errors
/// The filter is invalid, or logging is already running.
pub fn init(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("RUST_LOG is invalid: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    // Only the location: the message of a panic may quote a submitted text.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
    Ok(())
}
