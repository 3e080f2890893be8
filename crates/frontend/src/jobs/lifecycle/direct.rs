//! Texts for which a client waits, translated in memory only.

use std::sync::Arc;

use uuid::Uuid;

use super::{Jobs, detached, now};
use crate::jobs::attempts::{self, Patience};
use crate::jobs::job::Job;
use crate::jobs::state::Reason;
use crate::metrics::ACCEPTED;
use crate::spool::Accepted;

impl Jobs {
    /// Translates a text for a client that waits and still has it: it is neither in the spool nor in
    /// a list, and dropping the future ends the work. With `links`, the sentences have the links
    /// between their words. With `history`, the translation is stored like that of a page.
    ///
    /// # Errors
    /// The text cannot be translated now, or the process shuts down.
    pub(crate) async fn translate(
        &self,
        text: impl Into<Arc<str>>,
        links: bool,
        history: bool,
        patience: Patience,
    ) -> Result<Job, Reason> {
        let accepted = Accepted {
            id: Uuid::now_v7(),
            created_at: now(),
            text: text.into(),
            wrapped: false,
            file: None,
        };
        let arrival = self.next_arrival();
        let job = if links {
            Job::with_links(accepted, arrival)
        } else {
            Job::new(accepted, arrival)
        };
        let run = job.start(&self.shutdown);
        tokio::select! {
            biased;
            () = run.stopped() => return Err(Reason::Broken),
            done = attempts::translate(&self.direct_queues, &self.translator, &run, patience) => done?,
        }
        if history {
            metrics::counter!(ACCEPTED).increment(1);
            self.registry.insert(job.clone());
            let jobs = self.clone();
            // If it fails, the cause was logged, and the translation is still good.
            let _ = detached(async move { jobs.finish(&run).await }).await;
        }
        Ok(job)
    }
}
