//! One attempt to translate a text, on all replicas of the backend.
//!
//! The text is cut into chunks on the fly: each replica has a few and gets the next one as soon as
//! it has completed one. If a replica is slow or lost, the sentences that it has not sent go to
//! another one; as long as none is, nothing is translated twice. This is guided self-scheduling
//! (Polychronopoulos and Kuck, 1987): chunks get smaller towards the end, so that all replicas
//! finish at about the same time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{ModelInfo, SegmentEvent};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use segment::Segment;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::chunk::{Passage, chunk_end};
use super::job::{Run, Translated};
use crate::metrics::CHUNKS;
use crate::translator::{Failure, Replica, TranslationEvent, Translator};

/// Maximum number of chunks of one text on a replica: one that it translates, and the next one, so
/// that it never waits for us. More would only bind sentences to a replica that may prove slow.
const MAX_IN_FLIGHT: usize = 2;

/// Minimum size of a chunk, in bytes: some twenty sentences, a fraction of a second of translation.
const MIN_CHUNK_BYTES: usize = 2 * 1024;

/// Maximum size of a chunk, in bytes: some three hundred sentences, which fill the window in which
/// the backend sorts sentences by length. That is seconds of translation, the maximum delay of a
/// page when the replica with its next sentence is lost.
const MAX_CHUNK_BYTES: usize = 32 * 1024;

/// Number of rounds in which the rest of a text would be handed out if its chunks had equal sizes,
/// a round being [`MAX_IN_FLIGHT`] chunks for each replica.
const ROUNDS: usize = 2;

/// Maximum silence of a replica before a second one gets its chunk, or the usual time for a chunk
/// of that size, if that is longer: a busy backend sends many sentences at a time.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time for a chunk before a second replica gets it, as a multiple of the usual time. A
/// replica that is only busy with another text must not count as slow.
const SLOW_FACTOR: f64 = 3.0;

/// Exclusion of a replica from this text because it has another model or refuses the text; it still
/// gets other texts. An update replaces replicas one by one, at about this interval.
const EXCLUSION: Duration = Duration::from_secs(20);

/// One attempt to translate a text.
pub(super) struct Spread<'a> {
    pub(super) translator: &'a Translator,
    pub(super) run: &'a Run,
    pub(super) model: &'a ModelInfo,
    pub(super) segments: &'a Arc<[Segment]>,
}

/// Sentences that are assigned to one replica, in exceptional cases to two.
#[derive(Debug)]
struct Chunk {
    /// Number of the sentence after its last one.
    end: usize,
    /// Size of its sentences, in bytes.
    bytes: usize,
    started: Instant,
    /// Number of its first sentence that has not arrived.
    next: AtomicUsize,
    /// Time of the last arrival.
    last_arrival: Mutex<Instant>,
    /// Cancelled when a replica has completed it.
    done: CancellationToken,
}

/// A chunk that is assigned to a replica.
#[derive(Clone, Debug)]
struct Assignment {
    chunk: Arc<Chunk>,
    replica: Arc<Replica>,
}

/// Outcome of a request that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Completion {
    /// The replica has sent all wanted sentences.
    Done,
    /// Another replica was faster.
    Overtaken,
}

/// Distribution of the missing sentences.
#[derive(Debug, Default)]
struct Schedule {
    /// Ranges of sentences that are not assigned, from start to end.
    unassigned: BTreeMap<usize, usize>,
    assignments: Vec<Assignment>,
    /// Size of the chunks that a single replica completed, in bytes, and the time that they took.
    completed: (usize, Duration),
    /// Replicas that have another model or refuse the text, each with the end of its exclusion.
    excluded: Vec<(Arc<Replica>, Instant)>,
    last_failure: Option<Failure>,
}

impl Spread<'_> {
    /// Translates the missing sentences. `first` has just answered: it gets the first chunk unless
    /// another replica has less to do, even during a cooldown.
    ///
    /// # Errors
    /// No replica is available. Sentences that have arrived are kept.
    pub(super) async fn translate(&self, first: &Arc<Replica>) -> Result<(), Failure> {
        self.hand_out(first, |assignment| self.receive(assignment))
            .await
    }

    /// Assigns chunks, whose sentences `receive` receives, until there are no assignments left.
    async fn hand_out<F: Future<Output = Result<Completion, Failure>>>(
        &self,
        first: &Arc<Replica>,
        receive: impl Fn(Assignment) -> F,
    ) -> Result<(), Failure> {
        let mut schedule = Schedule {
            unassigned: self.run.missing(self.segments.len()).collect(),
            ..Schedule::default()
        };
        let mut first = Some(first);
        let mut changes = self.translator.subscribe();
        let mut resolving = pin!(self.translator.keep_resolving());
        let mut requests = FuturesUnordered::new();
        loop {
            let replicas = changes.borrow_and_update().clone();
            while let Some(assignment) = self.next(&mut schedule, &replicas, first.take()) {
                schedule.assignments.push(assignment.clone());
                let counted = assignment.replica.count_request();
                let received = receive(assignment.clone());
                requests.push(async move {
                    let outcome = tokio::select! {
                        outcome = received => outcome,
                        () = assignment.chunk.done.cancelled() => Ok(Completion::Overtaken),
                    };
                    drop(counted);
                    (outcome, assignment)
                });
            }
            if requests.is_empty() {
                if self.run.done() == self.segments.len() {
                    return Ok(());
                }
                // Without a failure, all replicas are in cooldown after one of another text.
                let busy = Failure::Busy { retry_after: None };
                return Err(schedule.last_failure.unwrap_or(busy));
            }
            tokio::select! {
                Some((outcome, assignment)) = requests.next() => schedule.settle(&assignment, outcome),
                () = tokio::time::sleep_until(schedule.next_check(&replicas)) => {}
                Ok(()) = changes.changed() => {}
                () = &mut resolving => {}
            }
        }
    }

    /// Returns the next assignment, if there is work and a replica has capacity. An overdue chunk
    /// that the page waits for comes first.
    fn next(
        &self,
        schedule: &mut Schedule,
        replicas: &[Arc<Replica>],
        first: Option<&Arc<Replica>>,
    ) -> Option<Assignment> {
        let mut free: Vec<_> = replicas
            .iter()
            .filter(|one| schedule.has_capacity(one))
            .collect();
        let is_first = |replica| first.is_some_and(|first| Arc::ptr_eq(first, replica));
        free.sort_by_key(|replica| (replica.load(), !is_first(replica)));
        let head = self.run.done();
        if let Some(assignment) = schedule
            .overdue()
            .find(|assignment| assignment.chunk.next() == head)
            && let Some(replica) = free
                .iter()
                .find(|one| !Arc::ptr_eq(one, &assignment.replica))
        {
            return Some(assignment.repeated(replica));
        }
        if let Some(start) = schedule.unassigned.keys().next().copied() {
            let replica = free.first().copied().or(first)?;
            let chunk = self.cut(schedule, start, replicas.len());
            return Some(Assignment {
                chunk: Arc::new(chunk),
                replica: Arc::clone(replica),
            });
        }
        // All sentences are assigned: an idle replica takes over an overdue chunk.
        let idle = free.into_iter().find(|replica| replica.load() == 0)?;
        let late = schedule
            .overdue()
            .min_by_key(|assignment| assignment.chunk.next())?;
        Some(late.repeated(idle))
    }

    /// Cuts the next chunk off the unassigned sentences, which begin with `start`.
    fn cut(&self, schedule: &mut Schedule, start: usize, replicas: usize) -> Chunk {
        let bytes = |(&from, &end): (&usize, &usize)| {
            self.segments[end - 1].end - self.segments[from].start
        };
        let left: usize = schedule.unassigned.iter().map(bytes).sum();
        let target = left / (ROUNDS * MAX_IN_FLIGHT * replicas.max(1));
        let target = target.clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES);
        let limit = schedule
            .unassigned
            .remove(&start)
            .unwrap_or(self.segments.len());
        let job = self.run.job();
        let rules = job.rules(&self.model.source_language);
        let end = chunk_end(job.text(), self.segments, start, target, rules).min(limit);
        if end < limit {
            schedule.unassigned.insert(end, limit);
        }
        let now = Instant::now();
        Chunk {
            end,
            bytes: bytes((&start, &end)),
            started: now,
            next: AtomicUsize::new(start),
            last_arrival: Mutex::new(now),
            done: CancellationToken::new(),
        }
    }

    /// Receives the missing sentences of a chunk.
    async fn receive(
        &self,
        Assignment { chunk, replica }: Assignment,
    ) -> Result<Completion, Failure> {
        let model = replica.model().await?;
        if model != *self.model {
            return Err(Failure::OtherModel(model.name));
        }
        let wanted = chunk.next()..chunk.end;
        if wanted.is_empty() {
            return Ok(Completion::Overtaken);
        }
        let job = self.run.job();
        let passage = self.passage(wanted).await?;
        let text = &job.text()[passage.bytes.clone()];
        let id = job.id().to_string();
        let links = job.has_links();
        let mut events = pin!(replica.translate(text, job.wrapped(), links, &id).await?);
        self.run.accept();
        let mut expected = passage.sentences.start;
        while let Some(event) = events.next().await {
            match event? {
                TranslationEvent::Segment(event) => {
                    let Segment { start, end } = self.segment(&event, expected, &passage)?;
                    self.run.push(Translated {
                        index: expected,
                        start,
                        end,
                        translation: event.translation,
                        flags: event.flags,
                        atoms: event.atoms,
                        links: event.links,
                    });
                    expected += 1;
                    chunk.advance(expected);
                }
                TranslationEvent::Done(_) if expected == passage.sentences.end => {
                    return Ok(Completion::Done);
                }
                TranslationEvent::Done(_) => {
                    return Err(Failure::Protocol("sentences are missing".to_owned()));
                }
            }
            if expected == chunk.end && expected < passage.sentences.end {
                // The rest of the line belongs to other chunks.
                return Ok(Completion::Done);
            }
        }
        Err(Failure::Broken("it ended early".to_owned()))
    }

    /// Returns the passage to send for the `wanted` sentences, computed on a thread that may block:
    /// long ones take a moment.
    async fn passage(&self, wanted: Range<usize>) -> Result<Passage, Failure> {
        let (job, segments) = (self.run.job().clone(), Arc::clone(self.segments));
        let language = self.model.source_language.clone();
        let passage = move || {
            let rules = job.rules(&language);
            Passage::new(job.text(), &segments, &wanted, rules)
        };
        let passage = tokio::task::spawn_blocking(passage).await;
        passage.map_err(|error| Failure::Failed(error.to_string()))
    }

    /// Returns the position of a sentence in the whole text.
    ///
    /// # Errors
    /// The backend has cut the text into other sentences.
    fn segment(
        &self,
        event: &SegmentEvent,
        expected: usize,
        passage: &Passage,
    ) -> Result<Segment, Failure> {
        let segment = Segment {
            start: passage.bytes.start + event.start,
            end: passage.bytes.start + event.end,
        };
        let agreed = event.index + passage.sentences.start == expected
            && event.total == passage.sentences.len()
            && passage.sentences.contains(&expected)
            && self.segments[expected] == segment;
        if agreed {
            return Ok(segment);
        }
        let SegmentEvent {
            index,
            start,
            end,
            total,
            ..
        } = event;
        Err(Failure::Protocol(format!(
            "sentence {index} of {total} at {start}..{end} is not one of ours"
        )))
    }
}

impl Chunk {
    /// Returns the number of its first sentence that has not arrived.
    fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// Records that all sentences before `next` have arrived. A second replica starts where the
    /// first one was, so there is no gap.
    fn advance(&self, next: usize) {
        self.next.fetch_max(next, Ordering::Relaxed);
        let last_arrival = self.last_arrival.lock();
        *last_arrival.unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Returns the time of the last arrival.
    fn last_arrival(&self) -> Instant {
        let last_arrival = self.last_arrival.lock();
        *last_arrival.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Assignment {
    /// Assigns the chunk to a second replica. The first one gets nothing else for a while.
    fn repeated(&self, replica: &Arc<Replica>) -> Self {
        self.replica.record_failure(&Failure::Slow);
        metrics::counter!(CHUNKS, "outcome" => "repeated").increment(1);
        Self {
            chunk: Arc::clone(&self.chunk),
            replica: Arc::clone(replica),
        }
    }
}

impl Schedule {
    fn has_capacity(&self, replica: &Arc<Replica>) -> bool {
        let here = |other: &&Assignment| Arc::ptr_eq(&other.replica, replica);
        self.assignments.iter().filter(here).count() < MAX_IN_FLIGHT
            && !self.is_excluded(replica)
            && replica.cooldown().is_none()
    }

    fn is_excluded(&self, replica: &Arc<Replica>) -> bool {
        let now = Instant::now();
        let mut excluded = self.excluded.iter();
        excluded.any(|(other, until)| Arc::ptr_eq(other, replica) && *until > now)
    }

    /// Returns the unfinished chunks that a single replica has.
    fn unrepeated(&self) -> impl Iterator<Item = &Assignment> {
        self.assignments.iter().filter(|assignment| {
            let chunk = &assignment.chunk;
            let same = |other: &&Assignment| Arc::ptr_eq(&other.chunk, chunk);
            chunk.next() < chunk.end && self.assignments.iter().filter(same).count() == 1
        })
    }

    /// Returns the chunks that have to be assigned to a second replica.
    fn overdue(&self) -> impl Iterator<Item = &Assignment> {
        let now = Instant::now();
        self.unrepeated()
            .filter(move |assignment| self.deadline(&assignment.chunk) <= now)
    }

    /// Returns the time at which a chunk has to be assigned to a second replica, because the first
    /// one is silent or takes much longer than usual.
    fn deadline(&self, chunk: &Chunk) -> Instant {
        let (bytes, took) = self.completed;
        if bytes == 0 {
            return chunk.last_arrival() + STALL_TIMEOUT;
        }
        let usual = took.mul_f64(chunk.bytes as f64 / bytes as f64);
        let silent = chunk.last_arrival() + usual.max(STALL_TIMEOUT);
        let slow = chunk.started + usual.mul_f64(SLOW_FACTOR).max(STALL_TIMEOUT);
        silent.min(slow)
    }

    /// Records the end of a request.
    fn settle(&mut self, assignment: &Assignment, outcome: Result<Completion, Failure>) {
        let Assignment { chunk, replica } = assignment;
        self.assignments.retain(|other| {
            !(Arc::ptr_eq(&other.chunk, chunk) && Arc::ptr_eq(&other.replica, replica))
        });
        let mut others = self.assignments.iter();
        let is_last = !others.any(|other| Arc::ptr_eq(&other.chunk, chunk));
        match outcome {
            Ok(Completion::Done) => {
                replica.record_success();
                if chunk.done.is_cancelled() {
                    return;
                }
                if is_last {
                    self.completed.0 += chunk.bytes;
                    self.completed.1 += chunk.started.elapsed();
                }
                chunk.done.cancel();
                metrics::counter!(CHUNKS, "outcome" => "done").increment(1);
            }
            // A slower replica has neither succeeded nor failed.
            Ok(Completion::Overtaken) => {}
            Err(failure) => {
                tracing::debug!(replica = %replica.address(), %failure, "a chunk was returned");
                metrics::counter!(CHUNKS, "outcome" => "returned").increment(1);
                self.penalize(replica, &failure);
                if chunk.next() < chunk.end && is_last {
                    self.unassigned.insert(chunk.next(), chunk.end);
                }
                self.last_failure = Some(failure);
            }
        }
    }

    /// Excludes a replica from this text if the failure concerns it alone, and otherwise starts a
    /// cooldown for all texts.
    fn penalize(&mut self, replica: &Arc<Replica>, failure: &Failure) {
        let is_of_this_text = matches!(
            failure,
            Failure::OtherModel(_) | Failure::Refused(_) | Failure::TooLong
        );
        if is_of_this_text {
            self.excluded
                .retain(|(other, _)| !Arc::ptr_eq(other, replica));
            let until = Instant::now() + EXCLUSION;
            self.excluded.push((Arc::clone(replica), until));
        } else {
            replica.record_failure(failure);
        }
    }

    /// Returns the next time at which a chunk may be assigned although nothing else has happened.
    fn next_check(&self, replicas: &[Arc<Replica>]) -> Instant {
        let cooldowns = replicas.iter().filter_map(|replica| replica.cooldown());
        let exclusions = self.excluded.iter().map(|(_, until)| *until);
        let deadlines = self.unrepeated();
        let deadlines = deadlines.map(|assignment| self.deadline(&assignment.chunk));
        let now = Instant::now();
        let times = cooldowns.chain(exclusions).chain(deadlines);
        let times = times.filter(|time| *time > now);
        times.min().unwrap_or(now + STALL_TIMEOUT)
    }
}

#[cfg(test)]
mod simulation;
