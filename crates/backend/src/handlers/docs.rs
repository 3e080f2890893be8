//! `GET /docs`, a page for people, and `GET /openapi.json`, the same for programs. All of it is in
//! the binary: nothing is fetched, neither when it is built nor when it is read.

use std::sync::LazyLock;

use axum::{
    Json,
    http::{HeaderName, header},
    response::{Html, IntoResponse},
};
use utoipa::{OpenApi as _, openapi::OpenApi};

use crate::{docs_page, openapi::Document};

/// What the page may load: its own two files and its picture; and it may call this service.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(Document::openapi);

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::to_value(&*DOCUMENT).expect("a document is always JSON");
    docs_page::render(&document)
});

/// The description of the API for programs.
pub(crate) async fn openapi() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}

/// The description of the API for people.
pub(crate) async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(PAGE.as_str()))
}

/// The page's looks.
pub(crate) async fn style() -> impl IntoResponse {
    file(
        "text/css; charset=utf-8",
        include_str!("../docs_page/style.css"),
    )
}

/// The page's form.
pub(crate) async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../docs_page/script.js"),
    )
}

/// The page's picture.
pub(crate) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("../docs_page/icon.svg"))
}

fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // They change with the program, which has one address.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content)
}
