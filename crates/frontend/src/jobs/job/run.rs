//! The right to change a job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::ModelInfo;
use segment::Segment;
use tokio_util::sync::CancellationToken;

use super::{Job, JobProgress, Translated};
use crate::jobs::finished::FinishedSentences;
use crate::jobs::state::Phase;

/// The right of one run to change its job. Once another run has started, or the job was stopped,
/// its changes have no effect.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    job: Job,
    number: u64,
}

impl Job {
    /// Starts a run, which alone may change the job from now on. It ends with `shutdown`.
    pub(crate) fn start(&self, shutdown: &CancellationToken) -> Run {
        let mut number = 0;
        self.change(|progress| {
            progress.run += 1;
            progress.stop.cancel();
            progress.stop = shutdown.child_token();
            progress.phase = Phase::Waiting { place: 1 };
            number = progress.run;
        });
        Run {
            job: self.clone(),
            number,
        }
    }
}

impl Run {
    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// Waits until the run has to end.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let stop = self.job.lock().stop.clone();
        let current = self.is_current();
        async move {
            if current {
                stop.cancelled_owned().await;
            }
        }
    }

    /// Returns whether the run has to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.job.lock().stop.is_cancelled() || !self.is_current()
    }

    pub(crate) fn is_current(&self) -> bool {
        self.job.lock().run == self.number
    }

    fn change(&self, change: impl FnOnce(&mut JobProgress)) {
        if self.is_current() {
            self.job.change(|progress| {
                // Checked again under the lock of the change.
                if progress.run == self.number {
                    change(progress);
                }
            });
        }
    }

    /// Shows the job's place in the queue.
    pub(crate) fn wait(&self, place: usize) {
        self.change(|progress| progress.phase = Phase::Waiting { place });
    }

    /// Ends the wait for a slot. A job that is retrying stays so until the backend accepts its
    /// text.
    pub(crate) fn begin(&self) {
        self.change(|progress| {
            if matches!(progress.phase, Phase::Waiting { .. }) {
                progress.phase = Phase::Running;
            }
        });
    }

    /// Returns the model of the finished sentences.
    pub(crate) fn model(&self) -> Option<ModelInfo> {
        self.job.lock().model.clone()
    }

    /// Returns the ranges of unfinished sentences, of `total`, as pairs of start and end.
    pub(crate) fn missing(&self, total: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let progress = self.job.lock();
        let finished: Vec<usize> = progress.early.keys().copied().chain([total]).collect();
        let first = progress.translated.len();
        let starts =
            std::iter::once(first).chain(finished.clone().into_iter().map(|last| last + 1));
        starts.zip(finished).filter(|(start, end)| start < end)
    }

    /// Returns the sentences of the text, if an earlier attempt had the same model.
    pub(crate) fn segments(&self, model: &ModelInfo) -> Option<Arc<[Segment]>> {
        let progress = self.job.lock();
        let same = progress.model.as_ref() == Some(model);
        progress.segments.clone().filter(|_| same)
    }

    /// Starts afresh with the sentences of the text for `model`. The translations of another model
    /// are dropped, because every text is translated by a single model.
    pub(crate) fn restart(&self, model: &ModelInfo, segments: Arc<[Segment]>) {
        self.change(|progress| {
            let bytes = self.job.text().len();
            progress.translated =
                FinishedSentences::with_capacity(segments.len(), bytes + bytes / 8);
            progress.segments = Some(segments);
            progress.early.clear();
            progress.worked = Duration::ZERO;
            progress.model_name = Some(model.name.clone());
            progress.model = Some(model.clone());
        });
    }

    /// Starts the clock: the backend has accepted a part of the text.
    pub(crate) fn accept(&self) {
        self.change(|progress| {
            progress.phase = Phase::Running;
            progress.since.get_or_insert_with(Instant::now);
        });
    }

    /// Stops the clock: the backend no longer works on the text.
    pub(crate) fn pause(&self) {
        self.change(JobProgress::pause);
    }

    /// Adds a finished sentence, in any order; has no effect if it is there already.
    pub(crate) fn push(&self, sentence: Translated) {
        self.change(|progress| progress.push(sentence));
    }

    /// Sets the text that was read from the file of the job.
    pub(crate) fn set_text(&self, text: Arc<str>) {
        self.job.set_text(text);
        self.change(|_| {});
    }

    pub(crate) fn set(&self, phase: Phase) {
        self.change(|progress| progress.phase = phase);
    }

    /// Returns the number of finished sentences before the first unfinished one.
    pub(crate) fn done(&self) -> usize {
        self.job.lock().translated.len()
    }
}
