//! One text over all replicas of the backend.
//!
//! The text is cut into chunks while it is at work: each replica has a few, gets the next one as
//! soon as it is done with one, and keeps what it sent when it is lost. What a replica that is slow
//! or gone has not sent goes to another. This is guided self-scheduling (Polychronopoulos and Kuck,
//! 1987): chunks get smaller towards the end, so that all replicas end at about the same time.

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

use super::chunk::{self, Sent};
use super::job::{Run, Translated};
use crate::metrics::CHUNKS;
use crate::translator::{Event, Failure, Replica, Translator};

/// Chunks of one text that a replica has at a time: one at work, and one behind it, so that it
/// never waits for us. More would only tie sentences to a replica that may turn out to be slow.
const IN_FLIGHT: usize = 2;

/// Smallest chunk that is cut off, in bytes: some twenty sentences, a fraction of a second of work.
const SMALLEST: usize = 2 * 1024;

/// Largest chunk, in bytes: some three hundred sentences, which fill the window in which the
/// backend sorts sentences by length. It is seconds of work, which is what a page waits for at most
/// when the replica that has its next sentence is lost.
const LARGEST: usize = 32 * 1024;

/// The share of the rest of a text that a chunk has: the rest is for as many chunks at a time as
/// there are places on all replicas, this many times over.
const ROUNDS: usize = 2;

/// How long the sentence that the page waits for may not come while other replicas have room, before
/// a second replica is asked for it.
const STALLED: Duration = Duration::from_secs(10);

/// A text on its way through the backend.
pub(super) struct Spread<'a> {
    pub(super) translator: &'a Translator,
    pub(super) run: &'a Run,
    pub(super) model: &'a ModelInfo,
    pub(super) segments: &'a Arc<[Segment]>,
}

/// Sentences that one replica, or for once two, translate.
#[derive(Debug)]
struct Chunk {
    /// Number behind its last sentence.
    end: usize,
    /// The first sentence that has not come yet; those before it have.
    next: AtomicUsize,
    /// When the last sentence came.
    heard: Mutex<Instant>,
    /// Cancelled when a replica is done with it.
    done: CancellationToken,
}

/// A chunk on a replica.
#[derive(Clone, Debug)]
struct Flight {
    chunk: Arc<Chunk>,
    replica: Arc<Replica>,
}

/// What is to be handed out, and what is under way.
#[derive(Debug)]
struct Work {
    /// Sentences to hand out: first and behind the last.
    todo: BTreeMap<usize, usize>,
    flights: Vec<Flight>,
    /// Replicas that have another model than the one that began the text.
    strangers: Vec<Arc<Replica>>,
    failure: Option<Failure>,
}

impl Spread<'_> {
    /// Translates what is not translated yet. `first` has just answered: it gets the first chunk,
    /// even if it was to rest.
    ///
    /// # Errors
    /// Nothing is under way any more, and no replica can be asked now. What has come is kept.
    pub(super) async fn translate(&self, first: &Arc<Replica>) -> Result<(), Failure> {
        let mut work = Work {
            todo: self.run.missing(self.segments.len()).collect(),
            flights: Vec::new(),
            strangers: Vec::new(),
            failure: None,
        };
        let mut first = Some(first);
        let mut changes = self.translator.subscribe();
        let mut looking = pin!(self.translator.keep_looking());
        let mut requests = FuturesUnordered::new();
        loop {
            let replicas = changes.borrow_and_update().clone();
            while let Some(flight) = self.next(&mut work, &replicas, first.take()) {
                work.flights.push(flight.clone());
                let load = flight.replica.begin();
                requests.push(async move {
                    let outcome = self.request(&flight).await;
                    drop(load);
                    (outcome, flight)
                });
            }
            if requests.is_empty() {
                let is_done = self.run.done() == self.segments.len();
                return work.failure.filter(|_| !is_done).map_or(Ok(()), Err);
            }
            tokio::select! {
                Some((outcome, flight)) = requests.next() => work.landed(&flight, outcome),
                () = tokio::time::sleep_until(work.next_look(&replicas)) => {}
                Ok(()) = changes.changed() => {}
                () = &mut looking => {}
            }
        }
    }

    /// A chunk and a replica for it, if there is work and a replica has room. One that stalls comes
    /// first, because the page waits for it.
    fn next(
        &self,
        work: &mut Work,
        replicas: &[Arc<Replica>],
        first: Option<&Arc<Replica>>,
    ) -> Option<Flight> {
        let mut free: Vec<_> = replicas.iter().filter(|one| work.has_room(one)).collect();
        free.sort_by_key(|replica| replica.load());
        if let Some(head) = work.stalled(self.run.done())
            && let Some(replica) = free.iter().find(|one| !Arc::ptr_eq(one, &head.replica))
        {
            return Some(head.repeated(replica));
        }
        if let Some(start) = work.todo.keys().next().copied() {
            let replica = first.or(free.first().copied())?;
            let chunk = self.cut(work, start, replicas.len());
            return Some(Flight {
                chunk: Arc::new(chunk),
                replica: Arc::clone(replica),
            });
        }
        // Nothing is left to hand out: who has nothing to do at all helps those who have.
        let idle = free.into_iter().find(|replica| replica.load() == 0)?;
        work.straggler().map(|flight| flight.repeated(idle))
    }

    /// Cuts the next chunk off the sentences to hand out, which begin with `start`.
    fn cut(&self, work: &mut Work, start: usize, replicas: usize) -> Chunk {
        let bytes = |(&from, &end): (&usize, &usize)| {
            self.segments[end - 1].end - self.segments[from].start
        };
        let left: usize = work.todo.iter().map(bytes).sum();
        let target = left / (ROUNDS * IN_FLIGHT * replicas.max(1));
        let target = target.clamp(SMALLEST, LARGEST);
        let limit = work.todo.remove(&start).unwrap_or(self.segments.len());
        let language = &self.model.source_language;
        let text = self.run.job().text();
        let end = chunk::end_of(text, self.segments, start, target, language).min(limit);
        if end < limit {
            work.todo.insert(end, limit);
        }
        Chunk {
            end,
            next: AtomicUsize::new(start),
            heard: Mutex::new(Instant::now()),
            done: CancellationToken::new(),
        }
    }

    /// Has a chunk translated, until its end or until another replica is done with it.
    async fn request(&self, Flight { chunk, replica }: &Flight) -> Result<(), Failure> {
        tokio::select! {
            outcome = self.receive(chunk, replica) => outcome,
            () = chunk.done.cancelled() => Ok(()),
        }
    }

    async fn receive(&self, chunk: &Chunk, replica: &Replica) -> Result<(), Failure> {
        let model = replica.model().await?;
        if model != *self.model {
            return Err(Failure::OtherModel(model.name));
        }
        let wanted = chunk.next()..chunk.end;
        if wanted.is_empty() {
            // Meanwhile the other replica was fast.
            return Ok(());
        }
        let job = self.run.job();
        let sent = self.sent(wanted).await?;
        let text = &job.text()[sent.bytes.clone()];
        let mut events = pin!(replica.translate(text, &job.id().to_string()).await?);
        self.run.accepted();
        let mut expected = sent.sentences.start;
        while let Some(event) = events.next().await {
            match event? {
                Event::Segment(event) => {
                    let place = self.place(&event, expected, &sent)?;
                    self.run.push(Translated {
                        index: expected,
                        start: place.start,
                        end: place.end,
                        translation: event.translation,
                        flags: event.flags,
                    });
                    expected += 1;
                    chunk.has_come(expected);
                }
                Event::Done(_) if expected == sent.sentences.end => return Ok(()),
                Event::Done(_) => {
                    return Err(Failure::Protocol("sentences are missing".to_owned()));
                }
            }
            if expected == chunk.end && expected < sent.sentences.end {
                // The rest of the line is the work of others.
                return Ok(());
            }
        }
        Err(Failure::Broken("it ended early".to_owned()))
    }

    /// What is sent for these sentences. Long ones take a moment, so not on the thread of everybody.
    async fn sent(&self, wanted: Range<usize>) -> Result<Sent, Failure> {
        let (job, segments) = (self.run.job().clone(), Arc::clone(self.segments));
        let language = self.model.source_language.clone();
        let sent = move || Sent::new(job.text(), &segments, &wanted, &language);
        let sent = tokio::task::spawn_blocking(sent).await;
        sent.map_err(|error| Failure::Failed(error.to_string()))
    }

    /// The place of a sentence in the whole text, if the backend cut it like us.
    fn place(
        &self,
        event: &SegmentEvent,
        expected: usize,
        sent: &Sent,
    ) -> Result<Segment, Failure> {
        let place = Segment {
            start: sent.bytes.start + event.start,
            end: sent.bytes.start + event.end,
        };
        let agreed = event.index + sent.sentences.start == expected
            && event.total == sent.sentences.len()
            && sent.sentences.contains(&expected)
            && self.segments[expected] == place;
        if agreed {
            return Ok(place);
        }
        let SegmentEvent {
            index,
            start,
            end,
            total,
            ..
        } = event;
        Err(Failure::Protocol(format!(
            "sentence {index} of {total} at {start}..{end} is none of ours"
        )))
    }
}

impl Chunk {
    /// The first sentence that has not come yet.
    fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// All sentences before `next` have come. Who repeats a chunk begins where the first one was,
    /// so that there is no hole.
    fn has_come(&self, next: usize) {
        self.next.fetch_max(next, Ordering::Relaxed);
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// When it is time to ask another replica for it.
    fn stalls(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) + STALLED
    }
}

impl Flight {
    /// The same chunk on another replica.
    fn repeated(&self, replica: &Arc<Replica>) -> Self {
        metrics::counter!(CHUNKS, "outcome" => "repeated").increment(1);
        Self {
            chunk: Arc::clone(&self.chunk),
            replica: Arc::clone(replica),
        }
    }
}

impl Work {
    fn has_room(&self, replica: &Arc<Replica>) -> bool {
        let here = |flight: &&Flight| Arc::ptr_eq(&flight.replica, replica);
        self.flights.iter().filter(here).count() < IN_FLIGHT
            && !self.strangers.iter().any(|one| Arc::ptr_eq(one, replica))
            && replica.rests_until().is_none()
    }

    /// Chunks that one replica has alone, and has not finished.
    fn alone(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter().filter(|flight| {
            let same = |other: &&Flight| Arc::ptr_eq(&other.chunk, &flight.chunk);
            flight.chunk.next() < flight.chunk.end && self.flights.iter().filter(same).count() == 1
        })
    }

    /// The chunk that has the sentence that the page waits for, if that has not come for too long.
    fn stalled(&self, done: usize) -> Option<&Flight> {
        let mut alone = self.alone();
        alone.find(|flight| flight.chunk.next() == done && flight.chunk.stalls() <= Instant::now())
    }

    /// The first chunk that one replica has alone, which is none that is idle.
    fn straggler(&self) -> Option<&Flight> {
        self.alone().min_by_key(|flight| flight.chunk.next())
    }

    /// A request has ended.
    fn landed(&mut self, flight: &Flight, outcome: Result<(), Failure>) {
        let Flight { chunk, replica } = flight;
        self.flights.retain(|other| {
            !(Arc::ptr_eq(&other.chunk, chunk) && Arc::ptr_eq(&other.replica, replica))
        });
        let failure = match outcome {
            Ok(()) => {
                replica.succeeded();
                if !chunk.done.is_cancelled() {
                    chunk.done.cancel();
                    metrics::counter!(CHUNKS, "outcome" => "done").increment(1);
                }
                return;
            }
            Err(failure) => failure,
        };
        tracing::debug!(replica = %replica.address(), %failure, "a chunk came back");
        metrics::counter!(CHUNKS, "outcome" => "returned").increment(1);
        if matches!(failure, Failure::OtherModel(_)) {
            self.strangers.push(Arc::clone(replica));
        } else {
            replica.failed(&failure);
        }
        let elsewhere = |other: &Flight| Arc::ptr_eq(&other.chunk, chunk);
        if chunk.next() < chunk.end && !self.flights.iter().any(elsewhere) {
            self.todo.insert(chunk.next(), chunk.end);
        }
        self.failure = Some(failure);
    }

    /// When something may be handed out though nothing has happened.
    fn next_look(&self, replicas: &[Arc<Replica>]) -> Instant {
        let rests = replicas.iter().filter_map(|replica| replica.rests_until());
        let now = Instant::now();
        let stalls = self.alone().map(|flight| flight.chunk.stalls());
        let times = rests.chain(stalls).filter(|time| *time > now);
        times.min().unwrap_or(now + STALLED)
    }
}
