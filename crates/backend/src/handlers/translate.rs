//! `POST /translate`: the whole translation in one answer.

use api::{ErrorBody, TranslateRequest, TranslateResponse};
use axum::{Json, extract::State};

use crate::{error::Error, extract::Admitted, state::AppState, translation::Translation};

/// Translates a text.
///
/// The answer comes when the whole text is done. A client that closes the connection before
/// cancels its work.
#[utoipa::path(
    post,
    path = "/translate",
    tag = "translate",
    request_body = TranslateRequest,
    responses(
        (status = 200, description = "The translation", body = TranslateResponse,
            example = json!({"text_en": "Good morning! How are you?"})),
        (status = 400, description = "The body is not valid UTF-8, or is incomplete", body = ErrorBody),
        (status = 408, description = "The body came too slowly, or not at all", body = ErrorBody),
        (status = 413, description = "The text is longer than the limit, which `msg` names", body = ErrorBody),
        (status = 422, description = "The body is not JSON, or has no string `text_de`", body = ErrorBody,
            example = json!({"detail": [{"loc": ["body", "text_de"], "msg": "Field required", "type": "missing"}]})),
        (status = 500, description = "The model failed on this text", body = ErrorBody),
        (status = 503, description = "Busy, loading the model or shutting down: try again after `Retry-After` seconds", body = ErrorBody),
    )
)]
pub(crate) async fn translate(
    State(state): State<AppState>,
    admitted: Admitted,
) -> Result<Json<TranslateResponse>, Error> {
    let translation = Translation::start(&state, admitted).await?;
    let text_en = translation.whole().await?;
    Ok(Json(TranslateResponse { text_en }))
}
