//! The work of many requests in one batch that never ends.
//!
//! Every step is one step of the decoder, for all running rows (or those that the [`Engine`] picks). Before it, rows come in: the first few sentences
//! of a job that is new at once, whatever else is at work; all others as there is room, from the job that has the fewest
//! at work. Rows leave as soon as they are finished. So a short request needs about as many steps as its longest
//! sentence has tokens, and a book beside it goes on.
//!
//! Of each job only a window of sentences is looked at ahead of those that are finished. A row's translation does not
//! depend on the rows beside it. A sentence that was translated not long ago, or is at work for the same job, needs no
//! row.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::{
    Engine, Error, Flags, Hypothesis, Incoming, Row, Translator,
    cache::Cache,
    engine::Bounds,
    sentence::{Model, Sentence, Work, is_copied},
};

/// The part of all room that is free before rows come in: encoding reads all weights of the encoder, a quarter of the
/// network's, whether for one row or for eight.
const REFILL: usize = 8;
/// Sentences of a job that are looked at and not handed out: while one takes many tries, so many behind it are done.
const WINDOW: usize = 256;
/// Bytes of the sentences in a window: room for 256 very long ones. It bounds the memory of a job whose sentences are
/// whole books.
const WINDOW_BYTES: usize = 256 * 1024;
/// Sentences of a job that come in at once when it is new.
const FIRST: usize = 4;
/// Sentences of a job that are looked at before one step: those that need no model (numbers, addresses) pass by until
/// there is enough work. It takes tens of milliseconds at most.
const LOOKED_AT: usize = 4096;

/// A request's handle, given out by [`Scheduler::submit`]; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(u64);

/// Translates the sentences of many jobs side by side, a [`step`](Self::step) of the decoder at a time.
#[derive(Debug)]
pub struct Scheduler {
    translator: Arc<Translator>,
    queue: Queue,
}

/// What one [`Scheduler::step`] did.
#[derive(Debug, Default)]
pub struct Step {
    /// Sentences that can be handed out now: per job in source order, without holes.
    pub finished: Vec<Finished>,
    /// Number of rows that took part (a long sentence is several, one without words none).
    pub rows: usize,
    /// Source tokens of the rows that came in.
    pub source_tokens: usize,
    /// Target tokens of the rows that were finished.
    pub target_tokens: usize,
    /// Sentences that were looked for among those translated before and those at work for the same job, and how many
    /// were found.
    pub looked_up: usize,
    /// See [`looked_up`](Self::looked_up).
    pub found: usize,
}

/// One translated sentence of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The job it belongs to.
    pub job: JobId,
    /// Its place among the job's sentences, from 0.
    pub index: usize,
    /// Its translation.
    pub translation: String,
    /// What a reader should know of how it came about.
    pub flags: Flags,
    /// Sentences of the job handed out so far, this one included.
    pub done: usize,
    /// Sentences of the job.
    pub total: usize,
}

impl Scheduler {
    /// A scheduler without jobs.
    #[must_use]
    pub fn new(translator: Arc<Translator>) -> Self {
        Self {
            queue: Queue::new(translator.engine().empty()),
            translator,
        }
    }

    /// Takes the sentences of one request. A job without sentences is done at once.
    pub fn submit(&mut self, sentences: Vec<String>) -> JobId {
        self.queue.submit(sentences)
    }

    /// Drops all that is left of a job; unknown and finished jobs are ignored.
    pub fn cancel(&mut self, job: JobId) {
        self.queue.drop_job(job);
    }

    /// Whether a job has sentences that were not handed out yet.
    #[must_use]
    pub fn contains(&self, job: JobId) -> bool {
        self.queue.jobs.contains_key(&job)
    }

    /// Whether no job has work left.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    /// Takes in rows of the waiting jobs, and runs one step of the decoder for all that are at work.
    ///
    /// # Errors
    /// When the model fails. The jobs whose rows were to come in, or were at work, are dropped ([`contains`](Self::contains) tells
    /// which), the others go on.
    pub fn step(&mut self) -> Result<Step, Error> {
        self.queue.step(&self.translator)
    }
}

/// The jobs of a scheduler.
#[derive(Debug)]
pub(crate) struct Queue {
    jobs: BTreeMap<JobId, Job>,
    submitted: u64,
    engine: Box<dyn Engine>,
    /// The rows in the engine by their keys, which are never reused.
    running: BTreeMap<u64, Place>,
    next_key: u64,
    cache: Cache,
    /// What the next step hands out and tells beside what it does itself.
    step: Step,
}

/// A request on its way.
#[derive(Debug)]
struct Job {
    /// Sentences not yet looked at.
    waiting: VecDeque<String>,
    /// Sentences looked at, not yet handed out; the first has index `done`.
    window: VecDeque<Looked>,
    window_bytes: usize,
    /// Rows of the window that are not at work, oldest first.
    rows: VecDeque<Task>,
    /// Rows at work.
    at_work: usize,
    /// Those of them that came in at once. Others wait for the first sentence, so that it is there soon.
    first_at_work: usize,
    /// Whether a row of it came in, or a sentence needed none.
    started: bool,
    done: usize,
    total: usize,
}

/// A sentence of a window.
#[derive(Debug)]
struct Looked {
    text: String,
    /// `None` while an earlier one of the window with the same text is on its way.
    sentence: Option<Sentence>,
}

impl Looked {
    fn is_done(&self) -> bool {
        self.sentence.as_ref().is_some_and(Sentence::is_done)
    }
}

/// A row that waits, with the sentence and the part it is for.
#[derive(Debug)]
struct Task {
    sentence: usize,
    part: usize,
    row: Row,
}

/// What a row at work is for.
#[derive(Clone, Copy, Debug)]
struct Place {
    job: JobId,
    sentence: usize,
    part: usize,
    tokens: usize,
    /// Whether it came in at once, as one of a new job.
    is_first: bool,
}

/// Room for rows: how many, and how many source tokens.
#[derive(Clone, Copy, Debug)]
struct Room {
    rows: usize,
    tokens: usize,
}

impl Room {
    /// The part of the bounds that running rows leave.
    fn beside(running: &BTreeMap<u64, Place>, is_first: bool, bounds: Bounds) -> Self {
        let places = running.values().filter(|place| place.is_first == is_first);
        let (rows, tokens) = places.fold((0, 0), |(rows, tokens), place| {
            (rows + 1, tokens + place.tokens)
        });
        Self {
            rows: bounds.rows.saturating_sub(rows),
            tokens: bounds.tokens.saturating_sub(tokens),
        }
    }
}

impl Queue {
    /// A queue without jobs; `engine` has no rows.
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        Self {
            jobs: BTreeMap::new(),
            submitted: 0,
            engine,
            running: BTreeMap::new(),
            next_key: 0,
            cache: Cache::default(),
            step: Step::default(),
        }
    }

    pub(crate) fn submit(&mut self, sentences: Vec<String>) -> JobId {
        let id = JobId(self.submitted);
        self.submitted += 1;
        if !sentences.is_empty() {
            let total = sentences.len();
            let job = Job {
                waiting: sentences.into(),
                window: VecDeque::new(),
                window_bytes: 0,
                rows: VecDeque::new(),
                at_work: 0,
                first_at_work: 0,
                started: false,
                done: 0,
                total,
            };
            self.jobs.insert(id, job);
        }
        id
    }

    fn drop_job(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.running.retain(|_, place| place.job != id);
        self.engine.retain(&|key| self.running.contains_key(&key));
        self.step.finished.retain(|finished| finished.job != id);
    }

    /// Drops the jobs that an error took with it.
    fn fail(&mut self, jobs: &[JobId], error: Error) -> Error {
        for job in jobs {
            self.drop_job(*job);
        }
        error
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(crate) fn step(&mut self, translator: &Translator) -> Result<Step, Error> {
        let rows = self.rows(translator);
        self.step.source_tokens = rows.iter().map(|(place, _)| place.tokens).sum();
        self.add(rows)?;
        let progress = match self.engine.step() {
            Ok(progress) => progress,
            Err(error) => {
                let jobs: Vec<JobId> = self.running.values().map(|place| place.job).collect();
                return Err(self.fail(&jobs, error));
            }
        };
        self.step.rows = progress.rows;
        for (key, hypothesis) in progress.finished {
            self.step.target_tokens += hypothesis.ids.len();
            if let Some(place) = self.running.remove(&key)
                && let Some(job) = self.jobs.get_mut(&place.job)
            {
                job.accept(place, &hypothesis, translator.model(), &mut self.cache);
            }
        }
        for (&id, job) in &mut self.jobs {
            job.hand_out(id, &mut self.step);
        }
        self.jobs.retain(|_, job| job.done < job.total);
        Ok(std::mem::take(&mut self.step))
    }

    /// Hands rows to the engine.
    fn add(&mut self, rows: Vec<(Place, Row)>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let first = self.next_key;
        let mut incoming = Vec::with_capacity(rows.len());
        for (place, row) in rows {
            let (key, is_first) = (self.next_key, place.is_first);
            self.next_key += 1;
            self.running.insert(key, place);
            incoming.push(Incoming { key, row, is_first });
        }
        self.engine.add(incoming).map_err(|error| {
            let added = self.running.range(first..);
            let jobs: Vec<JobId> = added.map(|(_, place)| place.job).collect();
            self.fail(&jobs, error)
        })
    }

    /// The rows that come in before the next step.
    fn rows(&mut self, translator: &Translator) -> Vec<(Place, Row)> {
        let model = translator.model();
        let bounds = self.engine.bounds();
        let mut rows = Vec::new();

        let mut room = Room::beside(&self.running, true, bounds);
        for (&id, job) in self.jobs.iter_mut().filter(|(_, job)| !job.started) {
            if room.rows == 0 {
                break;
            }
            job.look(id, FIRST, model, &mut self.cache, &mut self.step);
            for _ in 0..FIRST {
                rows.extend(job.take(id, true, &mut room, bounds));
            }
            // What does not fit now goes before what comes later.
            if !job.started {
                break;
            }
        }

        let mut room = Room::beside(&self.running, false, bounds);
        if room.rows < bounds.rows.div_ceil(REFILL) || room.tokens < bounds.tokens / REFILL {
            return rows;
        }
        let mut jobs: Vec<(JobId, &mut Job)> = self
            .jobs
            .iter_mut()
            .filter(|(_, job)| job.started && (job.first_at_work == 0 || job.done > 0))
            .map(|(id, job)| (*id, job))
            .collect();
        for (id, job) in &mut jobs {
            job.look(*id, room.rows, model, &mut self.cache, &mut self.step);
        }
        // The oldest of those that have the fewest at work.
        while let Some((id, job)) = jobs
            .iter_mut()
            .filter(|(_, job)| !job.rows.is_empty())
            .min_by_key(|(_, job)| job.at_work)
            && let Some(row) = job.take(*id, false, &mut room, bounds)
        {
            rows.push(row);
        }
        rows
    }
}

impl Job {
    /// Looks at sentences until `most` rows wait. Those at the front of the window that need no model are finished.
    fn look(
        &mut self,
        id: JobId,
        most: usize,
        model: Model<'_>,
        cache: &mut Cache,
        step: &mut Step,
    ) {
        let mut work = Vec::new();
        for _ in 0..LOOKED_AT {
            let is_full = self.window.len() >= WINDOW
                || !self.window.is_empty() && self.window_bytes >= WINDOW_BYTES;
            if self.rows.len() >= most || is_full {
                break;
            }
            let Some(text) = self.waiting.pop_front() else {
                break;
            };
            let index = self.done + self.window.len();
            let (mut sentence, mut is_repeated) = (None, false);
            if !is_copied(&text) {
                sentence = cache.get(&text);
                let is_same = |looked: &Looked| looked.text == text && !looked.is_done();
                is_repeated = sentence.is_none() && self.window.iter().any(is_same);
                step.looked_up += 1;
                step.found += usize::from(sentence.is_some() || is_repeated);
            }
            if sentence.is_none() && !is_repeated {
                sentence = Some(Sentence::new(&text, model, &mut work));
            }
            self.rows
                .extend(work.drain(..).map(|work| Task::new(index, work)));
            self.window_bytes += text.len();
            self.window.push_back(Looked { text, sentence });
            self.hand_out(id, step);
        }
    }

    /// Its oldest row that waits, if there is room for it; a row that has all the room to itself always fits.
    fn take(
        &mut self,
        id: JobId,
        is_first: bool,
        room: &mut Room,
        bounds: Bounds,
    ) -> Option<(Place, Row)> {
        let fits = |task: &mut Task| {
            let tokens = task.row.ids.len();
            room.rows > 0 && (tokens <= room.tokens || room.tokens == bounds.tokens)
        };
        let task = self.rows.pop_front_if(fits)?;
        let tokens = task.row.ids.len();
        room.rows -= 1;
        room.tokens = room.tokens.saturating_sub(tokens);
        self.at_work += 1;
        self.first_at_work += usize::from(is_first);
        self.started = true;
        let place = Place {
            job: id,
            sentence: task.sentence,
            part: task.part,
            tokens,
            is_first,
        };
        Some((place, task.row))
    }

    /// Takes what the model found for a row.
    fn accept(
        &mut self,
        place: Place,
        hypothesis: &Hypothesis,
        model: Model<'_>,
        cache: &mut Cache,
    ) {
        let mut work = Vec::new();
        self.at_work -= 1;
        self.first_at_work -= usize::from(place.is_first);
        let mut from_here = self.window.range_mut(place.sentence - self.done..);
        if let Some(Looked {
            text,
            sentence: Some(sentence),
        }) = from_here.next()
        {
            sentence.accept(place.part, hypothesis, model, &mut work);
            if sentence.is_done() {
                let (translation, flags) = (sentence.text(), sentence.flags);
                cache.put(text, &translation, flags);
                for looked in from_here {
                    if looked.sentence.is_none() && looked.text == *text {
                        looked.sentence = Some(Sentence::known(&translation, flags));
                    }
                }
            }
        }
        // What is to be tried again comes before younger sentences.
        for work in work.into_iter().rev() {
            self.rows.push_front(Task::new(place.sentence, work));
        }
    }

    /// Hands out what is finished.
    fn hand_out(&mut self, id: JobId, step: &mut Step) {
        while let Some(Looked {
            sentence: Some(sentence),
            text,
        }) = self.window.pop_front_if(|looked| looked.is_done())
        {
            self.window_bytes -= text.len();
            self.done += 1;
            self.started = true;
            let (translation, flags) = (sentence.text(), sentence.flags);
            step.finished.push(Finished {
                job: id,
                index: self.done - 1,
                translation,
                flags,
                done: self.done,
                total: self.total,
            });
        }
    }
}

impl Task {
    fn new(sentence: usize, work: Work) -> Self {
        Self {
            sentence,
            part: work.part,
            row: work.row,
        }
    }
}
