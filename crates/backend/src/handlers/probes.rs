//! `GET /readyz` and `GET /metrics`. (`/livez` is the same in every service.)

use api::ErrorBody;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{error::Error, state::AppState};

/// Reports whether the service can translate.
///
/// 200 once the model is loaded and has translated a sentence, until the service starts to shut
/// down. A full queue does not matter: the service is busy, not broken.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "Ready", content_type = "text/plain", body = String, example = "ok\n"),
        (status = 503, description = "Still loading, or shutting down", body = ErrorBody),
    )
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<&'static str, Error> {
    state.admission().map(|_| "ok\n")
}

/// Reports whether the process is alive.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "service",
    responses((status = 200, description = "Alive", content_type = "text/plain", body = String, example = "ok\n"))
)]
#[expect(
    dead_code,
    reason = "documents the route, which is in the `service` crate"
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
