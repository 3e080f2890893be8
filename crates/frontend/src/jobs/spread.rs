//! One text over all replicas of the backend.
//!
//! The text is cut into chunks while it is at work: each replica has a few, gets the next one as
//! soon as it is done with one, and keeps what it sent when it is lost. What a replica that is slow
//! or gone has not sent goes to another, and nothing is translated twice while none is. This is
//! guided self-scheduling (Polychronopoulos and Kuck, 1987): chunks get smaller towards the end, so
//! that all replicas end at about the same time.

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

/// How long nothing of a chunk may come before a second replica is asked for it, or as long as such
/// a chunk takes elsewhere, if that is longer: a busy backend sends many sentences at a time.
const STALLED: Duration = Duration::from_secs(10);

/// How many times as long as others a replica may take for a chunk before a second one is asked for
/// it. Less would take a replica that another text keeps busy for a slow one.
const SLOW: f64 = 3.0;

/// How long a replica that has another model, or refuses this text, gets no work of it; that of others
/// it still does. In an update they come one by one, about that fast.
const STRANGE: Duration = Duration::from_secs(20);

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
    /// Length of its sentences, in bytes.
    bytes: usize,
    began: Instant,
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

/// How a request ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Landing {
    /// The replica has sent all that was asked for.
    Done,
    /// Another replica was first.
    Overtaken,
}

/// What is to be handed out, and what is under way.
#[derive(Debug, Default)]
struct Work {
    /// Sentences to hand out: first and behind the last.
    todo: BTreeMap<usize, usize>,
    flights: Vec<Flight>,
    /// Length of the chunks that one replica did alone, in bytes, and the time that they took.
    done: (usize, Duration),
    /// Replicas that had another model than the one that began the text, or refused it, and until when
    /// they get nothing.
    strangers: Vec<(Arc<Replica>, Instant)>,
    failure: Option<Failure>,
}

impl Spread<'_> {
    /// Translates what is not translated yet. `first` has just answered: it gets the first chunk if
    /// no other has less to do, even if it was to rest.
    ///
    /// # Errors
    /// Nothing is under way any more, and no replica can be asked now. What has come is kept.
    pub(super) async fn translate(&self, first: &Arc<Replica>) -> Result<(), Failure> {
        self.hand_out(first, |flight| self.receive(flight)).await
    }

    /// Hands out chunks, each to be received by `receive`, until nothing is under way.
    async fn hand_out<F: Future<Output = Result<Landing, Failure>>>(
        &self,
        first: &Arc<Replica>,
        receive: impl Fn(Flight) -> F,
    ) -> Result<(), Failure> {
        let mut work = Work {
            todo: self.run.missing(self.segments.len()).collect(),
            ..Work::default()
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
                let received = receive(flight.clone());
                requests.push(async move {
                    let outcome = tokio::select! {
                        outcome = received => outcome,
                        () = flight.chunk.done.cancelled() => Ok(Landing::Overtaken),
                    };
                    drop(load);
                    (outcome, flight)
                });
            }
            if requests.is_empty() {
                if self.run.done() == self.segments.len() {
                    return Ok(());
                }
                // Without a failure of ours, all that are left rest after one of another text.
                let busy = Failure::Busy { retry_after: None };
                return Err(work.failure.unwrap_or(busy));
            }
            tokio::select! {
                Some((outcome, flight)) = requests.next() => work.landed(&flight, outcome),
                () = tokio::time::sleep_until(work.next_look(&replicas)) => {}
                Ok(()) = changes.changed() => {}
                () = &mut looking => {}
            }
        }
    }

    /// A chunk and a replica for it, if there is work and a replica has room. The one that the page
    /// waits for comes first, if it is overdue.
    fn next(
        &self,
        work: &mut Work,
        replicas: &[Arc<Replica>],
        first: Option<&Arc<Replica>>,
    ) -> Option<Flight> {
        let mut free: Vec<_> = replicas.iter().filter(|one| work.has_room(one)).collect();
        let is_first = |replica| first.is_some_and(|first| Arc::ptr_eq(first, replica));
        free.sort_by_key(|replica| (replica.load(), !is_first(replica)));
        let head = self.run.done();
        if let Some(flight) = work.overdue().find(|flight| flight.chunk.next() == head)
            && let Some(replica) = free.iter().find(|one| !Arc::ptr_eq(one, &flight.replica))
        {
            return Some(flight.repeated(replica));
        }
        if let Some(start) = work.todo.keys().next().copied() {
            let replica = free.first().copied().or(first)?;
            let chunk = self.cut(work, start, replicas.len());
            return Some(Flight {
                chunk: Arc::new(chunk),
                replica: Arc::clone(replica),
            });
        }
        // Nothing is left to hand out: who has nothing to do at all helps those who are late.
        let idle = free.into_iter().find(|replica| replica.load() == 0)?;
        let late = work.overdue().min_by_key(|flight| flight.chunk.next())?;
        Some(late.repeated(idle))
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
        let now = Instant::now();
        Chunk {
            end,
            bytes: bytes((&start, &end)),
            began: now,
            next: AtomicUsize::new(start),
            heard: Mutex::new(now),
            done: CancellationToken::new(),
        }
    }

    /// Has a chunk translated, from where it stands to its end.
    async fn receive(&self, Flight { chunk, replica }: Flight) -> Result<Landing, Failure> {
        let model = replica.model().await?;
        if model != *self.model {
            return Err(Failure::OtherModel(model.name));
        }
        let wanted = chunk.next()..chunk.end;
        if wanted.is_empty() {
            return Ok(Landing::Overtaken);
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
                Event::Done(_) if expected == sent.sentences.end => return Ok(Landing::Done),
                Event::Done(_) => {
                    return Err(Failure::Protocol("sentences are missing".to_owned()));
                }
            }
            if expected == chunk.end && expected < sent.sentences.end {
                // The rest of the line is the work of others.
                return Ok(Landing::Done);
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

    /// When the last sentence came.
    fn heard(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// The same chunk on another replica. The first one gets nothing else for a while.
    fn repeated(&self, replica: &Arc<Replica>) -> Self {
        self.replica.failed(&Failure::Slow);
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
            && !self.is_strange(replica)
            && replica.rests_until().is_none()
    }

    /// Chunks that one replica has alone, and has not finished.
    fn alone(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter().filter(|flight| {
            let same = |other: &&Flight| Arc::ptr_eq(&other.chunk, &flight.chunk);
            flight.chunk.next() < flight.chunk.end && self.flights.iter().filter(same).count() == 1
        })
    }

    /// Those of them that a second replica shall be asked for.
    fn overdue(&self) -> impl Iterator<Item = &Flight> {
        let now = Instant::now();
        self.alone()
            .filter(move |flight| self.due(&flight.chunk) <= now)
    }

    /// When a second replica shall be asked for a chunk: nothing has come for too long, or it takes
    /// much longer than chunks do elsewhere.
    fn due(&self, chunk: &Chunk) -> Instant {
        let (bytes, took) = self.done;
        if bytes == 0 {
            return chunk.heard() + STALLED;
        }
        let usual = took.mul_f64(chunk.bytes as f64 / bytes as f64);
        let silent = chunk.heard() + usual.max(STALLED);
        let slow = chunk.began + usual.mul_f64(SLOW).max(STALLED);
        silent.min(slow)
    }

    fn is_strange(&self, replica: &Arc<Replica>) -> bool {
        let now = Instant::now();
        let mut strangers = self.strangers.iter();
        strangers.any(|(one, until)| Arc::ptr_eq(one, replica) && *until > now)
    }

    /// A request has ended.
    fn landed(&mut self, flight: &Flight, outcome: Result<Landing, Failure>) {
        let Flight { chunk, replica } = flight;
        self.flights.retain(|other| {
            !(Arc::ptr_eq(&other.chunk, chunk) && Arc::ptr_eq(&other.replica, replica))
        });
        let mut others = self.flights.iter();
        let alone = !others.any(|other| Arc::ptr_eq(&other.chunk, chunk));
        let failure = match outcome {
            Ok(Landing::Done) => {
                replica.succeeded();
                if alone && !chunk.done.is_cancelled() {
                    self.done.0 += chunk.bytes;
                    self.done.1 += chunk.began.elapsed();
                }
                if !chunk.done.is_cancelled() {
                    chunk.done.cancel();
                    metrics::counter!(CHUNKS, "outcome" => "done").increment(1);
                }
                return;
            }
            // Nothing is known of a replica that was not first.
            Ok(Landing::Overtaken) => return,
            Err(failure) => failure,
        };
        tracing::debug!(replica = %replica.address(), %failure, "a chunk came back");
        metrics::counter!(CHUNKS, "outcome" => "returned").increment(1);
        let is_of_this_text = matches!(
            failure,
            Failure::OtherModel(_) | Failure::Refused(_) | Failure::TooLong
        );
        if is_of_this_text {
            self.strangers.retain(|(one, _)| !Arc::ptr_eq(one, replica));
            let until = Instant::now() + STRANGE;
            self.strangers.push((Arc::clone(replica), until));
        } else {
            replica.failed(&failure);
        }
        if chunk.next() < chunk.end && alone {
            self.todo.insert(chunk.next(), chunk.end);
        }
        self.failure = Some(failure);
    }

    /// When something may be handed out though nothing has happened.
    fn next_look(&self, replicas: &[Arc<Replica>]) -> Instant {
        let rests = replicas.iter().filter_map(|replica| replica.rests_until());
        let strangers = self.strangers.iter().map(|(_, until)| *until);
        let due = self.alone().map(|flight| self.due(&flight.chunk));
        let now = Instant::now();
        let times = rests.chain(strangers).chain(due);
        let times = times.filter(|time| *time > now);
        times.min().unwrap_or(now + STALLED)
    }
}

#[cfg(test)]
mod simulation;
