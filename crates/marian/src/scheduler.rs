//! Translates the sentences of many jobs in one continuous batch.
//!
//! Every step is one decoder step, of all rows in the [`Engine`](crate::Engine) or of those that it
//! selects. Rows join before a step: the first few sentences of a new job at once, however full the
//! batch is, and all others as capacity allows, from the job with the fewest running rows. Rows
//! leave as soon as they are finished. So a short request takes about as many steps as its longest
//! sentence has tokens, while a book in the same batch goes on.
//!
//! Of each job, only a window of sentences is prepared ahead of those delivered. A row's
//! translation does not depend on the other rows. A sentence that was translated lately, or is in
//! progress in the same job, needs no row.

mod job;
mod jobs;
mod step;

use std::sync::Arc;

use crate::{Error, Translator};
pub(crate) use jobs::Jobs;
pub use step::{Finished, JobId, Step};

/// Translates many jobs together, one decoder [`step`](Self::step) at a time.
#[derive(Debug)]
pub struct Scheduler {
    translator: Arc<Translator>,
    jobs: Jobs,
}

impl Scheduler {
    /// Returns a scheduler without jobs.
    #[must_use]
    pub fn new(translator: Arc<Translator>) -> Self {
        Self {
            jobs: Jobs::new(translator.engine().empty()),
            translator,
        }
    }

    /// Adds a job that translates the sentences of one request. A job without sentences is finished
    /// at once.
    pub fn submit(&mut self, sentences: Vec<String>) -> JobId {
        self.jobs.submit(sentences, false)
    }

    /// Adds a job as [`submit`](Self::submit) does, and links the words of each translation with
    /// those of its sentence. The translations are the same.
    pub fn submit_linked(&mut self, sentences: Vec<String>) -> JobId {
        self.jobs.submit(sentences, true)
    }

    /// Drops the rest of a job. Unknown and finished jobs are ignored.
    pub fn cancel(&mut self, job: JobId) {
        self.jobs.cancel(job);
    }

    /// Returns whether a job has sentences that were not delivered yet.
    #[must_use]
    pub fn contains(&self, job: JobId) -> bool {
        self.jobs.contains(job)
    }

    /// Returns whether all jobs are finished.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.is_idle()
    }

    /// Adds rows of the waiting jobs to the engine and runs one decoder step.
    ///
    /// # Errors
    /// Returns an error if the model fails. The jobs with rows that were to join or were running are
    /// dropped ([`contains`](Self::contains) tells which); the others go on.
    pub fn step(&mut self) -> Result<Step, Error> {
        self.jobs.step(self.translator.model())
    }
}
