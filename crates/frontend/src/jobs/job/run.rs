//! Who may change a job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::ModelInfo;
use segment::Segment;
use tokio_util::sync::CancellationToken;

use super::{Inner, Job, Translated};
use crate::jobs::finished::Finished;
use crate::jobs::state::Phase;

/// The right of one run to change its job: what a run does after it was stopped has no effect.
#[derive(Clone, Debug)]
pub(in crate::jobs) struct Run {
    job: Job,
    number: u64,
}

impl Job {
    /// Begins a run, the only one that may change the job from now on; it ends with `shutdown`.
    pub(in crate::jobs) fn start(&self, shutdown: &CancellationToken) -> Run {
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
}

impl Run {
    pub(in crate::jobs) fn job(&self) -> &Job {
        &self.job
    }

    /// Returns when the run shall end.
    pub(in crate::jobs) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        let stop = self.job.lock().stop.clone();
        let current = self.is_current();
        async move {
            if current {
                stop.cancelled_owned().await;
            }
        }
    }

    pub(in crate::jobs) fn is_current(&self) -> bool {
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

    pub(in crate::jobs) fn waits(&self, place: usize) {
        self.change(|inner| inner.phase = Phase::Waiting { place });
    }

    /// Its turn has come. A job that tries again says so until the backend has accepted it.
    pub(in crate::jobs) fn begins(&self) {
        self.change(|inner| {
            if matches!(inner.phase, Phase::Waiting { .. }) {
                inner.phase = Phase::Running;
            }
        });
    }

    /// The model of the sentences that are there.
    pub(in crate::jobs) fn model(&self) -> Option<ModelInfo> {
        self.job.lock().model.clone()
    }

    /// The sentences, of `total`, that are not finished: ranges from one number to another.
    pub(in crate::jobs) fn missing(
        &self,
        total: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let inner = self.job.lock();
        let finished: Vec<usize> = inner.early.keys().copied().chain([total]).collect();
        let first = inner.translated.len();
        let starts =
            std::iter::once(first).chain(finished.clone().into_iter().map(|last| last + 1));
        starts.zip(finished).filter(|(start, end)| start < end)
    }

    /// The sentences, where they are known from an earlier attempt with the same model.
    pub(in crate::jobs) fn known(&self, model: &ModelInfo) -> Option<Arc<[Segment]>> {
        let inner = self.job.lock();
        let same = inner.model.as_ref() == Some(model);
        inner.segments.clone().filter(|_| same)
    }

    /// The sentences of the text for this model. What another model translated is dropped: one
    /// text is translated by one model.
    pub(in crate::jobs) fn segmented(&self, model: &ModelInfo, segments: Arc<[Segment]>) {
        self.change(|inner| {
            let bytes = self.job.text().len();
            inner.translated = Finished::with_capacity(segments.len(), bytes + bytes / 8);
            inner.segments = Some(segments);
            inner.early.clear();
            inner.worked = Duration::ZERO;
            inner.model_name = Some(model.name.clone());
            inner.model = Some(model.clone());
        });
    }

    /// The backend works on it.
    pub(in crate::jobs) fn accepted(&self) {
        self.change(|inner| {
            inner.phase = Phase::Running;
            inner.since.get_or_insert_with(Instant::now);
        });
    }

    /// The backend does not work on it any more.
    pub(in crate::jobs) fn paused(&self) {
        self.change(Inner::pause);
    }

    /// A sentence is finished, in any order; nothing where it was before.
    pub(in crate::jobs) fn push(&self, sentence: Translated) {
        self.change(|inner| inner.push(sentence));
    }

    pub(in crate::jobs) fn set(&self, phase: Phase) {
        self.change(|inner| inner.phase = phase);
    }

    pub(in crate::jobs) fn done(&self) -> usize {
        self.job.lock().translated.len()
    }
}
