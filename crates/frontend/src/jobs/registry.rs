//! The jobs in memory, how much of it they take, and the texts that are on disk alone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::SubmitError;
use super::job::Job;
use super::state::Phase;

/// Jobs that ended and stay in memory, for those who look at them: while the last sentences arrive,
/// or to try again. Afterwards the history or the disk has them.
const RETIRED: usize = 100;

/// Most memory of those, in bytes: one book of 10 MiB, which counts as some 35 MiB, and letters.
const RETIRED_BYTES: usize = 48 * 1024 * 1024;

/// Most memory of all jobs, in bytes as [`Job::bytes`] counts: seven books of 10 MiB, or some
/// 16 000 letters. A container has 1 GiB: this is a quarter of it. Another quarter is for copies on
/// their way to the disk and the database, which have the size of a job each; a quarter for forms
/// that arrive and pages that are sent; the rest is free.
const HELD_BYTES: usize = 256 * 1024 * 1024;

/// A text that is not in the history: at work, cancelled, failed, or waiting for the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its public name.
    pub id: Uuid,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// The first characters of the text.
    pub excerpt: String,
    /// Where it stands.
    pub phase: Phase,
}

/// The jobs, behind a lock.
#[derive(Debug)]
pub(super) struct Registry {
    /// Most memory of all, in bytes.
    most: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    jobs: HashMap<Uuid, Job>,
    /// Those of them that may leave memory, in the order in which they ended; some may be gone.
    retired: VecDeque<Uuid>,
    /// Those that were cancelled or failed, in memory or not: their texts are on disk.
    ended: HashMap<Uuid, Unfinished>,
    /// Memory promised to jobs that are not here yet.
    reserved: usize,
}

/// Memory for a job that is about to come; free again when dropped.
#[derive(Debug)]
pub(super) struct Room {
    registry: Arc<Registry>,
    bytes: usize,
}

impl Registry {
    /// For texts of up to `longest` bytes.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            // Whoever allows longer texts gets room for two of them.
            most: HELD_BYTES.max(longest.saturating_mul(8)),
            inner: Mutex::default(),
        }
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Job> {
        self.lock().jobs.get(&id).cloned()
    }

    /// A text that was cancelled or failed.
    pub(super) fn ended(&self, id: Uuid) -> Option<Unfinished> {
        self.lock().ended.get(&id).cloned()
    }

    pub(super) fn insert(&self, job: Job) {
        self.lock().jobs.insert(job.id(), job);
    }

    /// A job was cancelled or failed: its text is on disk, where it stays. Nothing where it was
    /// deleted meanwhile.
    pub(super) fn end(&self, job: &Job) {
        let mut inner = self.lock();
        if inner.jobs.contains_key(&job.id()) {
            inner.ended.insert(job.id(), job.unfinished());
            inner.retire(job.id());
        }
    }

    /// Remembers a text that was cancelled or failed in an earlier run, and is on disk.
    pub(super) fn remember(&self, ended: Unfinished) {
        self.lock().ended.insert(ended.id, ended);
    }

    /// Takes a text that ended back into memory, where it may leave again. Whichever job is there
    /// already comes back; none where it was deleted meanwhile.
    pub(super) fn recall(&self, job: Job) -> Option<Job> {
        let mut inner = self.lock();
        let id = job.id();
        if let Some(there) = inner.jobs.get(&id) {
            return Some(there.clone());
        }
        inner.ended.get(&id)?;
        inner.jobs.insert(id, job.clone());
        inner.retire(id);
        Some(job)
    }

    /// A job that ended is at work again. False where it left memory meanwhile.
    pub(super) fn revive(&self, id: Uuid) -> bool {
        let mut inner = self.lock();
        if !inner.jobs.contains_key(&id) {
            return false;
        }
        inner.ended.remove(&id);
        inner.retired.retain(|retired| *retired != id);
        true
    }

    /// A job is stored: the oldest of those leave memory.
    pub(super) fn retire(&self, id: Uuid) {
        self.lock().retire(id);
    }

    /// Forgets a text: whether there was one, and its job, where that was in memory.
    pub(super) fn remove(&self, id: Uuid) -> (bool, Option<Job>) {
        let mut inner = self.lock();
        let ended = inner.ended.remove(&id).is_some();
        let job = inner.jobs.remove(&id);
        // The same form may be sent again, under the same id: that job has not ended.
        inner.retired.retain(|retired| *retired != id);
        (ended || job.is_some(), job)
    }

    /// Keeps room for a job. Those that ended leave memory for it.
    ///
    /// # Errors
    /// Too much is at work.
    pub(super) fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Room, SubmitError> {
        // A text that would need more than all is allowed alone.
        let bytes = bytes.min(self.most);
        let mut inner = self.lock();
        let Inner {
            jobs,
            retired,
            reserved,
            ..
        } = &mut *inner;
        let mut held = *reserved + jobs.values().map(Job::bytes).sum::<usize>();
        while held.saturating_add(bytes) > self.most {
            let oldest = retired.pop_front().ok_or(SubmitError::Full)?;
            let left = jobs.remove(&oldest).map_or(0, |job| job.bytes());
            held = held.saturating_sub(left);
        }
        *reserved += bytes;
        Ok(Room {
            registry: Arc::clone(self),
            bytes,
        })
    }

    /// What is not in the history, the newest first.
    pub(super) fn unfinished(&self) -> Vec<Unfinished> {
        let inner = self.lock();
        let at_work = inner.jobs.values().filter(|job| {
            let is_stored = matches!(job.phase(), Phase::Done { stored: true });
            !is_stored && !inner.ended.contains_key(&job.id())
        });
        let at_work = at_work.map(Job::unfinished);
        let mut all: Vec<_> = inner.ended.values().cloned().chain(at_work).collect();
        all.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
        all
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn retire(&mut self, id: Uuid) {
        let Self { jobs, retired, .. } = self;
        retired.push_back(id);
        retired.retain(|id| jobs.contains_key(id));
        let size = |id: &Uuid| jobs.get(id).map_or(0, Job::bytes);
        let mut bytes: usize = retired.iter().map(size).sum();
        while retired.len() > RETIRED || (bytes > RETIRED_BYTES && retired.len() > 1) {
            let Some(oldest) = retired.pop_front() else {
                break;
            };
            let left = jobs.remove(&oldest).map_or(0, |job| job.bytes());
            bytes = bytes.saturating_sub(left);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.registry.lock().reserved -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(text: &str) -> Job {
        Job::new(Uuid::now_v7(), text, Timestamp::now(), 0)
    }

    #[test]
    fn room_is_promised_once_and_what_ended_makes_room() {
        let registry = Arc::new(Registry::new(0));
        let room = registry.reserve(HELD_BYTES - 1000).expect("room");
        assert!(matches!(registry.reserve(1001), Err(SubmitError::Full)));
        drop(room);
        // More than all, alone.
        drop(registry.reserve(usize::MAX).expect("room"));
        let (running, ended) = (job("läuft"), job("war"));
        for job in [&running, &ended] {
            registry.insert(job.clone());
        }
        registry.end(&ended);
        assert!(matches!(
            registry.reserve(HELD_BYTES),
            Err(SubmitError::Full)
        ));
        assert!(registry.find(running.id()).is_some());
        assert!(registry.find(ended.id()).is_none(), "it left memory");
        assert_eq!(registry.unfinished().len(), 2, "and is not forgotten");
        // It comes back when somebody looks at it, unless it was deleted.
        assert!(registry.recall(job("nie da")).is_none());
        assert!(registry.recall(ended.clone()).is_some());
        assert!(registry.revive(ended.id()));
        assert!(registry.remove(ended.id()).0);
        registry.end(&ended);
        assert!(registry.recall(ended).is_none());
    }

    #[test]
    fn a_text_that_was_deleted_and_sent_again_stays_in_memory_while_it_is_at_work() {
        let registry = Arc::new(Registry::new(0));
        let first = job("noch einmal");
        registry.insert(first.clone());
        registry.end(&first);
        assert!(registry.remove(first.id()).0);
        registry.insert(first.clone());
        assert!(matches!(
            registry.reserve(HELD_BYTES),
            Err(SubmitError::Full)
        ));
        assert!(registry.find(first.id()).is_some());
    }
}
