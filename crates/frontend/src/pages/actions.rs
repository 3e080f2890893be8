//! What the buttons of a translation's page do; each works without script.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::AppState;
use crate::error::Error;
use crate::jobs::{Job, Phase};
use crate::pages::Id;

/// `POST /translations/{id}/cancel`: stops it; what there is stays. Where nothing is left to
/// cancel, the page shows what became of it.
pub(crate) async fn cancel(State(state): State<AppState>, Id(id): Id) -> Redirect {
    state.jobs.cancel(id).await;
    to_page(id)
}

/// `POST /translations/{id}/retry`: starts it again.
pub(crate) async fn retry(State(state): State<AppState>, Id(id): Id) -> Result<Redirect, Error> {
    let begun = state.jobs.retry(id).await;
    match state.jobs.phase(id) {
        Some(Phase::Cancelled | Phase::Failed { .. }) if !begun => Err(Error::Full),
        _ => Ok(to_page(id)),
    }
}

fn to_page(id: Uuid) -> Redirect {
    Redirect::to(&format!("/translations/{id}"))
}

/// `POST /translations/{id}/delete`: a stored one can be restored for a day, others are gone. Where
/// the database may have it and cannot be asked, nothing is changed.
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
        // It may have been stored in between.
        deleted = delete_row(&state, id, phase.as_ref()).await?;
    }
    Ok(match (deleted, forgotten) {
        (true, _) => to_history(&format!("deleted={id}"), &query),
        (false, true) => to_history("said=forgotten", &query),
        (false, false) => to_history("said=absent", &query),
    })
}

/// Deletes the row of a translation; false where there is none.
async fn delete_row(state: &AppState, id: Uuid, phase: Option<&Phase>) -> Result<bool, Error> {
    let never_done = phase.is_some_and(|phase| !matches!(phase, Phase::Done { .. }));
    match state.history.delete(id).await {
        // What was never done was never in the database: that need not be asked.
        Err(_) if never_done => Ok(false),
        deleted => deleted.map_err(Error::NotDeleted),
    }
}

/// `POST /translations/{id}/restore`: brings a deleted one back.
pub(crate) async fn restore(
    State(state): State<AppState>,
    Id(id): Id,
    request: Request,
) -> Result<Redirect, Error> {
    let query = search(request).await;
    let restored = state.history.restore(id).await?;
    Ok(to_history(if restored { "" } else { "said=gone" }, &query))
}

fn to_history(said: &str, query: &str) -> Redirect {
    let search = if query.is_empty() {
        String::new()
    } else {
        format!("q={query}")
    };
    let parameters = [said, &search];
    let parameters: Vec<&str> = parameters
        .into_iter()
        .filter(|one| !one.is_empty())
        .collect();
    let mark = if parameters.is_empty() { "" } else { "?" };
    Redirect::to(&format!("/history{mark}{}", parameters.join("&")))
}

/// What was searched for on the history page that the form stands on, still encoded: the answer
/// leads back to the same list.
async fn search(request: Request) -> String {
    // A search has a few words; more than this is not ours.
    const LONGEST: usize = 4096;
    let body = axum::body::to_bytes(request.into_body(), LONGEST).await;
    let body = body.unwrap_or_default();
    let body = str::from_utf8(&body).unwrap_or_default();
    let encoded = body.split('&').find_map(|field| field.strip_prefix("q="));
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"%+-_.~*".contains(&byte);
    encoded
        .filter(|query| query.bytes().all(harmless))
        .unwrap_or_default()
        .to_owned()
}

/// `GET /translations/{id}/english.txt`: the translation, or what there is of it, as a file.
pub(crate) async fn download(State(state): State<AppState>, Id(id): Id) -> Result<Response, Error> {
    let text = if let Some(job) = state.jobs.recall(id).await {
        // A book takes a moment to put together.
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

/// What a job has of the translation: up to the last finished sentence, or whole.
fn english(job: &Job) -> String {
    // The phase first: what a job has when it has ended is all it will ever have.
    let whole = matches!(job.state().phase, Phase::Done { .. });
    // A text without a sentence is done without ever being cut into some.
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
    use uuid::Uuid;

    use crate::pages::testing::Pages;

    #[tokio::test]
    async fn nothing_is_deleted_by_halves_while_the_database_is_away() {
        let pages = Pages::open().await;
        let (done, waiting) = (Uuid::now_v7(), Uuid::now_v7());
        for (id, text) in [(done, "…"), (waiting, "Guten Tag")] {
            let submitted = pages.state.jobs.submit(id, text.to_owned()).await;
            assert_eq!(submitted.expect("accepted"), id);
        }
        // The page is read to its end: then it is done.
        pages.get(&format!("/translations/{done}")).await;
        pages.state.shutdown.cancel();
        while pages.state.history.is_up() {
            tokio::task::yield_now().await;
        }
        let delete = async |id| pages.post(&format!("/translations/{id}/delete"), "").await;
        let answer = delete(done).await;
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains("It could not be deleted"));
        assert!(pages.state.jobs.find(done).is_some());
        // The database never had this one.
        let answer = delete(waiting).await;
        assert_eq!(answer.headers["location"], "/history?said=forgotten");
        assert!(pages.state.jobs.find(waiting).is_none());
    }

    #[tokio::test]
    async fn deleting_what_is_gone_says_so() {
        let pages = Pages::open().await;
        let path = format!("/translations/{}/delete", Uuid::now_v7());
        let answer = pages.post(&path, "").await;
        assert_eq!(answer.headers["location"], "/history?said=absent");
        let page = pages.get("/history?said=absent").await;
        assert!(page.body.contains("There was nothing to delete"));
    }
}
