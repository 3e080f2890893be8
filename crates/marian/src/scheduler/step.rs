//! Outcome of a step of the scheduler.

use crate::{Audit, Flags, Link};

/// Handle of a job, returned by [`Scheduler::submit`](crate::Scheduler::submit); never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(super) u64);

/// Outcome of one [`Scheduler::step`](crate::Scheduler::step).
#[derive(Debug, Default)]
pub struct Step {
    /// Translated sentences: in source order within each job, without gaps.
    pub finished: Vec<Finished>,
    /// Number of rows that took part. A long sentence has several; one without words has no row.
    pub rows: usize,
    /// Number of source tokens of the rows that joined.
    pub source_tokens: usize,
    /// Number of target tokens of the rows that were finished.
    pub target_tokens: usize,
    /// Number of sentences that were looked up in the cache and among those in progress in the same
    /// job.
    pub looked_up: usize,
    /// Number of sentences that were found there.
    pub found: usize,
}

/// A translated sentence of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Job that the sentence belongs to.
    pub job: JobId,
    /// Index of the sentence in the job, from 0.
    pub index: usize,
    /// Translation of the sentence.
    pub translation: String,
    /// Notes for a reader on how the translation came about.
    pub flags: Flags,
    /// Atoms of the sentence: numbers, references and whatever else must not change.
    pub audit: Audit,
    /// Links between the words of the translation and those of the sentence; empty unless requested,
    /// or if the engine does not say where the model looked.
    pub links: Box<[Link]>,
    /// Number of sentences of the job delivered so far, including this one.
    pub done: usize,
    /// Number of sentences of the job.
    pub total: usize,
}
