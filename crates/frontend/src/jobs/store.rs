//! Insertion of finished translations into the database.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::job::Job;
use super::registry::Registry;
use super::state::Phase;
use crate::backoff::Backoff;
use crate::history::{Error, History, Inserted};
use crate::metrics::WAITING_TO_STORE;
use crate::spool::Spool;

/// Pauses between attempts for one translation that the database refuses. Others do not wait for
/// it.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(10));

/// Maximum time to store finished translations when the process ends. The others are stored after
/// the next start.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Finished translations that wait for the database, in the order in which they were finished.
#[derive(Debug)]
pub(super) struct Store {
    spool: Spool,
    history: History,
    registry: Arc<Registry>,
    waiting: Mutex<Vec<Unstored>>,
    changed: Notify,
}

#[derive(Debug)]
struct Unstored {
    job: Job,
    due: Instant,
    pauses: Backoff,
}

impl Store {
    pub(super) fn new(spool: Spool, history: History, registry: Arc<Registry>) -> Self {
        Self {
            spool,
            history,
            registry,
            waiting: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn push(&self, job: Job) {
        self.lock().push(Unstored {
            job,
            due: Instant::now(),
            pauses: PAUSES,
        });
        self.update_gauge();
        self.changed.notify_one();
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.lock().retain(|unstored| unstored.job.id() != id);
        self.update_gauge();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns the first translation that is due, or else the time at which one will be.
    fn next(&self) -> Option<Result<Job, Instant>> {
        let waiting = self.lock();
        let now = Instant::now();
        if let Some(unstored) = waiting.iter().find(|unstored| unstored.due <= now) {
            return Some(Ok(unstored.job.clone()));
        }
        waiting.iter().map(|unstored| unstored.due).min().map(Err)
    }

    fn postpone(&self, id: Uuid) {
        for unstored in &mut *self.lock() {
            if unstored.job.id() == id {
                unstored.due = Instant::now() + unstored.pauses.next();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Unstored>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update_gauge(&self) {
        metrics::gauge!(WAITING_TO_STORE).set(self.len() as f64);
    }

    /// Stores translations whenever the database is up, until `shutdown`.
    pub(super) async fn run(&self, shutdown: CancellationToken) {
        loop {
            let step = async {
                if !self.history.is_up() {
                    self.history.up().await;
                    return;
                }
                let changed = self.changed.notified();
                match self.next() {
                    Some(Ok(job)) => self.store(&job).await,
                    Some(Err(due)) => tokio::select! {
                        () = tokio::time::sleep_until(due) => {}
                        () = changed => {}
                    },
                    None => changed.await,
                }
            };
            // An abandoned insert may have created the row; the next start detects that.
            tokio::select! {
                () = step => {}
                () = shutdown.cancelled() => break,
            }
        }
        let flush = async {
            while self.history.is_up()
                && let Some(Ok(job)) = self.next()
            {
                self.store(&job).await;
            }
        };
        let _ = tokio::time::timeout(FLUSH_TIMEOUT, flush).await;
    }

    /// Tries to store one translation.
    async fn store(&self, job: &Job) {
        let _transition = job.transition().lock().await;
        let id = job.id();
        if self.registry.find(id).is_none() {
            // The job was deleted meanwhile.
            self.remove(id);
            return;
        }
        // Joining the sentences of a book takes a moment.
        let row = job.clone();
        let Ok(mut translation) = tokio::task::spawn_blocking(move || row.translation()).await
        else {
            return self.postpone(id);
        };
        let mut inserted = self.history.insert(&translation).await;
        if inserted == Ok(Inserted::Taken) {
            // The form was sent again with another text while the database was down.
            translation.public_id = Uuid::now_v7();
            tracing::info!(%id, stored_as = %translation.public_id, "the id is in use");
            inserted = self.history.insert(&translation).await;
        }
        match inserted {
            Ok(_) => {
                self.spool.change(id, move |spool| spool.remove(id)).await;
                self.remove(id);
                job.set(Phase::Done { stored: true });
                self.registry.make_evictable(id);
            }
            Err(error) => {
                // The translation itself may be the cause, so it is not the first to try again.
                self.postpone(id);
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
}
