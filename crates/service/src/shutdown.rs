//! Signals that end a process.

use tokio_util::sync::CancellationToken;

/// Returns a token that is cancelled on the first SIGTERM or SIGINT (Ctrl+C). A second signal ends
/// the process at once, without waiting for the drain.
///
/// # Errors
/// The signal handlers cannot be installed.
///
/// # Panics
/// If called outside a tokio runtime.
pub fn token() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let signal = next().await;
        tracing::info!(signal, "shutting down");
        cancelled.cancel();
        next().await;
        // 128 + SIGINT, as a shell reports it.
        std::process::exit(130);
    });
    Ok(token)
}
