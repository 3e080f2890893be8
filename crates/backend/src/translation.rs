//! A text on its way through the model: sentences out, translations in.

use std::{sync::Arc, time::Instant};

use api::{DoneEvent, Flag, SegmentEvent};
use marian::Flags;
use segment::Segment;
use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    extract::Admitted,
    queue::Permit,
    state::AppState,
    worker::{Event, Job},
};

/// A text at work. Dropping it drops its work.
#[derive(Debug)]
pub struct Translation {
    text: Arc<str>,
    segments: Vec<Segment>,
    // Absent if there is nothing to translate.
    job: Option<Job>,
    done: usize,
    cutoff: CancellationToken,
    start: Instant,
    // Held until the answer has gone, because until then it is in memory.
    permit: Arc<Permit>,
}

impl Translation {
    /// Cuts the text into sentences and hands them to the model.
    ///
    /// # Errors
    /// Cutting the text failed, or it has more sentences than there is room for beside the others.
    pub async fn start(state: &AppState, admitted: Admitted) -> Result<Self, Error> {
        let start = Instant::now();
        let Admitted {
            text,
            mut permit,
            model,
        } = admitted;
        let text: Arc<str> = text.into();
        let cut = {
            let text = text.clone();
            move || {
                let segments = segment::segments(&text, &model.info.source_language);
                // Before most of what they cost is spent.
                permit
                    .hold_segments(segments.len())
                    .map_err(|_| Error::Full)?;
                let sentences: Vec<String> = segments
                    .iter()
                    .map(|segment| segment.of(&text).to_owned())
                    .collect();
                Ok((segments, sentences, permit))
            }
        };
        // A book takes seconds, too long for a thread of the runtime.
        let cut = tokio::task::spawn_blocking(cut).await.map_err(|error| {
            let reason = if error.is_panic() {
                "panic"
            } else {
                "cancelled"
            };
            tracing::error!(reason, "cutting a text into sentences failed");
            Error::Internal
        })?;
        let (segments, sentences, permit) = cut?;
        let permit = Arc::new(permit);
        let job =
            (!sentences.is_empty()).then(|| state.worker.submit(sentences, permit.clone(), start));
        Ok(Self {
            text,
            segments,
            job,
            done: 0,
            cutoff: state.cutoff.clone(),
            start,
            permit,
        })
    }

    /// The next sentence in source order; `None` after the last.
    ///
    /// # Errors
    /// The model failed, or the server ends before the text is done.
    pub async fn next(&mut self) -> Option<Result<SegmentEvent, Error>> {
        if self.done == self.segments.len() {
            return None;
        }
        let job = self.job.as_mut()?;
        let event = tokio::select! {
            // What is finished is handed out even when time is up.
            biased;
            event = job.next() => event,
            () = self.cutoff.cancelled() => return Some(Err(Error::ShuttingDown)),
        };
        let finished = match event {
            Event::Sentence(finished) => finished,
            Event::Failed { again: false } => return Some(Err(Error::Internal)),
            Event::Failed { again: true } => return Some(Err(Error::Hopeless)),
        };
        self.done = finished.done;
        let segment = &self.segments[finished.index];
        Some(Ok(SegmentEvent {
            index: finished.index,
            start: segment.start,
            end: segment.end,
            translation: finished.translation,
            done: finished.done,
            total: finished.total,
            flags: flags(finished.flags),
        }))
    }

    /// The whole text, translated, and the place that it holds until it is dropped.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn whole(mut self) -> Result<(String, Arc<Permit>), Error> {
        let mut translations = Vec::with_capacity(self.segments.len());
        while let Some(event) = self.next().await {
            translations.push(event?.translation);
        }
        let translations = translations.iter().map(String::as_str);
        let text = segment::join(&self.text, &self.segments, translations);
        Ok((text, self.permit))
    }

    /// What is said when all is done.
    #[must_use]
    pub fn summary(&self) -> DoneEvent {
        DoneEvent {
            sentences: self.segments.len(),
            duration_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn flags(flags: Flags) -> Vec<Flag> {
    let all = [
        (flags.split, Flag::Split),
        (flags.looped, Flag::Looped),
        (flags.unknown, Flag::Unknown),
        (flags.positioned, Flag::Positioned),
    ];
    all.into_iter()
        .filter_map(|(is_set, flag)| is_set.then_some(flag))
        .collect()
}
