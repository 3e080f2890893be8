//! Endpoints for orchestrators and monitoring.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::state::AppState;

/// Answer of `GET /readyz`.
#[derive(Debug, Serialize)]
pub(crate) struct Readiness {
    /// Always true: the form is served, and texts are accepted, from the first second.
    ready: bool,
    /// Services that are missing: `database`, `backend`.
    degraded: Vec<&'static str>,
    /// Translations on disk that wait for the database.
    waiting_to_store: usize,
}

/// `GET /readyz`: always 200. A frontend that is taken out of service because its database or
/// backend is down could not even report that.
pub(crate) async fn readyz(State(state): State<AppState>) -> Json<Readiness> {
    let mut degraded = Vec::new();
    if !state.history.is_up() {
        degraded.push("database");
    }
    if !state.translator.is_up() {
        degraded.push("backend");
    }
    Json(Readiness {
        ready: true,
        degraded,
        waiting_to_store: state.jobs.waiting_to_store(),
    })
}

/// `GET /metrics`, in the text format of Prometheus.
pub(crate) async fn metrics() -> String {
    service::metrics::render()
}
