//! Sentences of a text to the model and back, with a progress bar.

use std::{
    collections::VecDeque,
    io::{self, IsTerminal as _},
};

use backend::model_dir;
use indicatif::{ProgressBar, ProgressStyle};
use marian::{Finished, Scheduler};
use segment::{Rules, Segment};
use service::args::Common;

use super::arguments::Arguments;

/// The sentences of a text while they are translated.
pub(super) struct Sentences {
    /// Byte ranges of the text.
    pub(super) segments: Vec<Segment>,
    scheduler: Scheduler,
    /// Translations that were not returned yet.
    finished: VecDeque<Finished>,
    bar: ProgressBar,
    looped: u64,
    lost: u64,
}

impl Sentences {
    /// Loads the model and starts to translate the sentences of a text. `is_linked` says that their
    /// words are to be linked with those of the text.
    pub(super) fn start(
        text: &str,
        arguments: &Arguments,
        common: &Common,
        is_linked: bool,
        shows_progress: bool,
    ) -> anyhow::Result<Self> {
        let folder = model_dir::choose(&arguments.model, common)?;
        let (translator, model) = model_dir::load(&folder, &arguments.model)?;
        if model.demo && io::stderr().is_terminal() {
            eprintln!("This is the small demo model; run `fetch-model` for the full one.");
        }
        let rules = Rules {
            language: &model.source_language,
            wrapped: arguments.wrapped,
        };
        let segments = segment::segments(text, rules);
        let sentences = segments
            .iter()
            .map(|segment| segment::unwrapped(segment.of(text)).into_owned());
        let mut scheduler = Scheduler::new(translator);
        if is_linked {
            scheduler.submit_linked(sentences.collect());
        } else {
            scheduler.submit(sentences.collect());
        }
        let bar = if shows_progress {
            let style = "{bar:40} {pos} of {len} sentences, {eta} left";
            let style = ProgressStyle::with_template(style).expect("the template is valid");
            // Hidden if standard error is not a terminal.
            ProgressBar::new(segments.len() as u64).with_style(style)
        } else {
            ProgressBar::hidden()
        };
        Ok(Self {
            segments,
            scheduler,
            finished: VecDeque::new(),
            bar,
            looped: 0,
            lost: 0,
        })
    }

    /// Returns the next sentence in the order of the text, or `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Finished>, marian::Error> {
        while self.finished.is_empty() && !self.scheduler.is_idle() {
            self.finished.extend(self.scheduler.step()?.finished);
        }
        let finished = self.finished.pop_front();
        if let Some(finished) = &finished {
            self.looped += u64::from(finished.flags.looped);
            self.lost += u64::from(!finished.audit.lost.is_empty());
            self.bar.inc(1);
        }
        Ok(finished)
    }

    /// Ends the progress bar and prints which sentences to check.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
        if self.lost > 0 {
            eprintln!(
                "{} sentences may have other numbers or references than the original.",
                self.lost
            );
        }
        if self.looped > 0 {
            eprintln!(
                "{} sentences may be translated poorly: the model repeated itself.",
                self.looped
            );
        }
    }
}
