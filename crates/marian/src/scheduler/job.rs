//! One job: its sentences, in the order in which they are prepared, translated and delivered.

use std::collections::VecDeque;

use super::step::{Finished, JobId, Step};
use crate::cache::Cache;
use crate::engine::Bounds;
use crate::sentence::{Model, Sentence, Translation, Work};
use crate::{Hypothesis, Row};

/// Maximum number of sentences in a window. While one of them takes several tries, the others can
/// be finished.
const MAX_WINDOW: usize = 256;
/// Maximum number of bytes in a window: room for 256 very long sentences. It bounds the memory of a
/// job whose sentences are as long as books.
const MAX_WINDOW_BYTES: usize = 256 * 1024;
/// Maximum number of sentences that a job prepares before one step. Sentences that need no model
/// (numbers, addresses) are passed over until enough rows wait; this many take tens of milliseconds.
const MAX_PREPARED: usize = 4096;

/// A request in progress.
#[derive(Debug, Default)]
pub(super) struct Job {
    /// Whether words are linked.
    links: bool,
    /// Sentences that are not prepared yet.
    pending: VecDeque<String>,
    /// Sentences that are prepared and not delivered yet; the first has index `done`.
    window: VecDeque<Slot>,
    window_bytes: usize,
    /// Rows of the window that wait for capacity, oldest first.
    waiting: VecDeque<WaitingRow>,
    /// Number of rows in the engine.
    pub(super) running: usize,
    /// Number of them that joined as first rows.
    running_first: usize,
    /// Set once a row has joined, or a sentence was delivered without one.
    pub(super) has_started: bool,
    /// Number of sentences delivered.
    done: usize,
    total: usize,
}

/// A sentence of the window.
#[derive(Debug)]
struct Slot {
    text: String,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// An earlier sentence of the window with the same text is running.
    Repeated,
    Running(Sentence),
    Done(Translation),
}

impl Slot {
    fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done(_))
    }
}

impl From<Sentence> for Progress {
    fn from(sentence: Sentence) -> Self {
        if sentence.is_done() {
            Self::Done(sentence.translation())
        } else {
            Self::Running(sentence)
        }
    }
}

/// A row that waits for capacity, and the part of a sentence that it translates.
#[derive(Debug)]
struct WaitingRow {
    sentence: usize,
    part: usize,
    row: Row,
}

impl WaitingRow {
    fn new(sentence: usize, Work { part, row }: Work) -> Self {
        Self {
            sentence,
            part,
            row,
        }
    }
}

/// A row in the engine: the destination of its result, and its share of the capacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningRow {
    pub(super) job: JobId,
    sentence: usize,
    part: usize,
    /// Number of source tokens.
    pub(super) tokens: usize,
    /// Set for the first rows of a new job.
    pub(super) is_first: bool,
}

/// Free capacity of the engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    pub(super) rows: usize,
    pub(super) tokens: usize,
}

impl Job {
    pub(super) fn new(sentences: Vec<String>, links: bool) -> Self {
        Self {
            links,
            total: sentences.len(),
            pending: sentences.into(),
            ..Self::default()
        }
    }

    /// Returns whether rows other than the first may join: not before the first sentence is
    /// delivered, which is sooner without them.
    pub(super) fn takes_all_rows(&self) -> bool {
        self.has_started && (self.running_first == 0 || self.done > 0)
    }

    pub(super) fn has_waiting_rows(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn is_done(&self) -> bool {
        self.done == self.total
    }

    /// Prepares sentences until `rows` rows wait, and delivers finished ones at the front of the
    /// window.
    pub(super) fn prepare(
        &mut self,
        id: JobId,
        rows: usize,
        model: Model<'_>,
        cache: &mut Cache,
        step: &mut Step,
    ) {
        let mut work = Vec::new();
        for _ in 0..MAX_PREPARED {
            let is_full = self.window.len() >= MAX_WINDOW
                || !self.window.is_empty() && self.window_bytes >= MAX_WINDOW_BYTES;
            if self.waiting.len() >= rows || is_full {
                break;
            }
            let Some(text) = self.pending.pop_front() else {
                break;
            };
            let index = self.done + self.window.len();
            let mut found = None;
            if !model.copies(&text) {
                let cached = cache.get(&text, self.links).map(Progress::Done);
                let is_same = |slot: &Slot| slot.text == text && !slot.is_done();
                let is_repeated = || self.window.iter().any(is_same);
                found = cached.or_else(|| is_repeated().then_some(Progress::Repeated));
                step.looked_up += 1;
                step.found += usize::from(found.is_some());
            }
            let progress =
                found.unwrap_or_else(|| Sentence::new(&text, self.links, model, &mut work).into());
            self.waiting
                .extend(work.drain(..).map(|work| WaitingRow::new(index, work)));
            self.window_bytes += text.len();
            self.window.push_back(Slot { text, progress });
            self.deliver(id, step);
        }
    }

    /// Removes the oldest waiting row if it fits into `free`, which it then reduces. Any row fits if
    /// no tokens are in use.
    pub(super) fn take(
        &mut self,
        id: JobId,
        is_first: bool,
        free: &mut Capacity,
        bounds: Bounds,
    ) -> Option<(RunningRow, Row)> {
        let fits = |waiting: &mut WaitingRow| {
            let tokens = waiting.row.ids.len();
            free.rows > 0 && (tokens <= free.tokens || free.tokens == bounds.tokens)
        };
        let WaitingRow {
            sentence,
            part,
            row,
        } = self.waiting.pop_front_if(fits)?;
        let tokens = row.ids.len();
        free.rows -= 1;
        free.tokens = free.tokens.saturating_sub(tokens);
        self.running += 1;
        self.running_first += usize::from(is_first);
        self.has_started = true;
        let running = RunningRow {
            job: id,
            sentence,
            part,
            tokens,
            is_first,
        };
        Some((running, row))
    }

    /// Accepts the result of a row.
    pub(super) fn accept(
        &mut self,
        row: RunningRow,
        hypothesis: &Hypothesis,
        model: Model<'_>,
        cache: &mut Cache,
    ) {
        let mut work = Vec::new();
        self.running -= 1;
        self.running_first -= usize::from(row.is_first);
        let mut slots = self.window.range_mut(row.sentence - self.done..);
        if let Some(Slot { text, progress }) = slots.next()
            && let Progress::Running(sentence) = progress
        {
            sentence.accept(row.part, hypothesis, model, &mut work);
            if sentence.is_done() {
                let translation = sentence.translation();
                for slot in slots {
                    if matches!(slot.progress, Progress::Repeated) && slot.text == *text {
                        slot.progress = Progress::Done(translation.clone());
                    }
                }
                cache.put(text, translation.clone());
                *progress = Progress::Done(translation);
            }
        }
        // Further tries come before younger sentences.
        for work in work.into_iter().rev() {
            self.waiting.push_front(WaitingRow::new(row.sentence, work));
        }
    }

    /// Delivers the finished sentences at the front of the window.
    pub(super) fn deliver(&mut self, id: JobId, step: &mut Step) {
        while let Some(Slot {
            text: source,
            progress: Progress::Done(translation),
        }) = self.window.pop_front_if(|slot| slot.is_done())
        {
            self.window_bytes -= source.len();
            self.done += 1;
            self.has_started = true;
            let Translation {
                text,
                flags,
                audit,
                links,
            } = translation;
            step.finished.push(Finished {
                job: id,
                index: self.done - 1,
                translation: text,
                flags,
                audit,
                links: links.filter(|_| self.links).unwrap_or_default(),
                done: self.done,
                total: self.total,
            });
        }
    }
}
