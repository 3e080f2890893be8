//! A text that is being translated: sentences go to the model, translations come back.

use std::{borrow::Cow, ops::Range, sync::Arc, time::Instant};

use api::{AtomCheck, DoneEvent, Flag, LostAtom, SegmentEvent, WordLink};
use marian::{Audit, Flags, Link, Lost};
use segment::{Rules, Segment};
use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    extract::Admitted,
    queue::{Full, Permit},
    state::AppState,
    worker::{Event, Job},
};

/// A text that is being translated. Dropping it cancels the translation.
#[derive(Debug)]
pub struct Translation {
    text: Arc<str>,
    segments: Vec<Segment>,
    // `None` if there is nothing to translate.
    job: Option<Job>,
    done: usize,
    cutoff: CancellationToken,
    start: Instant,
    // Held until the response is sent, because it is in memory until then.
    permit: Arc<Permit>,
}

impl Translation {
    /// Cuts the text into sentences and submits them to the model.
    ///
    /// # Errors
    /// Cutting the text failed, or the queue has no room for its sentences.
    pub async fn start(state: &AppState, admitted: Admitted) -> Result<Self, Error> {
        let start = Instant::now();
        let Admitted {
            text,
            wrapped,
            links,
            mut permit,
            model,
        } = admitted;
        let text: Arc<str> = text.into();
        let cut = {
            let text = text.clone();
            move || {
                let rules = Rules {
                    language: &model.info.source_language,
                    wrapped,
                };
                let segments = segment::segments(&text, rules);
                // Checked before most of their memory is allocated.
                permit.hold_segments(segments.len())?;
                let sentences: Vec<String> = segments
                    .iter()
                    .map(|segment| segment::unwrapped(segment.of(&text)).into_owned())
                    .collect();
                Ok::<_, Full>((segments, sentences, permit))
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
        let submit = || {
            let permit = permit.clone();
            state.worker.submit(sentences, links, permit, start)
        };
        let job = (!segments.is_empty()).then(submit);
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

    /// Returns the next sentence in source order, or `None` after the last.
    ///
    /// # Errors
    /// The model failed, or the service ends before the text is done.
    pub async fn next(&mut self) -> Option<Result<SegmentEvent, Error>> {
        if self.done == self.segments.len() {
            return None;
        }
        let job = self.job.as_mut()?;
        let event = tokio::select! {
            // Finished sentences are returned even after the cutoff.
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
        let translation = segment::rewrapped(&finished.translation, segment.of(&self.text));
        // The model got a sentence over several lines as one line, to which its links refer.
        let links = match &translation {
            Cow::Borrowed(_) => finished.links.iter().map(link).collect(),
            Cow::Owned(_) => Vec::new(),
        };
        Some(Ok(SegmentEvent {
            index: finished.index,
            start: segment.start,
            end: segment.end,
            translation: translation.into_owned(),
            done: finished.done,
            total: finished.total,
            flags: flags(finished.flags, &finished.audit),
            atoms: check(finished.audit),
            links,
        }))
    }

    /// Returns the translation of the entire text, and its place in the queue.
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

    /// Returns the event that ends a successful stream.
    #[must_use]
    pub fn summary(&self) -> DoneEvent {
        DoneEvent {
            sentences: self.segments.len(),
            duration_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn flags(flags: Flags, audit: &Audit) -> Vec<Flag> {
    let all = [
        (flags.split, Flag::Split),
        (flags.looped, Flag::Looped),
        (flags.unknown, Flag::Unknown),
        (flags.positioned, Flag::Positioned),
        (!audit.lost.is_empty(), Flag::Atoms),
    ];
    all.into_iter()
        .filter_map(|(is_set, flag)| is_set.then_some(flag))
        .collect()
}

fn link(link: &Link) -> WordLink {
    let long = |range: &Range<u16>| usize::from(range.start)..usize::from(range.end);
    WordLink {
        target: long(&link.target),
        source: long(&link.source),
        percent: link.percent,
    }
}

fn check(audit: Audit) -> AtomCheck {
    let lost = audit
        .lost
        .into_iter()
        .map(|Lost { source, target }| LostAtom { source, target });
    AtomCheck {
        found: audit.found,
        kept: audit.kept,
        lost: lost.collect(),
    }
}
