//! The APIs of other translation services, which people's programs already speak.
//!
//! - `libre`: API of LibreTranslate
//! - `deepl`: API of DeepL
//! - `plugins`: the shapes of `DeepLX`, Immersive Translate, kiss-translator and hcfy
//! - `apis`: state shared by the handlers
//! - `call`: a request, read; `upload`: one with a file; `fields`: its fields, from JSON, a form or the address
//! - `access`: keys, and limits for each client
//! - `language`: German or English
//! - `texts`: the texts of a request, translated; `format`: one of them as units, and back
//! - `work`: units to translations, by jobs like those of the pages
//! - `blocking`: work on threads that may block
//! - `document`: a file to its translation; `download`: the response with it; `files`: those on disk
//! - `keep_alive`: answers that take longer than clients wait in silence
//! - `refusal`: reasons for which a request is not answered
//!
//! A handler reads a `Call`, identifies its client with `Call::client`, checks the fields, counts
//! the text with `Apis::spend`, translates with `Work::translate`, and answers through
//! `keep_alive::answer`.

pub(crate) mod access;
pub(crate) mod apis;
mod blocking;
pub(crate) mod call;
mod deepl;
mod document;
mod download;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod format;
pub(crate) mod keep_alive;
pub(crate) mod language;
mod libre;
mod plugins;
pub(crate) mod refusal;
mod texts;
mod upload;
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

use self::apis::Apis;
use self::refusal::Refusal;
use crate::metrics::API_REQUESTS;
use crate::state::AppState;

pub use self::access::{Access, Limits, Settings};
pub use self::files::ApiFiles;

/// Time for which browsers remember that other sites may use the APIs.
const CORS_MAX_AGE: Duration = Duration::from_hours(20 * 24);

/// Returns the router of all APIs; it is empty if they are off. Pages of any site may use them: no
/// API knows a cookie, and what a request needs to be allowed it contains.
pub(crate) fn routes(state: &AppState) -> Router {
    let Some(access) = &state.apis else {
        return Router::new();
    };
    let apis = Apis::new(state, Arc::clone(access));
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
