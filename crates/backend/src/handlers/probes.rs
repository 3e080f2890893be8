//! `GET /readyz` and `GET /metrics`. (`/livez` is the same in every service.)

use api::ErrorBody;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{error::Error, state::AppState};

/// Says whether the service translates.
///
/// 200 once the model is loaded and has translated a sentence, until the service is told to end. A
/// full queue does not matter: the service is busy, not broken.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "It does", content_type = "text/plain", body = String, example = "ok\n"),
        (status = 503, description = "Not yet, or not any more", body = ErrorBody),
    )
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<&'static str, Error> {
    state.admission().map(|_| "ok\n")
}

/// Says whether the process lives.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "service",
    responses((status = 200, description = "It does", content_type = "text/plain", body = String, example = "ok\n"))
)]
#[expect(
    dead_code,
    reason = "documents the route that the `service` crate brings"
)]
pub(crate) fn livez() {}

/// Metrics in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    responses((status = 200, description = "All metrics", content_type = "text/plain", body = String))
)]
pub(crate) async fn metrics() -> Response {
    let format = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], service::metrics::render()).into_response()
}
