//! `/translations/{id}`: the text in two columns, streamed while it is translated.
//!
//! The same address and template serve running jobs, jobs that have ended and stored translations.
//! With `?from=N` the response is a fragment from sentence N on, with which the script resumes a
//! page that broke off.

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

use crate::error::Error;
use crate::jobs::Job;
use crate::pages::bitext::Form;
use crate::pages::document::Notes;
use crate::pages::stream::{self, Frame, Resumed};
use crate::pages::{Id, visible};
use crate::state::AppState;

/// Maximum length of the text in the title, in characters.
const MAX_TITLE_CHARS: usize = 48;

/// Size of the part of a text that shows whether its lines are wrapped, in bytes: some twenty
/// pages, which take less than a millisecond.
const WRAPPED_SAMPLE_BYTES: usize = 64 * 1024;

/// The query of the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// Number of the first sentence of a fragment; a whole page if absent.
    from: Option<usize>,
    /// Edition of the sentences on the page.
    edition: Option<u64>,
}

#[derive(Template)]
#[template(path = "translation.html")]
struct TranslationPage {
    id: Uuid,
    title: String,
    /// Name of the file, if it was one.
    file_name: Option<String>,
    demo: bool,
    running: bool,
    lines: Lines,
}

/// How the lines of the text were translated.
enum Lines {
    /// Each on its own, as suits the text.
    Separate,
    /// Each on its own, although they look wrapped at a fixed width.
    LookWrapped {
        /// Id of the translation with lines joined, if somebody asks for it.
        nonce: Uuid,
    },
    /// Joined.
    Joined,
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
            file_name: job.file_name().map(str::to_owned),
            demo: model.is_some_and(|model| model.demo),
            running: !job.state().phase.is_final(),
            lines: match job.file_name() {
                Some(_) => Lines::Separate,
                None => Lines::of(job.text(), job.wrapped()),
            },
        };
        let files = state.jobs.files().clone();
        let body = stream::running(job, files, page.frame(form)?, form, from, state.shutdown);
        return Ok(respond(form, body));
    }
    let stored = state.history.find(id).await?.ok_or(Error::NotFound)?;
    let page = TranslationPage {
        id,
        title: title(stored.file_name.as_deref().unwrap_or(&stored.text_de)),
        file_name: stored.file_name.clone(),
        demo: model.is_some_and(|model| model.demo && stored.model == Some(model.name)),
        running: false,
        lines: match stored.file_name {
            Some(_) => Lines::Separate,
            None => Lines::of(&stored.text_de, stored.wrapped),
        },
    };
    let notes = match stored.file_name {
        Some(_) => Some(Notes::read(state.jobs.files(), id).await),
        None => None,
    };
    let body = stream::stored(stored, notes, page.frame(form)?, form, sentence);
    Ok(respond(form, body))
}

impl TranslationPage {
    /// Renders the page around the rows; nothing for a fragment.
    fn frame(&self, form: Form) -> Result<Frame, Error> {
        Ok(match form {
            Form::Page => Frame::new(&self.render()?),
            Form::Fragment => Frame::default(),
        })
    }
}

impl Lines {
    fn of(text: &str, joined: bool) -> Self {
        let sample = &text[..text.floor_char_boundary(WRAPPED_SAMPLE_BYTES)];
        if joined {
            Self::Joined
        } else if segment::looks_wrapped(sample) {
            let nonce = Uuid::now_v7();
            Self::LookWrapped { nonce }
        } else {
            Self::Separate
        }
    }
}

fn respond(form: Form, body: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let content_type = match form {
        Form::Page => "text/html; charset=utf-8",
        Form::Fragment => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        // Otherwise nginx would buffer the sentences.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = futures_util::StreamExt::map(body, Ok::<_, Infallible>);
    (headers, Body::from_stream(body)).into_response()
}

fn title_of(job: &Job) -> String {
    let state = job.state();
    let name = job.file_name().map(|name| format!(" {name}"));
    let name = name.unwrap_or_default();
    match (state.phase.is_final(), state.total) {
        (true, _) => title(job.file_name().unwrap_or_else(|| job.text())),
        (false, Some(total)) if total > 0 => {
            format!("{} % · Translating{name}", state.done * 100 / total)
        }
        (false, _) => format!("Translating{name}"),
    }
}

fn title(text: &str) -> String {
    let mut start = String::new();
    for word in text.split_whitespace() {
        if start.chars().count() + word.chars().count() > MAX_TITLE_CHARS {
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
    use crate::history::{AtomChecks, Flags, Span, Spans, Translation};
    use crate::pages::testing::Pages;

    fn stored(text_de: &str, text_en: &str, spans: Option<Spans>) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: text_de.to_owned(),
            text_en: text_en.to_owned(),
            wrapped: false,
            file_name: None,
            created_at: None,
            model: Some("opus-mt-de-en".to_owned()),
            duration_ms: Some(61_000),
            sentences: spans.as_ref().map(|_| 1),
            spans,
            flags: Flags::default(),
            atoms: AtomChecks::default(),
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
    async fn rows_of_the_original_app_are_paired_by_paragraph_if_possible() {
        let rows = rows_of(stored("Eins.\n\nZwei.", "One.\n\nTwo.", None)).await;
        assert_eq!(rows.matches("class=\"row\"").count(), 2, "{rows}");
        assert!(rows.contains("Zwei.</p><p lang=\"en\">Two.</p>"), "{rows}");
        // The original app lost all line breaks of the translation.
        let rows = rows_of(stored("Eins.\n\nZwei.", "One. Two.", None)).await;
        assert!(
            rows.contains("Eins.&#10;&#10;Zwei.</p><p lang=\"en\">One. Two.</p>"),
            "{rows}"
        );
    }

    #[tokio::test]
    async fn stored_sentences_are_paired_and_wrong_spans_are_ignored() {
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
    async fn a_running_page_ends_on_shutdown() {
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
            // No backend is needed.
            let page = pages.get(&format!("/translations/{id}")).await.body;
            assert!(page.contains("id=\"copy\""), "{text:?}: {page}");
            for paragraph in visible(text).split("\n\n") {
                let row = format!("{0}</p><p lang=\"en\">{0}</p>", paragraph.trim_end());
                assert!(page.contains(&row), "{text:?}: {page}");
            }
            assert!(
                pages.state.jobs.recall(id).await.is_some(),
                "still in memory"
            );
            let file = pages.get(&format!("/translations/{id}/english.txt")).await;
            assert_eq!(file.body, text);
        }
    }

    #[test]
    fn titles_are_short() {
        assert_eq!(title("Guten\n\n  Tag"), "Guten Tag · Translation");
        let long = title(&"lang ".repeat(50));
        assert!(long.chars().count() < 80 && long.contains('…'), "{long}");
    }
}
