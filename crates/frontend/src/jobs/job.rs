//! One job: a text and its translated sentences.

mod run;
mod source;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use api::{AtomCheck, Flag, ModelInfo, WordLink};
use documents::Sentence;
use jiff::Timestamp;
use markup::Link;
use segment::{Rules, Segment};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) use run::Run;
use source::{JOB_BYTES, Source};

use super::finished::FinishedSentences;
use super::state::{Phase, State, Unfinished};
use crate::history::{EXCERPT_CHARS, Spans, Translation};
use crate::spool::{Accepted, SpooledFile};

/// A translated sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// Number of the sentence in the text, from 0.
    pub index: usize,
    /// Byte offset of its start in the text.
    pub start: usize,
    /// Byte offset of its end in the text.
    pub end: usize,
    /// The sentence in the target language.
    pub translation: String,
    /// Warnings for the reader.
    pub flags: Vec<Flag>,
    /// Check of the numbers and references in it.
    pub atoms: AtomCheck,
    /// Words of the translation and those of the sentence that they come from; empty unless the job
    /// was created with links.
    pub links: Vec<WordLink>,
}

impl Translated {
    /// Returns the links between the words as the writers of markup take them.
    pub(crate) fn markup_links(&self) -> impl Iterator<Item = Link> {
        self.links.iter().map(|link| Link {
            target: link.target.clone(),
            source: link.source.clone(),
            weight: link.percent,
        })
    }

    /// Returns the sentence as the writer of a file takes it. `start` is the offset of the job's text
    /// in that of the file.
    pub(crate) fn into_sentence(self, start: usize) -> Sentence {
        Sentence {
            range: start + self.start..start + self.end,
            links: self.markup_links().collect(),
            translation: self.translation,
        }
    }
}

/// Maximum number of sentences that are copied under one lock.
const MAX_READ: usize = 512;

/// A handle to one job; cheap to clone.
#[derive(Clone, Debug)]
pub struct Job {
    data: Arc<JobData>,
}

#[derive(Debug)]
struct JobData {
    id: Uuid,
    /// Unknown until its file was read, if there is one.
    source: OnceLock<Source>,
    /// Name of the file that the text is from.
    file_name: Option<String>,
    /// Whether the lines of the text were wrapped at a fixed width.
    wrapped: bool,
    /// Whether the links between words are wanted.
    links: bool,
    created_at: Timestamp,
    arrival: u64,
    progress: Mutex<JobProgress>,
    changed: watch::Sender<u64>,
    /// Locked during a transition to or from a final phase, changes of files included.
    transition: tokio::sync::Mutex<()>,
    hurry: Notify,
}

#[derive(Clone, Debug)]
struct JobProgress {
    phase: Phase,
    segments: Option<Arc<[Segment]>>,
    /// Finished sentences before the first unfinished one.
    translated: FinishedSentences,
    /// Finished sentences after the first unfinished one.
    early: BTreeMap<usize, Translated>,
    model: Option<ModelInfo>,
    /// Name of the model, also of a result read from disk.
    model_name: Option<String>,
    /// Time of translation before `since`.
    worked: Duration,
    /// Start of the current stretch of translation.
    since: Option<Instant>,
    not_stored: Option<String>,
    /// Number of the run that may change the job.
    run: u64,
    stop: CancellationToken,
}

impl Job {
    /// Creates a waiting job. `arrival` orders the queue. The sentences of a file with markup have
    /// the links between their words.
    pub(super) fn new(accepted: Accepted<impl Into<Arc<str>>>, arrival: u64) -> Self {
        let links = accepted.file.as_ref().is_some_and(|file| file.has_markup);
        Self::create(accepted, arrival, links)
    }

    /// Creates a waiting job whose sentences have the links between their words.
    pub(super) fn with_links(accepted: Accepted<impl Into<Arc<str>>>, arrival: u64) -> Self {
        Self::create(accepted, arrival, true)
    }

    fn create(accepted: Accepted<impl Into<Arc<str>>>, arrival: u64, links: bool) -> Self {
        let (text, file) = (accepted.text.into(), accepted.file);
        let is_read = file.as_ref().is_none_or(|file| file.is_read);
        let progress = JobProgress {
            phase: Phase::Waiting { place: 1 },
            segments: None,
            translated: FinishedSentences::default(),
            early: BTreeMap::new(),
            model: None,
            model_name: None,
            worked: Duration::ZERO,
            since: None,
            not_stored: None,
            run: 0,
            stop: CancellationToken::new(),
        };
        let data = JobData {
            id: accepted.id,
            source: if is_read {
                Source::from(text).into()
            } else {
                OnceLock::new()
            },
            file_name: file.map(|file| file.name),
            wrapped: accepted.wrapped,
            links,
            created_at: accepted.created_at,
            arrival,
            progress: Mutex::new(progress),
            changed: watch::Sender::new(0),
            transition: tokio::sync::Mutex::new(()),
            hurry: Notify::new(),
        };
        Self {
            data: Arc::new(data),
        }
    }

    /// Creates a job that an earlier process finished.
    pub(super) fn finished(translation: Translation, arrival: u64) -> Self {
        let accepted = Accepted {
            id: translation.public_id,
            created_at: translation.created_at.unwrap_or_default(),
            text: translation.text_de,
            wrapped: translation.wrapped,
            file: translation.file_name.map(|name| SpooledFile {
                name,
                has_markup: false,
                is_read: true,
            }),
        };
        let job = Self::new(accepted, arrival);
        let spans = translation.spans.unwrap_or_default();
        job.change(|progress| {
            progress.phase = Phase::Done { stored: false };
            progress.segments = Some(spans.0.iter().map(|span| span.de).collect());
            progress.model_name = translation.model;
            progress.worked = Duration::from_millis(translation.duration_ms.unwrap_or_default());
            let text_en = &translation.text_en;
            progress.translated = FinishedSentences::with_capacity(spans.0.len(), text_en.len());
            for (index, span) in spans.0.iter().enumerate() {
                let sentence = &text_en[span.en.start..span.en.end];
                let flags = translation.flags.of(index).to_vec();
                let atoms = translation.atoms.of(index).cloned().unwrap_or_default();
                progress.translated.push(sentence, flags, atoms, Vec::new());
            }
        });
        job
    }

    /// Returns its public id, later that of the stored translation.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.data.id
    }

    /// Returns the source text; empty until its file was read.
    #[must_use]
    pub fn text(&self) -> &str {
        self.data.source.get().map_or("", |source| &source.text)
    }

    /// Returns whether the text is known: that of a PDF or picture has to be read first.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.data.source.get().is_some()
    }

    /// Sets the text that was read from its file; has no effect if it is known.
    pub(super) fn set_text(&self, text: Arc<str>) {
        // Another run may have read the same.
        let _ = self.data.source.set(text.into());
    }

    /// Returns the name of the file that the text is from.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.data.file_name.as_deref()
    }

    /// Returns whether its lines are joined before it is translated.
    #[must_use]
    pub fn wrapped(&self) -> bool {
        self.data.wrapped
    }

    /// Returns whether the links between words are wanted.
    pub(super) fn has_links(&self) -> bool {
        self.data.links
    }

    /// Returns the rules by which the text is cut into sentences.
    pub(super) fn rules<'a>(&self, language: &'a str) -> Rules<'a> {
        Rules {
            language,
            wrapped: self.data.wrapped,
        }
    }

    /// Returns the time of submission.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.data.created_at
    }

    /// Returns its state.
    #[must_use]
    pub fn state(&self) -> State {
        let progress = self.lock();
        State {
            phase: progress.phase.clone(),
            done: progress.translated.len(),
            total: progress.segments.as_ref().map(|segments| segments.len()),
            elapsed_ms: progress.elapsed_ms(),
            not_stored: progress.not_stored.clone(),
        }
    }

    /// Returns the finished sentences from number `from` on, including those that are finished
    /// during the iteration. It ends when the text is no longer cut into these `segments`, so that
    /// sentences of one model are never followed by those of another.
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

    /// Returns some finished sentences, so that reading a book does not lock it for long.
    fn read(&self, segments: &Arc<[Segment]>, from: usize) -> Vec<Translated> {
        let progress = self.lock();
        if !progress.is_cut_into(segments) {
            return Vec::new();
        }
        let last = progress.translated.len().min(from + MAX_READ);
        let sentence = |index: usize| {
            let (translation, flags) = progress.translated.get(index)?;
            let Segment { start, end } = *segments.get(index)?;
            Some(Translated {
                index,
                start,
                end,
                translation: translation.to_owned(),
                flags: flags.to_vec(),
                atoms: progress
                    .translated
                    .atoms()
                    .of(index)
                    .cloned()
                    .unwrap_or_default(),
                links: progress.translated.links(index).to_vec(),
            })
        };
        (from..last).filter_map(sentence).collect()
    }

    /// Returns whether the text is still cut into these `segments`; another model starts afresh.
    #[must_use]
    pub fn is_cut_into(&self, segments: &Arc<[Segment]>) -> bool {
        self.lock().is_cut_into(segments)
    }

    /// Returns a number that identifies the sentences: their model, with its engine and device, and
    /// whether lines were joined. It is the same over restarts of the process. `None` before the first attempt, and for a result read from
    /// disk, which has only the name of its model.
    #[must_use]
    pub fn edition(&self) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        self.lock().model.as_ref()?.hash(&mut hasher);
        self.data.wrapped.hash(&mut hasher);
        Some(hasher.finish())
    }

    /// Returns the sentences of the text; unknown before the first attempt.
    #[must_use]
    pub fn segments(&self) -> Option<Arc<[Segment]>> {
        self.lock().segments.clone()
    }

    /// Returns a receiver of changes, which counts them.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.data.changed.subscribe()
    }

    pub(super) fn arrival(&self) -> u64 {
        self.data.arrival
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase.clone()
    }

    pub(super) fn transition(&self) -> &tokio::sync::Mutex<()> {
        &self.data.transition
    }

    /// Lets the next attempt start at once, if the job waits for one.
    pub(super) fn hurry(&self) {
        self.data.hurry.notify_waiters();
    }

    /// Waits for the next [`Self::hurry`] after this call.
    pub(super) fn hurried(&self) -> Notified<'_> {
        self.data.hurry.notified()
    }

    /// Returns an estimate of its memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let sentences = self.lock().segments.as_ref().map(|segments| segments.len());
        let source = self.data.source.get();
        source.map_or(JOB_BYTES, |source| source.bytes(sentences, self.data.links))
    }

    /// Returns an estimate of its memory once its text is this one, in bytes.
    pub(super) fn bytes_with(&self, text: &Arc<str>) -> usize {
        Source::from(Arc::clone(text)).bytes(None, self.data.links)
    }

    /// Returns its line in the list of unfinished texts.
    pub(super) fn unfinished(&self) -> Unfinished {
        Unfinished {
            id: self.id(),
            created_at: self.created_at(),
            excerpt: self.text().chars().take(EXCERPT_CHARS).collect(),
            file_name: self.data.file_name.clone(),
            phase: self.phase(),
        }
    }

    /// Sets the phase.
    pub(super) fn set(&self, phase: Phase) {
        self.change(|progress| progress.phase = phase);
    }

    /// Drops the links between words, once the file is written.
    pub(super) fn forget_links(&self) {
        self.lock().translated.forget_links();
    }

    pub(super) fn set_not_stored(&self, reason: String) {
        self.change(|progress| progress.not_stored = Some(reason));
    }

    /// Ends the current run, if any, and sets the phase.
    pub(super) fn stop(&self, phase: Phase) {
        self.change(|progress| {
            progress.run += 1;
            progress.stop.cancel();
            progress.pause();
            progress.phase = phase;
        });
    }

    /// Returns the row of a job that is done.
    pub(super) fn translation(&self) -> Translation {
        // A copy, so that a book is not locked while its sentences are joined.
        let JobProgress {
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
            wrapped: self.wrapped(),
            file_name: self.data.file_name.clone(),
            created_at: Some(self.created_at()),
            model: model_name,
            duration_ms: Some(self.state().elapsed_ms),
            sentences: u32::try_from(segments.len()).ok(),
            spans: Some(spans),
            flags: translated.flags().clone(),
            atoms: translated.atoms().clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, JobProgress> {
        self.data
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut JobProgress)) {
        change(&mut self.lock());
        self.data.changed.send_modify(|version| *version += 1);
    }
}

impl JobProgress {
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
            self.translated
                .push(&next.translation, next.flags, next.atoms, next.links);
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
