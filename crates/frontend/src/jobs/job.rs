//! One translation at work.

mod run;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::{Flag, ModelInfo};
use jiff::Timestamp;
use segment::Segment;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) use run::Run;

use super::finished::Finished;
use super::registry::Unfinished;
use super::state::{Phase, State};
use crate::history::{EXCERPT_CHARS, Spans, Translation};

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

/// Memory of a byte of the text: itself, its translation, and what a translation may be longer.
const TEXT_BYTES: usize = 3;

/// Memory of a sentence besides its letters: where it stands, where its translation ends, and as
/// much again for those that come too early.
const SENTENCE_BYTES: usize = 2 * (size_of::<Segment>() + size_of::<usize>());

/// Most sentences that a text can well have, before it is cut into them: each ends with a mark or a
/// line. Short lines make the difference: of two bytes, they take ten times the memory of prose.
fn most_sentences(text: &str) -> usize {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b'\n' | b'\r' | b'.' | b'!' | b'?' | b':' | 0xe2 | 0xe3
        )
    };
    text.bytes().filter(ends).count() + 1
}

/// A handle to one translation at work; cheap to clone.
#[derive(Clone, Debug)]
pub struct Job {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: Uuid,
    text: Arc<str>,
    /// What [`most_sentences`] says.
    most_sentences: usize,
    created_at: Timestamp,
    arrival: u64,
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    /// Held while the job goes from one final phase to another, files included.
    transition: tokio::sync::Mutex<()>,
    hurry: Notify,
}

#[derive(Clone, Debug)]
struct Inner {
    phase: Phase,
    segments: Option<Arc<[Segment]>>,
    /// Finished without a hole, from the first sentence on.
    translated: Finished,
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
    pub(super) fn new(
        id: Uuid,
        text: impl Into<Arc<str>>,
        created_at: Timestamp,
        arrival: u64,
    ) -> Self {
        let text = text.into();
        let inner = Inner {
            phase: Phase::Waiting { place: 1 },
            segments: None,
            translated: Finished::default(),
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
            most_sentences: most_sentences(&text),
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
            let text_en = &translation.text_en;
            inner.translated = Finished::with_capacity(spans.0.len(), text_en.len());
            for (index, span) in spans.0.iter().enumerate() {
                let sentence = &text_en[span.en.start..span.en.end];
                let flags = translation.flags.of(index).to_vec();
                inner.translated.push(sentence, flags);
            }
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
        self.translated_of(self.segments().unwrap_or_default(), from)
    }

    /// The same, as long as the text is cut into these `segments`: no sentences of one model are
    /// followed by those of another.
    pub fn translated_of(
        &self,
        segments: Arc<[Segment]>,
        from: usize,
    ) -> impl Iterator<Item = Translated> + Send {
        let mut next = from;
        let mut batch = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if batch.len() == 0 {
                batch = self.read(&segments, next).into_iter();
            }
            next += 1;
            batch.next()
        })
    }

    /// Some finished sentences. Whoever reads a book must not keep it locked for all of it.
    fn read(&self, segments: &Arc<[Segment]>, from: usize) -> Vec<Translated> {
        let inner = self.lock();
        if !inner.is_cut_into(segments) {
            return Vec::new();
        }
        let last = inner.translated.len().min(from + READ_AT_ONCE);
        let sentence = |index: usize| {
            let (translation, flags) = inner.translated.get(index)?;
            let Segment { start, end } = *segments.get(index)?;
            Some(Translated {
                index,
                start,
                end,
                translation: translation.to_owned(),
                flags: flags.to_vec(),
            })
        };
        (from..last).filter_map(sentence).collect()
    }

    /// Whether the text is still cut into these `segments`. Another model begins afresh.
    #[must_use]
    pub fn is_cut_into(&self, segments: &Arc<[Segment]>) -> bool {
        self.lock().is_cut_into(segments)
    }

    /// A number for the model at work on the text; another model has another one. `None` while
    /// there is none, and where nobody remembers it.
    #[must_use]
    pub fn edition(&self) -> Option<u64> {
        let inner = self.lock();
        let mut hasher = DefaultHasher::new();
        let ModelInfo {
            name,
            commit,
            precision,
            beams,
            ..
        } = inner.model.as_ref()?;
        (name, commit, precision, beams).hash(&mut hasher);
        Some(hasher.finish())
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

    /// About the memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let known = self.lock().segments.as_ref().map(|segments| segments.len());
        let sentences = known.unwrap_or(self.shared.most_sentences);
        JOB_BYTES + self.text().len() * TEXT_BYTES + sentences * SENTENCE_BYTES
    }

    /// As a line of a list.
    pub(super) fn unfinished(&self) -> Unfinished {
        Unfinished {
            id: self.id(),
            created_at: self.created_at(),
            excerpt: self.text().chars().take(EXCERPT_CHARS).collect(),
            phase: self.phase(),
        }
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

    /// The row of a job that is done.
    pub(super) fn translation(&self) -> Translation {
        // A copy, so that a book is not locked while it is joined.
        let Inner {
            segments,
            translated,
            model_name,
            ..
        } = self.lock().clone();
        let segments = segments.unwrap_or_default();
        let (text_en, spans) = Spans::join(self.text(), &segments, translated.translations());
        Translation {
            public_id: self.id(),
            text_de: self.text().to_owned(),
            text_en,
            created_at: Some(self.created_at()),
            model: model_name,
            duration_ms: Some(self.state().elapsed_ms),
            sentences: u32::try_from(segments.len()).ok(),
            spans: Some(spans),
            flags: translated.flags().clone(),
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
            self.translated.push(&next.translation, next.flags);
        }
    }

    fn is_cut_into(&self, segments: &Arc<[Segment]>) -> bool {
        self.segments
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, segments))
    }

    fn pause(&mut self) {
        if let Some(since) = self.since.take() {
            self.worked += since.elapsed();
        }
    }
}
