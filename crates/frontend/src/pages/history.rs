//! `/history`: what was translated before.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::AppState;
use crate::error::Error;
use crate::history::{self, Cursor, Entry, Page};
use crate::jobs::{Phase, Unfinished};
use crate::pages::{Count, Time, visible};

/// Entries of a page: a few screens, read in one query.
const PAGE: usize = 30;

/// Characters of a text in the label of its delete button: enough to tell lines apart.
const LABEL_CHARS: usize = 40;

/// Most texts that are listed as not finished: a screen.
const UNFINISHED: usize = 10;

/// The question mark's part of the address. No text but what somebody searches for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// What to search for, in either language.
    #[serde(default)]
    q: String,
    /// Where the page begins; the newest without.
    before: Option<String>,
    /// The translation just deleted, for "Undo".
    deleted: Option<Uuid>,
    /// What else was just done.
    said: Option<Said>,
}

/// What the page says of the action that led to it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Said {
    /// A text that was never stored is gone for good.
    Forgotten,
    /// A deleted translation could not be brought back.
    Gone,
    /// There was nothing to delete.
    Absent,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    answered: bool,
    notice: Option<String>,
    deleted: Option<Uuid>,
    query: String,
    older: bool,
    unfinished: Vec<Waiting>,
    more_unfinished: Count,
    entries: Vec<Line>,
    next: Option<Cursor>,
}

struct Line {
    id: Uuid,
    de: String,
    en: String,
    en_short: String,
    created: Option<Time>,
    sentences: Option<Count>,
}

/// A text that is not in the history yet, or will never be.
struct Waiting {
    id: Uuid,
    de: String,
    de_short: String,
    stands: &'static str,
    /// Whether nothing is wrong.
    calm: bool,
    created: Time,
}

impl From<Unfinished> for Waiting {
    fn from(one: Unfinished) -> Self {
        let de = visible(&one.excerpt).into_owned();
        Self {
            id: one.id,
            de_short: de.chars().take(LABEL_CHARS).collect(),
            de,
            calm: matches!(one.phase, Phase::Waiting { .. } | Phase::Running),
            stands: match one.phase {
                Phase::Waiting { .. } => "Waiting for its turn",
                Phase::Running => "Being translated",
                Phase::Retrying { .. } => "Waiting for the translation service",
                Phase::Cancelled => "Cancelled",
                Phase::Failed { .. } => "Not translated",
                Phase::Done { .. } => "Translated, not in the history yet",
            },
            created: one.created_at.into(),
        }
    }
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        let en = visible(&entry.excerpt_en).into_owned();
        Self {
            id: entry.public_id,
            de: visible(&entry.excerpt_de).into_owned(),
            en_short: en.chars().take(LABEL_CHARS).collect(),
            // A link needs words.
            en: if en.trim().is_empty() {
                "(no text)".to_owned()
            } else {
                en
            },
            created: entry.created_at.map(Time::from),
            sentences: entry.sentences.map(|count| Count(count.into())),
        }
    }
}

/// `GET /history`. A database that is away is no error of the page: it says so, with status 200.
pub(crate) async fn show(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(parameters) = parameters.unwrap_or_default();
    let query = parameters.q.trim();
    let before = parameters.before.and_then(|cursor| cursor.parse().ok());
    let read = state
        .history
        .page((!query.is_empty()).then_some(query), before, PAGE)
        .await;
    let problem = read
        .as_ref()
        .err()
        .map(|error| notice_of(error, state.jobs.waiting_to_store()));
    let answered = problem.is_none();
    let Page { entries, next } = read.unwrap_or_default();
    let notice = match parameters.said {
        _ if !answered => problem,
        Some(Said::Forgotten) => Some("The text and its translation are deleted.".to_owned()),
        Some(Said::Gone) => Some(
            "It cannot be brought back: it was deleted more than a day ago, or was never stored."
                .to_owned(),
        ),
        Some(Said::Absent) => Some("There was nothing to delete: it is gone already.".to_owned()),
        None => None,
    };
    // On the first page, and not among what a search found.
    let mut unfinished = if query.is_empty() && before.is_none() {
        state.jobs.unfinished()
    } else {
        Vec::new()
    };
    let more_unfinished = unfinished.len().saturating_sub(UNFINISHED);
    unfinished.truncate(UNFINISHED);
    let page = HistoryPage {
        answered,
        notice,
        deleted: parameters.deleted,
        query: query.to_owned(),
        older: before.is_some(),
        unfinished: unfinished.into_iter().map(Waiting::from).collect(),
        more_unfinished: more_unfinished.into(),
        entries: entries.into_iter().map(Line::from).collect(),
        next,
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Html(page.render()?)).into_response())
}

/// Why there is no list.
fn notice_of(error: &history::Error, waiting: usize) -> String {
    match error {
        history::Error::Unavailable => database_notice(waiting),
        history::Error::Slow => {
            "The search took too long and was given up. Try a more exact one.".to_owned()
        }
        history::Error::Refused(_) | history::Error::TooLong { .. } => {
            "The database could not do that search. Try another one.".to_owned()
        }
    }
}

fn database_notice(waiting: usize) -> String {
    let now = match waiting {
        0 => "New ones are kept on the server’s disk until then.".to_owned(),
        1 => "One new one waits on the server’s disk until then.".to_owned(),
        count => format!("{count} new ones wait on the server’s disk until then."),
    };
    format!(
        "The database cannot be reached. Stored translations are safe there and appear here when it is back. {now}"
    )
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use uuid::Uuid;

    use crate::history::{Flags, Translation};
    use crate::pages::testing::Pages;

    fn translation(text_de: &str, text_en: &str) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: text_de.to_owned(),
            text_en: text_en.to_owned(),
            created_at: None,
            model: None,
            duration_ms: None,
            sentences: None,
            spans: None,
            flags: Flags::default(),
        }
    }

    #[tokio::test]
    async fn a_deleted_translation_comes_back_to_the_same_list() {
        let pages = Pages::open().await;
        let row = translation("Grüße & <b>", "Greetings & <b>");
        let id = row.public_id;
        pages.state.history.insert(&row).await.expect("stored");
        let list = pages.get("/history?q=Gr%C3%BC%C3%9Fe").await;
        assert!(
            list.body.contains("Greetings &#38; &#60;b&#62;"),
            "{}",
            list.body
        );
        let deleted = pages
            .post(&format!("/translations/{id}/delete"), "q=Gr%C3%BC%C3%9Fe+x")
            .await;
        assert_eq!(deleted.status, StatusCode::SEE_OTHER);
        let back = format!("/history?deleted={id}&q=Gr%C3%BC%C3%9Fe+x");
        assert_eq!(deleted.headers["location"], back);
        assert_eq!(pages.get(&format!("/translations/{id}")).await.status, 404);
        let notice = pages.get(&back).await;
        assert!(notice.body.contains(&format!("/translations/{id}/restore")));
        let restored = pages
            .post(&format!("/translations/{id}/restore"), "q=")
            .await;
        assert_eq!(restored.headers["location"], "/history");
        assert_eq!(pages.get(&format!("/translations/{id}")).await.status, 200);
    }

    #[tokio::test]
    async fn texts_that_are_not_finished_are_found_again() {
        let pages = Pages::open().await;
        let id = Uuid::now_v7();
        let submitted = pages.state.jobs.submit(id, "Grüße & <b>").await;
        assert_eq!(submitted.expect("accepted"), id);
        assert!(pages.state.jobs.cancel(id).await);
        let list = pages.get("/history").await.body;
        assert!(list.contains("Grüße &#38; &#60;b&#62;"), "{list}");
        assert!(list.contains("Cancelled") && !list.contains("Nothing here yet"));
        // Nothing of it is in what a search found.
        let found = pages.get("/history?q=x").await.body;
        assert!(!found.contains("Cancelled"), "{found}");
        let deleted = pages.post(&format!("/translations/{id}/delete"), "").await;
        assert_eq!(deleted.headers["location"], "/history?said=forgotten");
        let list = pages.get("/history").await.body;
        assert!(list.contains("Nothing here yet"), "{list}");
    }

    #[tokio::test]
    async fn a_search_field_cannot_lead_elsewhere() {
        let pages = Pages::open().await;
        let path = format!("/translations/{}/delete", Uuid::now_v7());
        let answer = pages.post(&path, "q=x&said=y\r\nset-cookie:z").await;
        assert_eq!(answer.headers["location"], "/history?said=absent&q=x");
    }

    #[tokio::test]
    async fn an_empty_history_says_so() {
        let pages = Pages::open().await;
        let empty = pages.get("/history").await;
        assert_eq!(empty.status, 200);
        assert!(empty.body.contains("Nothing here yet"));
    }
}
