//! `GET /docs`, documentation of the API for people, and `GET /openapi.json`, for programs.
//! Everything is in the binary: nothing is fetched, neither at build time nor by the browser.

use std::sync::LazyLock;

use axum::{
    Json,
    http::{HeaderName, header},
    response::{Html, IntoResponse},
};
use utoipa::{OpenApi as _, openapi::OpenApi};

use crate::{docs_page, openapi::Document};

/// The page may load its own script, style and icon, and call this service.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(Document::openapi);

/// Returns the description of the API for programs.
pub(crate) async fn openapi() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}

/// Returns the description of the API for people.
pub(crate) async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(docs_page::PAGE))
}

/// Returns the style of the page.
pub(crate) async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", docs_page::STYLE)
}

/// Returns the script of the page.
pub(crate) async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", docs_page::SCRIPT)
}

/// Returns the icon of the page.
pub(crate) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", docs_page::ICON)
}

fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The files change with the program, but their addresses do not.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content)
}
