//! One translation at work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::{Flag, ModelInfo};
use jiff::Timestamp;
use segment::Segment;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::state::{Phase, State};
use crate::history::{Spans, Translation};

/// One finished sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// Number of the sentence in the text, from 0.
    pub index: usize,
    /// Byte offset of its first byte in the text.
    pub start: usize,
    /// Byte offset behind its last byte.
    pub end: usize,
    /// The sentence in the target language.
    pub translation: String,
    /// What a reader should know of how it came about.
    pub flags: Vec<Flag>,
}

/// Sentences that are copied under one lock.
const READ_AT_ONCE: usize = 512;

/// Memory of a job whatever its text, in bytes: its task, its locks, its places in lists. Generous,
/// so that it also bounds the number of jobs.
const JOB_BYTES: usize = 16 * 1024;

/// About the memory of a job whose text has `length` bytes, in bytes.
pub(super) fn bytes_of(length: usize) -> usize {
    length.saturating_mul(4).saturating_add(JOB_BYTES)
}

/// A handle to one translation at work; cheap to clone.
#[derive(Clone, Debug)]
pub struct Job {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: Uuid,
    text: String,
    created_at: Timestamp,
    arrival: u64,
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    /// Held while the job goes from one final phase to another, files included.
    transition: tokio::sync::Mutex<()>,
    hurry: Notify,
}

#[derive(Debug)]
struct Inner {
    phase: Phase,
    segments: Option<Arc<[Segment]>>,
    /// Finished without a hole, from the first sentence on.
    translated: Vec<Translated>,
    /// Finished, but some sentence before them is not.
    early: BTreeMap<usize, Translated>,
    model: Option<ModelInfo>,
    /// Its name, also where a result was read from disk.
    model_name: Option<String>,
    /// Time at work in earlier attempts.
    worked: Duration,
    since: Option<Instant>,
    not_stored: Option<String>,
    /// Which run may change the job; others are late.
    run: u64,
    stop: CancellationToken,
}

impl Job {
    /// A job that waits. `arrival` orders the queue; `created_at` has whole microseconds.
    pub(super) fn new(id: Uuid, text: String, created_at: Timestamp, arrival: u64) -> Self {
        let inner = Inner {
            phase: Phase::Waiting { place: 1 },
            segments: None,
            translated: Vec::new(),
            early: BTreeMap::new(),
            model: None,
            model_name: None,
            worked: Duration::ZERO,
            since: None,
            not_stored: None,
            run: 0,
            stop: CancellationToken::new(),
        };
        let shared = Shared {
            id,
            text,
            created_at,
            arrival,
            inner: Mutex::new(inner),
            changed: watch::Sender::new(0),
            transition: tokio::sync::Mutex::new(()),
            hurry: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// A job that was done before the process ended.
    pub(super) fn finished(translation: Translation, arrival: u64) -> Self {
        let created_at = translation.created_at.unwrap_or_default();
        let job = Self::new(
            translation.public_id,
            translation.text_de,
            created_at,
            arrival,
        );
        let spans = translation.spans.unwrap_or_default();
        job.change(|inner| {
            inner.phase = Phase::Done { stored: false };
            inner.segments = Some(spans.0.iter().map(|span| span.de).collect());
            inner.model_name = translation.model;
            inner.worked = Duration::from_millis(translation.duration_ms.unwrap_or_default());
            let sentences = spans.0.iter().enumerate().map(|(index, span)| Translated {
                index,
                start: span.de.start,
                end: span.de.end,
                translation: translation.text_en[span.en.start..span.en.end].to_owned(),
                flags: Vec::new(),
            });
            inner.translated = sentences.collect();
        });
        job
    }

    /// Its public name, later that of the stored translation.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.shared.id
    }

    /// The source text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.shared.text
    }

    /// When the text was submitted.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.shared.created_at
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        let inner = self.lock();
        State {
            phase: inner.phase.clone(),
            done: inner.translated.len(),
            total: inner.segments.as_ref().map(|segments| segments.len()),
            elapsed_ms: inner.elapsed_ms(),
            not_stored: inner.not_stored.clone(),
        }
    }

    /// The finished sentences from number `from` on, also those that are finished meanwhile.
    pub fn translated_from(&self, from: usize) -> impl Iterator<Item = Translated> + Send {
        let mut next = from;
        let mut batch = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if batch.len() == 0 {
                // Whoever reads a book must not keep it locked for all of it.
                let inner = self.lock();
                let finished = inner.translated.iter().skip(next).take(READ_AT_ONCE);
                batch = finished.cloned().collect::<Vec<_>>().into_iter();
            }
            next += 1;
            batch.next()
        })
    }

    /// The sentences of the text; known once it ran.
    #[must_use]
    pub fn segments(&self) -> Option<Arc<[Segment]>> {
        self.lock().segments.clone()
    }

    /// Tells of every change: the number grows each time.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    pub(super) fn arrival(&self) -> u64 {
        self.shared.arrival
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase.clone()
    }

    pub(super) fn transition(&self) -> &tokio::sync::Mutex<()> {
        &self.shared.transition
    }

    /// The next attempt begins at once, if the job waits for one.
    pub(super) fn hurry(&self) {
        self.shared.hurry.notify_waiters();
    }

    /// Returns at the next [`Self::hurry`] after this call.
    pub(super) fn hurried(&self) -> Notified<'_> {
        self.shared.hurry.notified()
    }

    /// About the memory that it takes, in bytes: the text, its translation, and what surrounds
    /// each sentence, which is about as much again.
    pub(super) fn bytes(&self) -> usize {
        bytes_of(self.shared.text.len())
    }

    /// Sets the phase and says so.
    pub(super) fn set(&self, phase: Phase) {
        self.change(|inner| inner.phase = phase);
    }

    pub(super) fn set_not_stored(&self, reason: String) {
        self.change(|inner| inner.not_stored = Some(reason));
    }

    /// Ends the run that is under way, if any, and puts the job into `phase`.
    pub(super) fn stop(&self, phase: Phase) {
        self.change(|inner| {
            inner.run += 1;
            inner.stop.cancel();
            inner.pause();
            inner.phase = phase;
        });
    }

    /// Begins a run, the only one that may change the job from now on; it ends with `shutdown`.
    pub(super) fn start(&self, shutdown: &CancellationToken) -> Run {
        let mut number = 0;
        self.change(|inner| {
            inner.run += 1;
            inner.stop.cancel();
            inner.stop = shutdown.child_token();
            inner.phase = Phase::Waiting { place: 1 };
            number = inner.run;
        });
        Run {
            job: self.clone(),
            number,
        }
    }

    /// The row of a job that is done.
    pub(super) fn translation(&self) -> Translation {
        let inner = self.lock();
        let segments = inner.segments.as_deref().unwrap_or_default();
        let sentences = inner.translated.iter();
        let translations = sentences.map(|sentence| sentence.translation.as_str());
        let (text_en, spans) = Spans::join(self.text(), segments, translations);
        Translation {
            public_id: self.id(),
            text_de: self.text().to_owned(),
            text_en,
            created_at: Some(self.created_at()),
            model: inner.model_name.clone(),
            duration_ms: Some(inner.elapsed_ms()),
            sentences: u32::try_from(segments.len()).ok(),
            spans: Some(spans),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.shared.changed.send_modify(|version| *version += 1);
    }
}

impl Inner {
    fn elapsed_ms(&self) -> u64 {
        let now = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        u64::try_from((self.worked + now).as_millis()).unwrap_or(u64::MAX)
    }

    fn push(&mut self, sentence: Translated) {
        if sentence.index < self.translated.len() {
            return;
        }
        self.early.entry(sentence.index).or_insert(sentence);
        while let Some(next) = self.early.remove(&self.translated.len()) {
            self.translated.push(next);
        }
    }

    fn pause(&mut self) {
        if let Some(since) = self.since.take() {
            self.worked += since.elapsed();
        }
    }
}

/// The right of one run to change its job: what a run does after it was stopped has no effect.
#[derive(Clone, Debug)]
pub(super) struct Run {
    job: Job,
    number: u64,
}

impl Run {
    pub(super) fn job(&self) -> &Job {
        &self.job
    }

    /// Returns when the run shall end.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let stop = self.job.lock().stop.clone();
        let current = self.is_current();
        async move {
            if current {
                stop.cancelled_owned().await;
            }
        }
    }

    pub(super) fn is_current(&self) -> bool {
        self.job.lock().run == self.number
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        if self.is_current() {
            self.job.change(|inner| {
                // Looked at again under the lock that changes it.
                if inner.run == self.number {
                    change(inner);
                }
            });
        }
    }

    pub(super) fn waits(&self, place: usize) {
        self.change(|inner| inner.phase = Phase::Waiting { place });
    }

    /// Its turn has come. A job that tries again says so until the backend has accepted it.
    pub(super) fn begins(&self) {
        self.change(|inner| {
            if matches!(inner.phase, Phase::Waiting { .. }) {
                inner.phase = Phase::Running;
            }
        });
    }

    /// The model of the sentences that are there.
    pub(super) fn model(&self) -> Option<ModelInfo> {
        self.job.lock().model.clone()
    }

    /// The sentences, of `total`, that are not finished: ranges from one number to another.
    pub(super) fn missing(&self, total: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let inner = self.job.lock();
        let finished: Vec<usize> = inner.early.keys().copied().chain([total]).collect();
        let first = inner.translated.len();
        let starts =
            std::iter::once(first).chain(finished.clone().into_iter().map(|last| last + 1));
        starts.zip(finished).filter(|(start, end)| start < end)
    }

    /// The sentences, where they are known from an earlier attempt with the same model.
    pub(super) fn known(&self, model: &ModelInfo) -> Option<Arc<[Segment]>> {
        let inner = self.job.lock();
        let same = inner.model.as_ref() == Some(model);
        inner.segments.clone().filter(|_| same)
    }

    /// The sentences of the text for this model. What another model translated is dropped: one
    /// text is translated by one model.
    pub(super) fn segmented(&self, model: &ModelInfo, segments: Arc<[Segment]>) {
        self.change(|inner| {
            inner.segments = Some(segments);
            inner.translated.clear();
            inner.early.clear();
            inner.worked = Duration::ZERO;
            inner.model_name = Some(model.name.clone());
            inner.model = Some(model.clone());
        });
    }

    /// The backend works on it.
    pub(super) fn accepted(&self) {
        self.change(|inner| {
            inner.phase = Phase::Running;
            inner.since.get_or_insert_with(Instant::now);
        });
    }

    /// The backend does not work on it any more.
    pub(super) fn paused(&self) {
        self.change(Inner::pause);
    }

    /// A sentence is finished, in any order; nothing where it was before.
    pub(super) fn push(&self, sentence: Translated) {
        self.change(|inner| inner.push(sentence));
    }

    pub(super) fn set(&self, phase: Phase) {
        self.change(|inner| inner.phase = phase);
    }

    pub(super) fn done(&self) -> usize {
        self.job.lock().translated.len()
    }
}
