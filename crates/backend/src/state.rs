//! State shared by all handlers.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    queue::RequestQueue,
    worker::{Model, Status, Worker},
};

/// State shared by all handlers; clones refer to the same state.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Thread of the model.
    pub worker: Worker,
    /// Limits on the accepted work.
    pub queue: RequestQueue,
    /// Maximum size of a text, in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// Cancelled when the process starts to shut down and accepts nothing new.
    pub shutdown: CancellationToken,
    /// Cancelled when everything that is still running has to end.
    pub cutoff: CancellationToken,
}

impl AppState {
    /// Creates the state of a service on `worker` that accepts nothing new once `shutdown` is
    /// cancelled.
    #[must_use]
    pub fn new(worker: Worker, max_text_bytes: usize, shutdown: CancellationToken) -> Self {
        Self {
            worker,
            queue: RequestQueue::for_texts_of(max_text_bytes),
            max_text_bytes,
            shutdown,
            cutoff: CancellationToken::new(),
        }
    }

    /// Returns the model for a new text.
    ///
    /// # Errors
    /// The service does not accept texts at present; the error says why.
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
