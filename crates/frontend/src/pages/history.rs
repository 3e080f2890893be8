//! `/history`: the list of translations.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::history::{self, Cursor, Entry, Page};
use crate::jobs::{Phase, Unfinished};
use crate::pages::{Count, Time, visible};
use crate::state::AppState;

/// Number of entries on a page: a few screens.
const PAGE_ENTRIES: usize = 30;

/// Length of the label of a delete button, in characters: enough to distinguish entries.
const LABEL_CHARS: usize = 40;

/// Maximum number of unfinished texts on the page: about a screen.
const MAX_UNFINISHED: usize = 10;

/// The query of the address. Its only text is that of a search.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// Words to search for, in either language.
    #[serde(default)]
    q: String,
    /// Cursor of the page; the newest entries if absent.
    before: Option<String>,
    /// The translation that was just deleted, for "Undo".
    deleted: Option<Uuid>,
    /// Result of another action.
    result: Option<ActionResult>,
}

/// Result of the action that led to the page.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ActionResult {
    /// A text that was never stored is deleted for good.
    Discarded,
    /// A deleted translation cannot be restored.
    Gone,
    /// A translation does not exist, so it cannot be deleted.
    Absent,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    error: Option<history::Error>,
    waiting: usize,
    result: Option<ActionResult>,
    deleted: Option<Uuid>,
    query: String,
    older: bool,
    unfinished: Vec<UnfinishedLine>,
    more_unfinished: Count,
    entries: Vec<Line>,
    next: Option<Cursor>,
}

struct Line {
    id: Uuid,
    file_name: Option<String>,
    de: String,
    en: String,
    en_short: String,
    created: Option<Time>,
    sentences: Option<Count>,
}

/// A text that is not in the history.
struct UnfinishedLine {
    id: Uuid,
    file_name: Option<String>,
    de: String,
    de_short: String,
    phase: Phase,
    created: Time,
}

impl From<Unfinished> for UnfinishedLine {
    fn from(unfinished: Unfinished) -> Self {
        let de = visible(&unfinished.excerpt).into_owned();
        Self {
            id: unfinished.id,
            de_short: de.chars().take(LABEL_CHARS).collect(),
            de,
            file_name: unfinished.file_name,
            phase: unfinished.phase,
            created: unfinished.created_at.into(),
        }
    }
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        let en = visible(&entry.excerpt_en).into_owned();
        Self {
            id: entry.public_id,
            file_name: entry.file_name,
            de: visible(&entry.excerpt_de).into_owned(),
            en_short: en.chars().take(LABEL_CHARS).collect(),
            // A link needs a text.
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

/// `GET /history`. If the database is down the page says so, with status 200.
pub(crate) async fn show(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(parameters) = parameters.unwrap_or_default();
    let query = parameters.q.trim();
    let before = parameters.before.and_then(|cursor| cursor.parse().ok());
    let search = (!query.is_empty()).then_some(query);
    let page = state.history.page(search, before, PAGE_ENTRIES).await;
    let (Page { entries, next }, error) = match page {
        Ok(page) => (page, None),
        Err(error) => (Page::default(), Some(error)),
    };
    // Only on the first page, and not among the results of a search.
    let mut unfinished = if search.is_none() && before.is_none() {
        state.jobs.unfinished()
    } else {
        Vec::new()
    };
    let more_unfinished = unfinished.len().saturating_sub(MAX_UNFINISHED);
    unfinished.truncate(MAX_UNFINISHED);
    let page = HistoryPage {
        error,
        waiting: state.jobs.waiting_to_store(),
        result: parameters.result,
        deleted: parameters.deleted,
        query: query.to_owned(),
        older: before.is_some(),
        unfinished: unfinished.into_iter().map(UnfinishedLine::from).collect(),
        more_unfinished: more_unfinished.into(),
        entries: entries.into_iter().map(Line::from).collect(),
        next,
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Html(page.render()?)).into_response())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use uuid::Uuid;

    use crate::history::{AtomChecks, Flags, Translation};
    use crate::pages::testing::Pages;

    fn translation(text_de: &str, text_en: &str) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: text_de.to_owned(),
            text_en: text_en.to_owned(),
            wrapped: false,
            file_name: None,
            created_at: None,
            model: None,
            duration_ms: None,
            sentences: None,
            spans: None,
            flags: Flags::default(),
            atoms: AtomChecks::default(),
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
    async fn unfinished_texts_are_listed() {
        let pages = Pages::open().await;
        let id = Uuid::now_v7();
        let submitted = pages.state.jobs.submit(id, "Grüße & <b>").await;
        assert_eq!(submitted.expect("accepted"), id);
        assert!(pages.state.jobs.cancel(id).await);
        let list = pages.get("/history").await.body;
        assert!(list.contains("Grüße &#38; &#60;b&#62;"), "{list}");
        assert!(list.contains("Cancelled") && !list.contains("Nothing here yet"));
        // A search does not find it.
        let found = pages.get("/history?q=x").await.body;
        assert!(!found.contains("Cancelled"), "{found}");
        let deleted = pages.post(&format!("/translations/{id}/delete"), "").await;
        assert_eq!(deleted.headers["location"], "/history?result=discarded");
        let list = pages.get("/history").await.body;
        assert!(list.contains("Nothing here yet"), "{list}");
    }

    #[tokio::test]
    async fn a_search_field_cannot_lead_elsewhere() {
        let pages = Pages::open().await;
        let path = format!("/translations/{}/delete", Uuid::now_v7());
        let answer = pages.post(&path, "q=x&result=y\r\nset-cookie:z").await;
        assert_eq!(answer.headers["location"], "/history?result=absent&q=x");
    }

    #[tokio::test]
    async fn an_empty_history_has_a_message() {
        let pages = Pages::open().await;
        let empty = pages.get("/history").await;
        assert_eq!(empty.status, 200);
        assert!(empty.body.contains("Nothing here yet"));
    }
}
