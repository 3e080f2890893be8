//! Translations at work, from the form to the row.
//!
//! - [`Jobs`]: what pages can ask for: submit, find, cancel, retry, delete
//! - [`Job`]: one translation at work; where it stands: [`State`], [`Phase`], [`Reason`]
//! - what it has so far: `finished`
//! - those in memory, and those on disk alone: `registry`
//! - who may run: `queue`
//! - through the backend, with as many attempts as it takes: `run`
//! - over all its replicas: `spread`, in pieces: `chunk`
//! - into the database: `store`
//!
//! A job ends only by finishing, cancel, delete or shutdown. Its text is in the [`Spool`] before
//! anybody is told that it was accepted, and leaves it when the database has the translation.

mod chunk;
mod finished;
mod job;
mod queue;
mod registry;
mod run;
mod spread;
mod state;
mod store;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use job::{Job, Translated};
pub use registry::Unfinished;
pub use state::{Phase, Reason, State};

use crate::history::{History, Inserted};
use crate::spool::{Accepted, Record, Spool};
use crate::translator::Translator;
use job::Run;
use queue::Queues;
use registry::Registry;
use store::Unstored;

/// Longest time that a submit waits to hear whether the database knows its id.
const LOOK_UP: Duration = Duration::from_secs(1);

/// Submits of the same id wait for each other; those of different ids rarely do.
const SUBMIT_LOCKS: usize = 16;

/// Why a text was not accepted. It stays with the user.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It is longer than the limit.
    #[error("the text is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Too much is at work already.
    #[error("too many texts are at work")]
    Full,
    /// It could not be written to disk.
    #[error("the text could not be saved")]
    Unwritable(#[source] io::Error),
}

/// A handle to all translations at work; cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    core: Arc<Core>,
}

/// What the tasks of all jobs share.
#[derive(Debug)]
struct Core {
    spool: Spool,
    translator: Translator,
    history: History,
    max_text_bytes: usize,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    queues: Queues,
    unstored: Unstored,
    registry: Arc<Registry>,
    arrivals: AtomicU64,
    submits: [tokio::sync::Mutex<()>; SUBMIT_LOCKS],
}

impl Jobs {
    /// Reads the spool and begins again what was not finished. Runs until `shutdown`.
    pub async fn open(
        spool: Spool,
        translator: Translator,
        history: History,
        max_text_bytes: usize,
        shutdown: CancellationToken,
    ) -> Self {
        let core = Arc::new(Core {
            spool: spool.clone(),
            translator,
            history,
            max_text_bytes,
            shutdown: shutdown.clone(),
            tasks: TaskTracker::new(),
            queues: Queues::new(),
            unstored: Unstored::default(),
            registry: Arc::new(Registry::new(max_text_bytes)),
            arrivals: AtomicU64::new(0),
            submits: Default::default(),
        });
        let records = tokio::task::spawn_blocking(move || spool.read()).await;
        match records.map_err(io::Error::other).flatten() {
            Ok(records) => core.begin_again(records),
            Err(error) => tracing::error!(%error, "the spool in DATA_DIR cannot be read"),
        }
        core.tasks.spawn(store::run(Arc::clone(&core), shutdown));
        Self { core }
    }

    /// Accepts a text: returns when it is safe on disk. `id` is the form's nonce: the same id with
    /// the same text is the same job, the same id with another text gets a new id.
    ///
    /// # Errors
    /// The text is too long, there is too much to do, or it cannot be written to disk.
    pub async fn submit(&self, id: Uuid, text: impl Into<Arc<str>>) -> Result<Uuid, SubmitError> {
        let limit = self.core.max_text_bytes;
        let text = text.into();
        if text.len() > limit {
            return Err(SubmitError::TooLong { limit });
        }
        // On a task of its own: a browser that goes away in between must not leave half of it.
        let core = Arc::clone(&self.core);
        let submit = tokio::spawn(async move { core.submit(id, text).await });
        submit
            .await
            .unwrap_or_else(|error| Err(SubmitError::Unwritable(error.into())))
    }

    /// The job of that id, unless it ended long ago, was deleted or was never there.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<Job> {
        self.core.registry.find(id)
    }

    /// The same, but one that was cancelled or failed long ago is read from the disk.
    pub async fn recall(&self, id: Uuid) -> Option<Job> {
        self.core.recall(id).await.map(|(job, _)| job)
    }

    /// Where the text of that id stands, in memory or on disk.
    #[must_use]
    pub fn phase(&self, id: Uuid) -> Option<Phase> {
        let registry = &self.core.registry;
        let job = registry.find(id).map(|job| job.phase());
        job.or_else(|| registry.ended(id).map(|ended| ended.phase))
    }

    /// The texts that are not in the history: at work, cancelled, failed, or waiting for the
    /// database. The newest first.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.core.registry.unfinished()
    }

    /// Does something to its end, even if whoever asked for it leaves: a browser that hangs up, or
    /// sends its form twice, drops what it waits for.
    async fn to_its_end<T: Send + 'static>(
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        tokio::spawn(work).await.ok()
    }

    /// Stops a job and keeps what it has. False where there is none or it has ended.
    pub async fn cancel(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let cancelled = Self::to_its_end(async move { jobs.cancel_now(id).await });
        cancelled.await.unwrap_or_default()
    }

    async fn cancel_now(&self, id: Uuid) -> bool {
        let Some(job) = self.find(id) else {
            return false;
        };
        let _transition = job.transition().lock().await;
        if job.phase().is_final() || self.find(id).is_none() {
            return false;
        }
        job.stop(Phase::Cancelled);
        self.core.in_spool(id, move |spool| spool.cancel(id)).await;
        self.core.registry.end(&job);
        true
    }

    /// Starts a cancelled or failed job again; lets one that waits for its next attempt try at
    /// once. False where there is none, it is done or at work, or there is no room for it.
    pub async fn retry(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let tried = Self::to_its_end(async move { jobs.retry_now(id).await });
        tried.await.unwrap_or_default()
    }

    async fn retry_now(&self, id: Uuid) -> bool {
        let Some((job, in_memory)) = self.core.recall(id).await else {
            return false;
        };
        let _transition = job.transition().lock().await;
        match job.phase() {
            Phase::Retrying { .. } => job.hurry(),
            Phase::Cancelled | Phase::Failed { .. } => {
                if !in_memory || !self.core.registry.revive(id) {
                    return false;
                }
                self.core.in_spool(id, move |spool| spool.resume(id)).await;
                self.core.start(&job);
            }
            Phase::Waiting { .. } | Phase::Running | Phase::Done { .. } => return false,
        }
        true
    }

    /// Stops and forgets a job, its text included. False where there is none. What is stored
    /// already stays in the history, where it is deleted by itself.
    pub async fn delete(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let deleted = Self::to_its_end(async move { jobs.delete_now(id).await });
        deleted.await.unwrap_or_default()
    }

    async fn delete_now(&self, id: Uuid) -> bool {
        let (known, job) = self.core.registry.remove(id);
        if !known {
            return false;
        }
        // Whoever is changing it comes to an end first.
        let _transition = match &job {
            Some(job) => Some(job.transition().lock().await),
            None => None,
        };
        if let Some(job) = job.as_ref().filter(|job| !job.phase().is_final()) {
            job.stop(Phase::Cancelled);
        }
        self.core.unstored.remove(id);
        self.core.in_spool(id, move |spool| spool.remove(id)).await;
        true
    }

    /// How many translations are done but not in the database yet.
    #[must_use]
    pub fn waiting_to_store(&self) -> usize {
        self.core.unstored.len()
    }

    /// Waits for every task to end, after the shutdown that [`Self::open`] was given.
    pub async fn ended(&self) {
        self.core.tasks.close();
        self.core.tasks.wait().await;
    }
}

impl Core {
    fn next_arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    fn begin_again(self: &Arc<Self>, records: Vec<Record>) {
        let mut unfinished = 0;
        for record in records {
            match record {
                Record::Unfinished(accepted) => {
                    unfinished += 1;
                    let job = self.job_of(accepted);
                    self.registry.insert(job.clone());
                    self.start(&job);
                }
                Record::Cancelled(start) => self.remember(start, Phase::Cancelled),
                // Nothing else fails for good.
                Record::Failed(start) => {
                    let reason = Reason::TooLong;
                    self.remember(start, Phase::Failed { reason });
                }
                Record::Finished(translation) => {
                    let job = Job::finished(translation, self.next_arrival());
                    self.registry.insert(job.clone());
                    self.unstored.push(job);
                }
            }
        }
        let unstored = self.unstored.len();
        if unfinished + unstored > 0 {
            tracing::info!(unfinished, unstored, "texts of the last run go on");
        }
    }

    fn job_of(&self, accepted: Accepted<String>) -> Job {
        let Accepted {
            id,
            created_at,
            text,
        } = accepted;
        Job::new(id, text, created_at, self.next_arrival())
    }

    fn remember(&self, start: Accepted<String>, phase: Phase) {
        self.registry.remember(Unfinished {
            id: start.id,
            created_at: start.created_at,
            excerpt: start.text,
            phase,
        });
    }

    /// The job of that id, read from the disk where it has left memory, and whether it is in memory
    /// now: where there is no room for it, it can be looked at, but not run.
    async fn recall(&self, id: Uuid) -> Option<(Job, bool)> {
        if let Some(job) = self.registry.find(id) {
            return Some((job, true));
        }
        let ended = self.registry.ended(id)?;
        let spool = self.spool.clone();
        let read = tokio::task::spawn_blocking(move || spool.text(id)).await;
        let accepted = match read.map_err(io::Error::other).flatten() {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::error!(%id, %error, "a text cannot be read from DATA_DIR");
                return None;
            }
        };
        let job = self.job_of(accepted);
        job.set(ended.phase);
        let Ok(_room) = self.registry.reserve(job.bytes()) else {
            return Some((job, false));
        };
        self.registry.recall(job).map(|job| (job, true))
    }

    fn start(self: &Arc<Self>, job: &Job) {
        let run = job.start(&self.shutdown);
        self.tasks.spawn(run::run(Arc::clone(self), run));
    }

    async fn submit(self: &Arc<Self>, id: Uuid, text: Arc<str>) -> Result<Uuid, SubmitError> {
        let lock = id.as_u128() % SUBMIT_LOCKS as u128;
        let lock = usize::try_from(lock).unwrap_or_default();
        let _submit = self.submits[lock].lock().await;
        let taken = match self.recall(id).await {
            Some((job, _)) if *job.text() == *text => return Ok(id),
            Some(_) => true,
            None => {
                let holds = self.history.holds(id, &text);
                match tokio::time::timeout(LOOK_UP, holds).await {
                    Ok(Ok(Some(Inserted::Stored))) => return Ok(id),
                    Ok(Ok(Some(Inserted::Taken))) => true,
                    // Not there, or nobody knows: then it is found out when it is stored.
                    _ => false,
                }
            }
        };
        let id = if taken { Uuid::now_v7() } else { id };
        let now = Timestamp::now();
        // The database keeps microseconds.
        let now = now.round(Unit::Microsecond).unwrap_or(now);
        let job = Job::new(id, text, now, self.next_arrival());
        let _room = self.registry.reserve(job.bytes())?;
        let (spool, accepted) = (self.spool.clone(), job.clone());
        let accept = move || {
            spool.accept(&Accepted {
                id,
                created_at: accepted.created_at(),
                text: accepted.text(),
            })
        };
        let accepted = tokio::task::spawn_blocking(accept)
            .await
            .map_err(io::Error::other);
        accepted.flatten().map_err(|error| {
            tracing::error!(%error, "a text cannot be saved in DATA_DIR");
            SubmitError::Unwritable(error)
        })?;
        self.registry.insert(job.clone());
        metrics::counter!(crate::metrics::ACCEPTED).increment(1);
        self.start(&job);
        Ok(id)
    }

    /// Everything is translated: keeps the result until the database has it.
    async fn finish(&self, run: &Run) {
        let job = run.job();
        let _transition = job.transition().lock().await;
        if !run.is_current() {
            return;
        }
        metrics::counter!(crate::metrics::TRANSLATED).increment(1);
        let id = job.id();
        let finished = job.clone();
        self.in_spool(id, move |spool| spool.finish(&finished.translation()))
            .await;
        // In this order: whoever sees that it is done finds it counted.
        self.unstored.push(job.clone());
        job.set(Phase::Done { stored: false });
    }

    /// It cannot be translated; it is kept until somebody tries again.
    async fn fail(&self, run: &Run, reason: Reason) {
        let job = run.job();
        let _transition = job.transition().lock().await;
        if !run.is_current() {
            return;
        }
        let id = job.id();
        self.in_spool(id, move |spool| spool.fail(id)).await;
        job.set(Phase::Failed { reason });
        self.registry.end(job);
    }

    /// Changes files where waiting does no harm. When it fails, memory is right and the disk is
    /// behind: after a restart, a text is translated once more or is there again.
    async fn in_spool(
        &self,
        id: Uuid,
        change: impl FnOnce(&Spool) -> io::Result<()> + Send + 'static,
    ) {
        let spool = self.spool.clone();
        let changed = tokio::task::spawn_blocking(move || change(&spool)).await;
        if let Err(error) = changed.map_err(io::Error::other).flatten() {
            tracing::error!(%id, %error, "the spool in DATA_DIR cannot be changed");
        }
    }
}
