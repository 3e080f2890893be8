//! The end of a translation's page: the outcome, explanations of marks, numbers and buttons.

use askama::Template;
use uuid::Uuid;

use crate::history::Translation;
use crate::jobs::{self, Job, Phase};
use crate::pages::bitext::Form;
use crate::pages::document::Notes;
use crate::pages::marks::{AtomTally, Line, Tally};
use crate::pages::{Count, Time};

#[derive(Template)]
#[template(path = "end.html")]
pub(crate) struct End {
    id: Uuid,
    ending: Ending,
    /// Facts about the file, if the text is from one.
    file: Option<Notes>,
    phase: &'static str,
    marks: Vec<Line>,
    atoms: Option<AtomTally>,
    done: Count,
    total: Option<Count>,
    words: Count,
    facts: Option<String>,
    created: Option<Time>,
}

/// Outcome of a translation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done and in the history.
    Stored,
    /// Done and on disk, but not in the history yet.
    Kept {
        /// The reason if the database can be reached but does not store it.
        refused: Option<String>,
    },
    /// Cancelled by a person.
    Cancelled,
    /// Failed permanently.
    Failed {
        /// The reason, as a sentence.
        reason: String,
    },
}

impl Ending {
    /// Returns the outcome of a job; `None` if it is still running.
    pub(crate) fn of(state: &jobs::State) -> Option<Self> {
        match &state.phase {
            Phase::Done { stored: true } => Some(Self::Stored),
            Phase::Done { stored: false } => Some(Self::Kept {
                refused: state.not_stored.clone(),
            }),
            Phase::Cancelled => Some(Self::Cancelled),
            Phase::Failed { reason } => Some(Self::Failed {
                reason: reason.to_string(),
            }),
            Phase::Waiting { .. }
            | Phase::Reading { .. }
            | Phase::Running
            | Phase::Retrying { .. } => None,
        }
    }

    /// Returns whether it failed because a program is missing that images may have.
    fn lacks_program(&self) -> bool {
        matches!(self, Self::Failed { reason } if reason.contains("apt-get install"))
    }

    fn can_retry(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed { .. })
    }

    /// Returns the name for the script.
    fn name(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Kept { .. } => "kept",
            Self::Cancelled => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }
}

impl End {
    /// Creates the end of a job.
    pub(crate) fn of(
        job: &Job,
        ending: Ending,
        words: usize,
        tally: &Tally,
        file: Option<Notes>,
    ) -> Self {
        let state = job.state();
        Self {
            id: job.id(),
            file,
            phase: ending.name(),
            marks: tally.lines(),
            atoms: tally.atoms(),
            done: state.done.into(),
            total: state.total.map(Count::from),
            words: words.into(),
            facts: if ending.can_retry() {
                None
            } else {
                facts(state.total, Some(state.elapsed_ms), None)
            },
            created: Some(Time::from(job.created_at())),
            ending,
        }
    }

    /// Creates the end of a stored translation.
    pub(crate) fn of_stored(stored: &Translation, tally: &Tally, file: Option<Notes>) -> Self {
        let total = stored.sentences.map(|count| count as usize);
        Self {
            id: stored.public_id,
            file,
            phase: Ending::Stored.name(),
            marks: tally.lines(),
            atoms: tally.atoms(),
            done: total.unwrap_or(0).into(),
            total: total.map(Count::from),
            words: count_words(&stored.text_en).into(),
            facts: facts(total, stored.duration_ms, stored.model.as_deref()),
            created: stored.created_at.map(Time::from),
            ending: Ending::Stored,
        }
    }

    /// Renders it.
    pub(crate) fn html(&self, form: Form) -> String {
        let html = self.render().unwrap_or_default();
        match form {
            Form::Page => html,
            Form::Fragment => format!("end {}\n", html.replace('\n', " ")),
        }
    }
}

/// Counts the words of a text.
pub(crate) fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn facts(total: Option<usize>, duration_ms: Option<u64>, model: Option<&str>) -> Option<String> {
    let sentences = total.map(|total| {
        let noun = if total == 1 { "sentence" } else { "sentences" };
        format!("{} {noun}", Count::from(total))
    });
    let duration = duration_ms.map(|milliseconds| format!("in {}", duration(milliseconds)));
    let model = model.map(|model| format!("by {model}"));
    let parts: Vec<String> = [sentences, duration, model].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1000).max(1);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let durations = [0, 999, 61_000, 7_260_000].map(duration);
        assert_eq!(durations, ["1 s", "1 s", "1 min 1 s", "2 h 1 min"]);
    }
}
