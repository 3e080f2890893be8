//! `/`: the form for a text and files.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::jobs::SubmitError;
use crate::pages::upload::{self, Arrived, Refused};
use crate::pages::{body, bytes_in_words, files, visible};
use crate::state::AppState;

const FULL: &str = "This server is at capacity, so your text was not accepted. Try again when \
     some of the other texts are done.";

const UNSAVED: &str = "The text could not be saved, so it was not accepted: the server’s disk may \
     be full.";

const EMPTY: &str = "There is no text yet. Paste some German below, or add a file.";

const FILE_FULL: &str = "This server is at capacity, so it was not accepted. Try again when some of \
     the other texts are done.";

const FILE_UNSAVED: &str = "It could not be saved: the server’s disk may be full.";

/// The query of the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// A translation whose source text fills the form, for "Edit text".
    text_of: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    demo: bool,
    database_up: bool,
    waiting: usize,
    limit: usize,
    file_limit: u64,
    file_limit_in_words: String,
    nonce: Uuid,
    text: String,
    problems: Vec<String>,
    /// Address of the files that were accepted nevertheless, and their number.
    accepted: Option<(String, usize)>,
}

impl FormPage {
    fn new(state: &AppState, text: String, problems: Vec<String>) -> Self {
        Self {
            demo: state.translator.model().is_some_and(|model| model.demo),
            database_up: state.history.is_up(),
            waiting: state.jobs.waiting_to_store(),
            limit: state.max_text_bytes,
            file_limit: state.max_file_bytes,
            file_limit_in_words: bytes_in_words(state.max_file_bytes).replace(".0 ", " "),
            nonce: Uuid::now_v7(),
            text,
            problems,
            accepted: None,
        }
    }

    /// Renders the page. It must be revalidated, because each copy of the form has its own id, but
    /// it is not `no-store`, with which Firefox loses the typed text on the way back. A form whose
    /// id was used before does no harm: another text gets another id.
    fn respond(&self, status: StatusCode) -> Result<Response, Error> {
        let headers = [(header::CACHE_CONTROL, "private, no-cache")];
        Ok((status, headers, Html(self.render()?)).into_response())
    }
}

/// `GET /`.
pub(crate) async fn show(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(parameters) = parameters.unwrap_or_default();
    let text = match parameters.text_of {
        None => String::new(),
        Some(id) => source_text(&state, id).await?,
    };
    FormPage::new(&state, visible(&text).into_owned(), Vec::new()).respond(StatusCode::OK)
}

/// Returns the source text of a translation, unfinished or stored.
pub(crate) async fn source_text(state: &AppState, id: Uuid) -> Result<String, Error> {
    if let Some(job) = state.jobs.recall(id).await {
        return Ok(job.text().to_owned());
    }
    let stored = state.history.find(id).await?;
    stored
        .map(|translation| translation.text_de)
        .ok_or(Error::NotFound)
}

/// `POST /`: accepts the text or the files and redirects to their translations.
pub(crate) async fn submit(
    State(state): State<AppState>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    if let Some(boundary) = upload::boundary(&request) {
        let arrived = upload::read(&state, request, boundary).await?;
        return submit_files(&state, arrived).await;
    }
    // Held until the job counts the memory for the text.
    let Some(_room) = state.forms.room_for(&request).await else {
        service::body::drain(request).await;
        return Err(Error::Crowded);
    };
    let fields = body::read(request, state.max_text_bytes).await?;
    let text: Arc<str> = match fields.text {
        Some(text) => text.into(),
        None if is_form(&headers) => return Err(Error::MissingText),
        None => return Err(Error::NotAForm),
    };
    submit_text(&state, fields.nonce.unwrap_or_else(Uuid::now_v7), text).await
}

async fn submit_text(state: &AppState, id: Uuid, text: Arc<str>) -> Result<Response, Error> {
    if text.trim().is_empty() {
        let page = FormPage::new(state, text.to_string(), vec![EMPTY.to_owned()]);
        return page.respond(StatusCode::UNPROCESSABLE_ENTITY);
    }
    // A text that is not accepted goes back into the form.
    let (status, problem) = match state.jobs.submit(id, Arc::clone(&text)).await {
        Ok(id) => return Ok(Redirect::to(&format!("/translations/{id}")).into_response()),
        Err(SubmitError::Full) => (StatusCode::SERVICE_UNAVAILABLE, FULL),
        Err(SubmitError::Unwritable(_)) => (StatusCode::INTERNAL_SERVER_ERROR, UNSAVED),
        Err(SubmitError::TooLong { limit }) => {
            return Err(Error::TooLong {
                size: text.len() as u64,
                limit,
            });
        }
        Err(SubmitError::Unreadable(_)) => return Err(Error::Panic),
    };
    let text = visible(&text).into_owned();
    FormPage::new(state, text, vec![problem.to_owned()]).respond(status)
}

/// Accepts files, and the text with them as another one. If a file is refused, the text goes back
/// into the form.
async fn submit_files(state: &AppState, arrived: Arrived) -> Result<Response, Error> {
    let Arrived {
        fields,
        uploads,
        mut refused,
        room: _room,
    } = arrived;
    let text: Arc<str> = fields.text.unwrap_or_default().into();
    let nonce = fields.nonce.unwrap_or_else(Uuid::now_v7);
    if uploads.is_empty() && refused.is_empty() {
        return submit_text(state, nonce, text).await;
    }
    // Each has an id that is the same if the form is sent twice.
    let mut ids = (0..).map(|number| Uuid::from_u128(nonce.as_u128().wrapping_add(number)));
    let mut accepted = Vec::new();
    for (upload, id) in uploads.into_iter().zip(&mut ids) {
        let name = upload.name().to_owned();
        let reason = match state.jobs.submit_file(id, upload).await {
            Ok(id) => {
                accepted.push(id);
                continue;
            }
            Err(SubmitError::Unreadable(reason)) => reason.to_string(),
            Err(SubmitError::Full) => FILE_FULL.to_owned(),
            Err(SubmitError::TooLong { .. } | SubmitError::Unwritable(_)) => {
                FILE_UNSAVED.to_owned()
            }
        };
        refused.push(Refused { name, reason });
    }
    let has_text = !text.trim().is_empty();
    if refused.is_empty()
        && has_text
        && let Some(id) = ids.next()
    {
        match state.jobs.submit(id, Arc::clone(&text)).await {
            Ok(id) => accepted.push(id),
            Err(_) => refused.push(Refused {
                name: "The text".to_owned(),
                reason: FILE_FULL.to_owned(),
            }),
        }
    }
    if refused.is_empty() {
        return Ok(Redirect::to(&files::address(&accepted)).into_response());
    }
    let problems = refused.iter();
    let problems = problems.map(|refused| format!("{}: {}", refused.name, refused.reason));
    let mut page = FormPage::new(state, visible(&text).into_owned(), problems.collect());
    page.accepted = (!accepted.is_empty()).then(|| (files::address(&accepted), accepted.len()));
    page.respond(StatusCode::UNPROCESSABLE_ENTITY)
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_none_or(|value| {
        let essence = value.as_bytes().split(|byte| *byte == b';').next();
        essence.is_some_and(|essence| {
            essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        })
    })
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::GzipEncoder;
    use axum::body::Body;
    use axum::http::Request;
    use tokio::io::AsyncReadExt as _;

    use crate::pages::testing::{LIMIT, Pages};

    #[tokio::test]
    async fn each_form_has_its_own_id_and_browsers_may_keep_the_typed_text() {
        let pages = Pages::open().await;
        let (one, other) = (pages.get("/").await, pages.get("/").await);
        assert_eq!(one.status, 200);
        assert_eq!(one.headers["cache-control"], "private, no-cache");
        let nonce = |html: &str| {
            let rest = html
                .split("name=\"nonce\" value=\"")
                .nth(1)
                .map(str::to_owned);
            rest.expect("an id")[..36].to_owned()
        };
        assert_ne!(nonce(&one.body), nonce(&other.body));
    }

    #[tokio::test]
    async fn a_text_submitted_twice_leads_to_the_same_page() {
        let pages = Pages::open().await;
        let id = uuid::Uuid::now_v7();
        for _ in ["click", "double click"] {
            let answer = pages
                .post("/", format!("nonce={id}&text=Guten+Tag%0D%0A"))
                .await;
            assert_eq!(answer.status, 303);
            assert_eq!(answer.headers["location"], format!("/translations/{id}"));
        }
        assert_eq!(
            pages.state.jobs.recall(id).await.expect("a job").text(),
            "Guten Tag\n"
        );
        let form = pages.get(&format!("/?text_of={id}")).await;
        assert!(
            form.body.contains(">\nGuten Tag\n</textarea>"),
            "{}",
            form.body
        );
    }

    #[tokio::test]
    async fn a_text_that_cannot_be_saved_stays_in_the_form() {
        let pages = Pages::open().await;
        pages.spoil_the_folder();
        let answer = pages.post("/", "text=Guten+Tag").await;
        assert_eq!(answer.status, 500);
        assert!(
            answer.body.contains("could not be saved"),
            "{}",
            answer.body
        );
        assert!(
            answer.body.contains(">\nGuten Tag</textarea>"),
            "{}",
            answer.body
        );
    }

    #[tokio::test]
    async fn a_body_without_a_text_is_rejected_with_a_reason() {
        let pages = Pages::open().await;
        let over = format!("text={}", "a".repeat(LIMIT + 1));
        for (body, status, words) in [
            ("text=Stra%DFe", 400, "not valid UTF-8"),
            ("nonce=1", 422, "No text arrived"),
            ("", 422, "No text arrived"),
            ("text=+%0D%0A%09", 422, "There is no text yet"),
            (
                over.as_str(),
                413,
                "It has 1001 bytes; the maximum is 1000 bytes",
            ),
        ] {
            let answer = pages.post("/", body.to_owned()).await;
            assert_eq!(answer.status, status, "{body}");
            assert!(answer.body.contains(words), "{body}: {}", answer.body);
        }
        let json = Request::post("/")
            .header("content-type", "application/json")
            .body(Body::from("{}"));
        assert_eq!(pages.send(json.expect("a request")).await.status, 415);
    }

    #[tokio::test]
    async fn a_compressed_form_is_decoded_and_one_in_another_encoding_refused() {
        let pages = Pages::open().await;
        let send = async |encoding: &str, form: Vec<u8>| {
            let request = Request::post("/").header("content-encoding", encoding);
            pages
                .send(request.body(Body::from(form)).expect("a request"))
                .await
        };
        let gzip = async |form: &str| {
            let mut bytes = Vec::new();
            let mut encoder = GzipEncoder::new(form.as_bytes());
            encoder.read_to_end(&mut bytes).await.expect("compressed");
            bytes
        };
        let id = uuid::Uuid::now_v7();
        let form = gzip(&format!("nonce={id}&text=Guten+Tag")).await;
        assert_eq!(send("gzip", form).await.status, 303);
        let job = pages.state.jobs.recall(id).await.expect("a job");
        assert_eq!(job.text(), "Guten Tag");
        // A thousand to one, and beyond the size up to which a text is counted.
        let mut bomb = gzip("text=").await;
        bomb.extend(gzip(&"a".repeat(1_000_000)).await.repeat(70));
        assert_eq!(send("gzip", bomb).await.status, 413);
        for encoding in ["gzip", "zstd"] {
            let answer = send(encoding, b"text=Guten+Tag".to_vec()).await;
            assert_eq!(answer.status, 415);
            assert!(
                answer.body.contains("gzip, deflate and br"),
                "{}",
                answer.body
            );
        }
    }

    #[tokio::test]
    async fn another_site_cannot_send_a_text() {
        let pages = Pages::open().await;
        let request = |origin: &str| {
            Request::post("/")
                .header("host", "translate.example")
                .header("origin", origin)
                .body(Body::from("text=Guten+Tag"))
                .expect("a request")
        };
        let refused = pages.send(request("https://evil.example")).await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("Sent by another site"));
        assert!(refused.headers.contains_key("content-security-policy"));
        // Also behind a proxy that terminates TLS.
        let taken = pages.send(request("https://translate.example")).await;
        assert_eq!(taken.status, 303);
    }
}
