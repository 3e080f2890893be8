//! The thread of the model: it loads the model, then runs it for all jobs, step by step.
//!
//! Dropping a [`Job`] cancels it before the next step.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Instant,
};

use api::ModelInfo;
use marian::{Finished, JobId, Scheduler, Step, Translator};
use tokio::sync::{mpsc as channel, watch};
use tracing::Span;

use crate::{metrics as names, queue::Permit};

/// Maximum number of suspects, the texts that were in the batch of a failed step. Most of them are
/// sent again and succeed. If the maximum is exceeded, all of them are forgotten.
const MAX_SUSPECTS: usize = 1024;

/// A model that is loaded and has translated its first sentence.
#[derive(Debug)]
pub struct Model {
    /// Description in the API.
    pub info: ModelInfo,
}

/// Status of the thread.
#[derive(Clone, Debug)]
pub enum Status {
    /// The model is being loaded.
    Loading,
    /// The model translates.
    Ready(Arc<Model>),
    /// The model could not be loaded, for this reason; the thread has ended.
    Failed(Arc<str>),
}

/// Handle of the thread, which ends when the last handle is dropped and no job is left.
#[derive(Clone, Debug)]
pub struct Worker {
    submissions: Sender<Submission>,
    status: watch::Receiver<Status>,
}

/// A translated sentence, or the failure of the job.
#[derive(Debug)]
pub enum Event {
    /// A sentence; they come in source order.
    Sentence(Finished),
    /// The model failed on the batch of this job; the reason is in the log. This is the last event.
    Failed {
        /// True if the model had failed with the same text before, so that a retry would not help.
        again: bool,
    },
}

/// A text that the thread translates. Dropping it cancels the job.
#[derive(Debug)]
pub struct Job {
    events: channel::UnboundedReceiver<Event>,
}

impl Job {
    /// Returns the next sentence; the last one has `done == total`.
    pub async fn next(&mut self) -> Event {
        // The channel closes without an event only if the thread has died.
        let died = Event::Failed { again: false };
        self.events.recv().await.unwrap_or(died)
    }
}

struct Submission {
    sentences: Vec<String>,
    links: bool,
    active: Active,
}

/// The thread's side of a [`Job`]. The channel of events is unbounded: there are no more events than
/// sentences, and a slow reader must not delay other jobs.
struct Active {
    events: channel::UnboundedSender<Event>,
    /// Hash of the sentences, set when the job is taken.
    text: u64,
    span: Span,
    received: Instant,
    waits_for_first: bool,
    _permit: Arc<Permit>,
}

impl Worker {
    /// Starts the thread, which begins by loading the model with `load`.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start<L>(load: L) -> io::Result<Self>
    where
        L: FnOnce() -> anyhow::Result<(Arc<Translator>, ModelInfo)> + Send + 'static,
    {
        Self::start_with(load, Scheduler::step)
    }

    fn start_with<L, S>(load: L, step: S) -> io::Result<Self>
    where
        L: FnOnce() -> anyhow::Result<(Arc<Translator>, ModelInfo)> + Send + 'static,
        S: FnMut(&mut Scheduler) -> Result<Step, marian::Error> + Send + 'static,
    {
        let (submissions, received) = mpsc::channel();
        let (status, watched) = watch::channel(Status::Loading);
        thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || {
                let loaded = catch_unwind(AssertUnwindSafe(load));
                let loaded =
                    loaded.unwrap_or_else(|_| Err(anyhow::anyhow!("loading the model panicked")));
                match loaded {
                    Ok((translator, info)) => {
                        status.send_replace(Status::Ready(Arc::new(Model { info })));
                        Steps::new(translator, step).run(&received);
                    }
                    Err(error) => {
                        status.send_replace(Status::Failed(format!("{error:#}").into()));
                    }
                }
            })?;
        Ok(Self {
            submissions,
            status: watched,
        })
    }

    /// Returns the status of the thread.
    #[must_use]
    pub fn status(&self) -> Status {
        // The thread drops its end of the channel when it ends, for whatever reason.
        if self.status.has_changed().is_err() && !matches!(*self.status.borrow(), Status::Failed(_))
        {
            return Status::Failed("the thread of the model has ended".into());
        }
        self.status.borrow().clone()
    }

    /// Waits until the model is loaded.
    ///
    /// # Errors
    /// The reason why it could not be loaded.
    pub async fn loaded(&self) -> Result<Arc<Model>, Arc<str>> {
        let mut status = self.status.clone();
        let settled = status
            .wait_for(|status| !matches!(status, Status::Loading))
            .await;
        match settled.as_deref() {
            Ok(Status::Ready(model)) => Ok(model.clone()),
            Ok(Status::Failed(reason)) => Err(reason.clone()),
            Ok(Status::Loading) | Err(_) => Err("the thread of the model has ended".into()),
        }
    }

    /// Waits until the thread has ended, which it does only after a failure or without handles.
    pub async fn ended(&self) {
        let mut status = self.status.clone();
        while status.changed().await.is_ok() {}
    }

    /// Submits at least one sentence of a text that was read at `received`. With `links`, words are
    /// linked. The log lines of the job get the current span.
    #[must_use]
    pub fn submit(
        &self,
        sentences: Vec<String>,
        links: bool,
        permit: Arc<Permit>,
        received: Instant,
    ) -> Job {
        let (events, received_events) = channel::unbounded_channel();
        let active = Active {
            events,
            text: 0,
            span: Span::current(),
            received,
            waits_for_first: true,
            _permit: permit,
        };
        // Without a thread the channel closes at once, and the job has failed.
        let _ = self.submissions.send(Submission {
            sentences,
            links,
            active,
        });
        Job {
            events: received_events,
        }
    }
}

/// The loop of the thread.
struct Steps<S> {
    translator: Arc<Translator>,
    scheduler: Scheduler,
    active: HashMap<JobId, Active>,
    /// Hashes of texts that were in the batch of a failed step. One of them may be the cause; it is
    /// not retried for ever, because each failure affects other jobs.
    suspects: HashSet<u64>,
    step: S,
}

impl<S> Steps<S>
where
    S: FnMut(&mut Scheduler) -> Result<Step, marian::Error>,
{
    fn new(translator: Arc<Translator>, step: S) -> Self {
        Self {
            scheduler: Scheduler::new(translator.clone()),
            translator,
            active: HashMap::new(),
            suspects: HashSet::new(),
            step,
        }
    }

    /// Runs until all handles are gone.
    fn run(mut self, submissions: &Receiver<Submission>) {
        loop {
            if self.active.is_empty() {
                match submissions.recv() {
                    Ok(submission) => self.take(submission),
                    Err(_) => return,
                }
            }
            while let Ok(submission) = submissions.try_recv() {
                self.take(submission);
            }
            self.drop_unwanted();
            if !self.active.is_empty() {
                self.run_step();
            }
        }
    }

    fn take(&mut self, submission: Submission) {
        let Submission {
            sentences,
            links,
            mut active,
        } = submission;
        let mut text = DefaultHasher::new();
        sentences.hash(&mut text);
        active.text = text.finish();
        active
            .span
            .in_scope(|| tracing::debug!(sentences = sentences.len(), "translating"));
        let job = if links {
            self.scheduler.submit_linked(sentences)
        } else {
            self.scheduler.submit(sentences)
        };
        self.active.insert(job, active);
    }

    fn drop_unwanted(&mut self) {
        let gone = self
            .active
            .extract_if(|_, active| active.events.is_closed());
        for (job, active) in gone {
            self.scheduler.cancel(job);
            ended("cancelled");
            active
                .span
                .in_scope(|| tracing::info!("cancelled because the client has disconnected"));
        }
    }

    fn run_step(&mut self) {
        let result = catch_unwind(AssertUnwindSafe(|| (self.step)(&mut self.scheduler)));
        match result {
            Ok(Ok(step)) => self.send_events(step),
            Ok(Err(error)) => self.fail_lost(&error.to_string()),
            // The message of the panic may quote the text, so it is not logged; the panic hook logs
            // the location.
            Err(_) => {
                // Its state may be inconsistent.
                self.scheduler = Scheduler::new(self.translator.clone());
                self.fail_lost("a panic");
            }
        }
    }

    fn send_events(&mut self, step: Step) {
        // In some steps there is nothing for the model to do.
        if step.rows > 0 {
            metrics::histogram!(names::BATCH_ROWS).record(step.rows as f64);
        }
        metrics::counter!(names::SOURCE_TOKENS).increment(step.source_tokens as u64);
        metrics::counter!(names::TARGET_TOKENS).increment(step.target_tokens as u64);
        metrics::counter!(names::SENTENCES).increment(step.finished.len() as u64);
        metrics::counter!(names::CACHE_LOOKUPS, "outcome" => "hit").increment(step.found as u64);
        metrics::counter!(names::CACHE_LOOKUPS, "outcome" => "miss")
            .increment((step.looked_up - step.found) as u64);
        for finished in step.finished {
            names::count_atoms(&finished.audit);
            let Some(active) = self.active.get_mut(&finished.job) else {
                continue;
            };
            if std::mem::take(&mut active.waits_for_first) {
                metrics::histogram!(names::FIRST_SENTENCE_SECONDS)
                    .record(active.received.elapsed());
            }
            let (job, total) = (finished.job, finished.total);
            let is_last = finished.done == total;
            // If nobody receives it, the job is dropped before the next step.
            let _ = active.events.send(Event::Sentence(finished));
            if is_last && let Some(active) = self.active.remove(&job) {
                ended("done");
                self.suspects.remove(&active.text);
                let elapsed = active.received.elapsed();
                active
                    .span
                    .in_scope(|| tracing::debug!(sentences = total, ?elapsed, "translated"));
            }
        }
    }

    /// Ends the jobs that were lost in a failed step: those that the scheduler no longer has. If it
    /// still has all jobs, ends all, so that the failure is not repeated for ever.
    fn fail_lost(&mut self, reason: &str) {
        let scheduler = &mut self.scheduler;
        let has_all = self.active.keys().all(|job| scheduler.contains(*job));
        let lost = self
            .active
            .extract_if(|job, _| has_all || !scheduler.contains(*job));
        let lost: Vec<_> = lost.collect();
        if self.suspects.len() + lost.len() > MAX_SUSPECTS {
            self.suspects.clear();
        }
        for (job, active) in lost {
            self.scheduler.cancel(job);
            ended("failed");
            let again = !self.suspects.insert(active.text);
            active
                .span
                .in_scope(|| tracing::error!(reason, again, "the model failed"));
            let _ = active.events.send(Event::Failed { again });
        }
    }
}

fn ended(how: &'static str) {
    metrics::counter!(names::JOBS, "outcome" => how).increment(1);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{config::ModelConfig, model_dir, queue::RequestQueue};

    fn load() -> anyhow::Result<(Arc<Translator>, ModelInfo)> {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo-de-en");
        let config = ModelConfig {
            model_beams: Some(1),
            ..ModelConfig::default()
        };
        model_dir::load(&demo, &config)
    }

    fn submit(worker: &Worker, sentences: &[&str]) -> Job {
        let permit = RequestQueue::new(1, 1).enter().expect("room");
        let sentences = sentences.iter().map(|text| (*text).to_owned()).collect();
        worker.submit(sentences, false, Arc::new(permit), Instant::now())
    }

    /// Returns all sentences, or as an error whether the model had failed with the text before.
    async fn translations(mut job: Job) -> Result<Vec<String>, bool> {
        let mut translations = Vec::new();
        loop {
            match job.next().await {
                Event::Failed { again } => return Err(again),
                Event::Sentence(finished) => {
                    let is_last = finished.done == finished.total;
                    translations.push(finished.translation);
                    if is_last {
                        return Ok(translations);
                    }
                }
            }
        }
    }

    /// Starts a worker whose first `times` steps are `fault`.
    async fn failing(
        times: usize,
        mut fault: impl FnMut(&mut Scheduler) -> Result<Step, marian::Error> + Send + 'static,
    ) -> Worker {
        let mut left = times;
        let worker = Worker::start_with(load, move |scheduler| {
            if left == 0 {
                return scheduler.step();
            }
            left -= 1;
            fault(scheduler)
        });
        let worker = worker.expect("a thread");
        worker.loaded().await.expect("a model");
        worker
    }

    #[tokio::test]
    async fn a_panic_fails_the_job_and_the_thread_lives_on() {
        let worker = failing(1, |_| panic!("on purpose")).await;
        let first = translations(submit(&worker, &["Das ist gut."])).await;
        assert_eq!(first, Err(false));
        let second = translations(submit(&worker, &["Das ist gut.", "Das ist alt."])).await;
        assert_eq!(second.expect("translated").len(), 2);
    }

    #[tokio::test]
    async fn an_error_fails_the_job_and_the_thread_lives_on() {
        let worker = failing(1, |_| Err(marian::Error::Input("on purpose".to_owned()))).await;
        let first = translations(submit(&worker, &["Das ist gut."])).await;
        assert_eq!(first, Err(false));
        let second = translations(submit(&worker, &["Das ist gut."])).await;
        assert_eq!(second.expect("translated").len(), 1);
    }

    #[tokio::test]
    async fn a_text_that_fails_again_is_distinguished_from_one_in_the_same_batch() {
        let worker = failing(2, |_| panic!("on purpose")).await;
        let (poison, other) = (["Das ist gut."], ["Das ist alt."]);
        let text = || submit(&worker, &poison);
        assert_eq!(translations(text()).await, Err(false));
        assert_eq!(translations(text()).await, Err(true));
        assert!(translations(submit(&worker, &other)).await.is_ok());
        // A text that succeeds is no longer a suspect.
        assert!(translations(text()).await.is_ok());
    }

    #[tokio::test]
    async fn the_thread_ends_with_its_last_handle_and_job() {
        let worker = failing(0, Scheduler::step).await;
        let mut status = worker.status.clone();
        let job = submit(&worker, &["Das ist gut."]);
        drop(worker);
        assert_eq!(translations(job).await.expect("translated").len(), 1);
        while status.changed().await.is_ok() {}
        let gone = Worker {
            submissions: mpsc::channel().0,
            status,
        };
        gone.ended().await;
        assert!(matches!(gone.status(), Status::Failed(_)));
    }

    #[tokio::test]
    async fn a_load_that_fails_or_panics_is_reported() {
        let worker = Worker::start(|| Err(anyhow::anyhow!("no such file"))).expect("a thread");
        assert_eq!(&*worker.loaded().await.expect_err("failed"), "no such file");
        let worker = Worker::start(|| panic!("on purpose")).expect("a thread");
        assert_eq!(
            &*worker.loaded().await.expect_err("failed"),
            "loading the model panicked"
        );
    }
}
