//! The jobs in memory, the memory that they take, and the texts that are only on disk.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::job::Job;
use super::state::{Phase, Unfinished};

/// Maximum number of ended jobs in memory, for pages that still show their last sentences, and for
/// retries. After that they are only in the history or on disk.
const MAX_EVICTABLE: usize = 100;

/// Maximum memory of ended jobs, in bytes: one book of 10 MiB, which counts as some 35 MiB, and
/// letters.
const MAX_EVICTABLE_BYTES: usize = 48 * 1024 * 1024;

/// Maximum memory of all jobs, in bytes as counted by [`Job::bytes`]: seven books of 10 MiB, or
/// some 16 000 letters. It is a quarter of the 1 GiB of a container. Another quarter is for copies
/// on their way to disk and database, each the size of its job; another for arriving forms and
/// departing pages; the rest is free.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// The jobs in memory, and the texts that are only on disk.
#[derive(Debug)]
pub(super) struct Registry {
    /// Maximum memory of all jobs, in bytes.
    max_bytes: usize,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    jobs: HashMap<Uuid, Job>,
    /// Jobs that may leave memory, in the order in which they ended; some may have left.
    evictable: VecDeque<Uuid>,
    /// Cancelled and failed jobs, in memory or not; their texts are on disk.
    ended: HashMap<Uuid, Unfinished>,
    /// Memory reserved for jobs that are not inserted yet.
    reserved: usize,
}

/// Memory reserved for a job, until it is inserted and this is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    registry: Arc<Registry>,
    bytes: usize,
}

impl Registry {
    /// Creates a registry for texts of up to `max_text_bytes`.
    pub(super) fn new(max_text_bytes: usize) -> Self {
        Self {
            // If longer texts are allowed, there is room for two of them.
            max_bytes: MAX_BYTES.max(max_text_bytes.saturating_mul(8)),
            contents: Mutex::default(),
        }
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Job> {
        self.lock().jobs.get(&id).cloned()
    }

    /// Returns a job that was cancelled or failed, in memory or not.
    pub(super) fn ended(&self, id: Uuid) -> Option<Unfinished> {
        self.lock().ended.get(&id).cloned()
    }

    /// Returns the phase of a job, in memory or not.
    pub(super) fn phase(&self, id: Uuid) -> Option<Phase> {
        let contents = self.lock();
        let job = contents.jobs.get(&id).map(Job::phase);
        job.or_else(|| Some(contents.ended.get(&id)?.phase.clone()))
    }

    pub(super) fn insert(&self, job: Job) {
        self.lock().jobs.insert(job.id(), job);
    }

    /// Marks a job as ended: it was cancelled or failed, and its text stays on disk. Has no effect
    /// if the job was deleted meanwhile.
    pub(super) fn end(&self, job: &Job) {
        let mut contents = self.lock();
        if contents.jobs.contains_key(&job.id()) {
            contents.ended.insert(job.id(), job.unfinished());
            contents.make_evictable(job.id());
        }
    }

    /// Inserts a text that was cancelled or failed in an earlier process, and is only on disk.
    pub(super) fn insert_ended(&self, ended: Unfinished) {
        self.lock().ended.insert(ended.id, ended);
    }

    /// Takes an ended job back into memory, from where it may be evicted again. Returns the job
    /// that is in memory, possibly another handle, or `None` if it was deleted meanwhile.
    pub(super) fn recall(&self, job: Job) -> Option<Job> {
        let mut contents = self.lock();
        let id = job.id();
        if let Some(there) = contents.jobs.get(&id) {
            return Some(there.clone());
        }
        contents.ended.get(&id)?;
        contents.jobs.insert(id, job.clone());
        contents.make_evictable(id);
        Some(job)
    }

    /// Makes an ended job unfinished again. Returns false if it was evicted meanwhile.
    pub(super) fn resume(&self, id: Uuid) -> bool {
        let mut contents = self.lock();
        if !contents.jobs.contains_key(&id) {
            return false;
        }
        contents.ended.remove(&id);
        contents.evictable.retain(|evictable| *evictable != id);
        true
    }

    /// Lets a stored job leave memory, and evicts the oldest if there are too many.
    pub(super) fn make_evictable(&self, id: Uuid) {
        self.lock().make_evictable(id);
    }

    /// Removes a job; returns whether there was one, and the job if it was in memory.
    pub(super) fn remove(&self, id: Uuid) -> (bool, Option<Job>) {
        let mut contents = self.lock();
        let ended = contents.ended.remove(&id).is_some();
        let job = contents.jobs.remove(&id);
        // The same form may be sent again with the same id, and that job has not ended.
        contents.evictable.retain(|evictable| *evictable != id);
        (ended || job.is_some(), job)
    }

    /// Reserves memory for a job, for which ended jobs are evicted. Returns `None` if the
    /// unfinished jobs leave too little.
    pub(super) fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reservation> {
        self.reserve_beside(bytes, |_| true)
    }

    /// Reserves the memory of a text that was read from a file, as [`Self::reserve`]. Files that are
    /// not read yet do not count: one of them is that of the text, and others may wait as well.
    pub(super) fn reserve_text(self: &Arc<Self>, bytes: usize) -> Option<Reservation> {
        self.reserve_beside(bytes, Job::is_read)
    }

    fn reserve_beside(
        self: &Arc<Self>,
        bytes: usize,
        counts: impl Fn(&Job) -> bool,
    ) -> Option<Reservation> {
        // A text that exceeds the maximum is allowed alone.
        let bytes = bytes.min(self.max_bytes);
        let mut contents = self.lock();
        let counted = contents.jobs.values().filter(|job| counts(job));
        let mut held = contents.reserved + counted.map(Job::bytes).sum::<usize>();
        while held.saturating_add(bytes) > self.max_bytes {
            held = held.saturating_sub(contents.evict()?);
        }
        contents.reserved += bytes;
        Some(Reservation {
            registry: Arc::clone(self),
            bytes,
        })
    }

    /// Returns the texts that are not in the history, newest first.
    pub(super) fn unfinished(&self) -> Vec<Unfinished> {
        let contents = self.lock();
        let in_memory = contents.jobs.values().filter(|job| {
            let is_stored = matches!(job.phase(), Phase::Done { stored: true });
            !is_stored && !contents.ended.contains_key(&job.id())
        });
        let in_memory = in_memory.map(Job::unfinished);
        let mut all: Vec<_> = contents.ended.values().cloned().chain(in_memory).collect();
        all.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
        all
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn make_evictable(&mut self, id: Uuid) {
        self.evictable.push_back(id);
        self.evictable.retain(|id| self.jobs.contains_key(id));
        let bytes = |id: &Uuid| self.jobs.get(id).map_or(0, Job::bytes);
        let mut held: usize = self.evictable.iter().map(bytes).sum();
        while self.evictable.len() > MAX_EVICTABLE
            || (held > MAX_EVICTABLE_BYTES && self.evictable.len() > 1)
        {
            held = held.saturating_sub(self.evict().unwrap_or_default());
        }
    }

    /// Evicts the oldest ended job; returns its memory in bytes.
    fn evict(&mut self) -> Option<usize> {
        let oldest = self.evictable.pop_front()?;
        Some(self.jobs.remove(&oldest).map_or(0, |job| job.bytes()))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.registry.lock().reserved -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::spool::Accepted;

    fn job(text: &str) -> Job {
        let accepted = Accepted {
            id: Uuid::now_v7(),
            created_at: Timestamp::now(),
            text,
            wrapped: false,
            file: None,
        };
        Job::new(accepted, 0)
    }

    #[test]
    fn memory_is_reserved_once_and_ended_jobs_are_evicted_for_it() {
        let registry = Arc::new(Registry::new(0));
        let reservation = registry.reserve(MAX_BYTES - 1000);
        assert!(reservation.is_some());
        assert!(registry.reserve(1001).is_none());
        drop(reservation);
        // A text that exceeds the maximum, alone.
        assert!(registry.reserve(usize::MAX).is_some());
        let (running, ended) = (job("läuft"), job("war"));
        for job in [&running, &ended] {
            registry.insert(job.clone());
        }
        registry.end(&ended);
        assert!(registry.reserve(MAX_BYTES).is_none());
        assert!(registry.find(running.id()).is_some());
        assert!(registry.find(ended.id()).is_none(), "evicted");
        assert_eq!(registry.unfinished().len(), 2, "but not forgotten");
        // It can be recalled, unless it was deleted.
        assert!(registry.recall(job("nie da")).is_none());
        assert!(registry.recall(ended.clone()).is_some());
        assert!(registry.resume(ended.id()));
        assert!(registry.remove(ended.id()).0);
        registry.end(&ended);
        assert!(registry.recall(ended).is_none());
    }

    #[test]
    fn a_text_that_was_deleted_and_sent_again_is_not_evicted() {
        let registry = Arc::new(Registry::new(0));
        let first = job("noch einmal");
        registry.insert(first.clone());
        registry.end(&first);
        assert!(registry.remove(first.id()).0);
        registry.insert(first.clone());
        assert!(registry.reserve(MAX_BYTES).is_none());
        assert!(registry.find(first.id()).is_some());
    }
}
