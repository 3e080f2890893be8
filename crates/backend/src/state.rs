//! What all handlers share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    queue::Queue,
    worker::{Model, Status, Worker},
};

/// What all handlers share; clones are handles of the same.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The model's thread.
    pub worker: Worker,
    /// The bounds of the work taken on.
    pub queue: Queue,
    /// The longest text taken, in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// Cancelled when the process is to end: nothing new is taken on.
    pub shutdown: CancellationToken,
    /// Cancelled when what is still running has to end now.
    pub cutoff: CancellationToken,
}

impl AppState {
    /// A service around `worker` that takes on no more once `shutdown` is cancelled.
    #[must_use]
    pub fn new(worker: Worker, max_text_bytes: usize, shutdown: CancellationToken) -> Self {
        Self {
            worker,
            queue: Queue::for_texts_of(max_text_bytes),
            max_text_bytes,
            shutdown,
            cutoff: CancellationToken::new(),
        }
    }

    /// Whether new texts are taken on, and by which model.
    ///
    /// # Errors
    /// Why not, for now.
    pub fn admission(&self) -> Result<Arc<Model>, Error> {
        if self.shutdown.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        match self.worker.status() {
            Status::Ready(model) => Ok(model),
            Status::Loading => Err(Error::Loading),
            // The process is about to end with the reason.
            Status::Failed(_) => Err(Error::ShuttingDown),
        }
    }
}
