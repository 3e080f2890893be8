//! Transitions between the states of jobs, each in memory and on disk.

mod direct;
mod file;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use uuid::Uuid;

use super::attempts::{self, Patience};
use super::job::{Job, Run};
use super::queue::Queues;
use super::registry::Registry;
use super::state::{Phase, Reason, Unfinished};
use super::store::Store;
use crate::files::{Files, Unreadable};
use crate::history::{History, Inserted};
use crate::metrics::{ACCEPTED, TRANSLATED};
use crate::spool::{Accepted, Record, Spool};
use crate::translator::Translator;

/// Maximum time for a submit to ask the database about its id.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(1);

/// Number of locks of submits: those with the same id wait for each other, those with different
/// ids rarely do.
const SUBMIT_LOCKS: usize = 16;

/// Reason why a text was not accepted. The user still has it.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It exceeds the limit.
    #[error("the text is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The jobs in memory leave no room for it.
    #[error("too many texts are being translated")]
    Full,
    /// It could not be written to disk.
    #[error("the text could not be saved")]
    Unwritable(#[source] io::Error),
    /// The file cannot be translated.
    #[error("the file cannot be translated")]
    Unreadable(#[source] Unreadable),
}

/// A handle to all jobs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    spool: Spool,
    files: Files,
    translator: Translator,
    history: History,
    max_text_bytes: usize,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    queues: Queues,
    /// Slots of texts for which a client waits, so that those of the pages have their own.
    direct_queues: Queues,
    registry: Arc<Registry>,
    store: Arc<Store>,
    arrivals: Arc<AtomicU64>,
    submits: Arc<[Mutex<()>; SUBMIT_LOCKS]>,
}

impl Jobs {
    /// Reads the spool and continues what an earlier process did not finish. Jobs run until
    /// `shutdown`.
    pub async fn open(
        spool: Spool,
        files: Files,
        translator: Translator,
        history: History,
        max_text_bytes: usize,
        shutdown: CancellationToken,
    ) -> Self {
        let registry = Arc::new(Registry::new(max_text_bytes));
        let store = Store::new(spool.clone(), history.clone(), Arc::clone(&registry));
        let jobs = Self {
            spool,
            files,
            translator,
            history,
            max_text_bytes,
            shutdown: shutdown.clone(),
            tasks: TaskTracker::new(),
            queues: Queues::new(),
            direct_queues: Queues::new(),
            registry,
            store: Arc::new(store),
            arrivals: Arc::default(),
            submits: Arc::default(),
        };
        match jobs.spool.blocking(Spool::read).await {
            Ok(records) => jobs.restore(records).await,
            Err(error) => tracing::error!(%error, "the spool in DATA_DIR cannot be read"),
        }
        if let Err(error) = jobs.files.look(Files::remove_incomplete).await {
            tracing::error!(%error, "the files in DATA_DIR cannot be tidied");
        }
        let store = Arc::clone(&jobs.store);
        let storing = shutdown.clone();
        jobs.tasks.spawn(async move { store.run(storing).await });
        let tidying = jobs.clone();
        let tidy = async move { shutdown.run_until_cancelled(tidying.tidy_files()).await };
        jobs.tasks.spawn(tidy);
        jobs
    }

    /// Returns the files that are translated.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Waits for every task to end, after the shutdown passed to [`Self::open`].
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Returns the number of translations that are done but not in the database yet.
    #[must_use]
    pub fn waiting_to_store(&self) -> usize {
        self.store.len()
    }

    /// Returns the texts that are not in the history, newest first: unfinished, cancelled, failed,
    /// or waiting for the database.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.registry.unfinished()
    }

    /// Returns the phase of the job of that id, in memory or on disk.
    #[must_use]
    pub fn phase(&self, id: Uuid) -> Option<Phase> {
        self.registry.phase(id)
    }

    /// Returns the job of that id. One that was cancelled or failed long ago is read from the disk;
    /// one that was stored long ago is only in the history.
    pub async fn recall(&self, id: Uuid) -> Option<Job> {
        self.load(id).await.map(|(job, _)| job)
    }

    /// Accepts a text and returns the id of its job once the text is safe on disk. `id` is the
    /// form's nonce: the same id with the same text is the same job, and with another text it is
    /// replaced by a new id.
    ///
    /// # Errors
    /// The text is too long, there is no room for it, or it cannot be written to disk.
    pub async fn submit(&self, id: Uuid, text: impl Into<Arc<str>>) -> Result<Uuid, SubmitError> {
        self.accept(id, text.into(), false).await
    }

    /// Accepts a text whose lines were wrapped at a fixed width, as [`Self::submit`] does.
    ///
    /// # Errors
    /// As for [`Self::submit`].
    pub async fn submit_wrapped(
        &self,
        id: Uuid,
        text: impl Into<Arc<str>>,
    ) -> Result<Uuid, SubmitError> {
        self.accept(id, text.into(), true).await
    }

    async fn accept(&self, id: Uuid, text: Arc<str>, wrapped: bool) -> Result<Uuid, SubmitError> {
        let jobs = self.clone();
        let submitted = detached(async move { jobs.submit_now(id, text, wrapped).await });
        submitted
            .await
            .unwrap_or_else(|error| Err(SubmitError::Unwritable(error)))
    }

    /// Stops a job and keeps its sentences. Returns false if there is no job or it has ended.
    pub async fn cancel(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let cancelled = detached(async move { jobs.cancel_now(id).await });
        cancelled.await.unwrap_or_default()
    }

    /// Starts a cancelled or failed job again, or lets a retrying one start its next attempt at
    /// once. Returns false if there is no job, no room for it, or nothing to retry.
    pub async fn retry(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let retried = detached(async move { jobs.retry_now(id).await });
        retried.await.unwrap_or_default()
    }

    /// Stops a job and removes it together with its text. Returns false if there is no job. A
    /// stored row stays in the history, which has a deletion of its own.
    pub async fn delete(&self, id: Uuid) -> bool {
        let jobs = self.clone();
        let deleted = detached(async move { jobs.delete_now(id).await });
        deleted.await.unwrap_or_default()
    }

    async fn restore(&self, records: Vec<Record>) {
        let mut unfinished = 0;
        for record in records {
            match record {
                Record::Unfinished(accepted) => {
                    unfinished += 1;
                    let job = self.job(accepted);
                    self.registry.insert(job.clone());
                    self.start(&job);
                }
                Record::Cancelled(start) => self.insert_ended(start, Phase::Cancelled),
                Record::Failed(start) => {
                    let reason = self.reason(&start).await;
                    self.insert_ended(start, Phase::Failed { reason });
                }
                Record::Finished(translation) => {
                    let job = Job::finished(translation, self.next_arrival());
                    self.registry.insert(job.clone());
                    self.store.push(job);
                }
            }
        }
        let unstored = self.store.len();
        if unfinished + unstored > 0 {
            tracing::info!(unfinished, unstored, "continuing the texts of the last run");
        }
    }

    fn insert_ended(&self, start: Accepted<String>, phase: Phase) {
        self.registry.insert_ended(Unfinished {
            id: start.id,
            created_at: start.created_at,
            excerpt: start.text,
            file_name: start.file.map(|file| file.name),
            phase,
        });
    }

    fn job(&self, text: Accepted<String>) -> Job {
        Job::new(text, self.next_arrival())
    }

    fn next_arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    async fn submit_now(
        &self,
        id: Uuid,
        text: Arc<str>,
        wrapped: bool,
    ) -> Result<Uuid, SubmitError> {
        let limit = self.max_text_bytes;
        if text.len() > limit {
            return Err(SubmitError::TooLong { limit });
        }
        let lock = id.as_u128() % SUBMIT_LOCKS as u128;
        let lock = usize::try_from(lock).unwrap_or_default();
        let _submit = self.submits[lock].lock().await;
        let id = match self.lookup(id, &text).await {
            Some(Inserted::Stored) => return Ok(id),
            Some(Inserted::Taken) => Uuid::now_v7(),
            None => id,
        };
        let accepted = Accepted {
            id,
            created_at: now(),
            text,
            wrapped,
            file: None,
        };
        self.admit(accepted).await?;
        Ok(id)
    }

    /// Saves a text, and starts its job.
    async fn admit(&self, accepted: Accepted<Arc<str>>) -> Result<(), SubmitError> {
        let job = Job::new(accepted.clone(), self.next_arrival());
        let reserved = self.registry.reserve(job.bytes());
        let _reservation = reserved.ok_or(SubmitError::Full)?;
        let accept = move |spool: &Spool| spool.accept(&accepted.borrowed());
        self.spool.blocking(accept).await.map_err(|error| {
            tracing::error!(%error, "a text cannot be saved in DATA_DIR");
            SubmitError::Unwritable(error)
        })?;
        self.registry.insert(job.clone());
        metrics::counter!(ACCEPTED).increment(1);
        self.start(&job);
        Ok(())
    }

    /// Returns `Stored` if `id` belongs to this text, and `Taken` if it belongs to another one or
    /// to a deleted one.
    async fn lookup(&self, id: Uuid, text: &str) -> Option<Inserted> {
        if let Some((job, _)) = self.load(id).await {
            let same = job.text() == text;
            return Some(if same {
                Inserted::Stored
            } else {
                Inserted::Taken
            });
        }
        let holds = tokio::time::timeout(LOOKUP_TIMEOUT, self.history.holds(id, text));
        // If the database cannot be asked, the insert detects a conflict.
        holds.await.ok()?.ok()?
    }

    /// Returns the job of that id, and whether it is in memory. If it is only on disk, it is read,
    /// and taken into memory if there is room; otherwise it can be shown, but not run.
    async fn load(&self, id: Uuid) -> Option<(Job, bool)> {
        if let Some(job) = self.registry.find(id) {
            return Some((job, true));
        }
        let ended = self.registry.ended(id)?;
        let accepted = match self.spool.blocking(move |spool| spool.text(id)).await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::error!(%id, %error, "a text cannot be read from DATA_DIR");
                return None;
            }
        };
        let job = self.job(accepted);
        job.set(ended.phase);
        let Some(_reservation) = self.registry.reserve(job.bytes()) else {
            return Some((job, false));
        };
        self.registry.recall(job).map(|job| (job, true))
    }

    /// Starts a run of the job on a task of its own.
    fn start(&self, job: &Job) {
        let (jobs, run) = (self.clone(), job.start(&self.shutdown));
        let span = tracing::info_span!("job", id = %job.id());
        let work = async move {
            if !run.job().is_read() && !jobs.read(&run).await {
                return;
            }
            tokio::select! {
                biased;
                () = run.stopped() => {}
                done = attempts::translate(&jobs.queues, &jobs.translator, &run, Patience::Unlimited) => match done {
                    Ok(()) => jobs.finish(&run).await,
                    Err(reason) => jobs.fail(&run, reason).await,
                },
            }
        };
        self.tasks.spawn(work.instrument(span));
    }

    /// Saves the result of a translated job until the database has it.
    async fn finish(&self, run: &Run) {
        let job = run.job();
        let _transition = job.transition().lock().await;
        if !run.is_current() {
            return;
        }
        if let Err(reason) = self.write_file(job).await {
            return self.fail_now(job, reason).await;
        }
        metrics::counter!(TRANSLATED).increment(1);
        let finished = job.clone();
        let finish = move |spool: &Spool| spool.finish(&finished.translation());
        self.spool.change(job.id(), finish).await;
        // In this order, so that a job that is seen to be done has been counted.
        self.store.push(job.clone());
        job.set(Phase::Done { stored: false });
    }

    /// Keeps a job that cannot be translated until somebody retries it.
    async fn fail(&self, run: &Run, reason: Reason) {
        let job = run.job();
        let _transition = job.transition().lock().await;
        if run.is_current() {
            self.fail_now(job, reason).await;
        }
    }

    async fn fail_now(&self, job: &Job, reason: Reason) {
        let id = job.id();
        self.spool.change(id, move |spool| spool.fail(id)).await;
        job.set(Phase::Failed { reason });
        self.registry.end(job);
    }

    async fn cancel_now(&self, id: Uuid) -> bool {
        let Some(job) = self.registry.find(id) else {
            return false;
        };
        let _transition = job.transition().lock().await;
        if job.phase().is_final() || self.registry.find(id).is_none() {
            return false;
        }
        job.stop(Phase::Cancelled);
        self.spool.change(id, move |spool| spool.cancel(id)).await;
        self.registry.end(&job);
        true
    }

    async fn retry_now(&self, id: Uuid) -> bool {
        let Some((job, in_memory)) = self.load(id).await else {
            return false;
        };
        let _transition = job.transition().lock().await;
        match job.phase() {
            Phase::Retrying { .. } => job.hurry(),
            Phase::Cancelled | Phase::Failed { .. } => {
                if !in_memory || !self.registry.resume(id) {
                    return false;
                }
                self.spool.change(id, move |spool| spool.resume(id)).await;
                self.start(&job);
            }
            Phase::Waiting { .. } | Phase::Reading { .. } | Phase::Running | Phase::Done { .. } => {
                return false;
            }
        }
        true
    }

    async fn delete_now(&self, id: Uuid) -> bool {
        let (known, job) = self.registry.remove(id);
        if !known {
            return false;
        }
        // Another transition of the job is completed first.
        let _transition = match &job {
            Some(job) => Some(job.transition().lock().await),
            None => None,
        };
        if let Some(job) = job.as_ref().filter(|job| !job.phase().is_final()) {
            job.stop(Phase::Cancelled);
        }
        self.store.remove(id);
        self.spool.change(id, move |spool| spool.remove(id)).await;
        let is_stored = job
            .as_ref()
            .is_some_and(|job| job.phase() == Phase::Done { stored: true });
        if !is_stored {
            self.remove_file(id).await;
        }
        true
    }
}

/// Returns the time in whole microseconds, as the database has it.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

/// Runs an operation on a task of its own, so that it is completed even if the caller is dropped,
/// as happens when a browser hangs up or sends its form twice.
async fn detached<T: Send + 'static>(
    operation: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    tokio::spawn(operation).await.map_err(io::Error::other)
}
