//! `/translations/{id}`: the text in two columns, streamed while it is made.
//!
//! One address, one template, three ways in: a job at work, a job that ended, a stored
//! translation. With `?from=N` it goes on at sentence N, for a script whose page broke off.

use std::convert::Infallible;

use askama::Template;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::Stream;
use serde::Deserialize;
use uuid::Uuid;

use crate::AppState;
use crate::error::Error;
use crate::history::Translation;
use crate::jobs::{self, Job, Phase};
use crate::pages::bitext::Form;
use crate::pages::marks::{Line, Tally};
use crate::pages::stream::{Resumed, at_work, finished};
use crate::pages::{Count, Id, Time, visible};

/// Characters of the text in the title.
const TITLE_CHARS: usize = 48;

/// The question mark's part of the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// The sentence to go on with, as a fragment.
    from: Option<usize>,
    /// The edition of the sentences that the page has.
    edition: Option<u64>,
}

#[derive(Template)]
#[template(path = "translation.html")]
struct TranslationPage {
    id: Uuid,
    title: String,
    demo: bool,
    running: bool,
}

#[derive(Template)]
#[template(path = "end.html")]
pub(crate) struct End {
    id: Uuid,
    ending: Ending,
    phase: &'static str,
    marks: Vec<Line>,
    done: Count,
    total: Option<Count>,
    words: Count,
    facts: Option<String>,
    created: Option<Time>,
}

/// How a translation ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In the history.
    Stored,
    /// Done, on disk, on its way to the history.
    Kept {
        /// Why the database, though it can be reached, does not take it.
        refused: Option<String>,
    },
    /// Cancelled.
    Cancelled,
    /// Failed for good.
    Failed {
        /// Why, in a sentence.
        reason: String,
    },
}

impl Ending {
    /// How a job ended that is in this state; `None` where it has not.
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
            Phase::Waiting { .. } | Phase::Running | Phase::Retrying { .. } => None,
        }
    }

    fn can_retry(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed { .. })
    }

    /// The word for the script.
    fn word(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Kept { .. } => "kept",
            Self::Cancelled => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }
}

/// `GET /translations/{id}`.
pub(crate) async fn show(
    State(state): State<AppState>,
    Id(id): Id,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(Parameters { from, edition }) = parameters.unwrap_or_default();
    let form = from.map_or(Form::Page, |_| Form::Fragment);
    let sentence = from.unwrap_or(0);
    let from = Resumed { sentence, edition };
    let model = state.translator.model();
    if let Some(job) = state.jobs.recall(id).await {
        let page = TranslationPage {
            id,
            title: title_of(&job),
            demo: model.is_some_and(|model| model.demo),
            running: !job.state().phase.is_final(),
        };
        let frame = Frame::new(&page, form)?;
        return Ok(respond(
            form,
            at_work(job, frame, form, from, state.shutdown),
        ));
    }
    let stored = state.history.find(id).await?.ok_or(Error::NotFound)?;
    let page = TranslationPage {
        id,
        title: title(&stored.text_de),
        demo: model.is_some_and(|model| model.demo && stored.model == Some(model.name)),
        running: false,
    };
    let frame = Frame::new(&page, form)?;
    Ok(respond(form, finished(stored, frame, form, sentence)))
}

fn respond(form: Form, body: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let content_type = match form {
        Form::Page => "text/html; charset=utf-8",
        Form::Fragment => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would hold the sentences back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = futures_util::StreamExt::map(body, Ok::<_, Infallible>);
    (headers, Body::from_stream(body)).into_response()
}

/// The page around the rows, in the three parts in which it is sent; empty around a fragment.
pub(crate) struct Frame {
    /// Up to the first row.
    pub(crate) head: String,
    /// From the last row to the end of the translation.
    pub(crate) middle: String,
    /// What follows that.
    pub(crate) tail: String,
}

impl Frame {
    fn new(page: &TranslationPage, form: Form) -> Result<Self, Error> {
        let html = match form {
            Form::Page => page.render()?,
            Form::Fragment => String::new(),
        };
        // No text can hold these marks: it is escaped.
        let (head, rest) = html.split_once("<!--rows-->").unwrap_or_default();
        let (middle, tail) = rest.split_once("<!--end-->").unwrap_or_default();
        Ok(Self {
            head: head.to_owned(),
            middle: middle.to_owned(),
            tail: tail.to_owned(),
        })
    }
}

impl End {
    /// That of a job.
    pub(crate) fn of(job: &Job, ending: Ending, words: usize, tally: &Tally) -> Self {
        let state = job.state();
        Self {
            id: job.id(),
            phase: ending.word(),
            marks: tally.lines(),
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

    /// That of a stored translation.
    pub(crate) fn of_stored(stored: &Translation, tally: &Tally) -> Self {
        let total = stored.sentences.map(|count| count as usize);
        Self {
            id: stored.public_id,
            phase: Ending::Stored.word(),
            marks: tally.lines(),
            done: total.unwrap_or(0).into(),
            total: total.map(Count::from),
            words: count_words(&stored.text_en).into(),
            facts: facts(total, stored.duration_ms, stored.model.as_deref()),
            created: stored.created_at.map(Time::from),
            ending: Ending::Stored,
        }
    }

    /// As it is sent.
    pub(crate) fn html(&self, form: Form) -> String {
        let html = self.render().unwrap_or_default();
        match form {
            Form::Page => html,
            Form::Fragment => format!("end {}\n", html.replace('\n', " ")),
        }
    }
}

/// How many words a text has.
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

fn title_of(job: &Job) -> String {
    let state = job.state();
    match (state.phase.is_final(), state.total) {
        (true, _) => title(job.text()),
        (false, Some(total)) if total > 0 => {
            format!("{} % · Translating", state.done * 100 / total)
        }
        (false, _) => "Translating".to_owned(),
    }
}

fn title(text: &str) -> String {
    let mut start = String::new();
    for word in text.split_whitespace() {
        if start.chars().count() + word.chars().count() > TITLE_CHARS {
            start.push('…');
            break;
        }
        if !start.is_empty() {
            start.push(' ');
        }
        start.push_str(word);
    }
    visible(&start).into_owned() + " · Translation"
}

#[cfg(test)]
mod tests {
    use segment::Segment;

    use super::*;
    use crate::history::{Flags, Span, Spans};
    use crate::pages::testing::Pages;

    fn stored(text_de: &str, text_en: &str, spans: Option<Spans>) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: text_de.to_owned(),
            text_en: text_en.to_owned(),
            created_at: None,
            model: Some("opus-mt-de-en".to_owned()),
            duration_ms: Some(61_000),
            sentences: spans.as_ref().map(|_| 1),
            spans,
            flags: Flags::default(),
        }
    }

    async fn rows_of(translation: Translation) -> String {
        let pages = Pages::open().await;
        pages
            .state
            .history
            .insert(&translation)
            .await
            .expect("stored");
        let path = format!("/translations/{}", translation.public_id);
        let page = pages.get(&path).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.headers["x-accel-buffering"], "no");
        let rows = page.body.split("id=\"bitext\">").nth(1).expect("rows");
        rows.split("</article>")
            .next()
            .expect("their end")
            .to_owned()
    }

    #[tokio::test]
    async fn rows_of_the_original_app_stand_paragraph_by_paragraph_where_they_can() {
        let rows = rows_of(stored("Eins.\n\nZwei.", "One.\n\nTwo.", None)).await;
        assert_eq!(rows.matches("class=\"row\"").count(), 2, "{rows}");
        assert!(rows.contains("Zwei.</p><p lang=\"en\">Two.</p>"), "{rows}");
        // The original lost all line breaks of the translation.
        let rows = rows_of(stored("Eins.\n\nZwei.", "One. Two.", None)).await;
        assert!(
            rows.contains("Eins.&#10;&#10;Zwei.</p><p lang=\"en\">One. Two.</p>"),
            "{rows}"
        );
    }

    #[tokio::test]
    async fn sentences_of_stored_translations_are_paired_and_spans_that_fit_nothing_ignored() {
        let span = |start, end| {
            Spans(vec![Span {
                de: Segment { start, end },
                en: Segment { start: 0, end: 4 },
            }])
        };
        let rows = rows_of(stored("Übel.", "Bad.", Some(span(0, 6)))).await;
        assert!(
            rows.contains("<span data-i=\"0\" class=\"s\">Bad.</span>"),
            "{rows}"
        );
        for (start, end) in [(0, 99), (1, 6)] {
            let rows = rows_of(stored("Übel.", "Bad.", Some(span(start, end)))).await;
            assert!(rows.contains("<p lang=\"en\">Bad.</p>"), "{rows}");
        }
    }

    #[tokio::test]
    async fn a_page_at_work_ends_when_the_process_is_to_end() {
        let pages = Pages::open().await;
        let answer = pages.post("/", "text=Guten+Tag").await;
        let path = answer.headers["location"]
            .to_str()
            .expect("an address")
            .to_owned();
        pages.state.shutdown.cancel();
        let page = pages.get(&path).await;
        assert!(page.body.contains("Guten Tag") && !page.body.contains("id=\"end\""));
    }

    #[tokio::test]
    async fn a_text_without_a_sentence_is_its_own_translation() {
        for text in ["…", "🙂", "-", "\0", "…\n\n – 🙂\n"] {
            let pages = Pages::open().await;
            let id = Uuid::now_v7();
            let submitted = pages.state.jobs.submit(id, text.to_owned()).await;
            assert_eq!(submitted.expect("accepted"), id);
            // There is no backend: none is needed.
            let page = pages.get(&format!("/translations/{id}")).await.body;
            assert!(page.contains("id=\"copy\""), "{text:?}: {page}");
            for paragraph in visible(text).split("\n\n") {
                let row = format!("{0}</p><p lang=\"en\">{0}</p>", paragraph.trim_end());
                assert!(page.contains(&row), "{text:?}: {page}");
            }
            assert!(pages.state.jobs.find(id).is_some(), "still in memory");
            let file = pages.get(&format!("/translations/{id}/english.txt")).await;
            assert_eq!(file.body, text);
        }
    }

    #[test]
    fn times_and_titles_are_short() {
        let said = [0, 999, 61_000, 7_260_000].map(duration);
        assert_eq!(said, ["1 s", "1 s", "1 min 1 s", "2 h 1 min"]);
        assert_eq!(title("Guten\n\n  Tag"), "Guten Tag · Translation");
        let long = title(&"lang ".repeat(50));
        assert!(long.chars().count() < 80 && long.contains('…'), "{long}");
    }
}
