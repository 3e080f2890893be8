//! `POST /translate`: the whole translation in one answer.

use std::sync::Arc;

use api::{ErrorBody, TranslateRequest, TranslateResponse};
use axum::{
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    error::Error, extract::Admitted, queue::Permit, state::AppState, translation::Translation,
};

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
) -> Result<Response, Error> {
    let translation = Translation::start(&state, admitted).await?;
    let (text_en, permit) = translation.whole().await?;
    let json = serde_json::to_vec(&TranslateResponse { text_en })
        .expect("a struct of a string is always JSON");
    let body = Bytes::from_owner(Answer {
        json,
        _permit: permit,
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// An answer that is on its way out, however long the client takes to read it: it holds the place
/// of its request until the last byte has gone to the system.
struct Answer {
    json: Vec<u8>,
    _permit: Arc<Permit>,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}
