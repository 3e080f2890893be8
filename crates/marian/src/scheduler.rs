//! The work of many requests in shared batches.
//!
//! Every step makes one batch and runs it. A job that has not had its turn yet goes first, alone or with others like it,
//! with its first few sentences: its first result comes after one short batch. All other batches are made from all jobs
//! in turn. Of each job only a window of sentences is tokenised at a time; from that come its oldest row, so that
//! sentences finish in order, and the rows most like it in length, so that a batch ends at about the same time for all
//! its rows. A row's translation does not depend on the batch it is in.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::{
    Error, Flags, Row, Translator, search,
    sentence::{Model, Sentence, Work},
};

/// Hypotheses that are decoded side by side: rows times beams. A step of the decoder reads all its weights once, however
/// many rows share it; beyond 64 to 128 rows a step is bound by arithmetic and more rows gain nothing.
const LANES: usize = 128;
/// Most rows of a batch, however few beams there are. It bounds the time that a short request waits for the batch that
/// is running when it comes.
const MOST_ROWS: usize = 64;
/// Most source tokens of a batch: 16 rows of the longest pieces (120 tokens and the end mark), or 64 of a usual length,
/// which is 25 tokens. Long rows are also decoded for many steps: with 32 of them a short request would wait twice as
/// long. Memory for the encoder's states and the cross-attention grows with it too.
const MOST_TOKENS: usize = 16 * 121;
/// Sentences of a job that are tokenised at once, so that rows of like length can be found among them: several times the
/// rows of a batch.
const WINDOW: usize = 256;
/// Bytes of the sentences in a window: room for 256 very long ones. It bounds the memory of a job whose sentences are
/// whole books.
const WINDOW_BYTES: usize = 256 * 1024;
/// Sentences in the first batch of a job.
const FIRST: usize = 4;
/// Sentences of a job that are looked at for one batch: those that need no model (numbers, addresses) pass by until there
/// is enough work. It takes tens of milliseconds at most, less than a batch.
const LOOKED_AT: usize = 4096;

/// A request's handle, given out by [`Scheduler::submit`]; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(u64);

/// Translates the sentences of many jobs in shared batches, one batch a [`step`](Self::step).
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
    /// Rows of the batch (a long sentence takes several, one without words none).
    pub rows: usize,
    /// Source tokens of the batch.
    pub source_tokens: usize,
    /// Target tokens of the translations that the batch brought forth.
    pub target_tokens: usize,
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
            translator,
            queue: Queue::default(),
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

    /// Runs one batch made from all waiting jobs in turn.
    ///
    /// # Errors
    /// When the model fails. The jobs whose rows were in the batch are dropped ([`contains`](Self::contains) tells
    /// which), the others go on.
    pub fn step(&mut self) -> Result<Step, Error> {
        self.queue.step(&self.translator)
    }
}

/// The jobs of a scheduler.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    jobs: BTreeMap<JobId, Job>,
    /// Whose turn it is: those served longest ago in front.
    turns: VecDeque<JobId>,
    submitted: u64,
    /// Whether the last batch was one of first sentences.
    last_was_first: bool,
    /// Sentences that the next step hands out: they needed no model.
    passed: Vec<Finished>,
}

/// A request on its way.
#[derive(Debug)]
struct Job {
    /// Sentences not yet looked at.
    waiting: VecDeque<String>,
    /// The window: sentences looked at, not yet handed out; the first has index `done`.
    window: VecDeque<(usize, Sentence)>,
    window_bytes: usize,
    /// Rows of the window that wait for a batch, oldest first.
    rows: VecDeque<Task>,
    /// Whether it had a batch, or a result without one.
    started: bool,
    done: usize,
    total: usize,
}

/// A row that waits, with the sentence and the part it is for.
#[derive(Debug)]
struct Task {
    sentence: usize,
    part: usize,
    row: Row,
}

/// A batch in the making.
#[derive(Debug, Default)]
struct Batch {
    tasks: Vec<(JobId, Task)>,
    tokens: usize,
    /// Length of its first row, which the others should have too.
    length: usize,
}

impl Batch {
    fn fits(&self, row: &Row, most_rows: usize) -> bool {
        self.tasks.is_empty()
            || self.tasks.len() < most_rows && self.tokens + row.ids.len() <= MOST_TOKENS
    }

    fn push(&mut self, job: JobId, task: Task) {
        if self.tasks.is_empty() {
            self.length = task.row.ids.len();
        }
        self.tokens += task.row.ids.len();
        self.tasks.push((job, task));
    }
}

impl Queue {
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
                started: false,
                done: 0,
                total,
            };
            self.jobs.insert(id, job);
            self.turns.push_back(id);
        }
        id
    }

    fn drop_job(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.turns.retain(|&turn| turn != id);
        self.passed.retain(|finished| finished.job != id);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(crate) fn step(&mut self, translator: &Translator) -> Result<Step, Error> {
        let model = translator.model();
        let most_rows = (LANES / translator.beams()).clamp(1, MOST_ROWS);
        let batch = self.batch(model, most_rows);
        let (places, rows): (Vec<_>, Vec<_>) = batch
            .tasks
            .into_iter()
            .map(|(job, task)| ((job, task.sentence, task.part), task.row))
            .unzip();
        let mut step = Step {
            rows: rows.len(),
            source_tokens: batch.tokens,
            ..Step::default()
        };
        let hypotheses = match search::generate(translator.network(), &rows, translator.search()) {
            Ok(hypotheses) => hypotheses,
            Err(error) => {
                for (job, ..) in places {
                    self.drop_job(job);
                }
                return Err(error);
            }
        };
        for ((id, sentence, part), hypothesis) in places.into_iter().zip(hypotheses) {
            step.target_tokens += hypothesis.ids.len();
            if let Some(job) = self.jobs.get_mut(&id) {
                job.accept(sentence, part, &hypothesis, model);
            }
        }
        step.finished = std::mem::take(&mut self.passed);
        self.hand_out(&mut step.finished);
        Ok(step)
    }

    /// Makes a batch of what waits; empty when no sentence in reach needs the model.
    fn batch(&mut self, model: Model<'_>, most_rows: usize) -> Batch {
        let fresh: Vec<JobId> = self
            .turns
            .iter()
            .copied()
            .filter(|id| !self.jobs[id].started)
            .collect();
        // Two batches of first sentences do not follow each other while others wait: new jobs without end would keep
        // the old ones from theirs. A new job takes part in the batch in between like any other.
        let all_fresh = fresh.len() == self.turns.len();
        let first = !fresh.is_empty() && (all_fresh || !self.last_was_first);
        self.last_was_first = first;
        let members: Vec<JobId> = if first {
            fresh
        } else {
            self.turns.iter().copied().collect()
        };
        for id in &members {
            if let Some(job) = self.jobs.get_mut(id) {
                let most = if job.started { WINDOW } else { FIRST };
                job.fill(*id, most, model, &mut self.passed);
            }
        }
        let mut batch = Batch::default();
        let share = (most_rows / members.len().max(1)).max(1);
        let mut served = Vec::new();
        for share in [share, most_rows] {
            for &id in &members {
                if let Some(job) = self.jobs.get_mut(&id)
                    && job.give(id, share, most_rows, &mut batch)
                {
                    served.push(id);
                }
            }
        }
        // Who was served goes to the end of the line.
        self.turns.retain(|id| !served.contains(id));
        for id in served {
            if !self.turns.contains(&id) {
                self.turns.push_back(id);
            }
        }
        batch
    }

    /// Hands out what is finished, and forgets the jobs that are.
    fn hand_out(&mut self, finished: &mut Vec<Finished>) {
        for (&id, job) in &mut self.jobs {
            job.hand_out(id, finished);
        }
        self.jobs.retain(|_, job| job.done < job.total);
        let jobs = &self.jobs;
        self.turns.retain(|id| jobs.contains_key(id));
    }
}

impl Job {
    /// Looks at sentences until `most` of the window wait for the model. Those at its front that do not are finished.
    fn fill(&mut self, id: JobId, most: usize, model: Model<'_>, finished: &mut Vec<Finished>) {
        let mut work = Vec::new();
        let is_open = |(_, sentence): &&(usize, Sentence)| !sentence.is_done();
        let mut open = self.window.iter().filter(is_open).count();
        for _ in 0..LOOKED_AT {
            let full = open >= most || self.window.len() >= WINDOW;
            if full || !self.window.is_empty() && self.window_bytes >= WINDOW_BYTES {
                break;
            }
            let Some(text) = self.waiting.pop_front() else {
                break;
            };
            let index = self.done + self.window.len();
            let sentence = Sentence::new(&text, model, &mut work);
            open += usize::from(!sentence.is_done());
            self.window_bytes += text.len();
            self.window.push_back((text.len(), sentence));
            self.rows
                .extend(work.drain(..).map(|work| Task::new(index, work)));
            self.hand_out(id, finished);
        }
    }

    /// Adds up to `share` of its rows to `batch`: the oldest, and those nearest to the batch in length. Tells whether
    /// it added any.
    fn give(&mut self, id: JobId, share: usize, most_rows: usize, batch: &mut Batch) -> bool {
        let before = batch.tasks.len();
        // Not at the second turn of a batch, when the oldest row is in it already or did not fit.
        let oldest = !batch.tasks.iter().any(|(job, _)| *job == id);
        if oldest
            && self
                .rows
                .front()
                .is_some_and(|task| batch.fits(&task.row, most_rows))
            && let Some(task) = self.rows.pop_front()
        {
            batch.push(id, task);
        }
        let mut nearest: Vec<usize> = (0..self.rows.len()).collect();
        nearest.sort_by_key(|&at| (self.rows[at].row.ids.len().abs_diff(batch.length), at));
        let mut chosen = Vec::new();
        let (mut tokens, mut rows) = (batch.tokens, batch.tasks.len());
        for at in nearest {
            let length = self.rows[at].row.ids.len();
            if rows - before >= share || rows >= most_rows || tokens + length > MOST_TOKENS {
                break;
            }
            tokens += length;
            rows += 1;
            chosen.push(at);
        }
        // From the back, so that the places of the others stay.
        chosen.sort_unstable_by(|a, b| b.cmp(a));
        for at in chosen {
            if let Some(task) = self.rows.remove(at) {
                batch.push(id, task);
            }
        }
        let added = batch.tasks.len() > before;
        self.started |= added;
        added
    }

    /// Takes what the model found for a part of the sentence with this index.
    fn accept(
        &mut self,
        index: usize,
        part: usize,
        hypothesis: &search::Hypothesis,
        model: Model<'_>,
    ) {
        let mut work = Vec::new();
        if let Some((_, sentence)) = self.window.get_mut(index - self.done) {
            sentence.accept(part, hypothesis, model, &mut work);
        }
        // What is to be tried again comes before younger sentences.
        for work in work.into_iter().rev() {
            self.rows.push_front(Task::new(index, work));
        }
    }

    fn hand_out(&mut self, id: JobId, finished: &mut Vec<Finished>) {
        while let Some((bytes, sentence)) =
            self.window.pop_front_if(|(_, sentence)| sentence.is_done())
        {
            self.window_bytes -= bytes;
            self.done += 1;
            self.started = true;
            finished.push(Finished {
                job: id,
                index: self.done - 1,
                translation: sentence.text(),
                flags: sentence.flags,
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
