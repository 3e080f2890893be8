//! The buttons of a translation's page, which work without script.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::error::Error;
use crate::jobs::{Job, Phase, SubmitError};
use crate::pages::{Id, body, form};
use crate::state::AppState;

/// `POST /translations/{id}/cancel`: stops a translation and keeps its finished sentences. If it
/// has already ended, its page shows that.
pub(crate) async fn cancel(State(state): State<AppState>, Id(id): Id) -> Redirect {
    state.jobs.cancel(id).await;
    to_page(id)
}

/// `POST /translations/{id}/retry`: starts a translation again.
pub(crate) async fn retry(State(state): State<AppState>, Id(id): Id) -> Result<Redirect, Error> {
    let started = state.jobs.retry(id).await;
    match state.jobs.phase(id) {
        Some(Phase::Cancelled | Phase::Failed { .. }) if !started => Err(Error::Full),
        _ => Ok(to_page(id)),
    }
}

/// `POST /translations/{id}/join`: translates the text again, with its lines joined. The form has
/// the id of the new translation, so that a double click is one translation.
pub(crate) async fn join(
    State(state): State<AppState>,
    Id(id): Id,
    request: Request,
) -> Result<Redirect, Error> {
    let fields = body::read(request, 0).await?;
    let text = form::source_text(&state, id).await?;
    let size = text.len() as u64;
    let id = fields.nonce.unwrap_or_else(Uuid::now_v7);
    match state.jobs.submit_wrapped(id, text).await {
        Ok(id) => Ok(to_page(id)),
        Err(SubmitError::Full) => Err(Error::Full),
        Err(SubmitError::Unwritable(_) | SubmitError::Unreadable(_)) => Err(Error::Unsaved),
        Err(SubmitError::TooLong { limit }) => Err(Error::TooLong { size, limit }),
    }
}

fn to_page(id: Uuid) -> Redirect {
    Redirect::to(&format!("/translations/{id}"))
}

/// `POST /translations/{id}/delete`: deletes a translation. A stored one can be restored for a day,
/// others are lost. Nothing is changed if it may be stored and the database is down.
pub(crate) async fn delete(
    State(state): State<AppState>,
    Id(id): Id,
    request: Request,
) -> Result<Redirect, Error> {
    let query = search(request).await;
    let phase = state.jobs.phase(id);
    let mut deleted = delete_row(&state, id, phase.as_ref()).await?;
    let forgotten = state.jobs.delete(id).await;
    if forgotten && !deleted {
        // It may have been stored in the meantime.
        deleted = delete_row(&state, id, phase.as_ref()).await?;
    }
    Ok(match (deleted, forgotten) {
        (true, _) => to_history(&format!("deleted={id}"), &query),
        (false, true) => to_history("result=discarded", &query),
        (false, false) => to_history("result=absent", &query),
    })
}

/// Deletes the row of a translation. Returns false if there is none.
async fn delete_row(state: &AppState, id: Uuid, phase: Option<&Phase>) -> Result<bool, Error> {
    let never_done = phase.is_some_and(|phase| !matches!(phase, Phase::Done { .. }));
    match state.history.delete(id).await {
        // A translation that was never finished is not in the database.
        Err(_) if never_done => Ok(false),
        deleted => deleted.map_err(Error::NotDeleted),
    }
}

/// `POST /translations/{id}/restore`: restores a deleted translation.
pub(crate) async fn restore(
    State(state): State<AppState>,
    Id(id): Id,
    request: Request,
) -> Result<Redirect, Error> {
    let query = search(request).await;
    let restored = state.history.restore(id).await?;
    Ok(to_history(
        if restored { "" } else { "result=gone" },
        &query,
    ))
}

fn to_history(result: &str, query: &str) -> Redirect {
    let mut address = "/history".to_owned();
    for parameter in [result, query] {
        if !parameter.is_empty() {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(parameter);
        }
    }
    Redirect::to(&address)
}

/// Returns the parameter `q=…` of the search on the history page that holds the form, still
/// encoded, so that the response leads back to the same list. Empty if there is no search.
async fn search(request: Request) -> String {
    // Longer bodies do not come from our forms.
    const MAX_BYTES: usize = 4096;
    let body = axum::body::to_bytes(request.into_body(), MAX_BYTES).await;
    let body = body.unwrap_or_default();
    let body = str::from_utf8(&body).unwrap_or_default();
    let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"%+-_.~*".contains(&byte);
    let mut fields = body.split('&');
    let search = fields.find(|field| {
        let query = field.strip_prefix("q=").unwrap_or_default();
        !query.is_empty() && query.bytes().all(is_harmless)
    });
    search.unwrap_or_default().to_owned()
}

/// `GET /translations/{id}/english.txt`: the finished part of the translation as a file.
pub(crate) async fn download(State(state): State<AppState>, Id(id): Id) -> Result<Response, Error> {
    let text = if let Some(job) = state.jobs.recall(id).await {
        // Joining the sentences of a book takes a moment.
        let english = tokio::task::spawn_blocking(move || english(&job));
        english.await.map_err(|_| Error::Panic)?
    } else {
        let stored = state.history.find(id).await?;
        stored.ok_or(Error::NotFound)?.text_en
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"english.txt\""),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from(text)).into_response())
}

/// Returns the translation of a job up to the last finished sentence, or all of it.
fn english(job: &Job) -> String {
    // The phase is read first: once a job has ended, it gets no more sentences.
    let whole = matches!(job.state().phase, Phase::Done { .. });
    // A text without sentences is done without being cut.
    let segments = job.segments().unwrap_or_default();
    let translated: Vec<_> = job.translated_of(Arc::clone(&segments), 0).collect();
    let text = job.text();
    let finished = &segments[..translated.len().min(segments.len())];
    let end = if whole {
        text.len()
    } else {
        finished.last().map_or(0, |segment| segment.end)
    };
    let translations = translated.iter().map(|one| one.translation.as_str());
    segment::join(&text[..end], finished, translations)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use uuid::Uuid;

    use crate::pages::testing::Pages;

    #[tokio::test]
    async fn nothing_is_half_deleted_while_the_database_is_down() {
        let pages = Pages::open().await;
        let (done, waiting) = (Uuid::now_v7(), Uuid::now_v7());
        for (id, text) in [(done, "…"), (waiting, "Guten Tag")] {
            let submitted = pages.state.jobs.submit(id, text.to_owned()).await;
            assert_eq!(submitted.expect("accepted"), id);
        }
        // The page ends when the text is done.
        pages.get(&format!("/translations/{done}")).await;
        pages.state.shutdown.cancel();
        while pages.state.history.is_up() {
            tokio::task::yield_now().await;
        }
        let delete = async |id| pages.post(&format!("/translations/{id}/delete"), "").await;
        let answer = delete(done).await;
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains("It could not be deleted"));
        assert!(pages.state.jobs.recall(done).await.is_some());
        // The database never had this one.
        let answer = delete(waiting).await;
        assert_eq!(answer.headers["location"], "/history?result=discarded");
        assert!(pages.state.jobs.recall(waiting).await.is_none());
    }

    #[tokio::test]
    async fn another_site_cannot_join_lines_and_an_absent_text_has_none() {
        let pages = Pages::open().await;
        let path = format!("/translations/{}/join", Uuid::now_v7());
        assert_eq!(pages.post(&path, "").await.status, 404);
        let request = Request::post(&path)
            .header("host", "translate.example")
            .header("origin", "https://evil.example")
            .body(Body::empty())
            .expect("a request");
        assert_eq!(pages.send(request).await.status, 403);
    }

    #[tokio::test]
    async fn deleting_twice_is_reported() {
        let pages = Pages::open().await;
        let path = format!("/translations/{}/delete", Uuid::now_v7());
        let answer = pages.post(&path, "").await;
        assert_eq!(answer.headers["location"], "/history?result=absent");
        let page = pages.get("/history?result=absent").await;
        assert!(page.body.contains("already deleted"));
    }
}
