//! All jobs of a scheduler, and the engine that runs their rows.

use std::collections::BTreeMap;
use std::mem;

use super::job::{Capacity, Job, RunningRow};
use super::step::{JobId, Step};
use crate::cache::Cache;
use crate::sentence::Model;
use crate::{Engine, Error, Incoming, Row};

/// Divisor of the capacity; this part of it must be free before rows join. Encoding reads all
/// weights of the encoder, a quarter of the network's, whether for one row or for eight.
const REFILL: usize = 8;
/// Maximum number of rows of a new job that join at once.
const MAX_FIRST_ROWS: usize = 4;

/// The jobs, their rows in the engine, and the sentences translated lately.
#[derive(Debug)]
pub(crate) struct Jobs {
    by_id: BTreeMap<JobId, Job>,
    submitted: u64,
    engine: Box<dyn Engine>,
    /// Rows in the engine, by key. Keys are never reused.
    running: BTreeMap<u64, RunningRow>,
    next_key: u64,
    cache: Cache,
    /// Outcome of the next step so far.
    step: Step,
}

impl Jobs {
    /// Returns an empty collection of jobs for an engine without rows.
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        Self {
            by_id: BTreeMap::new(),
            submitted: 0,
            engine,
            running: BTreeMap::new(),
            next_key: 0,
            cache: Cache::default(),
            step: Step::default(),
        }
    }

    pub(crate) fn submit(&mut self, sentences: Vec<String>, links: bool) -> JobId {
        let id = JobId(self.submitted);
        self.submitted += 1;
        if !sentences.is_empty() {
            self.by_id.insert(id, Job::new(sentences, links));
        }
        id
    }

    pub(super) fn cancel(&mut self, id: JobId) {
        self.by_id.remove(&id);
        self.running.retain(|_, row| row.job != id);
        self.engine.retain(&|key| self.running.contains_key(&key));
        self.step.finished.retain(|finished| finished.job != id);
    }

    pub(super) fn contains(&self, id: JobId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn step(&mut self, model: Model<'_>) -> Result<Step, Error> {
        let rows = self.next_rows(model);
        self.step.source_tokens = rows.iter().map(|(row, _)| row.tokens).sum();
        self.add(rows)?;
        let progress = self.engine.step().map_err(|error| self.fail(0, error))?;
        self.step.rows = progress.rows;
        for (key, hypothesis) in progress.finished {
            self.step.target_tokens += hypothesis.ids.len();
            if let Some(row) = self.running.remove(&key)
                && let Some(job) = self.by_id.get_mut(&row.job)
            {
                job.accept(row, &hypothesis, model, &mut self.cache);
            }
        }
        for (&id, job) in &mut self.by_id {
            job.deliver(id, &mut self.step);
        }
        self.by_id.retain(|_, job| !job.is_done());
        Ok(mem::take(&mut self.step))
    }

    /// Adds rows to the engine.
    fn add(&mut self, rows: Vec<(RunningRow, Row)>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let first_key = self.next_key;
        let mut incoming = Vec::with_capacity(rows.len());
        for (running, row) in rows {
            let (key, is_first) = (self.next_key, running.is_first);
            self.next_key += 1;
            self.running.insert(key, running);
            incoming.push(Incoming { key, row, is_first });
        }
        self.engine
            .add(incoming)
            .map_err(|error| self.fail(first_key, error))
    }

    /// Drops the jobs of all running rows with keys from `first_key` on, and returns `error`.
    fn fail(&mut self, first_key: u64, error: Error) -> Error {
        let rows = self.running.range(first_key..);
        let jobs: Vec<JobId> = rows.map(|(_, row)| row.job).collect();
        for job in jobs {
            self.cancel(job);
        }
        error
    }

    /// Returns the rows that join before the next step.
    fn next_rows(&mut self, model: Model<'_>) -> Vec<(RunningRow, Row)> {
        let bounds = self.engine.bounds();
        let mut rows = Vec::new();

        let mut free = self.free(true);
        for (&id, job) in self.by_id.iter_mut().filter(|(_, job)| !job.has_started) {
            if free.rows == 0 {
                break;
            }
            job.prepare(id, MAX_FIRST_ROWS, model, &mut self.cache, &mut self.step);
            for _ in 0..MAX_FIRST_ROWS {
                rows.extend(job.take(id, true, &mut free, bounds));
            }
            // A job that does not fit goes before later ones.
            if !job.has_started {
                break;
            }
        }

        let mut free = self.free(false);
        if free.rows < bounds.rows.div_ceil(REFILL) || free.tokens < bounds.tokens / REFILL {
            return rows;
        }
        let mut jobs: Vec<(JobId, &mut Job)> = self
            .by_id
            .iter_mut()
            .filter(|(_, job)| job.takes_all_rows())
            .map(|(id, job)| (*id, job))
            .collect();
        for (id, job) in &mut jobs {
            job.prepare(*id, free.rows, model, &mut self.cache, &mut self.step);
        }
        // Of the jobs with the fewest running rows, the oldest.
        while let Some((id, job)) = jobs
            .iter_mut()
            .filter(|(_, job)| job.has_waiting_rows())
            .min_by_key(|(_, job)| job.running)
            && let Some(row) = job.take(*id, false, &mut free, bounds)
        {
            rows.push(row);
        }
        rows
    }

    /// Returns the capacity that is free for first rows, or for all others.
    fn free(&self, is_first: bool) -> Capacity {
        let bounds = self.engine.bounds();
        let mut free = Capacity {
            rows: bounds.rows,
            tokens: bounds.tokens,
        };
        for row in self.running.values().filter(|row| row.is_first == is_first) {
            free.rows = free.rows.saturating_sub(1);
            free.tokens = free.tokens.saturating_sub(row.tokens);
        }
        free
    }
}
