//! Work that may take long, on a thread that may block.

use std::sync::Arc;

use tokio::sync::Semaphore;

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

/// Runs `work` in the same way when it is its turn. The turn ends with the work, even if the client
/// has gone away meanwhile.
///
/// # Errors
/// As for [`blocking`].
pub(crate) async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    // It is never closed.
    let turn = Arc::clone(turns).acquire_owned().await;
    let turn = turn.map_err(|_| Refusal::Internal)?;
    blocking(move || {
        let _turn = turn;
        work()
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_its_work() {
        let turns = Arc::new(Semaphore::new(1));
        let (end, ended) = mpsc::channel();
        let mut first = Box::pin(in_turn(&turns, move || ended.recv()));
        assert!(first.as_mut().now_or_never().is_none());
        // The client goes away.
        drop(first);
        assert!(in_turn(&turns, || ()).now_or_never().is_none());
        end.send(()).expect("it still runs");
        assert_eq!(in_turn(&turns, || 7).await, Ok(7));
    }
}
