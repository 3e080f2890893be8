//! `GET /model`: the loaded model.

use api::{ErrorBody, ModelInfo};
use axum::{Json, extract::State};

use crate::{error::Error, state::AppState, worker::Status};

/// Describes the loaded model.
#[utoipa::path(
    get,
    path = "/model",
    tag = "service",
    responses(
        (status = 200, description = "The loaded model", body = ModelInfo,
            example = json!({"name": "opus-mt-de-en", "commit": null, "source_language": "de", "target_language": "en", "precision": "int8", "engine": "native", "device": "cpu", "beams": 4, "demo": false})),
        (status = 503, description = "Still loading, or shutting down", body = ErrorBody),
    )
)]
pub(crate) async fn model(State(state): State<AppState>) -> Result<Json<ModelInfo>, Error> {
    match state.worker.status() {
        Status::Ready(model) => Ok(Json(model.info.clone())),
        Status::Loading | Status::Failed(_) => Err(Error::Loading),
    }
}
