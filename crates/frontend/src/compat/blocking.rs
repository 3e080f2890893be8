//! Work that may take long, on a thread that may block.

use super::refusal::Refusal;

/// Runs `work` on a thread that may block.
///
/// # Errors
/// It panicked; the panic hook has logged where.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Refusal::Internal)
}
