//! Table of routes.

use axum::{
    Router, middleware,
    routing::{any, get, post},
};

use crate::{
    handlers::{
        docs,
        model::model,
        probes::{metrics, readyz},
        root::{how_to, method_not_allowed, not_found, without_slash},
        stream::translate_stream,
        translate::translate,
    },
    metrics::count,
    state::AppState,
};

/// Returns the router of the service with `state`.
pub fn app(state: AppState) -> Router {
    let table = Router::new()
        .route("/", get(how_to))
        .route("/translate", post(translate))
        .route("/translate/", any(without_slash))
        .route("/translate/stream", post(translate_stream))
        .route("/translate/stream/", any(without_slash))
        .route("/model", get(model))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(docs::openapi))
        .route("/openapi.json/", any(without_slash))
        .route("/docs", get(docs::page))
        .route("/docs/", any(without_slash))
        .route("/docs/style.css", get(docs::style))
        .route("/docs/script.js", get(docs::script))
        .route("/docs/icon.svg", get(docs::icon))
        .merge(service::health::livez())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(middleware::from_fn(count));
    service::request_id::layer(table).with_state(state)
}
