//! Translations at work, from the form to the row.
//!
//! - [`Jobs`]: what pages can ask for: submit, find, cancel, retry, delete
//! - [`Job`]: one translation at work; where it stands: [`State`], [`Phase`], [`Reason`]
//! - who may run: `queue`
//! - through the backend, with as many attempts as it takes: `run`
//! - over all its replicas: `spread`, in pieces: `chunk`
//! - into the database: `store`
//!
//! A job ends only by finishing, cancel, delete or shutdown. Its text is in the [`Spool`] before
//! anybody is told that it was accepted, and leaves it when the database has the translation.

mod chunk;
mod job;
mod queue;
mod run;
mod spread;
mod state;
mod store;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use job::{Job, Translated};
pub use state::{Phase, Reason, State};

use crate::history::{History, Inserted};
use crate::spool::{Accepted, Record, Spool};
use crate::translator::Translator;
use job::Run;
use queue::Queues;
use store::Unstored;

/// Stored translations that stay in memory, for those who look at them while the last sentences
/// arrive; afterwards the history has them.
const RETIRED: usize = 100;

/// Most memory of those, in bytes: one book of 10 MiB, which counts as 40 MiB, and some letters.
const RETIRED_BYTES: usize = 48 * 1024 * 1024;

/// Most memory of all texts at work, waiting, cancelled and stored, in bytes as [`Job::bytes`]
/// counts: six books of 10 MiB, or some 16 000 letters. A container has 1 GiB: this is a quarter
/// of it. Another quarter is for copies on their way to the disk and the database, which have the
/// size of a job each; a quarter for forms that arrive and pages that are sent; the rest is free.
const HELD_BYTES: usize = 256 * 1024 * 1024;

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
    registry: Mutex<Registry>,
    arrivals: AtomicU64,
    submits: [tokio::sync::Mutex<()>; SUBMIT_LOCKS],
}

#[derive(Debug, Default)]
struct Registry {
    jobs: HashMap<Uuid, Job>,
    /// Those that are stored, in that order; some may be gone.
    retired: VecDeque<Uuid>,
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
            registry: Mutex::default(),
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
    pub async fn submit(&self, id: Uuid, text: String) -> Result<Uuid, SubmitError> {
        let limit = self.core.max_text_bytes;
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

    /// The job of that id, unless it is long done, deleted or was never there.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<Job> {
        self.core.find(id)
    }

    /// Stops a job and keeps what it has. False where there is none or it has ended.
    pub async fn cancel(&self, id: Uuid) -> bool {
        let Some(job) = self.find(id) else {
            return false;
        };
        let _transition = job.transition().lock().await;
        if job.phase().is_final() || self.find(id).is_none() {
            return false;
        }
        job.stop(Phase::Cancelled);
        self.core.in_spool(id, move |spool| spool.cancel(id)).await;
        true
    }

    /// Starts a cancelled or failed job again; lets one that waits for its next attempt try at
    /// once. False where there is none or it is done or at work.
    pub async fn retry(&self, id: Uuid) -> bool {
        let Some(job) = self.find(id) else {
            return false;
        };
        let _transition = job.transition().lock().await;
        if self.find(id).is_none() {
            return false;
        }
        match job.phase() {
            Phase::Retrying { .. } => job.hurry(),
            Phase::Cancelled | Phase::Failed { .. } => {
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
        let Some(job) = self.find(id) else {
            return false;
        };
        let _transition = job.transition().lock().await;
        if self.core.lock().jobs.remove(&id).is_none() {
            return false;
        }
        if !job.phase().is_final() {
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
    fn find(&self, id: Uuid) -> Option<Job> {
        self.lock().jobs.get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    fn begin_again(self: &Arc<Self>, records: Vec<Record>) {
        let mut unfinished = 0;
        for record in records {
            let arrival = self.next_arrival();
            let (job, next) = match record {
                Record::Unfinished(Accepted {
                    id,
                    created_at,
                    text,
                }) => (Job::new(id, text, created_at, arrival), None),
                Record::Cancelled(Accepted {
                    id,
                    created_at,
                    text,
                }) => (
                    Job::new(id, text, created_at, arrival),
                    Some(Phase::Cancelled),
                ),
                Record::Finished(translation) => (
                    Job::finished(translation, arrival),
                    Some(Phase::Done { stored: false }),
                ),
            };
            self.lock().jobs.insert(job.id(), job.clone());
            match next {
                None => {
                    unfinished += 1;
                    self.start(&job);
                }
                Some(Phase::Cancelled) => job.set(Phase::Cancelled),
                Some(_) => self.unstored.push(job),
            }
        }
        let unstored = self.unstored.len();
        if unfinished + unstored > 0 {
            tracing::info!(unfinished, unstored, "texts of the last run go on");
        }
    }

    fn start(self: &Arc<Self>, job: &Job) {
        let run = job.start(&self.shutdown);
        self.tasks.spawn(run::run(Arc::clone(self), run));
    }

    async fn submit(self: &Arc<Self>, id: Uuid, text: String) -> Result<Uuid, SubmitError> {
        let lock = id.as_u128() % SUBMIT_LOCKS as u128;
        let lock = usize::try_from(lock).unwrap_or_default();
        let _submit = self.submits[lock].lock().await;
        let taken = match self.find(id) {
            Some(job) if job.text() == text => return Ok(id),
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
        self.make_room(job.bytes())?;
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
        self.lock().jobs.insert(id, job.clone());
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

    /// A job is stored: the oldest of those leave memory.
    fn retire(&self, id: Uuid) {
        let mut registry = self.lock();
        registry.retired.push_back(id);
        let Registry { jobs, retired } = &mut *registry;
        retired.retain(|id| jobs.contains_key(id));
        let size = |id: &Uuid| jobs.get(id).map_or(0, Job::bytes);
        let mut bytes: usize = retired.iter().map(size).sum();
        while retired.len() > RETIRED || (bytes > RETIRED_BYTES && retired.len() > 1) {
            let Some(oldest) = retired.pop_front() else {
                break;
            };
            bytes -= jobs.remove(&oldest).map_or(0, |job| job.bytes());
        }
    }

    /// Refuses more than memory holds. Only what is stored makes room: the text of a job that was
    /// cancelled or has failed is nowhere else, and stays until somebody deletes it.
    fn make_room(&self, bytes: usize) -> Result<(), SubmitError> {
        // Whoever allows longer texts gets room for two of them.
        let most = HELD_BYTES.max(job::bytes_of(self.max_text_bytes).saturating_mul(2));
        let mut registry = self.lock();
        let Registry { jobs, retired } = &mut *registry;
        let mut held: usize = jobs.values().map(Job::bytes).sum();
        while held.saturating_add(bytes) > most {
            let oldest = retired.pop_front().ok_or(SubmitError::Full)?;
            held -= jobs.remove(&oldest).map_or(0, |job| job.bytes());
        }
        Ok(())
    }
}
