//! The APIs of other translation services, which people's programs already speak.
//!
//! - `libre`: API of LibreTranslate
//! - `deepl`: API of DeepL
//! - `plugins`: the shapes of `DeepLX`, Immersive Translate, kiss-translator and hcfy
//! - `call`: a request, read; `fields`: its fields, from JSON, a form or the address
//! - `access`: keys, and limits for each client
//! - `language`: German or English
//! - `texts`: the texts of a request, translated; `format`: one of them as units, and back
//! - `work`: units to translations, by jobs like those of the pages
//! - `keep_alive`: answers that take longer than clients wait in silence
//! - `refusal`: reasons for which a request is not answered
//!
//! A handler reads a `Call`, identifies its client with `Call::client`, checks the fields, counts
//! the text with `Apis::spend`, translates with `Work::translate`, and answers through
//! `keep_alive::answer`.

pub(crate) mod access;
pub(crate) mod call;
mod deepl;
pub(crate) mod fields;
pub(crate) mod format;
pub(crate) mod keep_alive;
pub(crate) mod language;
mod libre;
mod plugins;
pub(crate) mod refusal;
mod texts;
pub(crate) mod work;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use self::access::Client;
use self::refusal::Refusal;
use self::work::Work;
use crate::metrics::{API_CHARACTERS, API_REQUESTS};
use crate::pages::body::Forms;
use crate::state::AppState;

pub use self::access::{Access, Limits, Settings};
pub(crate) use self::call::Call;

/// Maximum memory of the long requests that are answered at the same time, in bytes of their
/// bodies. Text, translation, links and answer take a dozen times as much.
const LONG_REQUESTS_BYTES: usize = 16 << 20;

/// Maximum memory of the short requests that are answered at the same time, in bytes of their
/// bodies: 64 clients that send 50 sentences each take a tenth of it.
const SHORT_REQUESTS_BYTES: usize = 4 << 20;

/// Time for which browsers remember that other sites may use the APIs.
const CORS_MAX_AGE: Duration = Duration::from_hours(20 * 24);

/// State shared by the handlers of the APIs; clones refer to the same state.
#[derive(Clone, Debug)]
pub(crate) struct Apis {
    /// Keys and limits.
    pub(crate) access: Arc<Access>,
    /// Translation.
    pub(crate) work: Work,
    /// Memory for requests, from their arrival to the answer.
    requests: Forms,
    /// Maximum size of a text, in bytes of UTF-8.
    pub(crate) max_text_bytes: usize,
}

impl Apis {
    /// Counts a request with a text of that many characters for its client.
    ///
    /// # Errors
    /// The client has used up its share.
    pub(crate) fn spend(&self, client: &Client, characters: usize) -> Result<(), Refusal> {
        self.access.spend(client, characters as u64)?;
        metrics::counter!(API_CHARACTERS).increment(characters as u64);
        Ok(())
    }
}

/// Returns the router of all APIs; it is empty if they are off. Pages of any site may use them: no
/// API knows a cookie, and what a request needs to be allowed it contains.
pub(crate) fn routes(state: &AppState) -> Router {
    let Some(access) = &state.apis else {
        return Router::new();
    };
    let limit = state.max_text_bytes;
    let apis = Apis {
        access: Arc::clone(access),
        work: Work::new(state.jobs.clone(), access.keeps_history(), limit),
        requests: Forms::with_room(
            LONG_REQUESTS_BYTES,
            SHORT_REQUESTS_BYTES,
            call::max_body_bytes(limit),
        ),
        max_text_bytes: limit,
    };
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::AUTHORIZATION])
        .max_age(CORS_MAX_AGE);
    Router::new()
        .merge(counted("libretranslate", libre::routes()))
        .merge(counted("deepl", deepl::routes()))
        .merge(counted("plugins", plugins::routes()))
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(CatchPanicLayer::custom(|_| {
            Refusal::Internal.into_response()
        }))
        .layer(cors)
        .with_state(apis)
}

/// Runs what may take long on a thread that may block.
///
/// # Errors
/// It panicked; the panic hook has logged where.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Refusal::Internal)
}

/// Adds a layer that counts the responses of an API.
fn counted(api: &'static str, router: Router<Apis>) -> Router<Apis> {
    router.layer(middleware::from_fn_with_state(api, count))
}

async fn count(State(api): State<&'static str>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    metrics::counter!(API_REQUESTS, "api" => api, "status" => status).increment(1);
    response
}
