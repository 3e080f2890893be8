//! Finished translations on their way into the database.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Core;
use super::job::Job;
use super::state::Phase;
use crate::backoff::Backoff;
use crate::history::{Error, Inserted};

/// Pauses between attempts for one translation that the database does not take. The others do not
/// wait for it.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(10));

/// Longest time for what is finished when the process ends. What is left then is stored after the
/// next start.
const FLUSH: Duration = Duration::from_secs(5);

/// Translations that wait for the database, in the order in which they were done.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    jobs: Mutex<Vec<Entry>>,
    changed: Notify,
}

#[derive(Debug)]
struct Entry {
    job: Job,
    due: Instant,
    pauses: Backoff,
}

impl Unstored {
    pub(super) fn push(&self, job: Job) {
        self.lock().push(Entry {
            job,
            due: Instant::now(),
            pauses: PAUSES,
        });
        self.gauge();
        self.changed.notify_one();
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.lock().retain(|entry| entry.job.id() != id);
        self.gauge();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The first that is due, or when the next one is.
    fn next(&self) -> Option<Result<Job, Instant>> {
        let jobs = self.lock();
        let now = Instant::now();
        if let Some(entry) = jobs.iter().find(|entry| entry.due <= now) {
            return Some(Ok(entry.job.clone()));
        }
        jobs.iter().map(|entry| entry.due).min().map(Err)
    }

    fn postpone(&self, id: Uuid) {
        for entry in &mut *self.lock() {
            if entry.job.id() == id {
                entry.due = Instant::now() + entry.pauses.next();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gauge(&self) {
        metrics::gauge!(crate::metrics::WAITING_TO_STORE).set(self.len() as f64);
    }
}

/// Stores what is finished, as soon as the database is up, until `shutdown`.
pub(super) async fn run(core: Arc<Core>, shutdown: CancellationToken) {
    loop {
        let wait = async {
            if !core.history.is_up() {
                core.history.up().await;
                return;
            }
            let changed = core.unstored.changed.notified();
            match core.unstored.next() {
                Some(Ok(job)) => store(&core, &job).await,
                Some(Err(due)) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        };
        // A row may be there although its insert was given up; the next start finds that out.
        tokio::select! {
            () = wait => {}
            () = shutdown.cancelled() => break,
        }
    }
    let flush = async {
        while core.history.is_up()
            && let Some(Ok(job)) = core.unstored.next()
        {
            store(&core, &job).await;
        }
    };
    let _ = tokio::time::timeout(FLUSH, flush).await;
}

/// Tries to store one translation.
async fn store(core: &Core, job: &Job) {
    let _transition = job.transition().lock().await;
    let id = job.id();
    if core.registry.find(id).is_none() {
        // Deleted meanwhile.
        core.unstored.remove(id);
        return;
    }
    // A book takes a moment to put together.
    let row = job.clone();
    let Ok(mut translation) = tokio::task::spawn_blocking(move || row.translation()).await else {
        return core.unstored.postpone(id);
    };
    let mut inserted = core.history.insert(&translation).await;
    if inserted == Ok(Inserted::Taken) {
        // A form that was sent again with another text, while the database could not be asked.
        translation.public_id = Uuid::now_v7();
        tracing::info!(%id, stored_as = %translation.public_id, "the id is in use");
        inserted = core.history.insert(&translation).await;
    }
    match inserted {
        Ok(_) => {
            core.in_spool(id, move |spool| spool.remove(id)).await;
            core.unstored.remove(id);
            job.set(Phase::Done { stored: true });
            core.registry.retire(id);
        }
        Err(error) => {
            // It may also be the translation that makes the database go away: it does not get to
            // try first again at once.
            core.unstored.postpone(id);
            if error != Error::Unavailable {
                let reason = error.to_string();
                if job.state().not_stored.as_ref() != Some(&reason) {
                    tracing::warn!(%id, %error, "a translation cannot be stored; it is kept");
                }
                job.set_not_stored(reason);
            }
        }
    }
}
